using System.Globalization;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>The numbers of an evaluation with names: for reports that set others beside them, and for comparing evaluations.</summary>
public static class EvaluationValues
{
    /// <summary>The parts that an evaluation can have.</summary>
    public static IReadOnlyList<string> Parts { get; } = ["images", "distributions", "source-finding", "flux-conditioning", "class-conditioning", "features", "nearest"];

    /// <summary>Those of all parts.</summary>
    public static IEnumerable<OurValue> Of(EvaluationResult result) => Parts.SelectMany(part => Of(result, part));

    /// <param name="result">The evaluation.</param>
    /// <param name="part">One of <see cref="Parts"/>.</param>
    /// <returns>None where the evaluation does not have that part.</returns>
    public static IReadOnlyList<OurValue> Of(EvaluationResult result, string part) => part switch
    {
        "images" => [Count("real images", result.Real.Images), Count("generated images", result.Generated.Images)],
        "distributions" => [.. result.Quantities.Where(quantity => quantity.Distance != null).Select(quantity => Number($"KS distance, {quantity.Name.Replace('_', ' ')}", quantity.Distance!.Value.KolmogorovSmirnov, quantity.Distance.Value.KolmogorovSmirnovError))],
        "source-finding" => [Count("real images without a source", result.Real.NoSource), Count("generated images without a source", result.Generated.NoSource)],
        "flux-conditioning" when result.FluxConditioning is { } flux =>
            [Number("correlation, real", flux.Real.Pearson, flux.Real.PearsonError), Number("correlation, generated", flux.Generated.Pearson, flux.Generated.PearsonError)],
        "class-conditioning" when result.ClassConditioning is { } classes =>
        [
            Accuracy("accuracy, real", classes.Real),
            Accuracy("accuracy, generated", classes.Generated),
            .. classes.ByGuidance.Select(line => Accuracy(FormattableString.Invariant($"accuracy, guidance {line.Guidance}"), line.Matrix)),
            .. result.Augmentation is { } augmentation ? [Accuracy("accuracy, generated images added", augmentation.Augmented)] : (OurValue[])[],
        ],
        "features" when result.Features is { } features =>
            [Number("Fréchet distance", features.FrechetAtHalf), Number("Fréchet distance, halves of the real set", features.FrechetOfHalves), Number("Fréchet distance, all images", features.Frechet),
            Number("precision", features.Coverage.Precision), Number("recall", features.Coverage.Recall)],
        "nearest" when result.Nearest is { } nearest =>
            [Count("generated images compared", nearest.Compared), Number("similarity, median", nearest.Generated.Median), Number("similarity, largest", nearest.LargestGenerated), Number("similarity of real images, median", nearest.Real.Median), Number("similarity of real images, largest", nearest.LargestReal)],
        _ => [],
    };

    private static OurValue Count(string name, long count) => new(name, count.ToString("N0", CultureInfo.InvariantCulture), count);

    private static OurValue Number(string name, double value, double error = double.NaN) =>
        new(name, error > 0 ? FormattableString.Invariant($"{value:0.000} ± {error:0.000}") : FormattableString.Invariant($"{value:G4}"), double.IsFinite(value) ? value : null);

    private static OurValue Accuracy(string name, ConfusionMatrix matrix) =>
        new(name, FormattableString.Invariant($"{100 * matrix.Accuracy:0.0} ± {100 * matrix.AccuracyError:0.0} % of {matrix.Images:N0}"), double.IsFinite(matrix.Accuracy) ? matrix.Accuracy : null);
}
