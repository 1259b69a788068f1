using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

/// <summary>Against scipy.stats.rv_histogram and numpy.histogram, as the published code uses them.</summary>
public sealed class FluxDistributionTests
{
    public static TheoryData<string> Cases => TestFiles.GoldenCases("pdf_at_edges", "boxcox-hist");

    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("Category", "Golden")]
    public void Fluxes_OfTheHistogramCase_AreThoseOfScipy(string caseName)
    {
        var golden = new GoldenCase(caseName);
        const string file = "data.safetensors";
        float[] peaks = golden.Values<float>(file, "peak_flux");
        var tolerance = golden.Json.GetProperty("tolerance");

        var transform = BoxCoxTransform.Fit(peaks);
        var standardisation = golden.Json.GetProperty("standardisation");
        Assert.Equal(golden.Json.GetProperty("lambda_float64").GetDouble(), transform.Lambda, 1e-6);
        Assert.Equal(standardisation.GetProperty("mean_of_boxcox").GetDouble(), transform.InJansky().Mean, 1e-5);
        Assert.Equal(standardisation.GetProperty("std_of_boxcox").GetDouble(), transform.InJansky().StandardDeviation, 1e-5);
        double atol = tolerance.GetProperty("transformed").GetProperty("atol").GetDouble();
        Close(golden.Doubles(file, "transformed"), [.. peaks.Select(peak => transform.Apply(peak))], atol);

        long[] counts = golden.Values<long>(file, "bin_counts");
        var distribution = FluxDistribution.Of(peaks, transform, counts.Length);
        Close(golden.Doubles(file, "bin_edges"), [.. Enumerable.Range(0, counts.Length + 1).Select(distribution.Edge)], tolerance.GetProperty("bin_edges").GetProperty("atol").GetDouble());
        for (int bin = 0; bin < counts.Length; bin++)
            Assert.InRange(distribution.Counts[bin], counts[bin] - 2, counts[bin] + 2);
        Assert.Equal(counts.Sum(), distribution.Counts.Sum());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("Category", "Golden")]
    public void Histogram_OfTheCase_HasTheDensityProbabilityAndQuantilesOfScipy(string caseName)
    {
        var golden = new GoldenCase(caseName);
        const string file = "data.safetensors";
        double[] edges = golden.Doubles(file, "bin_edges");
        long[] counts = golden.Values<long>(file, "bin_counts");
        var distribution = new FluxDistribution(new BoxCoxTransform(0, 0, 1), edges[0], edges[^1], counts);
        double atol = golden.Json.GetProperty("tolerance").GetProperty("pdf/cdf/quantile").GetProperty("atol").GetDouble();
        double[] x = golden.Doubles(file, "x");
        // An edge given to 16 digits may lie a rounding error to either side of the computed one: its density is that of the right bin by rule.
        double[] exact = [.. x.Select(value => Array.IndexOf(edges, value) is >= 0 and var bin ? distribution.Edge(bin) : value)];
        Close(golden.Doubles(file, "pdf"), [.. exact.Select(distribution.Density)], atol);
        Close(golden.Doubles(file, "cdf"), [.. x.Select(distribution.CumulativeProbability)], atol);
        Close(golden.Doubles(file, "quantile"), [.. golden.Doubles(file, "u").Select(distribution.Quantile)], atol);
        var atEdges = golden.Json.GetProperty("pdf_at_edges");
        foreach (var edge in atEdges.EnumerateObject())
            Assert.Equal(edge.Value.GetDouble(), distribution.Density(distribution.Edge(int.Parse(edge.Name["edge_".Length..]))), atol);
        var moments = golden.Json.GetProperty("distribution_moments");
        Assert.Equal(moments.GetProperty("median").GetDouble(), distribution.Quantile(0.5), atol);
        Assert.Equal(moments.GetProperty("support")[0].GetDouble(), distribution.Smallest, atol);
        Assert.Equal(moments.GetProperty("support")[1].GetDouble(), distribution.Largest, atol);
        // The mean of the piecewise constant density: the bins' middles, weighted.
        double mean = counts.Select((count, bin) => count * (distribution.Edge(bin) + distribution.Edge(bin + 1)) / 2).Sum() / counts.Sum();
        Assert.Equal(moments.GetProperty("mean").GetDouble(), mean, atol);
    }

    [Fact]
    public void DrawnFluxes_OfManyDraws_FollowTheHistogramAndDependOnTheStreamAlone()
    {
        var distribution = new FluxDistribution(new BoxCoxTransform(0, 0, 1), 0, 3, [10, 0, 30]);
        double[] drawn = [.. Enumerable.Range(0, 4000).Select(i => distribution.DrawPeakFlux(new RandomStream(1, "flux", i)))];
        Assert.Equal(drawn[7], distribution.DrawPeakFlux(new RandomStream(1, "flux", 7)));
        // lambda = 0, so fluxes are e^value. Four standard errors of a quarter of 4000 draws.
        Assert.Equal(0.25, drawn.Count(flux => Math.Log(flux) < 1) / 4000.0, 0.028);
        Assert.DoesNotContain(drawn, flux => Math.Log(flux) is > 1.0000001 and < 1.9999999);
    }

    [Fact]
    public void Distribution_OfEqualFluxes_IsRefused() =>
        Assert.Contains("different", Assert.Throws<RadioDiffusionException>(() => FluxDistribution.Of([2f, 2f], new BoxCoxTransform(0, 0, 1))).Message, StringComparison.Ordinal);

    private static void Close(double[] expected, double[] found, double atol)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - found[i]) <= atol, $"number {i} should be {expected[i]:R} within {atol}, but it is {found[i]:R}");
    }
}
