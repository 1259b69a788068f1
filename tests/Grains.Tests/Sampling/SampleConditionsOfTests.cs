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

    private static readonly SnapshotDescription _several = new()
    {
        Network = new NetworkOptions { ContextDimension = 3, ClassCount = 2 },
        Classes = ["FRI", "FRII"],
        Conditions =
        [
            new() { Name = "snrSigma", Transform = ConditionTransform.Log, Mean = 0, StandardDeviation = Math.Log(10) / 2, Scale = 10 },
            ConditionDescription.OfPeakFlux(new BoxCoxTransform(2, 1, 0.5), []),
            new() { Name = "LAS", Unit = "arcsec", Transform = ConditionTransform.None, Mean = 30, StandardDeviation = 40 },
        ],
    };

    [Fact]
    public void Sample_WithAFlux_IsGivenItsStandardisedTransform()
    {
        // ((0.003^2 - 1) / 2 - 1) / 0.5
        var conditions = SampleConditionsOf.Sample(SampleId.Parse("s1_0123456789abcdef_seed=1_flux=3mJy_w=0.1_heun=2_f32"), _model);
        Assert.Equal(-2.999991f, Assert.Single(conditions.Context!), 1e-6f);
    }

    [Fact]
    public void Sample_WithValuesAndAClass_IsGivenThemInTheModelsOrder()
    {
        var conditions = SampleConditionsOf.Sample(SampleId.Parse("s1_0123456789abcdef_seed=1_class=FRII_flux=3mJy_LAS=50_snrSigma=100_w=0.1_heun=2_f32"), _several);
        // (ln 100 - ln 10) / (ln 10 / 2), ((0.003^2 - 1) / 2 - 1) / 0.5, (50 - 30) / 40
        Assert.Equal([2, -2.999991f, 0.5f], conditions.Context!.Select(value => MathF.Round(value, 6)));
        Assert.Equal(1, conditions.Label);
    }

    [Theory]
    [InlineData("_class=FRI_flux=3mJy_LAS=50", "should name the value 'snrSigma': it takes snrSigma, flux in mJy/beam, LAS in arcsec")]
    [InlineData("_class=FRI_LAS=50_snrSigma=100", "should name a peak flux")]
    [InlineData("_class=FRI_flux=3mJy_LAS=50_colour=1_snrSigma=100", "the value 'colour', but model 0123456789abcdef is not conditioned on it: it takes snrSigma")]
    [InlineData("_class=FRI_flux=3mJy_LAS=50_snrSigma=-1", "'snrSigma' that is far beyond")]
    [InlineData("_flux=3mJy_LAS=50_snrSigma=100", "should name a class")]
    public void Sample_WithoutAllThatAModelOfSeveralTakes_IsInvalid(string conditions, string reason)
    {
        var error = Assert.Throws<UserErrorException>(() => SampleConditionsOf.Sample(SampleId.Parse($"s1_0123456789abcdef_seed=1{conditions}_w=0.1_heun=2_f32"), _several));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_WithAScaledFlux_IsGivenIt_IfItsModelSaysNothingOfScales()
    {
        var id = SampleId.Parse("s1_0123456789abcdef_seed=1_flux=-0.5scaled_w=0.1_heun=2_f32");
        Assert.Equal([-0.5f], SampleConditionsOf.Sample(id, new SnapshotDescription { Network = new NetworkOptions() }).Context);
        Assert.Contains("write it in mJy", Assert.Throws<UserErrorException>(() => SampleConditionsOf.Sample(id, _model)).Message, StringComparison.Ordinal);
        var without = new SnapshotDescription { Network = new NetworkOptions { ContextDimension = 0 } };
        Assert.Contains("leave flux out", Assert.Throws<UserErrorException>(() => SampleConditionsOf.Sample(id, without)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_WithAValueOfAModelThatTakesNone_IsInvalid() => Assert.Contains("it takes none",
        Assert.Throws<UserErrorException>(() => SampleConditionsOf.Sample(SampleId.Parse("s1_0123456789abcdef_seed=1_LAS=50_w=0.1_heun=2_f32"), new SnapshotDescription())).Message, StringComparison.Ordinal);

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
