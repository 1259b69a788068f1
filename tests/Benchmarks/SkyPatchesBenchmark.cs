using System.Diagnostics;
using Orleans.Runtime;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;

namespace RadioDiffusion.Benchmarks;

/// <summary>What 10,000 patches of a sky that are active at once take of memory and store, and what one costs at the beginning and at the end.</summary>
internal static class SkyPatchesBenchmark
{
    private const int Patches = 10_000, AtATime = 4, Window = 1000, Order = 8;

    public static void Run() => RunAsync().GetAwaiter().GetResult();

    private static async Task RunAsync()
    {
        string folder = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
        try
        {
            await MeasureAsync(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(string folder)
    {
        await using var session = await Session.OpenAsync(folder, null, verbose: false, CancellationToken.None);
        var sky = await session.Grains.Sky("sky").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = """{"images": null, "clustering": null, "population": {"faintestMilliJansky": 5}}""" });    // few sources: it is about activations
        await session.Grains.SkyPatch(sky.Digest, Order, 1).SourcesAsync();                     // the sky itself is known
        long before = Memory();
        var watch = Stopwatch.StartNew();
        var windows = new List<double>();
        for (int first = 0; first < Patches; first += Window)
        {
            watch.Restart();
            await Parallel.ForEachAsync(Enumerable.Range(first, Window), new ParallelOptions { MaxDegreeOfParallelism = AtATime },
                async (i, token) => await session.Grains.SkyPatch(sky.Digest, Order, i).SourcesAsync(token));
            windows.Add(watch.Elapsed.TotalSeconds);
        }
        long after = Memory();
        var statistics = await session.Grains.GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics();
        int active = statistics.Where(one => one.GrainType.Contains("SkyPatch", StringComparison.Ordinal)).Sum(one => one.ActivationCount);
        string[] states = Directory.Exists(Path.Combine(folder, "grains")) ? Directory.GetFiles(Path.Combine(folder, "grains"), "*", SearchOption.AllDirectories) : [];
        Console.WriteLine($"{active} patches are active: {(after - before) / 1e6:0.0} MB of managed memory more ({(after - before) / (double)active:0} bytes each), {Process.GetCurrentProcess().WorkingSet64 / 1e6:0} MB of working set in all");
        Console.WriteLine($"states of patches in the store: {states.Count(path => path.Contains("sky-patch", StringComparison.Ordinal))}; the largest state of any grain has {states.Select(path => new FileInfo(path).Length).DefaultIfEmpty().Max()} bytes");
        Console.WriteLine($"sources of a patch: {windows[0] / Window * 1e3:0.00} ms in the first {Window}, {windows[^1] / Window * 1e3:0.00} ms in the last");
    }

    private static long Memory() => GC.GetTotalMemory(forceFullCollection: true);
}
