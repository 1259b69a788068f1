using RadioDiffusion.Client.Commands;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Client.Reports;

/// <summary>
/// The samples of a report, seeds and conditions fixed. Those of a finished run have IDs and come from the silo's devices, or from the store; those of a run
/// under way have none, since its weights are no model yet, and are computed here from the averaged weights of the last checkpoint.
/// </summary>
internal sealed record ReportSamples
{
    /// <summary>The command's guidance strength, as in the paper.</summary>
    private const double Guidance = 0.1;

    public sealed record Wish(int Count, ulong Seed, int Steps);

    /// <summary>What each image is of, and its first channel (side, side).</summary>
    public IReadOnlyList<(GridSample Sample, float[] Pixels)> Images { get; init; } = [];

    public int Side { get; init; }

    public required int Steps { get; init; }

    /// <summary>IDs of the samples of a finished run, which lie in the folder samples of the report.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];

    public IReadOnlyList<string> Problems { get; init; } = [];

    public static async Task<ReportSamples> MakeAsync(Session session, TrainingReport report, Wish wish, string directory, Output output, CancellationToken cancellationToken)
    {
        var none = new ReportSamples { Steps = wish.Steps };
        if (wish.Count == 0 || report.IsClassifier)
            return none;
        if (report.Model is not { } model)
            return none with { Problems = [$"The data set of run '{report.Status.Name}' is not in the store any more, so that its samples would have no conditions: the report has none."] };
        var samples = GridSample.Spread(model, wish.Count, wish.Seed);
        output.Message($"  {wish.Count} samples with the weights of iteration {report.Iteration}");
        return report.Status.Snapshot is { } snapshot
            ? await FetchAsync(session, none with { Side = model.Network.ImageSize }, snapshot, model, samples, Path.Combine(directory, "samples"), cancellationToken)
            : await Task.Run(() => Compute(report, model, samples, wish.Steps, cancellationToken), cancellationToken);
    }

    private static async Task<ReportSamples> FetchAsync(Session session, ReportSamples none, string snapshot, SnapshotDescription model, IReadOnlyList<GridSample> samples, string folder, CancellationToken cancellationToken)
    {
        var sampleOf = samples.ToDictionary(sample => IdOf(snapshot, model, sample, none.Steps));
        var pixels = new Dictionary<string, float[]>();
        var problems = new List<string>();
        await foreach (var fetched in session.Grains.FetchSamplesAsync(sampleOf.Keys, cancellationToken))
        {
            if (fetched.Sample is { } sample)
                pixels[fetched.Id] = PixelsOf(SampleCommand.SaveBoth(sample, folder)[0], none.Side);
            else
                problems.Add($"{fetched.Id}: {fetched.Error!.Message}");
        }
        string[] ids = [.. sampleOf.Keys.Where(pixels.ContainsKey)];
        return none with { Images = [.. ids.Select(id => (sampleOf[id], pixels[id]))], Ids = ids, Problems = problems };
    }

    private static ReportSamples Compute(TrainingReport report, SnapshotDescription model, IReadOnlyList<GridSample> samples, int steps, CancellationToken cancellationToken)
    {
        using var network = DiffusionModel.LoadAverage(report.CheckpointDirectory, model);
        int side = network.Description.Network.ImageSize;
        float[][] images = network.Sample([.. samples.Select(sample => sample.ConditionsFor(model, model.Usual?.Guidance ?? Guidance))], model.Usual?.Options ?? new SolverOptions(steps), ct: cancellationToken);
        return new ReportSamples { Steps = steps, Side = side, Images = [.. samples.Zip(images.Select(image => image[..(side * side)]))] };
    }

    /// <exception cref="UserErrorException">An ID cannot name this.</exception>
    private static string IdOf(string snapshot, SnapshotDescription model, GridSample sample, int steps)
    {
        try
        {
            return new SampleId
            {
                Model = SnapshotNames.DigestOf(snapshot),
                Seed = sample.Seed,
                Class = sample.Class,
                FluxMilliJansky = sample.FluxMilliJansky,
                Values = sample.Values,
                Guidance = model.Usual?.Guidance ?? Guidance,
                Solver = model.Usual?.Options ?? new SolverOptions(steps),
            }.ToString();
        }
        catch (RadioDiffusionException error)
        {
            throw new UserErrorException(ErrorKind.Invalid, snapshot, error.Message);
        }
    }

    private static float[] PixelsOf(string path, int side)
    {
        using var file = FitsFile.Open(path);
        float[] pixels = new float[side * side];
        file.FirstImage().ReadPixels(0, 0, side, side, pixels);
        return pixels;
    }
}
