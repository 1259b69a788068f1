using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;

namespace RadioDiffusion.ModelCore.Tests.Artifacts;

public class SampleIdTests
{
    private const string Whole = "s1_0123456789abcdef_seed=42_class=FRII_flux=3.5mJy_w=0.1_heun=25_f32";

    [Fact]
    public void Parse_AWholeId_GivesItsParts()
    {
        var id = SampleId.Parse(Whole);
        Assert.Equal("0123456789abcdef", id.Model);
        Assert.Equal(42UL, id.Seed);
        Assert.Equal("FRII", id.Class);
        Assert.Equal(3.5, id.FluxMilliJansky);
        Assert.Equal(0.1, id.Guidance);
        Assert.Equal("heun", id.Solver.Name);
        Assert.Equal(25, id.Solver.Steps);
        Assert.Equal("f32", id.Precision);
        Assert.Equal(Whole, id.ToString());
    }

    [Theory]
    [InlineData("s1_0123456789abcdef_seed=0_w=0_heun=2_f32")]
    [InlineData("s1_0123456789abcdef_seed=18446744073709551615_class=Bent_w=1_heun=1000_f32")]
    [InlineData("s1_0123456789abcdef_seed=7_flux=0.00001mJy_w=1e+21_heun=25_f32")]
    [InlineData("s1_0123456789abcdef_seed=7_LAS=30_w=0.1_heun=25_f32")]
    [InlineData("s1_0123456789abcdef_seed=7_w=0_euler=1_bf16")]
    [InlineData("s1_0123456789abcdef_seed=7_flux=-0.5scaled_w=0.1_heun=25_f32")]
    [InlineData("s1_0123456789abcdef_seed=7_flux=0scaled_w=0_heun=25_f32_compat=published")]
    [InlineData("s1_0123456789abcdef_seed=7_flux=3.5mJy_w=0.1_unipc=12_bf16_wlow=0.05_whigh=5")]
    [InlineData("s1_0123456789abcdef_seed=7_class=FRI_w=2_dpmpp3m=18_f32_guide=fedcba9876543210_smin=0.01_smax=50_rho=5")]
    [InlineData("s1_0123456789abcdef_seed=7_class=FRI_w=0_heun=25_f32_compat=published_churn=40_stmin=0.05_stmax=50_snoise=1.003")]
    [InlineData("s1_0123456789abcdef_seed=7_class=FRI_flux=3.5mJy_LAS=30_declination=-1e-7_snrSigma=12.5_w=0.1_heun=25_f32")]
    public void Parse_ACanonicalId_GivesItBack(string text) => Assert.Equal(text, SampleId.Parse(text).ToString());

