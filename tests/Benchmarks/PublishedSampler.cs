using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;
using static TorchSharp.torch;

namespace RadioDiffusion.Benchmarks;

/// <summary>
/// Sampling as the published code does it, op for op: float32, kernels standardised in every call, two passes of the network for guidance, Heun's method over all images of a batch. Seeds and conditions as
/// ours, so that the images can be compared.
/// </summary>
internal sealed class PublishedSampler : IDisposable
{
    private readonly EdmPreconditioning _network;

    public PublishedSampler(string snapshot)
    {
        using var scope = NewDisposeScope();
        _network = new EdmPreconditioning(SnapshotDescription.Read(snapshot).Network);
        WeightFiles.Load(_network, Path.Combine(snapshot, SnapshotDescription.WeightsFileName));
        _network.MoveTo(CPU);
    }

    /// <returns>Images in [0, 1], as <see cref="DiffusionModel.Sample"/> gives them.</returns>
    public float[][] Sample(IReadOnlyList<SampleConditions> samples, SolverOptions solver)
    {
        var options = _network.Options;
        using var inference = inference_mode(true);
        using var scope = NewDisposeScope();
        double[] sigmas = NoiseSchedule.Levels(solver);
        var conditions = new Conditions(
            options.ContextDimension > 0 ? tensor(samples.SelectMany(sample => sample.Context!).ToArray()).reshape(samples.Count, -1) : null, null,
            options.ClassCount > 0 ? nn.functional.one_hot(tensor(samples.Select(sample => (long)sample.Label!).ToArray()), options.ClassCount).to(ScalarType.Float32) : null);
        double w = samples[0].GuidanceStrength;
        var x = Latents(samples) * (float)sigmas[0];
        for (int i = 0; i + 1 < sigmas.Length; i++)
        {
            var slope = (x - Guided(x, sigmas[i])) / sigmas[i];
            var next = x + slope * (sigmas[i + 1] - sigmas[i]);
            if (sigmas[i + 1] > 0)
            {
                var nextSlope = (next - Guided(next, sigmas[i + 1])) / sigmas[i + 1];
                next = x + (slope + nextSlope) * (0.5 * (sigmas[i + 1] - sigmas[i]));
            }
            x = next;
        }
        float[] pixels = ((x.clamp(-1, 1) + 1) / 2).contiguous().data<float>().ToArray();
        return [.. pixels.Chunk(pixels.Length / samples.Count)];

        Tensor Guided(Tensor images, double sigma)
        {
            using var inner = NewDisposeScope();
            var levels = full([images.shape[0]], (float)sigma);
            var conditional = _network.forward(images, levels, conditions);
            return (w == 0 ? conditional : (1 + w) * conditional - w * _network.forward(images, levels, Conditions.None)).MoveToOuterDisposeScope();
        }
    }

    public void Dispose() => _network.Dispose();

    private Tensor Latents(IReadOnlyList<SampleConditions> samples)
    {
        int side = _network.Options.ImageSize;
        float[] latents = new float[samples.Count * side * side];
        for (int i = 0; i < samples.Count; i++)
            SamplingBatch.FillLatents(samples[i].Seed, latents.AsSpan(i * side * side, side * side));
        return tensor(latents).reshape(samples.Count, 1, side, side);
    }
}
