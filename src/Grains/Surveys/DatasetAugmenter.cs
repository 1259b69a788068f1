using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Exchange;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Surveys;

/// <summary>Makes a labelled set with generated images added to those that are trained on.</summary>
/// <remarks>Runs in the turns of the data set's grain; reading and writing is handed to the silo's CPU threads.</remarks>
internal sealed class DatasetAugmenter(IArtifactStore store, IDeviceSlots devices)
{
    public async Task<DatasetStatus> AugmentAsync(string name, DatasetAugmentation request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var real = await grains.Dataset(request.Real).GetStatusAsync(cancellationToken);
        if (real.Artifact is not { } artifact || real.Digest is not { } digest)
            throw new UserErrorException(ErrorKind.NotFound, request.Real, $"Data set '{request.Real}' is not there to add images to (its state is {real.State}).");
        var generated = await store.FindAsync(request.Generated, cancellationToken)
            ?? throw new UserErrorException(ErrorKind.NotFound, request.Generated, $"The generated images {request.Generated} are not in {store.Describe()}.");
        var recipe = new Recipe
        {
            Kind = "dataset",
            AlgorithmVersion = 1,
            Inputs = new() { ["real"] = digest, ["generated"] = generated.ContentDigest },
            Parameters = new JsonObject { ["augmented"] = true, ["validationFraction"] = request.ValidationFraction, ["seed"] = request.Seed },
        };
        var manifest = await store.FindAsync(recipe.Id, cancellationToken);
        bool wasUpToDate = manifest != null;
        manifest ??= await WriteAsync(recipe, await store.GetDirectoryAsync(artifact, cancellationToken), await store.GetDirectoryAsync(request.Generated, cancellationToken), request, cancellationToken);
        using var set = TrainingSetReader.Open(await store.GetDirectoryAsync(manifest.Id, cancellationToken));
        return DatasetStatus.DoneWith(name, set.Description.Selection, manifest.Id, manifest.ContentDigest) with { Augmentation = request, WasUpToDate = wasUpToDate };
    }

    private async Task<ArtifactManifest> WriteAsync(Recipe recipe, string real, string generated, DatasetAugmentation request, CancellationToken cancellationToken)
    {
        using var scratch = store.CreateScratchDirectory();
        await devices.Cpu.RunAsync(
            () =>
            {
                using var realSet = TrainingSetReader.Open(real);
                using var generatedSet = TrainingSetReader.Open(generated);
                using var source = new AugmentedSource(realSet, realSet.HeldOut ?? HeldOutImages.Of(realSet.Count, request.ValidationFraction, request.Seed), generatedSet);
                DatasetImport.Write(scratch.Path, source, new DatasetImportOptions { HeldOutSplit = AugmentedSource.HeldOut }, null, cancellationToken);
            },
            cancellationToken);
        return await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
    }
}
