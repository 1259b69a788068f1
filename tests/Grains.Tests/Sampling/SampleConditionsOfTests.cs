using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Tests.Sampling;

public class SampleConditionsOfTests
{
    private static readonly SnapshotDescription _model = new() { Network = new NetworkOptions(), FluxTransform = new BoxCoxTransform(2, 1, 0.5) };

    [Fact]
    public void Sample_WithAFlux_IsGivenItsStandardisedTransform()
    {
        // ((0.003^2 - 1) / 2 - 1) / 0.5
        var conditions = SampleConditionsOf.Sample(SampleId.Parse("s1_0123456789abcdef_seed=1_flux=3mJy_w=0.1_heun=2_f32"), _model);
        Assert.Equal(-2.999991f, Assert.Single(conditions.Context!), 1e-6f);
    }

    [Theory]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=2_f32", "peak flux")]
    [InlineData("s1_0123456789abcdef_seed=1_class=FRII_flux=3mJy_w=0.1_heun=2_f32", "class")]
    public void Sample_ThatTheModelCannotMake_IsInvalid(string id, string reason)
    {
        var error = Assert.Throws<UserErrorException>(() => SampleConditionsOf.Sample(SampleId.Parse(id), _model));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_OfAFluxBeyondTheTransform_IsInvalid()
    {
        var error = Assert.Throws<UserErrorException>(() => SampleConditionsOf.Sample(SampleId.Parse("s1_0123456789abcdef_seed=1_flux=1e+200mJy_w=0.1_heun=2_f32"), _model));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
    }
}
