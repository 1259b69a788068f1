using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>What a build would do with a target.</summary>
public enum PlannedState
{
    UpToDate,

    /// <summary>It has to run.</summary>
    WillRun,

    /// <summary>It runs unless what it refers to turns out to be as before.</summary>
    MayRun,

    /// <summary>It names something that is not there.</summary>
    CannotRun,
}

/// <summary>A target in a plan.</summary>
/// <param name="Target">The target.</param>
/// <param name="State">What would become of it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Seconds">How long it took when it ran last; null where that is not known.</param>
/// <param name="Artifact">The artifact with its result; null where that depends on what others give.</param>
public sealed record PlannedTarget(StudyTarget Target, PlannedState State, string Reason, double? Seconds, string? Artifact);

/// <summary>What a build would do, without doing it.</summary>
public static class StudyPlan
{
    private const int AtATime = 8;

    /// <param name="targets">Each after those that it depends on.</param>
    /// <param name="store">Where results are.</param>
    /// <param name="grains">Who knows files, data sets and models.</param>
    /// <param name="previous">The last build of the study.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<PlannedTarget>> MakeAsync(IReadOnlyList<StudyTarget> targets, IArtifactStore store, IGrainFactory grains, BuildRecord? previous, CancellationToken cancellationToken)
    {
        var lookup = new TargetLookup(store, new StudyContents(grains), previous);
        var planned = new Dictionary<string, PlannedTarget>();
        var results = new Dictionary<string, TargetResult>();
        var references = targets.ToDictionary(target => target.Name, References);
        var waves = new Dictionary<string, int>();
        foreach (var target in targets)
            waves[target.Name] = references[target.Name].Select(needed => waves[needed] + 1).DefaultIfEmpty(0).Max();
        // All whose references are known are looked up at the same time.
        foreach (var wave in targets.GroupBy(target => waves[target.Name]).OrderBy(wave => wave.Key))
        {
            var ready = new List<StudyTarget>();
            foreach (var target in wave)
            {
                string[] stale = [.. references[target.Name].Where(needed => planned[needed].State != PlannedState.UpToDate)];
                if (stale.Length > 0)
                    planned[target.Name] = AfterOthers(target, stale, planned, lookup);
                else
                    ready.Add(target);
            }
            var found = new (PlannedTarget Planned, TargetResult? Result)[ready.Count];
            await Parallel.ForAsync(0, ready.Count, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken }, async (i, token) => found[i] = await PlanAsync(ready[i], lookup, results, token));
            foreach (var (one, result) in found)
            {
                planned[one.Target.Name] = one;
                if (result != null)
                    results[one.Target.Name] = result;
            }
        }
        return [.. targets.Select(target => planned[target.Name])];
    }

    private static async Task<(PlannedTarget, TargetResult?)> PlanAsync(StudyTarget target, TargetLookup lookup, Dictionary<string, TargetResult> results, CancellationToken cancellationToken)
    {
        try
        {
            var found = await lookup.LookAsync(target, results, cancellationToken);
            return (new PlannedTarget(target, found.Result == null ? PlannedState.WillRun : PlannedState.UpToDate, found.Reason, found.Result?.Seconds ?? lookup.SecondsOf(target), found.Id), found.Result);
        }
        catch (Exception error) when (UserErrors.IsExpected(error))
        {
            return (new PlannedTarget(target, PlannedState.CannotRun, error.Message, null, null), null);
        }
    }

    private static PlannedTarget AfterOthers(StudyTarget target, string[] stale, Dictionary<string, PlannedTarget> planned, TargetLookup lookup)
    {
        bool cannot = stale.Any(needed => planned[needed].State == PlannedState.CannotRun);
        string names = string.Join(", ", stale.Take(3).Select(name => $"'{name}'")) + (stale.Length > 3 ? " and others" : "");
        return new PlannedTarget(target, cannot ? PlannedState.CannotRun : PlannedState.MayRun,
            cannot ? $"it needs {names}" : lookup.SecondsOf(target) == null ? $"not built yet; after {names}" : $"unless {names} {(stale.Length == 1 ? "gives" : "give")} the same as before", lookup.SecondsOf(target), null);
    }

    private static string[] References(StudyTarget target) => [.. TargetReference.In(target.Parameters).Where(reference => !reference.IsInput).Select(reference => reference.Target).Distinct()];
}
