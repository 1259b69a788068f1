using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;

namespace RadioDiffusion.Grains.Interfaces.Tests;

public class SampleIdsTests
{
    private static readonly ModelEntry _model = new()
    {
        Name = "m",
        Snapshot = "snapshot-0123456789abcdef",
        Digest = "0123456789abcdef",
        Lineage = "",
        Classes = [],
        NeedsFlux = false,
        Iterations = 1,
        Parameters = 1,
        ImageSize = 80,
    };

    private static readonly ModelEntry _student = _model with { Usual = new ModelUsual { Solver = "euler", Steps = 4, SigmaMin = 0.15, Rho = 20, Guidance = 0 } };

    [Fact]
    public void For_NothingAsked_IsTwelveStepsOfUniPc()
    {
        Assert.Equal("s1_0123456789abcdef_seed=1_w=0.1_unipc=12_f32_smin=0.015_rho=20", SampleIds.For(_model, new SampleParameters("m")));
        Assert.Equal("s1_0123456789abcdef_seed=1_w=0.1_unipc=12_bf16_smin=0.015_rho=20", SampleIds.For(_model, new SampleParameters("m") { Precision = "bf16" }));
    }

    [Theory]
    [InlineData(null, 20, "unipc=20_f32_smin=0.015_rho=20")]
    [InlineData("heun", null, "heun=25_f32")]
    [InlineData("heun", 100, "heun=100_f32")]
    [InlineData("dpmpp3m", null, "dpmpp3m=12_f32_smin=0.015_rho=20")]
    [InlineData("euler", 50, "euler=50_f32")]
    public void For_ASolver_TakesTheNoiseLevelsThatAreUsualForIt(string? solver, int? steps, string expected) =>
        Assert.EndsWith($"_w=0.1_{expected}", SampleIds.For(_model, new SampleParameters("m", Steps: steps) { Solver = solver }), StringComparison.Ordinal);

    [Theory]
    [InlineData(null, null, "w=0_euler=4_f32_smin=0.15_rho=20")]
    [InlineData("euler", 5, "w=0_euler=5_f32")]
    [InlineData("unipc", null, "w=0_unipc=12_f32_smin=0.015_rho=20")]
    public void For_AModelThatSaysHow_FollowsItUnlessAskedOtherwise(string? solver, int? steps, string expected) =>
        Assert.EndsWith(expected, SampleIds.For(_student, new SampleParameters("m", Steps: steps) { Solver = solver }), StringComparison.Ordinal);

    /// <summary>What <see cref="SolverOptions"/> without arguments is, the paper's way, is what IDs leave out.</summary>
    [Fact]
    public void Parse_WithoutNoiseLevels_MeansThePapers() =>
        Assert.Equal((0.002, 80, 7), SampleId.Parse("s1_0123456789abcdef_seed=1_w=0.1_unipc=12_f32").Solver is var solver ? (solver.SigmaMin, solver.SigmaMax, solver.Rho) : default);
}
