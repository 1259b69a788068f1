using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.ModelCore.Tests.Workflows;

/// <summary>The schedule on random graphs, against what the rules say of each moment.</summary>
public class TargetScheduleTests
{
    private const int Gpus = 3;

    [Fact]
    public void RandomGraphs_RunInOrderWithinLimitsAndAsWideAsTheyCan()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            var graph = new RandomGraph(seed);
            int atATime = 1 + graph.Next(6);
            var targets = TargetsOf(graph);
            var byName = targets.ToDictionary(target => target.Name);
            var schedule = new TargetSchedule(targets, new Dictionary<string, int> { ["gpu"] = Gpus }, atATime);
            HashSet<string> done = [], lookedAt = [], stale = [], running = [], failed = [], blocked = [];
            while (!schedule.IsOver)
            {
                while (schedule.NextToLookAt() is { } target)
                {
                    Assert.True(lookedAt.Add(target.Name));
                    Assert.All(target.DependsOn, needed => Assert.Contains(needed, done));
                    if (graph.Next(3) == 0)
                    {
                        done.Add(target.Name);
                        schedule.Done(target.Name);
                    }
                    else
                    {
                        stale.Add(target.Name);
                        schedule.MustRun(target.Name);
                    }
                }
                // Whoever could be looked at was: nothing waits whose dependencies are done.
                Assert.All(targets.Where(target => target.DependsOn.All(done.Contains)), target => Assert.Contains(target.Name, lookedAt));
                while (schedule.NextToRun() is { } target)
                {
                    Assert.True(stale.Remove(target.Name));
                    running.Add(target.Name);
                }
                int used = running.Sum(name => byName[name].Resources.GetValueOrDefault("gpu"));
                Assert.True(running.Count <= atATime && used <= Gpus);
                // As wide as possible: no target that waits would fit.
                if (running.Count < atATime)
                    Assert.All(stale, name => Assert.True(byName[name].Resources.GetValueOrDefault("gpu") > Gpus - used));
                if (schedule.IsOver)
                    break;                                   // what was left was up to date
                string ended = running.ElementAt(graph.Next(running.Count));
                running.Remove(ended);
                schedule.Free(ended);
                if (graph.Next(8) == 0)
                {
                    failed.Add(ended);
                    blocked.UnionWith(schedule.Failed(ended).Select(target => target.Name));
                }
                else
                {
                    done.Add(ended);
                    schedule.Done(ended);
                }
            }
            Assert.Equal(targets.Count, done.Count + failed.Count + blocked.Count);
            Assert.All(blocked, name => Assert.Contains(byName[name].DependsOn, needed => failed.Contains(needed) || blocked.Contains(needed)));
            Assert.Empty(running);
        }
    }

    [Fact]
    public void TenThousandThatWaitForADevice_AreNotLookedThroughEachTime()
    {
        StudyTarget[] targets = [.. Enumerable.Range(0, 10_000).Select(i => TargetOf(i, [], 1))];
        var schedule = new TargetSchedule(targets, new Dictionary<string, int> { ["gpu"] = 1 }, 8);
        while (schedule.NextToLookAt() is { } target)
            schedule.MustRun(target.Name);
        for (int i = 0; i < targets.Length; i++)
        {
            var target = schedule.NextToRun();
            Assert.Equal($"t{i}", target!.Name);             // in the order of the file
            Assert.Null(schedule.NextToRun());
            schedule.Free(target.Name);
            schedule.Done(target.Name);
        }
        Assert.True(schedule.IsOver);
    }

    internal static IReadOnlyList<StudyTarget> TargetsOf(RandomGraph graph) => [.. graph.Needs.Select((needs, i) => TargetOf(i, needs, graph.Claims[i]))];

    private static StudyTarget TargetOf(int i, string[] needs, int gpus) => new()
    {
        Name = $"t{i}",
        WrittenAs = $"t{i}",
        Kind = "exec",
        Parameters = new JsonObject { ["command"] = new JsonArray([JsonValue.Create($"{i}"), .. needs.Select(name => new TargetReference(name, "path").ToJson())]) },
        DependsOn = needs,
        Resources = gpus > 0 ? new(StringComparer.Ordinal) { ["gpu"] = gpus } : new(StringComparer.Ordinal),
        Place = new StudyPlace("study.yaml", i + 1, 1),
    };
}
