using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>A trained model that generates images. Not for several threads at once.</summary>
public sealed class DiffusionModel : IDisposable
{
    private readonly EdmPreconditioning _network;
    private readonly Device _device;

    private DiffusionModel(EdmPreconditioning network, SnapshotDescription description, Device device)
    {
        _network = network;
        _device = device;
        Description = description;
    }

    public SnapshotDescription Description { get; }

    /// <summary>Images computed together; more samples than that are computed one batch after another.</summary>
    public int MaximumBatch { get; set; } = 16;

    /// <param name="snapshotDirectory">Holds model.json and weights.safetensors.</param>
    /// <param name="device">cpu, cuda, cuda:1 and so on.</param>
    /// <exception cref="RadioDiffusionException">The snapshot is incomplete, damaged, its weights do not fit its description, or it is a classifier.</exception>
    public static DiffusionModel Load(string snapshotDirectory, string device = "cpu")
    {
        return Load(SnapshotDescription.Read(snapshotDirectory), Path.Combine(snapshotDirectory, SnapshotDescription.WeightsFileName), device);
    }

    /// <summary>The averaged weights of a training that is under way.</summary>
    /// <param name="checkpointDirectory">A whole checkpoint.</param>
    /// <param name="description">What its model will be; the network is taken from the checkpoint.</param>
    /// <param name="device">cpu, cuda, cuda:1 and so on.</param>
    /// <exception cref="RadioDiffusionException">The checkpoint is incomplete or damaged.</exception>
    public static DiffusionModel LoadAverage(string checkpointDirectory, SnapshotDescription description, string device = "cpu")
    {
        var checkpoint = Checkpoint.ReadDescription(checkpointDirectory);
        return Load(description with { Network = checkpoint.Network, Iterations = checkpoint.Iteration }, Path.Combine(checkpointDirectory, Checkpoint.EmaFile), device);
    }

    /// <summary>Generates one image for each sample; its batch mates change it by rounding at most.</summary>
    /// <param name="samples">What each image depends on.</param>
    /// <param name="solver">The noise schedule.</param>
    /// <param name="progress">Told per cent done, 0 to 100, after each solver step.</param>
    /// <param name="ct">Looked at before each call of the network.</param>
    /// <returns>For each sample side times side pixels in [0, 1], row by row: clamped to [-1, 1], then (x + 1) / 2.</returns>
    public float[][] Sample(IReadOnlyList<SampleConditions> samples, SolverOptions solver, IProgress<int>? progress = null, CancellationToken ct = default)
    {
        foreach (var sample in samples)
            Check(sample);
        var sigmas = NoiseSchedule.Levels(solver);
        // Those with guidance first, as GuidedDenoiser wants them.
        int[] order = [.. Enumerable.Range(0, samples.Count).OrderBy(i => GuidedDenoiser.NeedsGuidance(samples[i]) ? 0 : 1)];
        var images = new float[samples.Count][];
        int stepsDone = 0, allSteps = (samples.Count + MaximumBatch - 1) / MaximumBatch * solver.Steps;
        foreach (int[] batch in order.Chunk(MaximumBatch))
        {
            float[][] generated = SampleBatch([.. batch.Select(i => samples[i])], sigmas, ReportStep, ct);
            for (int i = 0; i < batch.Length; i++)
                images[batch[i]] = generated[i];
        }
        return images;

        void ReportStep(int step)
        {
            if (step > 0)
                progress?.Report((int)(100L * ++stepsDone / allSteps));
        }
    }

    public void Dispose() => _network.Dispose();

    private static DiffusionModel Load(SnapshotDescription description, string weightsPath, string device)
    {
        description.Network.Check();
        if (description.Network.Kind != NetworkKind.Denoiser)
            throw new RadioDiffusionException($"The model in {Path.GetDirectoryName(weightsPath)} is a classifier: it tells the classes of images and makes none.");
        using var scope = NewDisposeScope();
        var network = new EdmPreconditioning(description.Network);
        try
        {
            WeightFiles.Load(network, weightsPath);
        }
        catch
        {
            network.Dispose();
            throw;
        }
        var target = torch.device(device);
        network.MoveTo(target);
        network.Fold();
        return new DiffusionModel(network, description, target);
    }

    private float[][] SampleBatch(SampleConditions[] samples, double[] sigmas, Action<int> reportStep, CancellationToken ct)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        var denoiser = new GuidedDenoiser(_network, samples, _device);
        var x = HeunSolver.Solve(Denoise, Latents(samples), sigmas, (step, _) => reportStep(step));
        var pixels = MemoryMarshal.Cast<byte, float>((x.clamp(Numbers.Of(-1), Numbers.One).Plus(Numbers.One) / Numbers.Of(2)).cpu().contiguous().bytes);
        int length = pixels.Length / samples.Length;
        var images = new float[samples.Length][];
        for (int i = 0; i < images.Length; i++)
            images[i] = pixels.Slice(i * length, length).ToArray();
        return images;

        Tensor Denoise(Tensor noisy, double sigma)
        {
            ct.ThrowIfCancellationRequested();
            return denoiser.Denoise(noisy, sigma);
        }
    }

    private Tensor Latents(SampleConditions[] samples)
    {
        int side = Description.Network.ImageSize, channels = Description.Network.ImageChannels;
        int length = channels * side * side;
        var values = new float[samples.Length * length];
        for (int i = 0; i < samples.Length; i++)
            new RandomStream(samples[i].Seed, "latent").FillNormal(values.AsSpan(i * length, length));
        return tensor(values, [samples.Length, channels, side, side], device: _device);
    }

    private void Check(SampleConditions sample)
    {
        var network = Description.Network;
        if (sample.Context is { } context && context.Count != network.ContextDimension)
            throw new RadioDiffusionException($"This model is conditioned on {network.ContextDimension} continuous values, but {context.Count} were given.");
        if (sample.Context?.Any(value => !float.IsFinite(value)) == true)
            throw new RadioDiffusionException($"A condition should be finite, but it is {string.Join(", ", sample.Context)}.");
        if (sample.Label is int label && (label < 0 || label >= network.ClassCount))
        {
            throw new RadioDiffusionException(network.ClassCount > 0
                ? $"A class label should be 0 to {network.ClassCount - 1}, but it is {label}."
                : $"This model has no classes, but class {label} was given.");
        }
        if (!double.IsFinite(sample.GuidanceStrength))
            throw new RadioDiffusionException($"A guidance strength should be finite, but it is {sample.GuidanceStrength}.");
    }
}
