using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Evaluation;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Classification;
using RadioDiffusion.ModelCore.Evaluation.Comparison;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Grains.Evaluation;

/// <inheritdoc cref="IClassifyingGrain"/>
[GrainType("classifying")]
[Immovable, NeedsDevice]
internal sealed class ClassifyingGrain(IArtifactStore store, DeviceLeases devices, ILogger<ClassifyingGrain> logger) : ImageShard(store, logger), IClassifyingGrain
{
    /// <summary>So many images at a time: others who share the device take turns in between.</summary>
    private const int Piece = 64;

    private readonly IArtifactStore _store = store;

    protected override Recipe RecipeOf(ImageShardRequest request) => new()
    {
        Kind = "classified-images",
        AlgorithmVersion = 1,
        Inputs = new() { ["dataset"] = request.Digest, ["classifier"] = SnapshotNames.DigestOf(request.Classifier!) },
        Parameters = new JsonObject { ["first"] = request.First, ["count"] = request.Count },
    };

    protected override async Task WriteAsync(ImageShardRequest request, string set, string directory, CancellationToken ct)
    {
        string snapshot = await _store.GetDirectoryAsync(request.Classifier!, ct);
        using var lease = devices.Take();
        using var images = TrainingSetReader.Open(set);
        var classifier = await lease.Slot.RunAsync(() => ClassifierModel.Load(snapshot, lease.Slot.Device), ct);
        try
        {
            var found = new ClassifiedImage?[request.Count];
            for (int first = 0; first < request.Count; first += Piece)
            {
                int from = first;
                await lease.Slot.RunAsync(() => Classify(classifier, images, request.First + from, found.AsSpan(from, Math.Min(Piece, request.Count - from)), ct), ct);
                ((IProgress<int>)this).Report(Math.Min(request.Count, first + Piece));
            }
            ClassifiedImages.Write(directory, found, classifier.Description.Classes.Count, found.OfType<ClassifiedImage>().FirstOrDefault()?.Features.Count ?? 1);
        }
        finally
        {
            await lease.Slot.RunAsync(classifier.Dispose, CancellationToken.None);
        }
    }

    /// <summary>An image with a pixel that is no number is left out; the others go on.</summary>
    private static void Classify(ClassifierModel classifier, TrainingSetReader set, int first, Span<ClassifiedImage?> found, CancellationToken ct)
    {
        var pixels = Enumerable.Range(first, found.Length).Select(i => ScaledImages.Of(set, i)).ToArray();
        int[] usable = [.. Enumerable.Range(0, pixels.Length).Where(i => Array.TrueForAll(pixels[i], float.IsFinite))];
        var classified = classifier.Classify([.. usable.Select(i => pixels[i])], ct);
        for (int i = 0; i < usable.Length; i++)
            found[usable[i]] = classified[i];
    }
}
