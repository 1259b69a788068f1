using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Evaluation;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation.Comparison;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Grains.Evaluation;

/// <inheritdoc cref="IMeasuringGrain"/>
[GrainType("measuring")]
internal sealed class MeasuringGrain(IArtifactStore store, IDeviceSlots devices, ILogger<MeasuringGrain> logger) : ImageShard(store, logger), IMeasuringGrain
{
    protected override Recipe RecipeOf(ImageShardRequest request) => new()
    {
        Kind = "image-measurements",
        AlgorithmVersion = 1,
        Inputs = new() { ["dataset"] = request.Digest },
        Parameters = new JsonObject { ["first"] = request.First, ["count"] = request.Count, ["seed"] = request.Seed, ["publishedA50"] = request.PublishedA50 },
    };

    protected override Task WriteAsync(ImageShardRequest request, string set, string directory, CancellationToken ct) => devices.Cpu.RunAsync(
        () =>
        {
            using var images = TrainingSetReader.Open(set);
            SetMeter.Measure(images, request.First, request.Count, request.Seed, request.PublishedA50, this, ct).Write(directory);
        },
        ct);
}
