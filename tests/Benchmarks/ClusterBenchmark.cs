using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.Silo;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.Benchmarks;

/// <summary>How soon other grains answer while devices work, and what a second silo process is worth.</summary>
internal static class ClusterBenchmark
{
    private const int Slots = 12;
    private const int Tiles = 16;
    private const int Side = 3000;
    private const int SourcesPerTile = 1200;
    private static readonly TimeSpan _pinging = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _between = TimeSpan.FromMilliseconds(2);

    /// <summary>Calls to grains while 12 device slots work: nothing, jobs that wait in native code, and jobs that compute on all cores.</summary>
    public static void Ping() => PingAsync().GetAwaiter().GetResult();

    /// <summary>A survey of 16 tiles, cut by one silo process and by two, of one core each; with Redis and Azurite, as deploy/cluster.sh starts them.</summary>
    public static void Processes() => ProcessesAsync().GetAwaiter().GetResult();

    private static async Task PingAsync()
    {
        string folder = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
        var (host, _) = await SiloHost.StartEmbeddedAsync(
            () => new SiloSettings { Store = Path.Combine(folder, "store"), Cluster = Guid.NewGuid().ToString("N"), Devices = [.. Enumerable.Repeat("cpu", Slots)] },
            logging => logging.ClearProviders(), CancellationToken.None);
        using (host)
        {
            var grains = host.Services.GetRequiredService<IGrainFactory>();
            var slots = host.Services.GetRequiredService<IDeviceSlots>().Slots;
            await MeasureAsync("no jobs", grains, slots, null);
            await MeasureAsync($"{Slots} jobs that block", grains, slots, () => Thread.Sleep(2000));
            await MeasureAsync($"{Slots} jobs that compute on all cores", grains, slots, Convolve);
            await host.StopAsync();
        }
        Directory.Delete(folder, recursive: true);
    }

    private static async Task MeasureAsync(string name, IGrainFactory grains, IReadOnlyList<IDeviceSlot> slots, Action? job)
    {
        using var stop = new CancellationTokenSource();
        var work = job == null ? [] : slots.Select(slot => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await slot.RunAsync(job, CancellationToken.None);
        })).ToList();
        for (int i = 0; i < 200; i++)
            await grains.GetGrain<IDatasetGrain>($"nobody-{i % 20}").GetStatusAsync();
        var times = new List<double>();
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < _pinging;)
        {
            long began = Stopwatch.GetTimestamp();
            await grains.GetGrain<IDatasetGrain>($"nobody-{times.Count % 20}").GetStatusAsync();
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await Task.Delay(_between);
        }
        await stop.CancelAsync();
        await Task.WhenAll(work);
        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: {times.Count} calls, half within {times[times.Count / 2]:0.00} ms, 99 % within {times[times.Count * 99 / 100]:0.00} ms, all within {times[^1]:0.0} ms"));
    }

    private static void Convolve()
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var x = randn(4, 64, 80, 80);
        var weight = randn(64, 64, 3, 3);
        for (int i = 0; i < 20; i++)
            nn.functional.conv2d(x, weight, padding: [1, 1]);
    }

    private static async Task ProcessesAsync()
    {
        string folder = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
        string mosaics = Directory.CreateDirectory(Path.Combine(folder, "mosaics")).FullName, catalogue = Path.Combine(folder, "catalogue.csv");
        var lines = new List<string> { "Source_Name,RA,DEC,Peak_flux,Mosaic_ID" };
        foreach (var (mosaic, rows) in Enumerable.Range(0, Tiles).Select(i => SurveyBenchmark.MakeTile(mosaics, i, Side, SourcesPerTile, FitsPixelFormat.Float32)))
            lines.AddRange(rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{mosaic.Id} {row.SourceName},{row.Position.RightAscension:R},{row.Position.Declination:R},1.0,{mosaic.Id}")));
        await File.WriteAllLinesAsync(catalogue, lines);
        try
        {
            double one = await BuildAsync(folder, 1, mosaics, catalogue), two = await BuildAsync(folder, 2, mosaics, catalogue);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"two processes against one: {one / two:0.00} times as fast"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Returns seconds.</summary>
    private static async Task<double> BuildAsync(string folder, int silos, string mosaics, string catalogue)
    {
        string cluster = Path.Combine(folder, $"cluster-{silos}");
        await ScriptAsync(cluster, "up", $"{silos}");
        try
        {
            string gateways = string.Join(',', Enumerable.Range(1, silos).Select(silo => "127.0.0.1:" + File.ReadAllText(Path.Combine(cluster, $"silo-{silo}-gateway.port")).Trim()));
            await using var session = await Session.OpenAsync("", gateways, verbose: false, CancellationToken.None);
            var grain = session.Grains.GetGrain<IDatasetGrain>("survey");
            using var azurite = Process.GetProcessById(int.Parse(File.ReadAllText(Path.Combine(cluster, "azurite.pid")), CultureInfo.InvariantCulture));
            var azuriteBefore = azurite.TotalProcessorTime;
            long began = Stopwatch.GetTimestamp();
            await grain.BuildAsync(new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = catalogue });
            var status = await grain.FollowAsync(_ => { }, CancellationToken.None);
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            if (status.State != WorkState.Done)
                throw new InvalidOperationException($"{status.State}: {status.Error}");
            azurite.Refresh();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{silos} silo processes of one core: {status.TilesDone} tiles, {status.Cutouts} cut-outs in {seconds:0.0} s, in which Azurite computed for {(azurite.TotalProcessorTime - azuriteBefore).TotalSeconds:0.0} s"));
            return seconds;
        }
        finally
        {
            await ScriptAsync(cluster, "down");
        }
    }

    private static async Task ScriptAsync(string cluster, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(RepositoryRoot(), "deploy", "cluster.sh"), arguments) { RedirectStandardOutput = true };
        start.Environment["RADIODIFFUSION_CLUSTER"] = cluster;
        start.Environment["RADIODIFFUSION_PROGRAM"] = $"dotnet {typeof(CommandLine).Assembly.Location}";
        start.Environment["DOTNET_PROCESSOR_COUNT"] = "1";
        using var process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"cluster.sh {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
    }

    private static string RepositoryRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "RadioDiffusion.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The benchmark has to run inside the repository, where deploy/cluster.sh is.");
        return folder;
    }
}
