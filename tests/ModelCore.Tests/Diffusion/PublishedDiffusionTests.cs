using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Tests.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Diffusion;

/// <summary>Preconditioning, loss, noise levels and sampling against the published code. Tolerances are those of each case.json.</summary>
[Trait("Category", "Golden")]
public partial class PublishedDiffusionTests
{
    public static TheoryData<string> Losses => TestFiles.GoldenCases("sigma_distribution", "edm-loss");

    public static TheoryData<string> Samplers => TestFiles.GoldenCases("schedules", "sampler");

    [Theory]
    [MemberData(nameof(Losses))]
    public void Coefficients_AtTwentyNoiseLevels_AreThePublishedOnes(string caseName)
    {
        string folder = TestFiles.Golden(caseName);
        var root = GoldenNetwork.Json(folder);
        double sigmaData = root.GetProperty("sigma_data").GetDouble();
        double tolerance = root.GetProperty("tolerance").GetProperty("coefficients").GetProperty("rtol_float64").GetDouble();
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(Path.Combine(folder, "coefficients.safetensors"));
        var sigma = GoldenNetwork.Read(file, "sigma");
        var (cSkip, cOut, cIn, cNoise) = EdmPreconditioning.Coefficients(sigma, sigmaData);
        AssertRelative("c_skip", cSkip);
        AssertRelative("c_out", cOut);
        AssertRelative("c_in", cIn);
        AssertRelative("c_noise", cNoise);
        AssertRelative("weight", EdmLoss.Weight(sigma, sigmaData));

        void AssertRelative(string name, Tensor found)
        {
            var expected = GoldenNetwork.Read(file, name);
            double error = ((found.reshape(-1) - expected).abs() / expected.abs().clamp_min(1e-3)).max().item<double>();
            Assert.True(error <= tolerance, $"{name}: relative difference {error:g3}, tolerance {tolerance:g3}");
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Loss_OfTheStandInNetwork_IsThePublishedOne(string caseName)
    {
        string folder = TestFiles.Golden(caseName);
        var root = GoldenNetwork.Json(folder);
        double sigmaData = root.GetProperty("sigma_data").GetDouble();
        var limits = root.GetProperty("tolerance").GetProperty("loss");
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(Path.Combine(folder, "loss.safetensors"));
        var images = GoldenNetwork.Read(file, "images");
        var sigma = GoldenNetwork.Read(file, "sigmas");
        var x = images + GoldenNetwork.Read(file, "noise");
        var (cSkip, cOut, cIn, cNoise) = EdmPreconditioning.Coefficients(sigma, sigmaData);
        var denoised = cSkip * x + cOut * ((cIn * x).sin() + 0.1 * cNoise.reshape(-1, 1, 1, 1));

        double rtol = limits.GetProperty("rtol_float64").GetDouble();
        double loss = EdmLoss.Mean(denoised, images, sigma, sigmaData).item<double>();
        Assert.Equal(limits.GetProperty("value").GetDouble(), loss, rtol * loss);
        var perImage = GoldenNetwork.Read(file, "loss_per_image");
        GoldenNetwork.AssertClose(perImage, EdmLoss.PerImage(denoised, images, sigma, sigmaData),
            rtol * perImage.abs().max().item<double>(), "loss_per_image");
        var recorded = GoldenNetwork.Read(file, "denoised");
        GoldenNetwork.AssertClose(recorded, denoised, rtol * recorded.abs().max().item<double>(), "denoised");
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void LogNormal_OfRecordedNormals_GivesTheRecordedNoiseLevels(string caseName)
    {
        string folder = TestFiles.Golden(caseName);
        var distribution = GoldenNetwork.Json(folder).GetProperty("sigma_distribution");
        using var file = SafetensorsFile.Open(Path.Combine(folder, "sigmas.safetensors"));
        var normal = file.Values<double>("normal");
        var sigma = file.Values<double>("sigma");
        for (int i = 0; i < normal.Length; i++)
        {
            double found = NoiseSchedule.LogNormal(normal[i], distribution.GetProperty("P_mean").GetDouble(), distribution.GetProperty("P_std").GetDouble());
            Assert.Equal(sigma[i], found, 1e-13 * sigma[i]);   // the exponential, to a few roundings
        }
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Levels_OfEachSchedule_AreThePublishedOnes(string caseName)
    {
        string folder = TestFiles.Golden(caseName);
        using var file = SafetensorsFile.Open(Path.Combine(folder, "noise_levels.safetensors"));
        foreach (var schedule in GoldenNetwork.Json(folder).GetProperty("schedules").EnumerateObject().Where(s => s.Value.ValueKind == JsonValueKind.Object))
        {
            var found = NoiseSchedule.Levels(Solver(schedule.Value));
            var exact = file.Values<double>(schedule.Name).ToArray();
            var rounded = file.Values<float>(schedule.Name + "_float32").ToArray();
            double rtol = schedule.Value.GetProperty("rtol").GetDouble();
            Assert.Equal(exact.Length, found.Length);
            for (int i = 0; i < found.Length; i++)
            {
                Assert.Equal(exact[i], found[i], 1e-12 * exact[i]);   // the same formula in float64, by another power function
                Assert.Equal(rounded[i], found[i], rtol * exact[i]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Solve_WithTheIdealDenoiserOfAGaussian_GivesThePublishedImages(string caseName)
    {
        string folder = TestFiles.Golden(caseName);
        using var file = SafetensorsFile.Open(Path.Combine(folder, "gaussian.safetensors"));
        using var scope = NewDisposeScope();
        int index = 0;
        foreach (var run in GoldenNetwork.Json(folder).GetProperty("gaussian").GetProperty("cases").EnumerateArray())
        {
            double s = run.GetProperty("s").GetDouble();
            double mean = run.GetProperty("mean_unconditional").GetDouble();
            double w = run.GetProperty("w").GetDouble();
            if (run.GetProperty("mean_conditional") is { ValueKind: JsonValueKind.Number } conditional)
                mean = (1 + w) * conditional.GetDouble() - w * mean;
            Tensor Denoise(Tensor x, double sigma) => (s * s * x + sigma * sigma * mean) / (s * s + sigma * sigma);
            var latents = GoldenNetwork.Read(file, $"case{index}_latents");
            var expected = GoldenNetwork.Read(file, $"case{index}_heun");
            GoldenNetwork.AssertClose(expected, SolverRun.Solve(Denoise, latents, Solver(run)),
                run.GetProperty("heun_atol_float64").GetDouble(), $"case {index}, float64");
            GoldenNetwork.AssertClose(expected, SolverRun.Solve(Denoise, latents.to_type(ScalarType.Float32), Solver(run)),
                run.GetProperty("heun_atol_float32").GetDouble(), $"case {index}, float32");
            index++;
        }
        Assert.True(index > 0);
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Solve_WithPublishedWeights_GivesThePublishedImages(string caseName)
    {
        string folder = TestFiles.Golden(caseName);
        var root = GoldenNetwork.Json(folder);
        foreach (var run in root.GetProperty("runs").EnumerateObject())
            AssertRun(folder, root, run.Name, run.Value);
    }

    private static void AssertRun(string folder, JsonElement root, string runName, JsonElement run)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        string weights = Path.GetFullPath(Path.Combine(folder, run.GetProperty("weights").GetString()!));
        Assert.SkipUnless(File.Exists(weights), $"The golden case '{Path.GetFileName(Path.GetDirectoryName(weights))}', whose weights run '{runName}' needs, is not there.");
        using var network = GoldenNetwork.Load(Path.GetDirectoryName(weights)!, Path.GetFileName(weights));
        network.PrepareForSampling();
        using var file = SafetensorsFile.Open(Path.Combine(folder, runName + ".safetensors"));
        var recorded = file.Entries.Keys.Select(key => RecordedImage().Match(key)).Where(match => match.Success).ToArray();
        Assert.NotEmpty(recorded);
        foreach (var images in recorded.GroupBy(match => (Steps: match.Groups["N"].Value, Strength: match.Groups["w"].Value, Variant: match.Groups["variant"].Value)))
        {
            int steps = int.Parse(images.Key.Steps, CultureInfo.InvariantCulture);
            double strength = double.Parse(images.Key.Strength, CultureInfo.InvariantCulture);
            var samples = Samples(file, strength, isConditional: images.Key.Variant != "_reference_unconditional");
            var denoiser = new GuidedDenoiser(network, CPU);
            SolverRun.Solve((x, sigma) => denoiser.Denoise(x, samples, [.. samples.Select(_ => sigma)]), GoldenNetwork.Read(file, "latents"), Solver(run, steps), (step, x) =>
            {
                foreach (var match in images.Where(match => match.Groups["step"].Success
                    ? int.Parse(match.Groups["step"].Value, CultureInfo.InvariantCulture) == step : step == steps))
                {
                    string name = $"{runName}/{match.Value}";
                    GoldenNetwork.AssertClose(GoldenNetwork.Read(file, match.Value), x, GoldenNetwork.Tolerance(root, name), name);
                }
            });
        }
    }

    private static SampleConditions[] Samples(SafetensorsFile file, double strength, bool isConditional)
    {
        int count = (int)file.Entry("latents").Shape[0];
        bool hasContext = isConditional && file.Entries.ContainsKey("context_batch");
        bool hasLabels = isConditional && file.Entries.ContainsKey("label_batch");
        int dimension = hasContext ? (int)file.Entry("context_batch").Shape[1] : 0;
        return [.. Enumerable.Range(0, count).Select(i => new SampleConditions(0,
            hasContext ? file.Values<float>("context_batch").Slice(i * dimension, dimension).ToArray() : null,
            hasLabels ? (int)file.Values<long>("label_batch")[i] : null, strength))];
    }

    private static SolverOptions Solver(JsonElement json, int? steps = null) => new(steps ?? json.GetProperty("N").GetInt32(),
        json.GetProperty("sigma_min").GetDouble(), json.GetProperty("sigma_max").GetDouble(), json.GetProperty("rho").GetDouble());

    [GeneratedRegex(@"^(?:final_)?N(?<N>\d+)_w(?<w>[0-9.]+?)(?:_step(?<step>\d+))?(?<variant>_reference_unconditional|_formula_conditional)?$")]
    private static partial Regex RecordedImage();
}
