using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.Silo;

namespace RadioDiffusion.Benchmarks;

/// <summary>
/// Samples over loopback HTTP, clients and silo in one process: 64 clients that ask for one image after the other, against the same images computed in one go; and stored samples at 500 requests a
/// second, from the time at which each was due, and tiles of a sky that were made before in the same way, at 50 a second (each is a megabyte). Argument: tiles, for those alone.
/// </summary>
internal static class ServiceBenchmark
{
    private const string Model = "first-s";
    private const int Clients = 64, Images = 4 * Clients, Rate = 500, Tiles = 200, TileRate = 50;
    private static readonly TimeSpan _serving = TimeSpan.FromSeconds(20);

    public static void Run(string[] arguments) => RunAsync(arguments.Contains("tiles")).GetAwaiter().GetResult();

    private static async Task RunAsync(bool tilesOnly)
    {
        string folder = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
        await using var app = SiloHost.BuildService(new SiloSettings { Store = Path.Combine(folder, "store"), Cluster = Guid.NewGuid().ToString("N") }, logging => logging.ClearProviders());
        await app.StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Clients }) { BaseAddress = new Uri(app.Urls.First()) };
        var grains = app.Services.GetRequiredService<IGrainFactory>();
        if (!tilesOnly)
            await SamplesAsync(http, grains);
        await TilesAsync(http, grains);
        await app.StopAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task SamplesAsync(HttpClient http, IGrainFactory grains)
    {
        var model = await grains.GetGrain<IModelGrain>(Model).GetAsync();
        string[] ids = [.. Enumerable.Range(0, Images + 2).Select(i => SampleIds.For(model, new SampleParameters(Model, model.Classes[i % model.Classes.Count], Seed: (ulong)i)))];
        await Task.WhenAll(ids[Images..].Select(id => GetAsync(http, SamplePath(id))));      // loads the model and measures its best batch
        double before = Raw(ids[..Clients]);
        double served = await ServeAsync(http, ids[..Images]);
        double after = Raw(ids[..Clients]);
        Console.WriteLine(FormattableString.Invariant($"{ids[0]}: in one go {before:0.000} and {after:0.000} images a second, to {Clients} clients {served:0.000}: {served / (0.5 * (before + after)):0.0%}"));
        await StoredAsync(http, "samples as FITS", Rate, [.. ids[..Images].Select(SamplePath)]);
    }

    private static async Task TilesAsync(HttpClient http, IGrainFactory grains)
    {
        await grains.Sky("sky").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = """{"images": null}""" });
        string[] tiles = [.. Enumerable.Range(0, Tiles).Select(i => $"/skies/sky/hips/Norder8/Dir{i * 100 / 10_000 * 10_000}/Npix{i * 100}")];
        await StoredAsync(http, "tiles as FITS", TileRate, [.. tiles.Select(tile => tile + ".fits")]);
        await StoredAsync(http, "tiles as PNG", TileRate, [.. tiles.Select(tile => tile + ".png")]);
    }

    /// <summary>Images a second in the batches that the sampler would take, without a service.</summary>
    private static double Raw(string[] ids)
    {
        using var model = DiffusionModel.Load(Path.Combine(AppContext.BaseDirectory, "Models", Model), precision: SampleId.Parse(ids[0]).Precision);
        SampleConditions[] samples = [.. ids.Select(SampleId.Parse).Select(id => new SampleConditions(id.Seed, null, model.Description.Classes.ToList().IndexOf(id.Class!), id.Guidance))];
        model.MaximumBatch = Math.Max(1, model.BestBatch / 2);                  // guided images are two of the network's
        Console.WriteLine($"in one go: {model.MaximumBatch} together");
        long began = Stopwatch.GetTimestamp();
        model.Sample(samples, SampleId.Parse(ids[0]).Solver);
        return samples.Length / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Images a second while all clients wait for one: from the first image that is not among the first ones of the clients, to when no more are asked for.</summary>
    private static async Task<double> ServeAsync(HttpClient http, string[] ids)
    {
        int next = -1;
        var done = new List<long>();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is int i && i < ids.Length)
            {
                await GetAsync(http, SamplePath(ids[i]));
                lock (done)
                    done.Add(Stopwatch.GetTimestamp());
            }
        }));
        int first = Clients - 1, last = ids.Length - Clients;
        return (last - first) / Stopwatch.GetElapsedTime(done[first], done[last]).TotalSeconds;
    }

    private static async Task StoredAsync(HttpClient http, string what, int rate, string[] paths)
    {
        await Parallel.ForEachAsync(paths, async (path, _) => await GetAsync(http, path));
        int count = (int)(rate * _serving.TotalSeconds);
        double[] times = new double[count];
        var requests = new List<Task>(count);
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            long due = began + i * (Stopwatch.Frequency / rate);
            while (Stopwatch.GetTimestamp() is var now && now < due)
            {
                // Turning in circles takes one of the service's cores.
                if (Stopwatch.GetElapsedTime(now, due).TotalMilliseconds > 2)
                    await Task.Delay(1);
                else
                    await Task.Yield();
            }
            requests.Add(TimeAsync(i, due));
        }
        await Task.WhenAll(requests);
        Array.Sort(times);
        Console.WriteLine(FormattableString.Invariant(
            $"stored {what}, {rate} a second for {_serving.TotalSeconds:0} s: half within {times[count / 2] * 1000:0.00} ms, 99 % within {times[count * 99 / 100] * 1000:0.00} ms, all within {times[^1] * 1000:0.0} ms"));

        async Task TimeAsync(int i, long due)
        {
            await GetAsync(http, paths[i % paths.Length]);
            times[i] = Stopwatch.GetElapsedTime(due).TotalSeconds;
        }
    }

    private static string SamplePath(string id) => $"/api/v1/samples/{id}";

    private static async Task GetAsync(HttpClient http, string path)
    {
        while (true)
        {
            using var response = await http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                await response.Content.CopyToAsync(Stream.Null);          // whole tiles on the heap of the service that is measured would be collected with its own
                return;
            }
            if (response.StatusCode is not (HttpStatusCode.Accepted or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
                throw new InvalidOperationException($"The service answered {(int)response.StatusCode} for {path}: {await response.Content.ReadAsStringAsync()}");
        }
    }
}
