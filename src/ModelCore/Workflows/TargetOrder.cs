namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>Puts targets into an order in which each comes after those that it depends on.</summary>
public static class TargetOrder
{
    /// <param name="targets">All that depend on each other.</param>
    /// <param name="cycle">Targets that wait for each other, each for the next; empty if there are none.</param>
    /// <returns>Those that can be done; of several possible ones first what comes first.</returns>
    public static IReadOnlyList<StudyTarget> Sort(IReadOnlyList<StudyTarget> targets, out IReadOnlyList<StudyTarget> cycle)
    {
        var index = targets.Select((target, i) => (target.Name, i)).ToDictionary(pair => pair.Name, pair => pair.i);
        int[] waits = [.. targets.Select(target => target.DependsOn.Count)];
        var users = targets.Select(_ => new List<int>()).ToArray();
        for (int i = 0; i < targets.Count; i++)
        {
            foreach (string needed in targets[i].DependsOn)
                users[index[needed]].Add(i);
        }
        var ready = new PriorityQueue<int, int>();
        for (int i = 0; i < targets.Count; i++)
        {
            if (waits[i] == 0)
                ready.Enqueue(i, i);
        }
        var ordered = new List<StudyTarget>(targets.Count);
        while (ready.TryDequeue(out int next, out _))
        {
            ordered.Add(targets[next]);
            foreach (int user in users[next])
            {
                if (--waits[user] == 0)
                    ready.Enqueue(user, user);
            }
        }
        cycle = ordered.Count == targets.Count ? [] : CycleIn(targets, index, waits);
        return ordered;
    }

    /// <summary>From any target that waits, to one that it waits for, and so on: at some point it comes back.</summary>
    private static List<StudyTarget> CycleIn(IReadOnlyList<StudyTarget> targets, Dictionary<string, int> index, int[] waits)
    {
        var path = new List<int>();
        var places = new Dictionary<int, int>();
        int here = Array.FindIndex(waits, wait => wait > 0);
        while (places.TryAdd(here, path.Count))
        {
            path.Add(here);
            here = targets[here].DependsOn.Select(name => index[name]).First(needed => waits[needed] > 0);
        }
        return [.. path.Skip(places[here]).Select(i => targets[i])];
    }
}
