using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>A training set with the conditions that a training run has chosen; its classes stay what they are.</summary>
/// <remarks>
/// Every value is transformed and then standardised over all images of the set, those for validation included, as the peak flux always was. An image without a value is
/// refused and not trained without its conditions: a model would learn from it what images without conditions look like, and those would be the odd ones.
/// </remarks>
public sealed class ConditionedSet : ITrainingData
{
    private const int MostRowsNamed = 5;
    private readonly TrainingSetReader _set;
    private readonly float[] _context;                       // (images, conditions)

    private ConditionedSet(TrainingSetReader set, IReadOnlyList<ConditionDescription> conditions, float[] context)
    {
        _set = set;
        _context = context;
        Conditions = conditions;
    }

    /// <summary>In the order in which they were asked for: that of the network's context.</summary>
    public IReadOnlyList<ConditionDescription> Conditions { get; }

    public int ContextDimension => Conditions.Count;

    public int Count => _set.Count;

    public int ImageSize => _set.ImageSize;

    public int ImageChannels => _set.ImageChannels;

    public int ClassCount => _set.ClassCount;

    public bool BalancesClasses => _set.BalancesClasses;

    public int StoredSize => _set.StoredSize;

    public IReadOnlyList<int>? HeldOut => _set.HeldOut;

    /// <summary>The set with the conditions asked for; the set itself where they are the ones that it has anyway.</summary>
    /// <param name="set">Disposed of by its owner, after the result's last use.</param>
    /// <param name="choices">An empty list for none; null for the peak flux where the set has its transform.</param>
    /// <exception cref="RadioDiffusionException">The set does not have one of them, or not for every image, or its transform cannot take the values.</exception>
    public static ITrainingData Of(TrainingSetReader set, IReadOnlyList<ConditionChoice>? choices)
    {
        if (choices == null || (set.HasContext && choices is [{ Name: ConditionDescription.PeakFlux, Transform: ConditionTransform.BoxCox }]))
            return set;
        if (choices.Count == 0)
            return new ConditionedSet(set, [], []);
        var measurements = set.Measurements();
        var conditions = new List<ConditionDescription>();
        float[] context = new float[set.Count * choices.Count];
        foreach (var choice in choices)
        {
            var (values, unit) = ValuesOf(set, measurements, choice);
            var condition = choice is { Name: ConditionDescription.PeakFlux, Transform: ConditionTransform.BoxCox } && set.Description.Transform is { } transform
                ? ConditionDescription.OfPeakFlux(transform, set.Description.PeakFluxPercentiles) with { Smallest = values.Min(), Largest = values.Max() }
                : ConditionDescription.Fit(choice, unit, values);
            for (int i = 0; i < values.Length; i++)
                context[i * choices.Count + conditions.Count] = (float)condition.Apply(values[i]);
            conditions.Add(condition);
        }
        return new ConditionedSet(set, conditions, context);
    }

    public ReadOnlySpan<float> Image(int index) => _set.Image(index);

    public ReadOnlySpan<float> StoredImage(int index) => _set.StoredImage(index);

    public ReadOnlySpan<float> Context(int index) => _context.AsSpan(index * ContextDimension, ContextDimension);

    public int Label(int index) => _set.Label(index);

    private static (float[] Values, string Unit) ValuesOf(TrainingSetReader set, IReadOnlyList<CutoutMeasurement> measurements, ConditionChoice choice)
    {
        var there = ConditionQuantity.In(set, measurements);
        var quantity = there.FirstOrDefault(one => one.Name == choice.Name) ?? throw new RadioDiffusionException(
            $"The data set has no '{choice.Name}'{(ConditionQuantity.Measured.FirstOrDefault(one => one.Name == choice.Name) is { } known ? $" ({known.Meaning})" : "")} to condition a model on. It has {string.Join(", ", there.Select(one => one.Name))}. Other columns of its catalogue are kept if it is built with --keep.");
        float[] values = quantity.Name == ConditionDescription.PeakFlux
            ? [.. Enumerable.Range(0, set.Count).Select(set.PeakFlux)]
            : [.. measurements.Select((row, image) => (float)quantity.Of(image, row))];
        Refuse(set, choice.Name, values, value => !float.IsFinite(value), "have none", "Leave the condition out, or make a data set without these rows (--min-las leaves those without a size out).");
        if (choice.Transform != ConditionTransform.None)
            Refuse(set, choice.Name, values, value => value <= 0, $"have one that is not positive, which the transform {choice.Transform} cannot take", "Use \"transform\": \"none\".");
        return (values, quantity.Unit);
    }

    private static void Refuse(TrainingSetReader set, string name, float[] values, Predicate<float> isWrong, string problem, string advice)
    {
        int[] wrong = [.. Enumerable.Range(0, values.Length).Where(i => isWrong(values[i]))];
        if (wrong.Length == 0)
            return;
        string rows = string.Join(", ", wrong.Take(MostRowsNamed).Select(i => $"{set.Row(i)} (image {i}: {values[i]})"));
        throw new RadioDiffusionException($"Condition '{name}' should have a value for each of the {values.Length} images, but {wrong.Length} {problem}: "
            + $"those of the rows {rows}{(wrong.Length > MostRowsNamed ? " and more" : "")} of the catalogue, counted from 0. {advice}");
    }
}
