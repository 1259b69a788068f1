using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Classification;

/// <summary>A trained classifier of morphologies. Not for several threads at once.</summary>
/// <remarks>Paper, Sect. 5.3.</remarks>
public sealed class ClassifierModel : IDisposable
{
    private readonly Classifier _network;
    private readonly Device _device;

    private ClassifierModel(Classifier network, SnapshotDescription description, Device device)
    {
        _network = network;
        _device = device;
        Description = description;
    }

    /// <summary>What the model is for: its classes, in the order of their labels, and its images.</summary>
    public SnapshotDescription Description { get; }

    /// <summary>Images computed together; more than that are computed one batch after another.</summary>
    public int MaximumBatch { get; set; } = 64;

    /// <param name="snapshotDirectory">Holds model.json and weights.safetensors.</param>
    /// <param name="device">cpu, cuda, cuda:1 and so on.</param>
    /// <exception cref="RadioDiffusionException">The snapshot is incomplete, damaged, its weights do not fit its description, or it is no classifier.</exception>
    public static ClassifierModel Load(string snapshotDirectory, string device = "cpu")
    {
        var description = SnapshotDescription.Read(snapshotDirectory);
        description.Network.Check();
        if (description.Network.Kind != NetworkKind.Classifier)
            throw new RadioDiffusionException($"The model in {snapshotDirectory} should be a classifier, but it is a {description.Network.Kind}, which makes images and tells no classes. Classifiers are trained with the presets classifier and classifier-small.");
        using var scope = NewDisposeScope();
        var network = new Classifier(description.Network);
        try
        {
            WeightFiles.Load(network, Path.Combine(snapshotDirectory, SnapshotDescription.WeightsFileName));
        }
        catch
        {
            network.Dispose();
            throw;
        }
        var target = torch.device(device);
        network.MoveTo(target);
        return new ClassifierModel(network, description, target);
    }

    /// <summary>Tells the classes of images; batch mates change a result by rounding at most.</summary>
    /// <param name="images">Raw pixels of each, in any unit: (channels, side, side) values, row by row. Each channel is scaled from its smallest to its largest pixel, as in training.</param>
    /// <param name="ct">Looked at before each batch.</param>
    /// <returns>One result for each image, in their order.</returns>
    /// <exception cref="RadioDiffusionException">An image has another size than the model's, or a pixel that is not finite.</exception>
    public IReadOnlyList<ClassifiedImage> Classify(IReadOnlyList<float[]> images, CancellationToken ct = default)
    {
        for (int i = 0; i < images.Count; i++)
            Check(images[i], i);
        var classified = new List<ClassifiedImage>(images.Count);
        foreach (float[][] batch in images.Chunk(MaximumBatch))
        {
            ct.ThrowIfCancellationRequested();
            classified.AddRange(ClassifyBatch(batch));
        }
        return classified;
    }

    public void Dispose() => _network.Dispose();

    private ClassifiedImage[] ClassifyBatch(float[][] images)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        int side = Description.Network.ImageSize, channels = Description.Network.ImageChannels;
        float[] pixels = [.. images.SelectMany(image => image)];
        for (int i = 0; i < images.Length * channels; i++)
            BatchMaker.ScaleToUnitRange(pixels.AsSpan(i * side * side, side * side));
        var features = _network.Features(tensor(pixels, [images.Length, channels, side, side], device: _device));
        float[][] logitRows = Rows(_network.Classify(features)), featureRows = Rows(features);
        return [.. logitRows.Zip(featureRows, (logits, row) => new ClassifiedImage(logits, row))];
    }

    private static float[][] Rows(Tensor table)
    {
        float[] values = MemoryMarshal.Cast<byte, float>(table.cpu().contiguous().bytes).ToArray();
        return [.. values.Chunk((int)table.shape[1])];
    }

    private void Check(float[] image, int index)
    {
        int side = Description.Network.ImageSize, channels = Description.Network.ImageChannels;
        if (image.Length != channels * side * side)
            throw new RadioDiffusionException($"This classifier is for images of {channels} x {side} x {side} = {channels * side * side} values, but image {index} (counted from 0) has {image.Length}.");
        if (Array.Exists(image, pixel => !float.IsFinite(pixel)))
            throw new RadioDiffusionException($"The pixels of an image to classify should be finite, but image {index} (counted from 0) has one of {Array.Find(image, pixel => !float.IsFinite(pixel))}.");
    }
}
