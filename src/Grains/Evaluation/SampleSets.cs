using System.Globalization;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Evaluation;

/// <summary>Samples of a model as a training set: conditions as the paper draws them, images from the sample grains, one artifact in the end.</summary>
internal sealed class SampleSets(IArtifactStore store, SnapshotDescriptions snapshots)
{
    private const int AlgorithmVersion = 4;

    /// <summary>Seeds count up from the first; fluxes are drawn from the distribution of the training set (paper, Sect. 4), classes come in turn.</summary>
    /// <exception cref="UserErrorException">There is no such model, it is a classifier, or it is conditioned on values that cannot be drawn; or a sample cannot be made.</exception>
    public async Task<StoredSet> MakeAsync(SampleSetWish wish, IGrainFactory grains, Action<string, int, int> change, CancellationToken cancellationToken)
    {
        var model = await grains.Model(wish.Model).GetAsync(cancellationToken);
        var description = await snapshots.GetAsync(model.Digest, cancellationToken);
        Check(model, description);
        var recipe = new Recipe
        {
            Kind = "sample-set",
            AlgorithmVersion = AlgorithmVersion,
            Inputs = new() { ["snapshot"] = model.Digest },
            Parameters = new JsonObject { ["count"] = wish.Count, ["guidance"] = wish.Guidance, ["solver"] = wish.Solver, ["steps"] = wish.Steps, ["precision"] = wish.Precision, ["seed"] = wish.Seed },
        };
        var manifest = await store.FindAsync(recipe.Id, cancellationToken) ?? await WriteAsync(model, description, recipe, wish, grains, change, cancellationToken);
        return await StoredSet.OpenAsync(store, wish.Model, string.Create(CultureInfo.InvariantCulture, $"samples of model {wish.Model} with guidance strength {wish.Guidance}"), recipe.Id, manifest.ContentDigest, cancellationToken);
    }

    private static void Check(ModelEntry model, SnapshotDescription description)
    {
        if (description.Network.Kind == NetworkKind.Classifier)
            throw new UserErrorException(ErrorKind.Invalid, model.Name, $"Model '{model.Name}' is a classifier: it makes no images that could be compared.");
        if (model.Conditions.Count > 1 || (model.NeedsFlux && description.Fluxes == null) || (!model.NeedsFlux && model.Conditions.Count > 0))
            throw new UserErrorException(ErrorKind.Invalid, model.Name, $"Model '{model.Name}' is conditioned on {string.Join(", ", model.Conditions.Select(condition => condition.Name))}, for which there is no distribution to draw from: make samples with 'radiodiffusion sample', import them as a data set, and compare that.");
    }

    private async Task<ArtifactManifest> WriteAsync(ModelEntry model, SnapshotDescription description, Recipe recipe, SampleSetWish wish, IGrainFactory grains,
        Action<string, int, int> change, CancellationToken cancellationToken)
    {
        int count = wish.Count;
        ulong[] seeds = [.. Enumerable.Range(0, count).Select(i => wish.Seed + (ulong)i)];
        double[]? fluxes = SampleFluxes.Draw(description, seeds);
        int[]? labels = description.Classes.Count == 0 ? null : [.. Enumerable.Range(0, count).Select(i => i % description.Classes.Count)];
        string[] ids = [.. seeds.Select((one, i) => SampleIds.For(model, new SampleParameters(model.Name, labels == null ? null : description.Classes[labels[i]], fluxes?[i], wish.Guidance, one, wish.Steps)
        {
            Solver = wish.Solver,
            Precision = wish.Precision,
        }))];
        var places = ids.Select((id, i) => (id, i)).ToDictionary(pair => pair.id, pair => pair.i);
        int side = description.Network.ImageSize, done = 0;
        string phase = string.Create(CultureInfo.InvariantCulture, $"sampling {model.Name}, guidance strength {wish.Guidance}");
        using var scratch = store.CreateScratchDirectory();
        using (var writer = new GeneratedSetWriter(scratch.Path, count, side))
        {
            change(phase, 0, count);
            await foreach (var fetched in grains.FetchSamplesAsync(ids, cancellationToken))
            {
                if (fetched.Error is { } error)
                    throw error;
                writer.Put(places[fetched.Id], fetched.Id, StoredSamples.Pixels(fetched.Sample!.Fits!, side));
                change(phase, ++done, count);
            }
            writer.Complete(description, fluxes == null ? null : [.. fluxes.Select(flux => (float)(flux / 1000))], labels);
        }
        return await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
    }
}

/// <summary>Which samples a set is to have.</summary>
internal sealed record SampleSetWish(string Model, int Count, double Guidance, string Solver, int Steps, string Precision, ulong Seed);
