using RadioDiffusion.ModelCore.Diffusion;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>The keys at the end of a sample ID, for what is not as usual: each is there only where its value differs from the usual one, in this order.</summary>
internal static class SampleExtras
{
    private const string AsPublished = "published";
    private static readonly SolverOptions _usual = new();

    private static readonly Extra[] _all =
    [
        Number("wlow", 0, id => id.GuidanceFrom, (id, value) => id with { GuidanceFrom = value }),
        Number("whigh", double.PositiveInfinity, id => id.GuidanceTo, (id, value) => id with { GuidanceTo = value }),
        new("guide", id => id.Guide, (id, text) => id with { Guide = text }),
        new("compat", id => id.IsAsPublished ? AsPublished : null, (id, text) => id with
        {
            IsAsPublished = text == AsPublished ? true : throw new InvalidSampleIdException("compat", $"'{AsPublished}'", text),
        }),
        OfSolver("churn", solver => solver.Churn, (solver, value) => solver with { Churn = value }),
        OfSolver("stmin", solver => solver.ChurnFrom, (solver, value) => solver with { ChurnFrom = value }),
        OfSolver("stmax", solver => solver.ChurnTo, (solver, value) => solver with { ChurnTo = value }),
        OfSolver("snoise", solver => solver.ChurnNoise, (solver, value) => solver with { ChurnNoise = value }),
        OfSolver("smin", solver => solver.SigmaMin, (solver, value) => solver with { SigmaMin = value }),
        OfSolver("smax", solver => solver.SigmaMax, (solver, value) => solver with { SigmaMax = value }),
        OfSolver("rho", solver => solver.Rho, (solver, value) => solver with { Rho = value }),
    ];

    public static IEnumerable<string> Keys => _all.Select(extra => extra.Key);

    public static string Write(SampleId id) =>
        string.Concat(_all.Select(extra => extra.Read(id) is { } text ? $"_{extra.Key}={text}" : ""));

    /// <summary>An ID with what its keys say; each has been found once.</summary>
    /// <exception cref="InvalidSampleIdException">A value is none, or means nothing in this ID.</exception>
    public static SampleId Apply(SampleId id, IReadOnlyDictionary<string, string> given)
    {
        foreach (var extra in _all)
        {
            if (given.TryGetValue(extra.Key, out string? text))
                id = extra.Write(id, text);
        }
        Check(id);
        return id;
    }

    /// <summary>What changes nothing would give one image two IDs.</summary>
    private static void Check(SampleId id)
    {
        bool isConditional = id.Class is not null || id.FluxMilliJansky is not null || id.ScaledFlux is not null || id.Values.Count > 0;
        bool hasInterval = id.GuidanceFrom != 0 || id.GuidanceTo != double.PositiveInfinity;
        bool hasChurn = id.Solver.ChurnFrom != 0 || id.Solver.ChurnTo != double.PositiveInfinity || id.Solver.ChurnNoise != 1;
        Require(!hasInterval || id.Guidance > 0, "wlow and whigh", "there with guidance only: w above 0");
        Require(!hasInterval || (id.GuidanceFrom >= 0 && id.GuidanceTo > id.GuidanceFrom), "wlow and whigh", "noise levels from 0 on, wlow below whigh");
        Require(id.Guide is null || id.Guidance > 0, "guide", "there with guidance only: w above 0");
        Require(id.Guide != id.Model, "guide", "another model than the one that makes the image");
        Require(!id.IsAsPublished || (id.Guidance == 0 && isConditional), "compat",
            "there with w=0 and a condition only: everything else is as published anyway");
        Require(!hasChurn || id.Solver.Churn > 0, "stmin, stmax and snoise", "there with churn only");
    }

    private static void Require(bool condition, string parts, string expected)
    {
        if (!condition)
            throw new InvalidSampleIdException($"In a sample's ID, {parts} should be {expected}.");
    }

    private static Extra OfSolver(string key, Func<SolverOptions, double> read, Func<SolverOptions, double, SolverOptions> write) =>
        Number(key, read(_usual), id => read(id.Solver), (id, value) => id with { Solver = write(id.Solver, value) });

    private static Extra Number(string key, double usual, Func<SampleId, double> read, Func<SampleId, double, SampleId> write) => new(
        key,
        id => read(id) == usual ? null : ShortestNumber.Write(read(id)),
        (id, text) => write(id, SampleId.ReadNumber(key, "a finite number", text, text)));

    /// <param name="Key">As it stands in IDs.</param>
    /// <param name="Read">The value as text; null where it is the usual one.</param>
    /// <param name="Write">The ID with the value.</param>
    private sealed record Extra(string Key, Func<SampleId, string?> Read, Func<SampleId, string, SampleId> Write);
}