    [Theory]
    // What is wrong                                                                         what the message names
    [InlineData("", "version", "s1")]
    [InlineData("s2_0123456789abcdef_seed=42_w=0.1_heun=25_f32", "version", "'s2'")]
    [InlineData("s1_0123456789ABCDEF_seed=42_w=0.1_heun=25_f32", "'model'", "16 hexadecimal digits")]
    [InlineData("s1_0123_seed=42_w=0.1_heun=25_f32", "'model'", "'0123'")]
    [InlineData("s1_0123456789abcdef_seed=-1_w=0.1_heun=25_f32", "'seed'", "'-1'")]
    [InlineData("s1_0123456789abcdef_seed=18446744073709551616_w=0.1_heun=25_f32", "'seed'", "18446744073709551615")]
    [InlineData("s1_0123456789abcdef_seed=042_w=0.1_heun=25_f32", "means", "seed=42_")]
    [InlineData("s1_0123456789abcdef_w=0.1_heun=25_f32", "'seed' should stand at part 3", "'w'")]
    [InlineData("s1_0123456789abcdef_seed=1_class=_w=0.1_heun=25_f32", "'class'", "1 to 40 letters")]
    [InlineData("s1_0123456789abcdef_seed=1_class=FR II_w=0.1_heun=25_f32", "'class'", "'FR II'")]
    [InlineData("s1_0123456789abcdef_seed=1_flux=3.50mJy_w=0.1_heun=25_f32", "means", "flux=3.5mJy")]
    [InlineData("s1_0123456789abcdef_seed=1_flux=3.5Jy_w=0.1_heun=25_f32", "'flux'", "3.5mJy")]
    [InlineData("s1_0123456789abcdef_seed=1_flux=0.50scaled_w=0.1_heun=25_f32", "means", "flux=0.5scaled")]
    [InlineData("s1_0123456789abcdef_seed=1_flux=-0scaled_w=0.1_heun=25_f32", "means", "flux=0scaled")]
    [InlineData("s1_0123456789abcdef_seed=1_flux=infscaled_w=0.1_heun=25_f32", "'flux'", "0.5scaled")]
    [InlineData("s1_0123456789abcdef_seed=1_flux=0mJy_w=0.1_heun=25_f32", "'flux'", "above 0")]
    [InlineData("s1_0123456789abcdef_seed=1_flux=-1mJy_w=0.1_heun=25_f32", "'flux'", "'-1'")]
    [InlineData("s1_0123456789abcdef_seed=1_flux=NaNmJy_w=0.1_heun=25_f32", "'flux'", "NaN")]
    [InlineData("s1_0123456789abcdef_seed=1_flux=1e999mJy_w=0.1_heun=25_f32", "'flux'", "finite")]
    [InlineData("s1_0123456789abcdef_seed=1_w=-0.1_heun=25_f32", "'w'", "'-0.1'")]
    [InlineData("s1_0123456789abcdef_seed=1_w=-0_heun=25_f32", "means", "w=0_")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0,1_heun=25_f32", "'w'", "'0,1'")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=1_f32", "2 to 1000", "but it is 1")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=1001_f32", "2 to 1000", "but it is 1001")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_rk4=25_f32", "'solver'", "unknown key 'rk4'")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=25_f64", "'precision'", "'f64'")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=25", "ends before", "'precision'")]
    [InlineData("s1_0123456789abcdef_seed=1_colour=red_w=0.1_heun=25_f32", "unknown key 'colour'", "seed, class, flux, w, heun, ")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_class=FRI_heun=25_f32", "'class'", "belongs elsewhere")]
    [InlineData("s1_0123456789abcdef_seed=1_seed=2_w=0.1_heun=25_f32", "'seed'", "there twice")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=25_f32_colour=4", "the end", "unknown key 'colour'")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=25_f32_churn=0", "means", "heun=25_f32'")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_unipc=25_f32_churn=4", "Churn should be 0", "unipc")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=25_f32_stmin=0.1", "with churn only")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=25_f32_whigh=5_wlow=1", "'wlow'", "belongs elsewhere")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=25_f32_wlow=5_whigh=1", "wlow below whigh")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=25_f32_wlow=-1", "from 0 on")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0_heun=25_f32_wlow=1", "w above 0")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0_heun=25_f32_guide=fedcba9876543210", "w above 0")]
    [InlineData("s1_0123456789abcdef_seed=1_w=1_heun=25_f32_guide=0123456789abcdef", "another model")]
    [InlineData("s1_0123456789abcdef_seed=1_w=1_heun=25_f32_guide=small", "'guide'", "16 hexadecimal digits")]
    [InlineData("s1_0123456789abcdef_seed=1_flux=1mJy_w=0.1_heun=25_f32_compat=published", "w=0")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0_heun=25_f32_compat=published", "condition")]
    [InlineData("s1_0123456789abcdef_seed=1_flux=1mJy_w=0_heun=25_f32_compat=yes", "'compat'", "'published'")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=25_f32_smin=90", "SigmaMin < SigmaMax")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=25_f32_rho=7", "means", "heun=25_f32'")]
    [InlineData("s1_0123456789abcdef_seed=1_snrSigma=1_LAS=3_w=0.1_heun=25_f32", "means", "_LAS=3_snrSigma=1_")]
    [InlineData("s1_0123456789abcdef_seed=1_LAS=3.0_w=0.1_heun=25_f32", "means", "_LAS=3_")]
    [InlineData("s1_0123456789abcdef_seed=1_LAS=-0_w=0.1_heun=25_f32", "means", "_LAS=0_")]
    [InlineData("s1_0123456789abcdef_seed=1_LAS=3_LAS=4_w=0.1_heun=25_f32", "'LAS'", "there once", "3 and 4")]
    [InlineData("s1_0123456789abcdef_seed=1_LAS=NaN_w=0.1_heun=25_f32", "'LAS'", "finite")]
    [InlineData("s1_0123456789abcdef_seed=1_LAS=1e999_w=0.1_heun=25_f32", "'LAS'", "finite")]
    [InlineData("s1_0123456789abcdef_seed=1_LAS=3arcsec_w=0.1_heun=25_f32", "unknown key 'LAS'", "names of values with a number each")]
    [InlineData("s1_0123456789abcdef_seed=1_LAS=3_flux=1mJy_w=0.1_heun=25_f32", "'flux'", "belongs elsewhere")]
    [InlineData("s1_0123456789abcdef_seed=1_peakFlux=3_w=0.1_heun=25_f32", "'peakFlux'", "flux=1mJy")]
    [InlineData("s1_0123456789abcdef_seed=1_3C=3_w=0.1_heun=25_f32", "unknown key '3C'")]
    [InlineData("s1_0123456789abcdef_seed=1_w=0.1_heun=25_f32 ", "'precision'", "'f32 '")]
    public void Parse_AnythingElse_SaysWhichPartAndWhatWasExpected(string text, params string[] named)
    {
        Assert.False(SampleId.TryParse(text, out var id, out string error));
        Assert.Null(id);
        Assert.All(named, name => Assert.Contains(name, error));
    }

    [Fact]
    public void Construction_OutOfRange_IsRefusedAsParsingIs()
    {
        var id = SampleId.Parse(Whole);
        Assert.Equal("flux", Assert.Throws<InvalidSampleIdException>(() => id with { FluxMilliJansky = double.PositiveInfinity }).Part);
        Assert.Equal("w", Assert.Throws<InvalidSampleIdException>(() => id with { Guidance = double.NaN }).Part);
        Assert.Equal("class", Assert.Throws<InvalidSampleIdException>(() => id with { Class = "FR_II" }).Part);
    }

    /// <summary>There and back for random IDs: equal meaning is equal text, and every ID is an artifact's.</summary>
    [Fact]
    public void ToString_OfAnyId_ParsesToTheSameAndIsAnArtifactId()
    {
        var random = new RandomStream(1, "test");
        const string letters = "ABCxyz019.+:@-";
        int parsed = 0;
        for (int i = 0; i < 2000; i++)
        {
            var id = new SampleId
            {
                Model = $"{random.NextUInt64():x16}",
                Seed = random.NextUInt64() >> random.NextInt32(64),
                Class = random.NextInt32(2) == 0 ? null : string.Concat(Enumerable.Range(0, 1 + random.NextInt32(40)).Select(_ => letters[random.NextInt32(letters.Length)])),
                FluxMilliJansky = random.NextInt32(2) == 0 ? null : AnyPositive(random),
                Values = NamedValues.Of(AnyValues(random)),
                Guidance = random.NextInt32(4) == 0 ? 0 : AnyPositive(random),
                Solver = new SolverOptions(2 + random.NextInt32(999)) { Name = SolverOptions.Names[random.NextInt32(SolverOptions.Names.Count)] },
                Precision = random.NextInt32(2) == 0 ? "f32" : "bf16",
            };
            if (id.Guidance > 0 && random.NextInt32(2) == 0)
                id = id with { GuidanceTo = AnyPositive(random), Guide = random.NextInt32(2) == 0 ? null : $"{random.NextUInt64():x16}" };
            if (id.ToString().Length > ArtifactId.MaximumLength)
            {
                Assert.False(SampleId.TryParse(id.ToString(), out _, out string error));
                Assert.Contains("at most 200 characters", error);
                continue;
            }
            Assert.Equal(id, SampleId.Parse(id.ToString()));
            Assert.Equal(id, id with { Values = NamedValues.Of(id.Values.Reverse()) });
            Assert.Null(ArtifactId.Problem(id.ToString()));
            parsed++;
        }
        Assert.True(parsed > 1300, $"{parsed} were short enough.");
    }

    private static Dictionary<string, double> AnyValues(RandomStream random)
    {
        const string letters = "LASnrSigma0";
        var values = new Dictionary<string, double>();
        for (int i = random.NextInt32(4); i > 0; i--)
            values["v" + string.Concat(Enumerable.Range(0, random.NextInt32(5)).Select(_ => letters[random.NextInt32(letters.Length)]))] = random.NextInt32(2) == 0 ? random.NextInt32(1000) / 10.0 : -AnyPositive(random);
        return values;
    }

    private static double AnyPositive(RandomStream random)
    {
        double value;
        do
            value = Math.Abs(BitConverter.UInt64BitsToDouble(random.NextUInt64()));
        while (!double.IsFinite(value) || value == 0);
        return value;
    }
}
