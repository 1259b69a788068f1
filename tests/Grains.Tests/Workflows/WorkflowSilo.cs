using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using Orleans.TestingHost;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.Grains.Workflows;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Tests.Workflows;

/// <summary>One silo that builds studies, whose targets of kind exec are <see cref="TestWork"/>.</summary>
internal sealed class WorkflowSilo(InProcessTestCluster cluster, LocalArtifactStore store, TestWork work) : IAsyncDisposable
{
    public TestWork Work => work;

    public LocalArtifactStore Store => store;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<WorkflowSilo> OpenAsync(string folder)
    {
        var store = new LocalArtifactStore(Path.Combine(folder, "artifacts"));
        var work = new TestWork();
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureHost(host => host.Logging.ClearProviders());
        builder.ConfigureSilo((_, silo) => silo.AddLocalGrainStorage(GrainStorageNames.Default, folder).UseInMemoryReminderService().Services
            .AddMessageSafety().AddSingleton<ITargetWork>(work).AddRadioDiffusionGrains()
            .AddSingleton<IArtifactStore>(store).AddSingleton<IDeviceSlots, OneThread>());
        builder.ConfigureClient(client => client.Services.AddMessageSafety());
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new WorkflowSilo(cluster, store, work);
    }

    public IGrainFactory Grains => cluster.Client;

    public async Task<WorkflowRequest> RequestAsync(Study study, int atATime = 4, params string[] targets) =>
        new() { Study = await StudyArtifact.PutAsync(store, study, Token), AtATime = atATime, Targets = targets.Length == 0 ? null : new(targets) };

    /// <summary>Builds to the end.</summary>
    /// <returns>The last status of every target.</returns>
    public async Task<(WorkflowStatus Status, Dictionary<string, TargetStatus> Targets)> BuildAsync(Study study, params string[] targets)
    {
        await Grains.Workflow(study.Name).StartAsync(await RequestAsync(study, 4, targets), Token);
        return await FollowAsync(study.Name);
    }

    public async Task<(WorkflowStatus Status, Dictionary<string, TargetStatus> Targets)> FollowAsync(string study)
    {
        var seen = new Dictionary<string, TargetStatus>();
        var status = await Grains.Workflow(study).FollowAsync(status => status.Changes.ToList().ForEach(target => seen[target.Name] = target), Token);
        return (status, seen);
    }

    public async Task<Dictionary<string, PlannedTarget>> PlanAsync(Study study)
    {
        var status = await Grains.Workflow(study.Name).GetStatusAsync(Token);
        var plan = await StudyPlan.MakeAsync(study.Targets, store, Grains, await BuildRecord.FindAsync(store, status.LastBuild, Token), Token);
        return plan.ToDictionary(planned => planned.Target.Name);
    }

    public async ValueTask DisposeAsync()
    {
        await cluster.DisposeAsync();                        // with what is held: it does not come to its end
        work.Release();
        store.Dispose();
    }

    /// <summary>A study of targets NAME: a number, the names that it refers to. Its result is a function of half the number and of what it refers to.</summary>
    public static Study StudyOf(string name, IEnumerable<(string Name, int Number, string[] Needs)> targets, Func<StudyTarget, StudyTarget>? change = null) => new()
    {
        Name = name,
        Targets =
        [
            .. targets.Select(target => (change ?? (one => one))(new StudyTarget
            {
                Name = target.Name,
                WrittenAs = target.Name,
                Kind = "exec",
                Parameters = new JsonObject { ["command"] = new JsonArray([JsonValue.Create(target.Number.ToString(CultureInfo.InvariantCulture)), .. target.Needs.Select(needed => new TargetReference(needed, "path").ToJson())]) },
                DependsOn = target.Needs,
                Place = new StudyPlace("study.yaml", 1, 1),
            })),
        ],
    };

    private sealed class OneThread : IDeviceSlots, IDedicatedThreads
    {
        public IReadOnlyList<IDeviceSlot> Slots => [];

        public IDedicatedThreads Cpu => this;

        public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default) => Task.Run(work, cancellationToken);
    }
}

/// <summary>Targets without work: what they give is told by their numbers, and who has run is written down.</summary>
internal sealed class TestWork : ITargetWork
{
    private readonly ConcurrentQueue<string> _ran = new();
    private TaskCompletionSource _gate = new();
    private string? _held;
    private int _atOnce, _mostAtOnce;

    public TestWork() => _gate.SetResult();

    public string Kind => "exec";

    /// <summary>Names of targets that fail, and how often they still do.</summary>
    public ConcurrentDictionary<string, int> Failures { get; } = new();

    /// <summary>Most targets that ran at a time.</summary>
    public int MostAtOnce => _mostAtOnce;

    /// <summary>Ends when the held target runs.</summary>
    public TaskCompletionSource Held { get; private set; } = new();

    public string[] TakeRan()
    {
        string[] ran = [.. _ran.Order(StringComparer.Ordinal)];
        _ran.Clear();
        return ran;
    }

    public void Hold(string name) => (_held, _gate, Held) = (name, new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));

    public void Release() => _gate.TrySetResult();

    public async Task<TargetResult> RunAsync(TargetContext context, CancellationToken cancellationToken)
    {
        _ran.Enqueue(context.Name);
        int now = Interlocked.Increment(ref _atOnce);
        _mostAtOnce = Math.Max(_mostAtOnce, now);
        try
        {
            if (context.Name == _held)
            {
                Held.TrySetResult();
                context.Tell("held", 1, 2);
                await _gate.Task.WaitAsync(cancellationToken);
            }
            if (Failures.TryGetValue(context.Name, out int left) && left > 0)
            {
                Failures[context.Name] = left - 1;
                throw new UserErrorException(ErrorKind.Failed, context.Name, "It was told to fail.");
            }
            var words = context.Texts("command");
            string digest = DigestOf(int.Parse(words[0], CultureInfo.InvariantCulture), words.Skip(1).Select(word => word[1..]));
            return new TargetResult { Outputs = new(StringComparer.Ordinal) { ["artifact"] = new("", digest), ["path"] = new($"/{digest}", digest) } };
        }
        finally
        {
            Interlocked.Decrement(ref _atOnce);
        }
    }

    /// <summary>Of the result: numbers 2n and 2n + 1 give the same.</summary>
    public static string DigestOf(int number, IEnumerable<string> needed) => Digests.OfBytes(Encoding.UTF8.GetBytes($"{number / 2} {string.Join(' ', needed)}"));
}
