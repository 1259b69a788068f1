using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.Grains.Training;
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
        return kind switch
        {
            "evaluate" => await FindAsync(SetComparison.ResultFile) is { } result ? [.. EvaluationValues.Of(EvaluationReport.Read(result)).Where(value => value.Number != null).Select(value => new TargetNumber(value.Name, value.Number!.Value))] : [],
            "train" or "distil" => await LossesAsync(outputs, store, grains, cancellationToken) is { } losses ? OfTraining(losses) : [],
            "dataset" or "sample" => await FindAsync(TrainingSet.DescriptionFile) is { } set ? OfSet(TrainingSetDescription.FromJson(set, TrainingSet.DescriptionFile)) : [],
            _ => [],
        };

        async Task<byte[]?> FindAsync(string file) => outputs.TryGetValue(TargetKinds.Artifact, out var artifact) ? await store.FindFileAsync(artifact.Value, file, cancellationToken) : null;
    }

    /// <summary>The losses of a target that trains, up to its last checkpoint; null where there is none.</summary>
    public static async Task<LossHistory?> LossesAsync(IReadOnlyDictionary<string, TargetOutput> outputs, IArtifactStore store, IGrainFactory grains, CancellationToken cancellationToken)
    {
        if (!outputs.TryGetValue("run", out var run) || (await grains.TrainingRun(run.Value).GetStatusAsync(cancellationToken)).Checkpoint is not { } checkpoint)
            return null;
        return await store.FindAsync(checkpoint.Artifact, cancellationToken) == null ? null : await LossHistory.ReadAsync(store, checkpoint.Artifact, cancellationToken);
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
