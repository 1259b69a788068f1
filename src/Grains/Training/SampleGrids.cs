using System.Globalization;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Training;

/// <summary>Small grids of samples, drawn at some checkpoints of a run with the averaged weights and kept in its checkpoints, so that a report shows how samples develop.</summary>
public sealed class SampleGrids
{
    public const string FileName = "sample_grids.safetensors";

    /// <summary>Images of a grid.</summary>
    public const int Images = 8;

    private const int Steps = 10;                            // of Heun's method: enough to see what a model has learned
    private const ulong Seed = 1;
    private const int Most = 10;
    private const double LargestShare = 0.01;                // of a run's work
    private const int CallsOfAGrid = Images * (2 * Steps - 1);
    private const int CallsOfAnImage = 3;                    // a gradient costs about two calls of the network more
    private readonly SortedDictionary<long, float[][]> _grids = [];

    /// <summary>By rising iteration; each image (channels, side, side) in [0, 1].</summary>
    public IReadOnlyDictionary<long, float[][]> All => _grids;

    /// <summary>Seeds and conditions of the images: the same in all grids of a run.</summary>
    public static IReadOnlyList<GridSample> SamplesFor(SnapshotDescription model) => GridSample.Spread(model, Images, Seed);

    /// <summary>How many grids a run draws: those asked for, else as many as cost less than 1 % of the run, at most 10. A single one shows no development: then none.</summary>
    public static int CountFor(int? asked, TrainingOptions options)
    {
        if (asked is { } count)
            return count;
        double affordable = LargestShare * CallsOfAnImage * options.BatchSize * options.Iterations / CallsOfAGrid;
        return affordable < 2 ? 0 : (int)Math.Min(Most, affordable);
    }

    /// <summary>Whether a grid is drawn at this checkpoint: evenly spaced ones, and the last; never one that a pause makes.</summary>
    public static bool IsDue(int count, TrainingOptions options, long iteration)
    {
        if (count == 0)
            return false;
        if (iteration >= options.Iterations)
            return true;
        long checkpoints = (options.Iterations + options.CheckpointEvery - 1) / options.CheckpointEvery;
        long every = (checkpoints + count - 1) / count;
        // Counted from the last one, so that there are no more than asked for.
        return iteration % options.CheckpointEvery == 0 && (checkpoints - iteration / options.CheckpointEvery) % every == 0;
    }

    /// <summary>On the device's thread. Takes nothing from the training's random streams: the latent images come from the seeds of the samples.</summary>
    public void Draw(string checkpointDirectory, SnapshotDescription description, string device, long iteration)
    {
        using var model = DiffusionModel.LoadAverage(checkpointDirectory, description, device);
        _grids[iteration] = model.Sample([.. SamplesFor(description).Select(sample => sample.ConditionsFor(description, guidance: 0))], description.Usual?.Options ?? new SolverOptions(Steps));
    }

    public void Write(string directory)
    {
        if (_grids.Count == 0)
            return;
        using var stream = File.Create(Path.Combine(directory, FileName));
        using var writer = new SafetensorsWriter(stream, _grids.Select(grid => (Name(grid.Key), "F32", new long[] { Images, grid.Value[0].Length })));
        foreach (float[] image in _grids.Values.SelectMany(images => images))
            writer.Write<float>(image);
        writer.Complete();
    }

    /// <summary>None where the checkpoint has none.</summary>
    public static SampleGrids Read(string directory)
    {
        var grids = new SampleGrids();
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            return grids;
        using var file = SafetensorsFile.Open(path);
        foreach (var entry in file.Entries.Values)
        {
            int length = (int)(entry.ElementCount / Images);
            grids._grids[long.Parse(entry.Name, CultureInfo.InvariantCulture)] =
                [.. Enumerable.Range(0, Images).Select(i => file.Values<float>(entry.Name, (long)i * length, length).ToArray())];
        }
        return grids;
    }

    private static string Name(long iteration) => iteration.ToString(CultureInfo.InvariantCulture);
}
