using System.Globalization;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>One image of a grid of samples: seed and conditions are fixed, so that grids can be compared from one time of a training to the next.</summary>
/// <param name="Seed">Of the latent image.</param>
/// <param name="FluxMilliJansky">Peak flux in mJy/beam; null for models without flux.</param>
/// <param name="Class">Name of the class; null for models without classes.</param>
public sealed record GridSample(ulong Seed, double? FluxMilliJansky, string? Class)
{
    private const int Digits = 3;                            // of a value: what a person reads, and what an ID names
    private const double WidestDeviation = 2;

    /// <summary>The model's further values, in their units.</summary>
    public NamedValues Values { get; init; } = NamedValues.None;

    /// <summary>For the caption of an image; empty for models without conditions.</summary>
    public string Label => string.Join(", ",
    [
        .. new[] { Class, FluxMilliJansky is { } flux ? $"{flux.ToString(CultureInfo.InvariantCulture)} mJy" : null }.OfType<string>(),
        .. Values.Select(value => $"{value.Key} {value.Value.ToString(CultureInfo.InvariantCulture)}"),
    ]);

    /// <summary>
    /// Seeds from <paramref name="seed"/> on; of the model's first value even ranks of the training set's, from small to large, of its other values the median; the classes in turn.
    /// </summary>
    public static IReadOnlyList<GridSample> Spread(SnapshotDescription model, int count, ulong seed) =>
        [.. Enumerable.Range(0, count).Select(i => At(model, i, (i + 0.5) / count, unchecked(seed + (ulong)i)))];

    /// <summary>What the network is given.</summary>
    /// <param name="model">The model that the sample was spread for.</param>
    /// <param name="guidance">Guidance strength ω; 0 for the conditional denoiser alone.</param>
    public SampleConditions ConditionsFor(SnapshotDescription model, double guidance) => new(
        Seed,
        model.Values.Count == 0 ? null : [.. model.Values.Select(condition => (float)condition.Apply(condition.AskedOf(FluxMilliJansky, Values)!.Value))],
        Class is null ? null : model.Classes.ToList().IndexOf(Class),
        guidance);

    private static GridSample At(SnapshotDescription model, int index, double share, ulong seed)
    {
        double? flux = null;
        var others = new Dictionary<string, double>();
        foreach (var condition in model.Values)
        {
            double value = ValueAt(model, condition, flux == null && others.Count == 0 ? share : 0.5);
            if (condition.Name == ConditionDescription.PeakFlux)
                flux = Rounded(1000 * value);
            else
                others.Add(condition.Name, Rounded(value));
        }
        return new GridSample(seed, flux, model.Classes.Count == 0 ? null : model.Classes[index % model.Classes.Count]) { Values = NamedValues.Of(others) };
    }

    /// <summary>The value at a share of the training set's; even steps of the standardised value where the model does not know their distribution.</summary>
    private static double ValueAt(SnapshotDescription model, ConditionDescription condition, double share)
    {
        if (condition.Name == ConditionDescription.PeakFlux && model.Fluxes is { } fluxes)
            return fluxes.Transform.Invert(fluxes.Quantile(share));
        double value = condition.Invert(WidestDeviation * (2 * share - 1));
        if (condition.Name == ConditionDescription.PeakFlux || condition.Percentiles is not [var low, var median, var high])
            return value;
        if (share == 0.5)
            return median;
        return double.IsNaN(value) ? share < 0.5 ? low : high : Math.Clamp(value, low, high);     // beyond the range of the transform it has none
    }

    private static double Rounded(double value)
    {
        if (value == 0)
            return 0;
        double scale = Math.Pow(10, Digits - 1 - Math.Floor(Math.Log10(Math.Abs(value))));
        return Math.Round(value * scale) / scale;
    }
}
