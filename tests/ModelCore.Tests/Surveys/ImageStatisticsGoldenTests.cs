using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

/// <summary>The measurements behind the selection and the Box-Cox transform against astropy's and scikit-learn's.</summary>
[Trait("Category", "Golden")]
public class ImageStatisticsGoldenTests
{
    private readonly GoldenCase _case = new("image-stats");

    [Fact]
    public void EveryImage_HasThePublishedMeasurements()
    {
        float[] all = _case.Values<float>("images.safetensors", "images");
        var cases = _case.Json.GetProperty("images").EnumerateArray().ToArray();
        int pixels = all.Length / cases.Length, side = (int)Math.Sqrt(pixels);
        Assert.Equal(all.Length, cases.Length * side * side);
        foreach (var expected in cases)
        {
            int index = expected.GetProperty("index").GetInt32();
            string name = $"image {index}, {expected.GetProperty("kind").GetString()}";
            var image = all.AsSpan(index * pixels, pixels);
            double Value(string tensor) => _case.Doubles("statistics.safetensors", tensor)[index];
            void Close(double wanted, double found, double tolerance, string what) =>
                Assert.True(Math.Abs(found - wanted) <= tolerance, $"{name}: {what} is {found:R}, not {wanted:R}");

            var statistics = ImageStatistics.SigmaClipped(Array.ConvertAll(image.ToArray(), pixel => (double)pixel));
            double tolerance = 1e-9 * Value("std");
            Close(Value("mean"), statistics.Mean, tolerance, "the mean");
            Close(Value("median"), statistics.Median, tolerance, "the median");
            Close(Value("std"), statistics.StandardDeviation, tolerance, "the standard deviation");
            Assert.Equal(expected.GetProperty("pixels_kept").GetInt32(), statistics.Kept);

            double snr = ImageStatistics.SigmaSnr(image, out double threshold, out int sourcePixels, out var scaled);
            if (expected.GetProperty("has_nan").GetBoolean())
            {
                Assert.True(double.IsNaN(snr), name);
                continue;
            }
            Close(Value("sigma_snr"), snr, 1e-9 * Math.Abs(Value("sigma_snr")), "S/N_sigma");
            Assert.Equal(Value("final_threshold"), threshold);
            Assert.Equal(Value("source_pixels"), sourcePixels);
            Close(Value("scaled_std"), scaled.StandardDeviation, 1e-9 * Value("scaled_std"), "the standard deviation of the scaled image");

            double edge = ImageStatistics.EdgeRelativeMaximum(image, side);
            Close(Value("edge_relative_max"), edge, 2e-7 * Math.Abs(Value("edge_relative_max")), "the edge's relative maximum");
            bool broken = ImageStatistics.IsBroken(image);
            Assert.Equal(expected.GetProperty("broken").GetBoolean(), broken);
            var (selected, _) = Selection.Apply(
                [new CutoutMeasurement
                {
                    Row = 0, SourceName = name, MosaicId = "", RightAscension = 0, Declination = 0, ImageIndex = 0,
                    SigmaSnr = snr, EdgeRelativeMaximum = edge, Broken = broken,
                }], 0, 0, new SelectionCuts());
            Assert.Equal(expected.GetProperty("selected_by_cuts").GetBoolean(), selected.Length == 1);
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1.5f)]
    [InlineData(float.NaN)]
    public void SigmaSnr_OfAConstantImage_IsNaN(float value) => Assert.Equal(double.NaN, ImageStatistics.SigmaSnr(Enumerable.Repeat(value, 64).ToArray()));

    [Theory]
    [InlineData("images", "peaks", "peaks_standardised")]
    [InlineData("many", "many_peaks", "many_standardised")]
    public void BoxCox_OfPeakFluxes_IsTheMostLikelyOne(string name, string peaks, string standardised)
    {
        var expected = _case.Json.GetProperty("boxcox").GetProperty(name);
        float[] values = _case.Values<float>("boxcox.safetensors", peaks);
        var transform = BoxCoxTransform.Fit(values);
        Assert.Equal(expected.GetProperty("lambda").GetDouble(), transform.Lambda, 1e-6);
        double[] wanted = _case.Doubles("boxcox.safetensors", standardised);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(wanted[i], transform.Apply(values[i]), 1e-5);
            Assert.Equal(values[i], transform.Invert(transform.Apply(values[i])), 1e-9 * values[i]);
        }
    }

    [Theory]
    [InlineData("probe_lambda_minus_0p23", -0.23)]
    [InlineData("probe_lambda_0", 0)]
    [InlineData("probe_lambda_0p5", 0.5)]
    public void BoxCox_AtAGivenLambda_FollowsTheFormula(string tensor, double lambda)
    {
        double[] probe = _case.Doubles("boxcox.safetensors", "probe"), wanted = _case.Doubles("boxcox.safetensors", tensor);
        var transform = new BoxCoxTransform(lambda, 0, 1);
        for (int i = 0; i < probe.Length; i++)
            Assert.Equal(wanted[i], transform.Apply(probe[i]), 1e-12 * Math.Max(1, Math.Abs(wanted[i])));
    }

    [Fact]
    public void BoxCox_OfFluxesWithoutADistribution_IsRefused()
    {
        Assert.Contains("positive", Assert.Throws<RadioDiffusionException>(() => BoxCoxTransform.Fit([1, -1])).Message, StringComparison.Ordinal);
        Assert.Contains("different", Assert.Throws<RadioDiffusionException>(() => BoxCoxTransform.Fit([2, 2, 2])).Message, StringComparison.Ordinal);
    }
}
