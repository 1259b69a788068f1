using System.Globalization;
using System.Text.Json;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

/// <summary>The measurements behind the selection and the Box-Cox transform against astropy's and scikit-learn's.</summary>
[Trait("Category", "Golden")]
public class ImageStatisticsGoldenTests
{
    public static TheoryData<string> Cases => TestFiles.GoldenCases("boxcox", "image-stats");

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryImage_HasThePublishedMeasurements(string caseName)
    {
        var golden = new GoldenCase(caseName);
        float[] all = golden.Values<float>("images.safetensors", "images");
        var tolerances = golden.Json.GetProperty("tolerance");
        double ofStatistics = tolerances.GetProperty("mean, median, std").GetProperty("atol_in_units_of_std_float64").GetDouble();
        double ofSnr = tolerances.GetProperty("sigma_snr").GetProperty("rtol_float64").GetDouble();
        double ofEdge = tolerances.GetProperty("edge_relative_max").GetProperty("rtol").GetDouble();
        var cases = golden.Json.GetProperty("images").EnumerateArray().ToArray();
        int pixels = all.Length / cases.Length, side = (int)Math.Sqrt(pixels);
        Assert.Equal(all.Length, cases.Length * side * side);
        foreach (var expected in cases)
        {
            int index = expected.GetProperty("index").GetInt32();
            string name = $"image {index}, {expected.GetProperty("kind").GetString()}";
            var image = all.AsSpan(index * pixels, pixels);
            double Value(string tensor) => golden.Doubles("statistics.safetensors", tensor)[index];
            void Close(double wanted, double found, double tolerance, string what) =>
                Assert.True(Math.Abs(found - wanted) <= tolerance, $"{name}: {what} is {found:R}, not {wanted:R}");

            var statistics = ImageStatistics.SigmaClipped(image);
            double tolerance = ofStatistics * Value("std");
            Close(Value("mean"), statistics.Mean, tolerance, "the mean");
            Close(Value("median"), statistics.Median, tolerance, "the median");
            Close(Value("std"), statistics.StandardDeviation, tolerance, "the standard deviation");
            Assert.Equal(expected.GetProperty("pixels_kept").GetInt32(), statistics.Kept);

            Assert.Equal(expected.GetProperty("clip_iterations").GetInt32(), statistics.Iterations);

            var (snr, threshold, sourcePixels, scaled) = ImageStatistics.SigmaSnr(image);
            if (expected.GetProperty("has_nan").GetBoolean())
            {
                Assert.True(double.IsNaN(snr), name);
                continue;
            }
            Close(Value("sigma_snr"), snr, ofSnr * Math.Abs(Value("sigma_snr")), "S/N_sigma");
            Assert.Equal(Value("final_threshold"), threshold);
            Assert.Equal(Value("source_pixels"), sourcePixels);
            double ofScaled = ofStatistics * Value("scaled_std");
            Close(Value("scaled_mean"), scaled.Mean, ofScaled, "the mean of the scaled image");
            Close(Value("scaled_median"), scaled.Median, ofScaled, "the median of the scaled image");
            Close(Value("scaled_std"), scaled.StandardDeviation, ofScaled, "the standard deviation of the scaled image");

            double edge = ImageStatistics.EdgeRelativeMaximum(image, side);
            Close(Value("edge_relative_max"), edge, ofEdge * Math.Abs(Value("edge_relative_max")), "the edge's relative maximum");
            bool broken = ImageStatistics.IsBroken(image);
            Assert.Equal(expected.GetProperty("broken").GetBoolean(), broken);
            var quality = new CutoutMeter(pixels).Measure(image, side);
            Assert.Equal((broken, new SigmaSnr(snr, threshold, sourcePixels, scaled), edge), (quality.Broken, quality.Snr, quality.EdgeRelativeMaximum));
            Assert.Equal(Math.Max(0, Value("max")), quality.PeakFlux);
            Close(Value("median"), quality.Background, 1e-6 * Value("std"), "the background");
            Close(Value("std"), quality.Rms, 1e-6 * Value("std"), "the rms");
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
    public void SigmaSnr_OfAConstantImage_IsNaN(float value) => Assert.Equal(double.NaN, ImageStatistics.SigmaSnr(Enumerable.Repeat(value, 64).ToArray()).Ratio);

    [Theory]
    [MemberData(nameof(Cases))]
    public void BoxCox_OfPeakFluxes_IsTheMostLikelyOne(string caseName)
    {
        var golden = new GoldenCase(caseName);
        var boxcox = golden.Json.GetProperty("boxcox");
        var sets = boxcox.EnumerateObject().Where(set => set.Value.ValueKind == JsonValueKind.Object && set.Value.TryGetProperty("mean_of_boxcox", out _)).ToArray();
        Assert.NotEmpty(sets);
        foreach (var set in sets)
        {
            // The tensors of the set of all images have no prefix.
            string prefix = golden.Tensors("boxcox.safetensors").Contains(set.Name + "_peaks") ? set.Name + "_" : "";
            AssertBoxCox(golden, set.Value, boxcox.GetProperty("tolerance"), prefix + "peaks", prefix.Length > 0 ? prefix + "standardised" : "peaks_standardised");
        }
    }

    private static void AssertBoxCox(GoldenCase golden, JsonElement expected, JsonElement tolerance, string peaks, string standardised)
    {
        float[] values = golden.Values<float>("boxcox.safetensors", peaks);
        var transform = BoxCoxTransform.Fit(values);
        Assert.Equal(expected.GetProperty("lambda").GetDouble(), transform.Lambda, tolerance.GetProperty("lambda").GetProperty("atol_float64").GetDouble());
        double atol = tolerance.GetProperty("standardised").GetProperty("atol_float64").GetDouble();
        double[] wanted = golden.Doubles("boxcox.safetensors", standardised);
        var (mean, deviation) = (expected.GetProperty("mean_of_boxcox").GetDouble(), expected.GetProperty("std_of_boxcox_ddof0").GetDouble());
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(wanted[i], transform.Apply(values[i]), atol);
            Assert.Equal(new BoxCoxTransform(transform.Lambda, mean, deviation).Apply(values[i]), transform.Apply(values[i]), atol);
            Assert.Equal(values[i], transform.Invert(transform.Apply(values[i])), 1e-9 * values[i]);
        }
    }

    [Theory]
    [InlineData(0.003f, 0.004f, 0.0042f)]
    [InlineData(0.0030f, 0.0031f, 0.00302f)]
    [InlineData(1e-6f, 1.1e-6f, 1.3e-6f)]
    public void BoxCox_OfFewFluxesThatHardlyDiffer_DoesNotDependOnTheirUnit(float a, float b, float c)
    {
        float unit = a;
        var transform = BoxCoxTransform.Fit([a, b, c]);
        var inUnits = BoxCoxTransform.Fit([a / unit, b / unit, c / unit]);
        Assert.Equal(inUnits.Lambda, transform.Lambda, 1e-3 * Math.Abs(inUnits.Lambda));
        Assert.Equal(inUnits.Apply(b / unit), transform.Apply(b), 1e-5);
        Assert.Equal(b, transform.Invert(transform.Apply(b)), 1e-6 * b);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void BoxCox_AtAGivenLambda_FollowsTheFormula(string caseName)
    {
        var golden = new GoldenCase(caseName);
        double[] probe = golden.Doubles("boxcox.safetensors", "probe");
        string[] tensors = [.. golden.Tensors("boxcox.safetensors").Where(name => name.StartsWith("probe_lambda_", StringComparison.Ordinal))];
        Assert.NotEmpty(tensors);
        foreach (string tensor in tensors)
        {
            double lambda = double.Parse(tensor["probe_lambda_".Length..].Replace("minus_", "-", StringComparison.Ordinal).Replace('p', '.'), CultureInfo.InvariantCulture);
            double[] wanted = golden.Doubles("boxcox.safetensors", tensor);
            var transform = new BoxCoxTransform(lambda, 0, 1);
            for (int i = 0; i < probe.Length; i++)
                Assert.Equal(wanted[i], transform.Apply(probe[i]), 1e-12 * Math.Max(1, Math.Abs(wanted[i])));
        }
    }

    [Fact]
    public void BoxCox_OfFluxesWithoutADistribution_IsRefused()
    {
        Assert.Contains("positive", Assert.Throws<RadioDiffusionException>(() => BoxCoxTransform.Fit([1, -1])).Message, StringComparison.Ordinal);
        Assert.Contains("different", Assert.Throws<RadioDiffusionException>(() => BoxCoxTransform.Fit([2, 2, 2])).Message, StringComparison.Ordinal);
    }
}
