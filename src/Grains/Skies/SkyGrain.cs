using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.SyntheticSky;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Skies;

/// <inheritdoc cref="ISkyGrain"/>
[GrainType("sky")]
internal sealed class SkyGrain(
    [PersistentState("sky", GrainStorageNames.Default)] IPersistentState<SkyState> state,
    SnapshotDescriptions descriptions,
    IArtifactStore store,
    TimeProvider time) : Grain, ISkyGrain
{
    private string Name => this.GetPrimaryKeyString();

    public async Task<SkyEntry> CreateAsync(SkyRequest request, CancellationToken cancellationToken = default)
    {
        Names.Check(Name, "a sky");
        var recipe = await RecipeOfAsync(request, cancellationToken);
        string json = recipe.ToJson();
        if (state.State.Entry is { } known && known.Recipe != json)
            throw new UserErrorException(ErrorKind.Conflict, Name, $"The name '{Name}' stands for another sky ('radiodiffusion sky show {Name}'): take another name, or delete that sky first.");
        // Each step again, since a silo may have died between two of them.
        await SkyFiles.PutRecipeAsync(store, recipe, cancellationToken);
        var entry = state.State.Entry ?? new SkyEntry { Name = Name, Digest = recipe.Digest, Recipe = json, HipsOrder = recipe.Survey.HipsOrder, Created = time.GetUtcNow() };
        if (state.State.Entry == null)
            await state.ReplaceAsync(new SkyState { Entry = entry }, Name, cancellationToken);
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Skies).AddAsync(Name, cancellationToken);
        return entry;
    }

    public Task<SkyEntry> GetAsync(CancellationToken cancellationToken = default)
    {
        if (state.State.Entry is { } entry)
            return Task.FromResult(entry);
        DeactivateOnIdle();
        throw new UserErrorException(ErrorKind.NotFound, Name, $"There is no sky '{Name}': 'radiodiffusion sky list' shows those there are.");
    }

    public async Task DeleteAsync(CancellationToken cancellationToken = default)
    {
        await GetAsync(cancellationToken);
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Skies).RemoveAsync(Name, cancellationToken);
        await state.ClearStateAsync(cancellationToken);
        state.State = new SkyState();
        DeactivateOnIdle();
    }

    private async Task<SkyRecipe> RecipeOfAsync(SkyRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var recipe = SkyRecipe.Of(request.Preset, request.Configuration);
            recipe = recipe with { Area = request.Area ?? recipe.Area, Seed = request.Seed ?? recipe.Seed };
            if (recipe.Images is { } images)
                recipe = recipe with { Images = await WithModelAsync(images, recipe.Population, cancellationToken) };
            recipe.Check();
            recipe.Images?.CheckSolver();
            return recipe;
        }
        catch (RadioDiffusionException error)
        {
            throw UserErrors.From(error, Name, ErrorKind.Invalid);
        }
    }

    /// <summary>What the model makes, and how, becomes part of the recipe: whatever the model's name stands for later, the sky stays the same.</summary>
    private async Task<SkyImages> WithModelAsync(SkyImages images, SkyPopulation population, CancellationToken cancellationToken)
    {
        bool isDigest = images.Model.Length == 16 && images.Model.All(char.IsAsciiHexDigitLower);
        string digest = isDigest ? images.Model : (await GrainFactory.Model(images.Model).GetAsync(cancellationToken)).Digest;
        var model = await descriptions.GetAsync(digest, cancellationToken);
        string? problem = model.Network.Kind != ModelCore.Networks.NetworkKind.Denoiser ? "is a classifier, which makes no images"
            : model.PixelScaleArcsec <= 0 || model.BeamArcsec <= 0 ? "does not say its pixel scale and beam"
            : model.Values.Any(condition => condition.Name != ConditionDescription.PeakFlux) || model.TakesScaledFlux ? "is conditioned on more than class and peak flux"
            : model.Classes.Count > 0 && population.Classes.Count == 0 ? $"has the classes {string.Join(", ", model.Classes)}, but population.classes does not say how many sources are of which"
            : model.Classes.Count > 0 && population.Classes.FirstOrDefault(share => !model.Classes.Contains(share.Name)) is { } unknown ? $"has the classes {string.Join(", ", model.Classes)}, but population.classes names '{unknown.Name}'"
            : null;
        if (problem != null)
            throw new UserErrorException(ErrorKind.Invalid, images.Model, $"The images of a sky cannot be made by model '{images.Model}': it {problem}.");
        bool takesFlux = model.Values.Count > 0;
        var (from, to) = takesFlux && model.PeakFluxPercentiles is [var lowest, _, var highest] ? (lowest * 1000, highest * 1000) : (images.FluxFrom, images.FluxTo);
        var solver = SolverOf(images, model.Usual);
        return images with
        {
            Model = digest,
            PixelArcsec = model.PixelScaleArcsec,
            Side = model.Network.ImageSize,
            BeamArcsec = model.BeamArcsec,
            TakesClass = model.Classes.Count > 0,
            TakesFlux = takesFlux,
            FluxFrom = from,
            FluxTo = to,
            Solver = solver.Name,
            Steps = solver.Steps,
            SigmaMin = solver.SigmaMin,
            Rho = solver.Rho,
        };
    }

    private static ModelCore.Diffusion.SolverOptions SolverOf(SkyImages images, UsualSampling? usual) => SampleIds.UsualSolver(
        usual == null ? null : new Interfaces.Models.ModelUsual { Solver = usual.Solver, Steps = usual.Steps, SigmaMin = usual.SigmaMin, Rho = usual.Rho, Guidance = usual.Guidance },
        images.Solver.Length > 0 ? images.Solver : null, images.Steps > 0 ? images.Steps : null);
}

internal sealed class SkyState
{
    public SkyEntry? Entry { get; set; }
}
