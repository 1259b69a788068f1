using System.Globalization;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.Grains.Workflows.Kinds;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation.Comparison;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>What results are in numbers: two of them may be the same but for rounding, which digests do not tell. Samples depend in their last digits on those that they are computed beside.</summary>
internal static class ResultNumbers
{
    /// <summary>Images and tiles that are told one by one.</summary>
    private const int MostSingle = 16;

    /// <param name="store">Where the result is.</param>
    /// <param name="kind">Of the target.</param>
    /// <param name="artifact">The result; null where there is none.</param>
    /// <param name="files">The result's files.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>By name; none for results of which nobody knows what they are.</returns>
    public static async Task<SortedDictionary<string, double>> OfAsync(IArtifactStore store, string kind, string? artifact, IReadOnlyList<ArtifactFile> files, CancellationToken cancellationToken)
    {
        if (artifact == null || kind is "export" or "exec")
            return new(StringComparer.Ordinal);
        string folder = await store.GetDirectoryAsync(artifact, cancellationToken);
        var numbers = await Task.Run(() => kind switch
        {
            "evaluate" => OfEvaluation(folder),
            "report" => ReportTarget.NumbersIn(File.ReadAllBytes(Path.Combine(folder, ReportTarget.Values))),
            "dataset" or "sample" => OfImages(folder),
            "sky" => OfTiles(folder, files),
            "train" or "distil" => OfWeights(folder),
            _ => [],
        }, cancellationToken);
        return new(numbers.Where(number => double.IsFinite(number.Value)).ToDictionary(), StringComparer.Ordinal);
    }

    private static Dictionary<string, double> OfEvaluation(string folder)
    {
        var result = EvaluationReport.Read(File.ReadAllBytes(Path.Combine(folder, SetComparison.ResultFile)));
        return EvaluationValues.Of(result).Where(value => value.Number != null).ToDictionary(value => value.Name, value => value.Number!.Value);
    }

    private static Dictionary<string, double> OfImages(string folder)
    {
        using var set = TrainingSetReader.Open(folder);
        var all = new Moments();
        var numbers = new Dictionary<string, double> { ["images"] = set.Count };
        for (int i = 0; i < set.Count; i++)
        {
            var image = new Moments();
            image.Add(set.Channel(i, 0));
            all.Add(set.Channel(i, 0));
            if (i < MostSingle)
                numbers[string.Create(CultureInfo.InvariantCulture, $"standard deviation, image {i + 1}")] = image.Deviation;
        }
        (numbers["mean pixel"], numbers["standard deviation"]) = (all.Mean, all.Deviation);
        return numbers;
    }

    private static Dictionary<string, double> OfTiles(string folder, IReadOnlyList<ArtifactFile> files)
    {
        var numbers = new Dictionary<string, double> { ["tiles"] = files.Count };
        foreach (var file in files.Where(file => file.Name.EndsWith(".fits", StringComparison.Ordinal)).Take(MostSingle))
        {
            var tile = new Moments();
            tile.Add(SkyFiles.PixelsOf(Path.Combine(folder, file.Name)));
            numbers[$"standard deviation, {file.Name}"] = tile.Deviation;
        }
        return numbers;
    }

    private static Dictionary<string, double> OfWeights(string folder)
    {
        using var weights = SafetensorsFile.Open(Path.Combine(folder, SnapshotDescription.WeightsFileName));
        double squares = 0;
        foreach (var entry in weights.Entries.Values.Where(entry => entry.DataType == "F32"))
        {
            foreach (float weight in weights.Values<float>(entry.Name))
                squares += (double)weight * weight;
        }
        return new() { ["parameters"] = weights.Entries.Values.Sum(entry => entry.ElementCount), ["norm of the weights"] = Math.Sqrt(squares) };
    }

    private sealed class Moments
    {
        private double _sum, _squares;
        private long _count;

        public double Mean => _sum / _count;

        public double Deviation => Math.Sqrt(Math.Max(0, (_squares / _count) - (Mean * Mean)));

        public void Add(ReadOnlySpan<float> pixels)
        {
            foreach (float pixel in pixels)
            {
                if (!float.IsFinite(pixel))
                    continue;
                _sum += pixel;
                _squares += (double)pixel * pixel;
                _count++;
            }
        }
    }
}
