using System.Globalization;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>A trained model that generates images. Not for several threads at once.</summary>
public sealed class DiffusionModel : IDisposable
{
    private DiffusionModel(EdmPreconditioning network, SnapshotDescription description, Device device)
    {
        Network = network;
        Device = device;
        Description = description;
    }

    public SnapshotDescription Description { get; }

    internal EdmPreconditioning Network { get; }

    private int? _bestBatch;

    internal Device Device { get; }

    /// <summary>Images computed together; as one is done, the next takes its place.</summary>
    public int MaximumBatch { get; set; } = 16;

    /// <summary>What the weights take.</summary>
    public long Bytes => Network.Bytes;

    /// <summary>The images in a call of the network from which on more are not worth waiting for; measured when it is asked for first.</summary>
    public int BestBatch => _bestBatch ??= BatchProfile.Measure(this);

    /// <param name="snapshotDirectory">Holds model.json and weights.safetensors.</param>
    /// <param name="device">cpu, cuda, cuda:1 and so on.</param>
    /// <param name="precision">As in sample IDs: f32, or bf16.</param>
    /// <exception cref="RadioDiffusionException">The snapshot is incomplete, damaged, its weights do not fit its description, or it is a classifier.</exception>
    public static DiffusionModel Load(string snapshotDirectory, string device = "cpu", string precision = "f32")
    {
        return Load(SnapshotDescription.Read(snapshotDirectory), Path.Combine(snapshotDirectory, SnapshotDescription.WeightsFileName), device, precision);
    }

    /// <summary>The averaged weights of a training that is under way.</summary>
    /// <param name="checkpointDirectory">A whole checkpoint.</param>
    /// <param name="description">What its model will be; the network is taken from the checkpoint.</param>
    /// <param name="device">cpu, cuda, cuda:1 and so on.</param>
    /// <exception cref="RadioDiffusionException">The checkpoint is incomplete or damaged.</exception>
    public static DiffusionModel LoadAverage(string checkpointDirectory, SnapshotDescription description, string device = "cpu")
    {
        var checkpoint = Checkpoint.ReadDescription(checkpointDirectory);
        return Load(description with { Network = checkpoint.Network, Iterations = checkpoint.Iteration }, Path.Combine(checkpointDirectory, Checkpoint.EmaFile), device, "f32");
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
        var images = new float[samples.Count][];
        using var batch = new SamplingBatch(this);
        long stepsDone = 0;
        for (int next = 0; next < samples.Count || batch.Count > 0;)
        {
            ct.ThrowIfCancellationRequested();
            for (; next < samples.Count && batch.Count < MaximumBatch; next++)
                batch.Add(next.ToString(CultureInfo.InvariantCulture), samples[next], solver);
            var (done, stepsEnded) = batch.Advance();
            foreach (var (key, image) in done)
                images[int.Parse(key, CultureInfo.InvariantCulture)] = image;
            stepsDone += stepsEnded;
            if (stepsEnded > 0)
                progress?.Report((int)(100 * stepsDone / ((long)samples.Count * solver.Steps)));
        }
        return images;
    }

    public void Dispose() => Network.Dispose();

    private static DiffusionModel Load(SnapshotDescription description, string weightsPath, string device, string precision)
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
        network.PrepareForSampling(precision switch
        {
            "f32" => ScalarType.Float32,
            "bf16" => ScalarType.BFloat16,
            _ => throw new ArgumentException($"A precision should be f32 or bf16, but it is '{precision}'.", nameof(precision)),
        });
        return new DiffusionModel(network, description, target);
    }

    /// <exception cref="RadioDiffusionException">The network cannot take these conditions.</exception>
    internal void Check(SampleConditions sample)
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
