using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>
/// One value that a model is conditioned on, and how it becomes what the network is given: y = (t(x) - mean) / standard deviation, with
/// t(x) = ((x/scale)^lambda - 1) / lambda, ln(x/scale) for lambda = 0, or x without a transform. Part of model.json.
/// </summary>
public sealed record ConditionDescription
{
    /// <summary>The peak flux's: the value that sample IDs call flux, and give in mJy/beam.</summary>
    public const string PeakFlux = "peakFlux";

    public required string Name { get; init; }

    /// <summary>Of the values x; empty for a plain number.</summary>
    public string Unit { get; init; } = "";

    public required ConditionTransform Transform { get; init; }

    /// <summary>Of the Box-Cox transform; 0 for the others.</summary>
    public double Lambda { get; init; }

    /// <summary>Mean of the transformed values of the training set.</summary>
    public required double Mean { get; init; }

    /// <summary>Their population standard deviation.</summary>
    public required double StandardDeviation { get; init; }

    /// <summary>Unit that the values are taken in before a power or a logarithm: their geometric mean, at which rounding is least.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>The training set's smallest value.</summary>
    public double? Smallest { get; init; }

    /// <summary>The training set's largest value.</summary>
    public double? Largest { get; init; }

    /// <summary>The training set's 1st percentile, median and 99th percentile; empty where they are not known.</summary>
    public IReadOnlyList<double> Percentiles { get; init; } = [];

    /// <summary>The standardised transform; infinite or NaN for a value that the transform cannot take.</summary>
    public double Apply(double value) => Transform == ConditionTransform.None ? (value - Mean) / StandardDeviation : Power.Apply(value);

    /// <summary>The value whose standardised transform this is; infinite or NaN outside the transform's range.</summary>
    public double Invert(double scaled) => Transform == ConditionTransform.None ? scaled * StandardDeviation + Mean : Power.Invert(scaled);

    /// <summary>What a sample asks for, in the unit of the values; null if it does not.</summary>
    /// <param name="fluxMilliJansky">Its peak flux in mJy/beam.</param>
    /// <param name="values">Its further values.</param>
    public double? AskedOf(double? fluxMilliJansky, NamedValues values) => Name == PeakFlux ? fluxMilliJansky / 1000 : values[Name];

    /// <summary>The logarithm is the power transform of lambda = 0.</summary>
    private BoxCoxTransform Power => new(Lambda, Mean, StandardDeviation, Scale);

    /// <summary>The peak flux in Jy/beam, as the published models are conditioned on it.</summary>
    /// <param name="transform">From peak flux to the standardised value.</param>
    /// <param name="percentiles">Of the training set, Jy/beam; empty where they are not known.</param>
    public static ConditionDescription OfPeakFlux(BoxCoxTransform transform, IReadOnlyList<double> percentiles) => new()
    {
        Name = PeakFlux,
        Unit = "Jy/beam",
        Transform = ConditionTransform.BoxCox,
        Lambda = transform.Lambda,
        Mean = transform.Mean,
        StandardDeviation = transform.StandardDeviation,
        Scale = transform.Scale,
        Percentiles = percentiles,
    };

    /// <summary>Fits the transform to the values of a training set.</summary>
    /// <param name="choice">Name and transform.</param>
    /// <param name="unit">Of the values.</param>
    /// <param name="values">Finite values, at least two of them different; positive but for <see cref="ConditionTransform.None"/>.</param>
    /// <exception cref="RadioDiffusionException">They are not.</exception>
    public static ConditionDescription Fit(ConditionChoice choice, string unit, float[] values)
    {
        if (values.Distinct().Take(2).Count() < 2)
            throw new RadioDiffusionException($"Condition '{choice.Name}' should have at least two different values in the training set, but all {values.Length} are {values.FirstOrDefault()}: leave it out.");
        var (lambda, mean, deviation, scale) = choice.Transform switch
        {
            ConditionTransform.BoxCox => BoxCoxTransform.Fit(values, $"values of '{choice.Name}'"),
            ConditionTransform.Log => LogarithmOf(values),
            _ => Standardised(values, scale: 1),
        };
        return new ConditionDescription
        {
            Name = choice.Name,
            Unit = unit,
            Transform = choice.Transform,
            Lambda = lambda,
            Mean = mean,
            StandardDeviation = deviation,
            Scale = scale,
            Smallest = values.Min(),
            Largest = values.Max(),
            Percentiles = TrainingSet.Percentiles(values),
        };
    }

    private static BoxCoxTransform LogarithmOf(float[] values)
    {
        double[] logarithms = [.. values.Select(value => Math.Log(value))];
        double centre = logarithms.Average();
        return Standardised([.. logarithms.Select(value => value - centre)], Math.Exp(centre));
    }

    private static BoxCoxTransform Standardised(float[] values, double scale) => Standardised([.. values.Select(value => (double)value)], scale);

    private static BoxCoxTransform Standardised(double[] transformed, double scale)
    {
        double mean = transformed.Average();
        return new BoxCoxTransform(0, mean, Math.Sqrt(transformed.Average(value => (value - mean) * (value - mean))), scale);
    }
}
