using System.Globalization;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Models;

/// <summary>Makes a snapshot of the power-function averages that a training run has kept (<see cref="PostHocEma"/>).</summary>
internal sealed class ModelReconstructor(IArtifactStore store, IDeviceSlots devices)
{
    private const double LargeMisfit = 0.05;

    public async Task<MadeSnapshot> ReconstructAsync(ModelReconstruction request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        if (!PowerFunctionProfile.IsWidth(request.SigmaRel))
            throw new UserErrorException(ErrorKind.Invalid, "sigma-rel", FormattableString.Invariant($"sigma_rel should be {PowerFunctionProfile.Narrowest} to {PowerFunctionProfile.Widest}, but it is {request.SigmaRel}."));
        var averages = await AveragesAsync(request, grains, cancellationToken);
        long iteration = averages[^1].Iteration;
        var manifests = new List<ArtifactManifest>();
        var directories = new List<string>();
        foreach (var kept in averages)
        {
            manifests.Add(await store.FindAsync(kept.Artifact, cancellationToken) ?? throw new RadioDiffusionException($"The averages {kept.Artifact} of run '{request.Run}' are not in the store any more."));
            directories.Add(await store.GetDirectoryAsync(kept.Artifact, cancellationToken));
        }
        using var scratch = store.CreateScratchDirectory();
        var fit = await devices.Cpu.RunAsync(
            () =>
            {
                foreach (var (manifest, directory) in manifests.Zip(directories))
                    CheckpointCopies.CheckBytes(manifest, directory);
                return PostHocEma.Reconstruct(directories, request.SigmaRel, iteration, scratch.Path);
            },
            cancellationToken);
        string id = SnapshotNames.IdFor(scratch.Path);
        await store.PutAsync(id, RecipeOf(request, iteration, manifests), scratch.Path, cancellationToken);
        string lineage = string.Create(CultureInfo.InvariantCulture, $"training run {request.Run}, average of relative width {request.SigmaRel} at iteration {iteration}, of the averages kept at {averages.Count} iterations");
        return new MadeSnapshot(id, lineage, "", [.. NotesOn(fit)]);
    }

    /// <summary>Those up to the iteration that is asked for.</summary>
    private static async Task<IReadOnlyList<CommittedCheckpoint>> AveragesAsync(ModelReconstruction request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var status = await grains.TrainingRun(request.Run).GetStatusAsync(cancellationToken);
        if (status.Request == null)
            throw new UserErrorException(ErrorKind.NotFound, request.Run, $"There is no training run '{request.Run}': 'radiodiffusion train list' shows those there are.");
        if (status.Averages.Count == 0)
        {
            throw new UserErrorException(ErrorKind.NotFound, request.Run,
                $"Run '{request.Run}' has kept no power-function averages: a run keeps them from its start if its configuration has {{\"training\": {{\"powerEma\": [0.05, 0.1]}}}}.");
        }
        long at = request.Iteration ?? status.Averages[^1].Iteration;
        if (!status.Averages.Any(kept => kept.Iteration == at))
            throw new UserErrorException(ErrorKind.NotFound, request.Run, $"Run '{request.Run}' has no averages of iteration {at}: it has those of the iterations {string.Join(", ", status.Averages.Select(kept => kept.Iteration))}.");
        return [.. status.Averages.Where(kept => kept.Iteration <= at)];
    }

    private static IEnumerable<string> NotesOn(ProfileFit fit)
    {
        if (fit.Misfit > LargeMisfit)
            yield return string.Create(CultureInfo.InvariantCulture, $"The averages that were kept make the profile of this width to {100 * fit.Misfit:0} % only: keep them more often (powerEmaEvery), or ask for a width nearer to theirs.");
    }

    private static Recipe RecipeOf(ModelReconstruction request, long iteration, IReadOnlyList<ArtifactManifest> averages)
    {
        var recipe = new Recipe
        {
            Kind = "snapshot",
            AlgorithmVersion = 1,
            Parameters = new JsonObject
            {
                ["sigmaRel"] = request.SigmaRel,
                ["iteration"] = iteration,
                ["network"] = averages[^1].Recipe.Parameters["network"]?.DeepClone(),
                ["training"] = averages[^1].Recipe.Parameters["training"]?.DeepClone(),
            },
        };
        foreach (var one in averages)
            recipe.Inputs[string.Create(CultureInfo.InvariantCulture, $"averages-{one.Recipe.Parameters["iteration"]!.GetValue<long>()}")] = one.ContentDigest;
        return recipe;
    }
}
