using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.Grains.Workflows;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Tests.Workflows;

/// <summary>Studies in a silo: exactly what is stale runs, each target once, whatever fails or stops in between.</summary>
public sealed class WorkflowTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Random graphs, built, built again, and built after some numbers have changed: what runs is what the digests say, worked out here by hand. A number that changes from 2n to 2n + 1 gives
    /// the same result, so that nothing follows from it (early cut-off).
    /// </summary>
    [Fact]
    public async Task RandomGraphs_RunExactlyWhatIsStale()
    {
        await using var silo = await WorkflowSilo.OpenAsync(_folder.Path);
        int cutOff = 0;
        for (int seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            int count = random.Next(3, 18);
            string[][] needs = [.. Enumerable.Range(0, count).Select(i => Enumerable.Range(0, i).Where(_ => random.NextDouble() < 2.0 / count).Select(j => $"t{j}").ToArray())];
            int[] numbers = [.. Enumerable.Range(0, count).Select(i => 1000 * seed + 2 * i)];
            var known = new HashSet<string>();
            for (int round = 0; round < 4; round++)
            {
                if (round == 2)
                    numbers[random.Next(count)] ^= 1;
                else if (round == 3)
                    numbers[random.Next(count)] += 500;
                var study = WorkflowSilo.StudyOf($"random{seed}", Enumerable.Range(0, count).Select(i => ($"t{i}", numbers[i], needs[i])));
                string[] expected = Stale(numbers, needs, known);
                var plan = await silo.PlanAsync(study);
                var (status, targets) = await silo.BuildAsync(study);
                Assert.Equal(expected, silo.Work.TakeRan());
                Assert.Equal((WorkState.Done, count, expected.Length, count - expected.Length), (status.State, status.Total, status.Ran, status.UpToDate));
                Assert.All(targets.Values, target => Assert.Equal(expected.Contains(target.Name) ? TargetState.Done : TargetState.UpToDate, target.State));
                Assert.All(plan.Values, planned => Assert.True(planned.State switch
                {
                    PlannedState.UpToDate => !expected.Contains(planned.Target.Name),
                    PlannedState.WillRun => expected.Contains(planned.Target.Name),
                    _ => planned.State == PlannedState.MayRun,
                }));
                if (round > 0)
                    cutOff += plan.Values.Count(planned => planned.State == PlannedState.MayRun && !expected.Contains(planned.Target.Name));
                Assert.All((await silo.PlanAsync(study)).Values, planned => Assert.Equal(PlannedState.UpToDate, planned.State));
            }
        }
        Assert.True(cutOff > 0, "No early cut-off came up.");
        Assert.True(silo.Work.MostAtOnce <= 4);
    }

    [Fact]
    public async Task Plan_SaysWhyAndHowLong()
    {
        await using var silo = await WorkflowSilo.OpenAsync(_folder.Path);
        await File.WriteAllTextAsync(_folder.File("input.txt"), "one", Token);
        Study Study(int number) => WorkflowSilo.StudyOf("why", [("a", number, []), ("b", 7, ["a"]), ("c", 8, []), ("d", 9, ["b"])], target => target.Name != "c" ? target : target with
        {
            Parameters = new(target.Parameters.Select(entry => KeyValuePair.Create(entry.Key, entry.Value?.DeepClone())).Append(KeyValuePair.Create("inputs", (System.Text.Json.Nodes.JsonNode?)new System.Text.Json.Nodes.JsonObject { ["file"] = _folder.File("input.txt") }))),
        });
        var plan = await silo.PlanAsync(Study(2));
        Assert.Equal((PlannedState.WillRun, "not built yet", null), (plan["a"].State, plan["a"].Reason, plan["a"].Seconds));
        Assert.Equal((PlannedState.MayRun, "not built yet; after 'a'"), (plan["b"].State, plan["b"].Reason));
        await silo.BuildAsync(Study(2));

        File.SetLastWriteTimeUtc(_folder.File("input.txt"), DateTime.UtcNow.AddDays(1));
        Assert.Equal("up to date", (await silo.PlanAsync(Study(2)))["c"].Reason);
        await File.WriteAllTextAsync(_folder.File("input.txt"), "two", Token);
        plan = await silo.PlanAsync(Study(4));
        Assert.Equal("""'command' is ["4"] and was ["2"]""", plan["a"].Reason);
        Assert.Equal((PlannedState.MayRun, "unless 'a' gives the same as before"), (plan["b"].State, plan["b"].Reason));
        Assert.Equal("the content of 'inputs' has changed", plan["c"].Reason);
        await silo.BuildAsync(Study(4), "a");
        Assert.Equal("the result of 'a' is another one", (await silo.PlanAsync(Study(4)))["b"].Reason);
        File.Delete(_folder.File("input.txt"));
        plan = await silo.PlanAsync(Study(4));
        Assert.Equal(PlannedState.CannotRun, plan["c"].State);
        Assert.Contains("There is no file or folder", plan["c"].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Builds_AreAChain_AndTwoOfThemAreCompared()
    {
        await using var silo = await WorkflowSilo.OpenAsync(_folder.Path);
        Study Study(int a, int c, params (string, int, string[])[] more) => WorkflowSilo.StudyOf("chain", [("a", a, []), ("b", 4, ["a"]), ("c", c, []), .. more]);
        await silo.BuildAsync(Study(20, 30, ("old", 50, [])));
        silo.Work.Failures["c"] = 1;
        await silo.BuildAsync(Study(22, 32, ("new", 52, [])));       // a gives something else, c fails
        await silo.BuildAsync(Study(23, 32, ("new", 52, [])), "b");  // a has another recipe and gives the same; of c and new nothing is asked

        var last = await silo.Grains.Workflow("chain").GetStatusAsync(Token);
        var builds = await BuildHistory.ReadAsync(silo.Store, last.LastBuild, Token).ToListAsync(Token);
        Assert.Equal([("Done", 1, 1, 0), ("Failed", 3, 0, 1), ("Done", 4, 0, 0)], builds.Select(build => build.Summary).Select(build => (build.State, build.Ran, build.UpToDate, build.Failed)));
        Assert.Equal(["c", "new"], builds[0].Record.Targets.Where(target => target.IsFromBefore).Select(target => target.Name));
        Assert.Equal([builds[1].Id, builds[2].Id, null], builds.Select(build => build.Record.Previous));

        async Task<Dictionary<string, ComparedTarget>> CompareAsync(string first, string second) => (await BuildComparison.MakeAsync(
            await BuildHistory.FindAsync(silo.Store, last, first, Token), await BuildHistory.FindAsync(silo.Store, last, second, Token), silo.Store, silo.Grains, Token)).Targets.ToDictionary(target => target.Name);

        var compared = await CompareAsync("3", "2");
        Assert.Equal(["a", "b", "c", "new", "old"], compared.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("""'command' is ["22"] and was ["20"]""", false), (compared["a"].Recipe, compared["a"].IsSameResult));
        Assert.Equal(("the result of 'a' is another one", false), (compared["b"].Recipe, compared["b"].IsSameResult));
        // Nothing has come of it, so that only the studies know what was meant.
        Assert.Equal(("""'command' is ["32"] and was ["30"]""", null, "Done", "Failed", "It was told to fail."), (compared["c"].Recipe, compared["c"].IsSameResult, compared["c"].StateA, compared["c"].StateB, compared["c"].ErrorB));
        Assert.Equal(("only B has it", "only A has it"), (compared["new"].Recipe, compared["old"].Recipe));
        compared = await CompareAsync("2", builds[0].Id);
        Assert.Equal(["a"], compared.Keys);
        Assert.Equal(("""'command' is ["23"] and was ["22"]""", true), (compared["a"].Recipe, compared["a"].IsSameResult));
        Assert.Empty(await CompareAsync("1", "1"));
        Assert.Contains("there are 3", (await Assert.ThrowsAsync<UserErrorException>(() => CompareAsync("4", "1"))).Message, StringComparison.Ordinal);

        await silo.Store.DeleteAsync(builds[1].Id, Token);
        Assert.Equal([builds[0].Id], await BuildHistory.ReadAsync(silo.Store, last.LastBuild, Token).Select(build => build.Id).ToListAsync(Token));
    }

    /// <summary>A silo that ends under a build leaves it interrupted, one that is given up or cannot even begin is told of too.</summary>
    [Fact]
    public async Task BuildsThatCameToNothing_AreInTheHistory()
    {
        var study = WorkflowSilo.StudyOf("ended", [("a", 2, []), ("slow", 4, ["a"])]);
        await using (var first = await WorkflowSilo.OpenAsync(_folder.Path))
        {
            await first.BuildAsync(study, "a");
            first.Work.Hold("slow");
            await first.Grains.Workflow("ended").StartAsync(await first.RequestAsync(study), Token);
            await first.Work.Held.Task.WaitAsync(Token);
        }
        await using var silo = await WorkflowSilo.OpenAsync(_folder.Path);
        var workflow = silo.Grains.Workflow("ended");
        async Task<List<BuildSummary>> HistoryAsync() => await BuildHistory.ReadAsync(silo.Store, (await workflow.GetStatusAsync(Token)).LastBuild, Token).Select(build => build.Summary).ToListAsync(Token);
        Assert.Equal(WorkState.Interrupted, (await workflow.GetStatusAsync(Token)).State);
        var history = await HistoryAsync();
        Assert.Equal(["Interrupted", "Done"], history.Select(build => build.State));
        Assert.Equal((0, 0, 0), (history[0].Ran, history[0].UpToDate, history[0].Failed));
        Assert.True(history[0].Began >= history[1].Ended);
        // What the builds before it have made stays known.
        Assert.Equal("""'command' is ["4"] and was ["2"]""", (await silo.PlanAsync(WorkflowSilo.StudyOf("ended", [("a", 4, [])])))["a"].Reason);

        await workflow.CancelAsync(Token);
        Assert.Equal(WorkState.None, (await workflow.GetStatusAsync(Token)).State);
        Assert.Equal(["None", "Interrupted", "Done"], (await HistoryAsync()).Select(build => build.State));

        var broken = await silo.RequestAsync(study);
        await silo.Store.DeleteAsync(broken.Study, Token);
        await workflow.StartAsync(broken, Token);
        Assert.Equal(WorkState.Failed, (await silo.FollowAsync("ended")).Status.State);
        history = await HistoryAsync();
        Assert.Equal(["Failed", "None", "Interrupted", "Done"], history.Select(build => build.State));
        Assert.Contains("There is no artifact", history[0].Error, StringComparison.Ordinal);

        Assert.Equal(1, (await silo.BuildAsync(study)).Status.UpToDate);
        Assert.Equal(["Done", "Failed", "None", "Interrupted", "Done"], (await HistoryAsync()).Select(build => build.State));
    }

    [Fact]
    public async Task FailedTarget_BlocksWhatNeedsIt_AndTheNextBuildRunsOnlyThat()
    {
        await using var silo = await WorkflowSilo.OpenAsync(_folder.Path);
        var study = WorkflowSilo.StudyOf("failing", [("a", 2, []), ("b", 4, ["a"]), ("c", 6, ["b"]), ("d", 8, ["a"]), ("e", 10, [])], target => target.Name == "e" ? target with { Retry = 2 } : target);
        silo.Work.Failures["b"] = 1;
        silo.Work.Failures["e"] = 2;
        var (status, targets) = await silo.BuildAsync(study);
        Assert.Equal((WorkState.Failed, 3, 1, 1), (status.State, status.Ran, status.Failed, status.Blocked));
        Assert.Equal("It was told to fail.", targets["b"].Error);
        Assert.Equal((TargetState.Blocked, "'b' failed"), (targets["c"].State, targets["c"].Reason));
        Assert.Equal((TargetState.Done, 3), (targets["e"].State, targets["e"].Attempt));
        Assert.Equal(["a", "b", "d", "e", "e", "e"], silo.Work.TakeRan());
        Assert.Equal("was not finished", (await silo.PlanAsync(study))["b"].Reason);

        Assert.Equal(WorkState.Done, (await silo.BuildAsync(study)).Status.State);
        Assert.Equal(["b", "c"], silo.Work.TakeRan());
    }

    [Fact]
    public async Task TwoStudies_ShareATargetThatRuns_AndEachCanLetGoOfIt()
    {
        await using var silo = await WorkflowSilo.OpenAsync(_folder.Path);
        silo.Work.Hold("shared");
        var one = WorkflowSilo.StudyOf("one", [("shared", 2, []), ("mine", 4, ["shared"])]);
        var two = WorkflowSilo.StudyOf("two", [("shared", 2, []), ("other", 6, ["shared"])]);
        await silo.Grains.Workflow("one").StartAsync(await silo.RequestAsync(one), Token);
        await silo.Grains.Workflow("two").StartAsync(await silo.RequestAsync(two), Token);
        await silo.Work.Held.Task.WaitAsync(Token);
        await foreach (var status in silo.Grains.Workflow("two").WatchAsync(-1, Token))
        {
            if (status.Changes.Any(target => target is { Name: "shared", Progress.Phase: "held" }))
                break;                                       // both wait for it
        }
        await silo.Grains.Workflow("one").PauseAsync(Token);
        var (paused, targets) = await silo.FollowAsync("one");
        Assert.Equal((WorkState.Paused, TargetState.Stopped), (paused.State, targets["shared"].State));
        silo.Work.Release();
        Assert.Equal(WorkState.Done, (await silo.FollowAsync("two")).Status.State);
        Assert.Equal(["other", "shared"], silo.Work.TakeRan());

        await silo.Grains.Workflow("one").ResumeAsync(Token);
        Assert.Equal(WorkState.Done, (await silo.FollowAsync("one")).Status.State);
        Assert.Equal(["mine"], silo.Work.TakeRan());
    }

    [Fact]
    public async Task Pause_Cancel_Timeout_AndConflict()
    {
        await using var silo = await WorkflowSilo.OpenAsync(_folder.Path);
        var study = WorkflowSilo.StudyOf("stopped", [("a", 2, []), ("slow", 4, ["a"]), ("last", 6, ["slow"])]);
        var workflow = silo.Grains.Workflow("stopped");
        silo.Work.Hold("slow");
        var request = await silo.RequestAsync(study);
        await workflow.StartAsync(request, Token);
        await silo.Work.Held.Task.WaitAsync(Token);
        var error = await Assert.ThrowsAsync<UserErrorException>(() => workflow.StartAsync(request with { AtATime = 1 }, Token));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Equal(WorkState.Running, (await workflow.StartAsync(request, Token)).State);
        await workflow.PauseAsync(Token);
        var (status, targets) = await silo.FollowAsync("stopped");
        Assert.Equal((WorkState.Paused, TargetState.Done, TargetState.Stopped, TargetState.Waiting), (status.State, targets["a"].State, targets["slow"].State, targets["last"].State));

        silo.Work.Hold("slow");
        await workflow.ResumeAsync(Token);
        await silo.Work.Held.Task.WaitAsync(Token);
        await workflow.CancelAsync(Token);
        Assert.Equal(WorkState.None, (await silo.FollowAsync("stopped")).Status.State);
        silo.Work.TakeRan();

        silo.Work.Hold("slow");
        var late = WorkflowSilo.StudyOf("stopped", [("a", 2, []), ("slow", 4, ["a"]), ("last", 6, ["slow"])], target => target with { TimeoutSeconds = target.Name == "slow" ? 0.05 : null });
        (status, targets) = await silo.BuildAsync(late);
        Assert.Equal(WorkState.Failed, status.State);
        Assert.Contains("not done within its timeout of 0.05 s", targets["slow"].Error, StringComparison.Ordinal);
        silo.Work.Release();
        Assert.Equal(WorkState.Done, (await silo.BuildAsync(study)).Status.State);
        Assert.Equal(["last", "slow", "slow"], silo.Work.TakeRan());
    }

    /// <summary>Which targets have a recipe that was never built; they are known afterwards.</summary>
    private static string[] Stale(int[] numbers, string[][] needs, HashSet<string> known)
    {
        var digests = new Dictionary<string, string>();
        var stale = new List<string>();
        for (int i = 0; i < numbers.Length; i++)
        {
            string[] needed = [.. needs[i].Select(name => digests[name])];
            digests[$"t{i}"] = TestWork.DigestOf(numbers[i], needed);
            if (known.Add($"{numbers[i]} {string.Join(' ', needed)}"))
                stale.Add($"t{i}");
        }
        return [.. stale.Order(StringComparer.Ordinal)];
    }
}
