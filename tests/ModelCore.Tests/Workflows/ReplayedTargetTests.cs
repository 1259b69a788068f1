using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.ModelCore.Tests.Workflows;

public sealed class ReplayedTargetTests
{
    private static readonly Dictionary<string, string> _none = [];
    private static readonly Dictionary<string, ReplayVerdict> _first = new() { ["set"] = ReplayVerdict.Close };

    [Fact]
    public void SameRecipeAndDigests_AreEqual()
    {
        var replayed = ReplayedTarget.Of(Target("a", 1), Target("a", 1), (_none, _none), _first, 0);
        Assert.Equal(ReplayVerdict.Equal, replayed.Verdict);
        Assert.Empty(replayed.Differences);
    }

    [Fact]
    public void Numbers_WithinTheTolerance_AreClose()
    {
        PackedTarget was = With(Target("a", 1), ("median", 100), ("ks", 0.5)), here = With(Target("b", 1), ("median", 100.05), ("ks", 0.5));
        var close = ReplayedTarget.Of(was, here, (_none, _none), _first, 1e-3);
        Assert.Equal(ReplayVerdict.Close, close.Verdict);
        Assert.Equal(new DifferentNumber("median", 100, 100.05), Assert.Single(close.Numbers));
        Assert.Equal(ReplayVerdict.Different, ReplayedTarget.Of(was, here, (_none, _none), _first, 1e-4).Verdict);
        here.Numbers["more"] = 8;
        Assert.Equal(ReplayVerdict.Different, ReplayedTarget.Of(was, here, (_none, _none), _first, 1).Verdict);
    }

    /// <summary>Where nobody knows the numbers, another digest is another result; and another recipe is never equal, whatever it gives.</summary>
    [Fact]
    public void OtherDigestOrRecipe_IsDifferentAndSaidInWords()
    {
        var other = ReplayedTarget.Of(Target("a", 1), Target("b", 1), (_none, _none), _first, 1);
        Assert.Equal(ReplayVerdict.Different, other.Verdict);
        Assert.Contains("its artifact, path have the digest 'b' and had 'a'", other.Differences);
        Assert.Contains("x.txt differs (2 bytes, 2 before)", other.Differences);
        var recipe = ReplayedTarget.Of(Target("a", 1), Target("a", 2), (_none, _none), _first, 1);
        Assert.Equal(ReplayVerdict.Different, recipe.Verdict);
        Assert.Equal(["'count' is '2' and was '1'"], recipe.Differences);
    }

    /// <summary>What differs only because another target gave something else is told so, and judged by what it gives itself.</summary>
    [Fact]
    public void RecipeThatFollowsAnotherTarget_IsTheSame()
    {
        Dictionary<string, string> was = new() { ["sha256:1"] = "set", ["sha256:2"] = "other" }, here = new() { ["sha256:3"] = "set", ["sha256:2"] = "other" };
        var equal = ReplayedTarget.Of(Target("a", 1, "sha256:1"), Target("a", 1, "sha256:3"), (was, here), _first, 0);
        Assert.Equal((ReplayVerdict.Equal, "'set' gave something else"), (equal.Verdict, Assert.Single(equal.Differences)));
        Assert.Equal(ReplayVerdict.Different, ReplayedTarget.Of(Target("a", 1, "sha256:1"), Target("b", 1, "sha256:3"), (was, here), _first, 0).Verdict);
        // A copy is as near as what it copies.
        Assert.Equal(ReplayVerdict.Close, ReplayedTarget.Of(Target("a", 1, "sha256:1") with { Kind = "export" }, Target("b", 1, "sha256:3") with { Kind = "export" }, (was, here), _first, 0).Verdict);
        Assert.Equal(ReplayVerdict.Different, ReplayedTarget.Of(Target("a", 1, "sha256:1"), Target("a", 1, "sha256:2"), (was, here), _first, 0).Verdict);
    }

    private static PackedTarget With(PackedTarget target, params (string Name, double Value)[] numbers) =>
        target with { Numbers = new(numbers.ToDictionary(number => number.Name, number => number.Value), StringComparer.Ordinal) };

    private static PackedTarget Target(string digest, int count, string? real = null)
    {
        var recipe = new Recipe { Kind = "target", AlgorithmVersion = 1, Parameters = new JsonObject { ["kind"] = "evaluate", ["count"] = count, ["real"] = real } };
        return new PackedTarget
        {
            Name = "t",
            Kind = "evaluate",
            Artifact = recipe.Id,
            Recipe = recipe,
            Outputs = new(StringComparer.Ordinal) { ["artifact"] = new("evaluation-1", digest), ["path"] = new("evaluation-1", digest) },
            Files = [new ArtifactFile("x.txt", 2, digest)],
        };
    }
}
