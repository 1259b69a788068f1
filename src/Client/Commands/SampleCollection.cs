using System.Diagnostics;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Exchange;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Client.Commands;

/// <summary>
/// Many samples in one file: HDF5 as the published code lays it out, or a FITS cube with a table; both name the sample ID, peak flux and class of each image, and
/// 'dataset import' reads them. What is computed is in the store, so that an interrupted command goes on from there.
/// </summary>
internal static class SampleCollection
{
    /// <summary>By the end of the file's name; null if it is none of these.</summary>
    public static ExportFormat? FormatOf(string path) => Path.GetExtension(path) switch
    {
        ".h5" or ".hdf5" => ExportFormat.Hdf5,
        ".fits" => ExportFormat.FitsCube,
        _ => null,
    };

    /// <param name="session">Where the samples come from.</param>
    /// <param name="ids">Of one model.</param>
    /// <param name="to">The file; it appears when it is whole.</param>
    /// <param name="format">What it is to be.</param>
    /// <param name="sourceOnly">Whether their sources are wanted without background; those without a whole one are left out.</param>
    /// <param name="output">For progress and the result.</param>
    /// <param name="cancellationToken">Ends it; what is computed stays.</param>
    public static async Task<int> WriteAsync(Session session, string[] ids, string to, ExportFormat format, bool sourceOnly, Output output, CancellationToken cancellationToken)
    {
        var samples = Array.ConvertAll(ids, SampleId.Parse);
        var model = await DescribeAsync(session, samples[0].Model, to, cancellationToken);
        string folder = to + ".part";
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);       // of a command that was killed
        Directory.CreateDirectory(folder);
        long began = Stopwatch.GetTimestamp();
        try
        {
            var (computed, leftOut) = await StageAsync(session, ids, samples, model, folder, sourceOnly, output, cancellationToken);
            int kept = ids.Length - leftOut;
            var progress = new PhaseDisplay(output);
            using (var set = TrainingSetReader.Open(folder))
                DatasetExport.Write(folder, set, format, new Inline(done => progress.Show("writing", done, kept)), cancellationToken);
            WholeFile.Move(Path.Combine(folder, DatasetExport.NameOf(format)), to);
            output.Result(new { File = Path.GetFullPath(to), Count = kept, LeftOut = leftOut, Computed = computed, Model = samples[0].Model, First = ids[0], Last = ids[^1] },
                console => console.Line(FormattableString.Invariant($"{Path.GetFullPath(to)}\n  {kept} samples, {computed} computed now, in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s.{(leftOut > 0 ? $" {leftOut} show no source, or one that the border cuts off, and are left out." : "")}")));
            return ExitCode.Done;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Fetches all, in whatever order they come. Returns how many were not in the store, and how many have no source.</summary>
    private static async Task<(int Computed, int LeftOut)> StageAsync(Session session, string[] ids, SampleId[] samples, SnapshotDescription model, string folder, bool sourceOnly, Output output, CancellationToken cancellationToken)
    {
        var missing = ids.Select((id, place) => (id, place)).ToDictionary(pair => pair.id, pair => pair.place);
        int side = model.Network.ImageSize, computed = 0, leftOut = 0;
        var progress = new PhaseDisplay(output);
        using var writer = new GeneratedSetWriter(folder, ids.Length, side);
        progress.Show("samples", 0, ids.Length);
        await session.WorkAsync(
            async token =>
            {
                await foreach (var fetched in session.Grains.FetchSamplesAsync([.. missing.Keys], token))
                {
                    if (fetched.Error is { } error)
                    {
                        throw new UserErrorException(ErrorKind.Unavailable, fetched.Id,
                            $"The sample {fetched.Id} cannot be had: {error.Message} The other {ids.Length - missing.Count} so far are in the store: the same command goes on from there.");
                    }
                    if (PixelsOf(fetched.Sample!.Fits!, side, sourceOnly) is { } pixels)
                        writer.Put(missing[fetched.Id], fetched.Id, pixels);
                    else
                        leftOut++;
                    missing.Remove(fetched.Id);
                    computed += fetched.Sample.FromStore ? 0 : 1;
                    progress.Show("samples", ids.Length - missing.Count, ids.Length);
                }
                return true;
            },
            _ => missing.Count == 0,
            cancellationToken);
        if (leftOut == ids.Length)
            throw new UserErrorException(ErrorKind.NotFound, "--source-only", $"None of the {ids.Length} samples shows a whole source above its background: nothing is written. Look at some of them without --source-only.");
        writer.Complete(model,
            model.FluxTransform == null ? null : Array.ConvertAll(samples, sample => (float)(sample.FluxMilliJansky!.Value / 1000)),
            model.Classes.Count == 0 ? null : Array.ConvertAll(samples, sample => model.Classes.ToList().IndexOf(sample.Class!)));
        return (computed, leftOut);
    }

    private static float[]? PixelsOf(byte[] fits, int side, bool sourceOnly)
    {
        if (!sourceOnly)
            return StoredSamples.Pixels(fits, side);
        return SampleSource.Find(fits) is { Stamp: { TouchesBorder: false } stamp } ? stamp.Pixels : null;
    }

    private static async Task<SnapshotDescription> DescribeAsync(Session session, string digest, string to, CancellationToken cancellationToken)
    {
        var model = await new SnapshotDescriptions(session.Artifacts, new ShippedModels(session.Artifacts)).GetAsync(digest, cancellationToken);
        return model.Network.ImageChannels == 1
            ? model
            : throw new UserErrorException(ErrorKind.Invalid, to, $"The images of the model {digest} have {model.Network.ImageChannels} channels, but {to} is for images of one: give a folder.");
    }

    /// <summary>Reports at once, on the thread that does the work.</summary>
    private sealed class Inline(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
