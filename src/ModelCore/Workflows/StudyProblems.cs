namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>Where something stands in a study's file; lines and columns count from 1.</summary>
public sealed record StudyPlace(string File, int Line, int Column)
{
    /// <summary>As editors and compilers write it.</summary>
    public override string ToString() => $"{File}({Line},{Column})";
}

/// <summary>Something wrong in a study's file.</summary>
public sealed record StudyProblem(StudyPlace Place, string Message)
{
    public override string ToString() => $"{Place}: {Message}";
}

/// <summary>A study that cannot be built as it is written: the message lists everything that is wrong, each with file, line and column.</summary>
public sealed class StudyException(IReadOnlyList<StudyProblem> problems)
    : RadioDiffusionException($"The study has {(problems.Count == 1 ? "an error" : $"{problems.Count} errors")}:\n{string.Join('\n', problems)}")
{
    public IReadOnlyList<StudyProblem> Problems { get; } = problems;
}

/// <summary>Gathers what is wrong, so that all of it is told at once.</summary>
internal sealed class StudyProblems
{
    private readonly List<StudyProblem> _found = [];

    public bool Any => _found.Count > 0;

    public void Add(StudyPlace place, string message)
    {
        var problem = new StudyProblem(place, message);
        if (!_found.Contains(problem))
            _found.Add(problem);
    }

    /// <exception cref="StudyException">Something was found.</exception>
    public void ThrowIfAny()
    {
        if (_found.Count > 0)
            throw new StudyException([.. _found.OrderBy(problem => problem.Place.File, StringComparer.Ordinal).ThenBy(problem => problem.Place.Line).ThenBy(problem => problem.Place.Column)]);
    }
}

/// <summary>What a misspelt name was meant to be.</summary>
public static class NearestName
{
    /// <summary>": did you mean 'x'?" if a known name is near, else the known names if they are few.</summary>
    public static string Hint(string name, IEnumerable<string> known)
    {
        string[] names = [.. known];
        if (Of(name, names) is { } nearest)
            return $" Did you mean '{nearest}'?";
        return names.Length switch
        {
            0 => " There is none.",
            <= 40 => $" There {(names.Length == 1 ? "is" : "are")} {string.Join(", ", names)}.",
            _ => "",
        };
    }

    /// <summary>The known name with the fewest letters to change, if they are few.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        var nearest = known.Select(candidate => (Name: candidate, Distance: Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant()))).OrderBy(pair => pair.Distance).FirstOrDefault();
        return nearest.Name != null && nearest.Distance <= Math.Max(1, name.Length / 3) ? nearest.Name : null;
    }

    /// <summary>Letters to insert, delete, change or swap with their neighbour (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (int j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int change = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(change, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }
}
