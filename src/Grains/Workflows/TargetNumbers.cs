using System.Globalization;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation.Comparison;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>A number that a target's result has, with its unit in the name where it has one.</summary>
public sealed record TargetNumber(string Name, double Value);

/// <summary>The numbers by which one looks whether a target's result is good, read from its artifacts: losses of trainings, distances of evaluations, sizes of sets.</summary>
public static class TargetNumbers
{
    /// <returns>None for other kinds, and where the artifacts are not there (any more).</returns>
    public static async Task<IReadOnlyList<TargetNumber>> OfAsync(string kind, IReadOnlyDictionary<string, TargetOutput> outputs, IArtifactStore store, IGrainFactory grains, CancellationToken cancellationToken)
    {
        try
        {
            return kind switch
            {
                "evaluate" => OfEvaluation(EvaluationReport.Read(await ReadAsync(store, outputs, SetComparison.ResultFile, cancellationToken))),
                "train" or "distil" => await LossesAsync(outputs, store, grains, cancellationToken) is { } losses ? OfTraining(losses) : [],
                "dataset" or "sample" => OfSet(TrainingSetDescription.FromJson(await ReadAsync(store, outputs, TrainingSet.DescriptionFile, cancellationToken), TrainingSet.DescriptionFile)),
                _ => [],
            };
        }
        catch (RadioDiffusionException)
        {
            return [];
        }
    }

    /// <summary>The losses of a target that trains, up to its last checkpoint; null where there is none.</summary>
    public static async Task<LossHistory?> LossesAsync(IReadOnlyDictionary<string, TargetOutput> outputs, IArtifactStore store, IGrainFactory grains, CancellationToken cancellationToken)
    {
        if (!outputs.TryGetValue("run", out var run) || (await grains.TrainingRun(run.Value).GetStatusAsync(cancellationToken)).Checkpoint is not { } checkpoint)
            return null;
        try
        {
            return await LossHistory.ReadAsync(store, checkpoint.Artifact, cancellationToken);
        }
        catch (RadioDiffusionException)
        {
            return null;
        }
    }

    private static async Task<byte[]> ReadAsync(IArtifactStore store, IReadOnlyDictionary<string, TargetOutput> outputs, string file, CancellationToken cancellationToken)
    {
        await using var stream = await store.OpenReadAsync(outputs[TargetKinds.Artifact].Value, file, cancellationToken);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }

    private static List<TargetNumber> OfEvaluation(EvaluationResult result)
    {
        var numbers = new List<TargetNumber> { new("real images", result.Real.Images), new("generated images", result.Generated.Images) };
        foreach (var quantity in result.Quantities)
        {
            if (quantity.Distance is { } distance)
                numbers.Add(new($"KS distance, {quantity.Title}", distance.KolmogorovSmirnov));
        }
        if (result.FluxConditioning is { } flux)
        {
            numbers.Add(new("residual against peak flux, correlation, real", flux.Real.Pearson));
            numbers.Add(new("residual against peak flux, correlation, generated", flux.Generated.Pearson));
        }
        if (result.ClassConditioning is { } classes)
        {
            numbers.Add(new("accuracy on real images", classes.Real.Accuracy));
            numbers.Add(new("accuracy on generated images", classes.Generated.Accuracy));
            numbers.AddRange(classes.ByGuidance.Select(one => new TargetNumber(string.Create(CultureInfo.InvariantCulture, $"accuracy, guidance strength {one.Guidance}"), one.Matrix.Accuracy)));
        }
        if (result.Augmentation is { } augmentation)
            numbers.Add(new("accuracy with generated images added", augmentation.Augmented.Accuracy));
        if (result.Features is { } features)
        {
            numbers.Add(new("Fréchet distance", features.Frechet));
            numbers.Add(new("precision", features.Coverage.Precision));
            numbers.Add(new("recall", features.Coverage.Recall));
        }
        if (result.Nearest is { } nearest)
            numbers.Add(new("largest similarity to a real image", nearest.LargestGenerated));
        return numbers;
    }

    private static List<TargetNumber> OfTraining(LossHistory losses)
    {
        var numbers = new List<TargetNumber>();
        if (losses.Training.Count > 0)
        {
            numbers.Add(new("iterations", losses.Training[^1].Iteration));
            numbers.Add(new("training loss, last", losses.Training[^1].Loss));
        }
        if (losses.Validation.Count > 0)
        {
            numbers.Add(new("validation loss, last", losses.Validation[^1].EmaLoss));
            numbers.Add(new("validation loss, lowest", losses.Validation.Min(point => point.EmaLoss)));
        }
        return numbers;
    }

    private static List<TargetNumber> OfSet(TrainingSetDescription set)
    {
        var numbers = new List<TargetNumber> { new("images", set.Count), new("pixels a side", set.Size) };
        if (set.PixelScaleArcsec > 0)
            numbers.Add(new("pixel (arcsec)", set.PixelScaleArcsec));
        if (set.BeamArcsec > 0)
            numbers.Add(new("beam (arcsec)", set.BeamArcsec));
        if (set.Classes.Count > 0)
            numbers.Add(new("classes", set.Classes.Count));
        if (set.PeakFluxPercentiles is [_, var median, _])
            numbers.Add(new("median peak flux (mJy/beam)", median * 1000));
        return numbers;
    }
}
