using System.Text.Json;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.SourceFinding;

namespace RadioDiffusion.Benchmarks;

/// <summary>
/// Finds sources in images of 80 x 80 pixels with the paper's settings, beside the seconds that PyBDSF 1.10.3 took for the same image without its garbage
/// collection (best of five, in each case.json; recorded on a machine of two cores). Processor time of one thread.
/// </summary>
internal static class FinderBenchmark
{
    private const int Side = 80, Rounds = 5;

    public static void Run()
    {
        string root = Environment.GetEnvironmentVariable("RADIODIFFUSION_GOLDEN") is { Length: > 0 } folder ? folder : Path.Combine("..", "shared", "golden");
        string[] cases = [.. new[] { "pybdsf", "pybdsf-real" }.Select(set => Path.Combine(root, set)).Where(Directory.Exists).SelectMany(Directory.GetDirectories).Order(StringComparer.Ordinal)];
        var all = new List<(double Ours, double Theirs, bool IsComparable)>();
        foreach (string path in cases)
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(path, "case.json")));
            if (!json.RootElement.GetProperty("pybdsf").TryGetProperty("seconds_no_gc", out var seconds))
                continue;
            using var tensors = SafetensorsFile.Open(Path.Combine(path, "arrays.safetensors"));
            all.Add((Measure(tensors.Values<float>("image").ToArray()), seconds.GetDouble(), json.RootElement.GetProperty("comparable").GetBoolean()));
        }
        if (all.Count == 0)
        {
            Console.WriteLine($"No golden cases of PyBDSF in {Path.GetFullPath(root)}: RADIODIFFUSION_GOLDEN names a folder with them.");
            return;
        }
        Report("images that the reference is sure of", [.. all.Where(one => one.IsComparable)]);
        Report("all images", all);
    }

    private static double Measure(float[] image)
    {
        var finder = new SourceFinder(SourceFinderOptions.Paper);
        for (int i = 0; i < 3; i++)
            finder.Find(image, Side, Side);
        var times = new List<double>();
        for (int round = 0; round < Rounds; round++)
        {
            var before = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < 4; i++)
                finder.Find(image, Side, Side);
            times.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds / 4);
        }
        return times.Min();
    }

    private static void Report(string what, List<(double Ours, double Theirs, bool IsComparable)> images)
    {
        static double Median(IEnumerable<double> values)
        {
            double[] ordered = [.. values.Order()];
            return ordered[ordered.Length / 2];
        }

        Console.WriteLine($"{images.Count} {what}: median {Median(images.Select(one => one.Ours)) * 1000:0.00} ms, PyBDSF {Median(images.Select(one => one.Theirs)) * 1000:0.0} ms; "
            + $"mean {images.Average(one => one.Ours) * 1000:0.0} ms, PyBDSF {images.Average(one => one.Theirs) * 1000:0.0} ms; "
            + $"image by image a median of {Median(images.Select(one => one.Theirs / one.Ours)):0.0} times as fast, at least {images.Min(one => one.Theirs / one.Ours):0.0} times, all together {images.Sum(one => one.Theirs) / images.Sum(one => one.Ours):0.0} times");
    }
}
