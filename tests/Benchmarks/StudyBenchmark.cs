using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.Grains.Workflows;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;
using RadioDiffusion.Silo;

namespace RadioDiffusion.Benchmarks;

/// <summary>What the building of a study costs by itself: ten thousand targets with nothing to do, and the plan of a study that is up to date.</summary>
internal static class StudyBenchmark
{
    private const int Targets = 10_000, AtATime = 32;

    /// <summary>Of this process, at the last report; it says more than the clock where other work goes on.</summary>
    private static double _processor;

    public static void Run() => RunAsync().GetAwaiter().GetResult();

    private static async Task RunAsync()
    {
        string folder = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
        try
        {
            string file = Path.Combine(folder, "study.yaml");
            await File.WriteAllTextAsync(file, Text());
            var study = Measure("reading the file", () => StudyFile.Read(file, new Dictionary<string, string>()));
            study = Measure("reading the file again", () => StudyFile.Read(file, new Dictionary<string, string>()));
            var (host, settings) = await SiloHost.StartEmbeddedAsync(
                () => new SiloSettings { Store = Path.Combine(folder, "store"), Cluster = Guid.NewGuid().ToString("N") }, logging => logging.ClearProviders(), services => services.AddSingleton<ITargetWork, NoWork>(), CancellationToken.None);
            using (host)
            {
                var grains = host.Services.GetRequiredService<IGrainFactory>();
                var store = host.Services.GetRequiredService<IArtifactStore>();
                await StoreAsync(store);
                var request = new WorkflowRequest { Study = await StudyArtifact.PutAsync(store, study, CancellationToken.None), AtATime = AtATime };
                await BuildAsync("all targets run", grains, request);
                await PlanAsync(study, store, grains);
                await PlanAsync(study, store, grains);
                await BuildAsync("all are up to date", grains, request);
                await host.StopAsync();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What the store alone takes for as many artifacts of the same size: flushing to the disk is most of it.</summary>
    private static async Task StoreAsync(IArtifactStore store)
    {
        long began = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, Targets, new ParallelOptions { MaxDegreeOfParallelism = AtATime }, async (i, token) =>
        {
            var recipe = new Recipe { Kind = "nothing", AlgorithmVersion = 1, Parameters = new JsonObject { ["i"] = i } };
            using var scratch = store.CreateScratchDirectory();
            await File.WriteAllTextAsync(Path.Combine(scratch.Path, TargetResult.FileName), $"{i}", token);
            await store.PutAsync(recipe.Id, recipe, scratch.Path, token);
        });
        Report("as many artifacts put into the store", began);
    }

    /// <summary>A hundred chains of a hundred targets each.</summary>
    private static string Text()
    {
        var text = new StringBuilder("name: many\ntargets:\n");
        for (int i = 0; i < Targets; i++)
        {
            string needed = i % 100 == 0 ? "" : $", \"${{targets.t{i - 1}.path}}\"";
            text.Append(CultureInfo.InvariantCulture, $"  t{i}:\n    kind: exec\n    command: [nothing, \"{i}\"{needed}]\n");
        }
        return text.ToString();
    }

    private static T Measure<T>(string name, Func<T> work)
    {
        long began = Stopwatch.GetTimestamp();
        var result = work();
        Report(name, began);
        return result;
    }

    private static void Report(string name, long began)
    {
        double milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds, processor = Environment.CpuUsage.TotalTime.TotalMilliseconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {milliseconds:0} ms, {1000 * milliseconds / Targets:0} us a target; {1000 * (processor - _processor) / Targets:0} us of processor time"));
        _processor = processor;
    }

    private static async Task BuildAsync(string name, IGrainFactory grains, WorkflowRequest request)
    {
        long began = Stopwatch.GetTimestamp();
        var workflow = grains.Workflow("many");
        await workflow.StartAsync(request);
        var status = await workflow.FollowAsync(_ => { }, CancellationToken.None);
        Report($"{name} ({status.Ran} ran, {status.UpToDate} up to date)", began);
        if (status.State != WorkState.Done)
            throw new InvalidOperationException(status.Error);
    }

    private static async Task PlanAsync(Study study, IArtifactStore store, IGrainFactory grains)
    {
        long began = Stopwatch.GetTimestamp();
        var status = await grains.Workflow("many").GetStatusAsync();
        var plan = await StudyPlan.MakeAsync(study.Targets, store, grains, await BuildRecord.FindAsync(store, status.LastBuild, CancellationToken.None), CancellationToken.None);
        Report($"plan ({plan.Count(planned => planned.State == PlannedState.UpToDate)} up to date)", began);
    }

    private sealed class NoWork : ITargetWork
    {
        public string Kind => "exec";

        public Task<TargetResult> RunAsync(TargetContext context, CancellationToken cancellationToken)
        {
            string digest = Digests.OfBytes(Encoding.UTF8.GetBytes(context.Name));
            return Task.FromResult(new TargetResult { Outputs = new(StringComparer.Ordinal) { ["artifact"] = new("", digest), ["path"] = new("/nowhere", digest) } });
        }
    }
}
