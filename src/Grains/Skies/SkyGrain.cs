using System.Text;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Skies;

/// <inheritdoc cref="ISkyGrain"/>
[GrainType("sky")]
internal sealed class SkyGrain(
    [PersistentState("sky", GrainStorageNames.Default)] IPersistentState<SkyState> state,
    SnapshotDescriptions descriptions,
    IArtifactStore store,
    IDeviceSlots devices,
    TimeProvider time) : Grain, ISkyGrain
{
    private const int BuildDigits = 8, MostBuilds = 100;

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
            await state.ReplaceAsync(state.State with { Entry = entry }, Name, cancellationToken);
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
        foreach (string id in state.State.Builds)
            await GrainFactory.SkyBuild(Name, id).DeleteAsync(cancellationToken);
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Skies).RemoveAsync(Name, cancellationToken);
        await state.ClearStateAsync(cancellationToken);
        state.State = new SkyState();
        DeactivateOnIdle();
    }

    public async Task<SkyBuildStatus> BuildAsync(SkyBuildRequest request, CancellationToken cancellationToken = default)
    {
        var plan = PlanOf(request, await GetAsync(cancellationToken));
        string id = Digests.Hex(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{plan.Digest} {plan.Area} {plan.FromOrder} {plan.ToOrder}")))[..BuildDigits];
        if (!state.State.Builds.Contains(id))
        {
            if (state.State.Builds.Count == MostBuilds)
                throw new UserErrorException(ErrorKind.Conflict, Name, $"The sky '{Name}' has {MostBuilds} builds on its list: take one off first ('radiodiffusion sky builds {Name} --remove ID').");
            await state.ReplaceAsync(state.State with { Builds = [.. state.State.Builds, id] }, Name, cancellationToken);
        }
        return await GrainFactory.SkyBuild(Name, id).StartAsync(plan, cancellationToken);
    }

    public async Task<string[]> BuildsAsync(CancellationToken cancellationToken = default)
    {
        await GetAsync(cancellationToken);
        return [.. state.State.Builds];
    }

    public async Task RemoveBuildAsync(string id, CancellationToken cancellationToken = default)
    {
        await GetAsync(cancellationToken);
        if (!state.State.Builds.Contains(id))
            throw new UserErrorException(ErrorKind.NotFound, $"{Name}/{id}", $"The sky '{Name}' has no build '{id}': 'radiodiffusion sky builds {Name}' shows those there are.");
        await GrainFactory.SkyBuild(Name, id).DeleteAsync(cancellationToken);
        await state.ReplaceAsync(state.State with { Builds = [.. state.State.Builds.Where(other => other != id)] }, Name, cancellationToken);
    }

    private SkyBuildPlan PlanOf(SkyBuildRequest request, SkyEntry entry)
    {
        int last = request.ToOrder ?? entry.HipsOrder;
        if (request == SkyBuildRequest.Overview)
            last = Math.Min(last, entry.HipsOrder);
        if (request.FromOrder < 0 || last < request.FromOrder || last > entry.HipsOrder)
        {
            throw new UserErrorException(ErrorKind.Invalid, Name,
                $"The orders of a build should go from 0 or more to at most {entry.HipsOrder}, the deepest of the sky '{Name}', but they go from {request.FromOrder} to {last}.");
        }
        try
        {
            var shown = SkyArea.Parse(SkyRecipe.Parse(entry.Recipe).Area);
            var area = request.Area == null ? shown : shown.Intersection(SkyArea.Parse(request.Area));
            if (area.IsEmpty)
                throw new UserErrorException(ErrorKind.Invalid, Name, $"The area of the build should overlap what the sky '{Name}' shows, but it does not.");
            area = Moc.FromRanges(area.Ranges);              // in the lowest order that it needs: one part of the sky is one text
            string text = area.Equals(Moc.AllSky) ? SkyArea.All : area.ToString();
            return new SkyBuildPlan { Digest = entry.Digest, Area = text, FromOrder = request.FromOrder, ToOrder = last, EstimateOnly = request.EstimateOnly };
        }
        catch (RadioDiffusionException error)
        {
            throw UserErrors.From(error, Name, ErrorKind.Invalid);
        }
    }

    private async Task<SkyRecipe> RecipeOfAsync(SkyRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var recipe = SkyRecipe.Of(request.Preset, request.Configuration);
            recipe = recipe with { Area = request.Area ?? recipe.Area, Seed = request.Seed ?? recipe.Seed };
            if (recipe.Background is { } background)
                recipe = recipe with { Background = await FoundAsync(background, recipe.Seed, cancellationToken) };
            if (recipe.Images is { Library: not null } library)
                recipe = recipe with { Images = await WithLibraryAsync(library, recipe.Population, cancellationToken) };
            else if (recipe.Images is { } images)
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

    /// <summary>What it lies on is there, and can be drawn; a data set's artifact and digest become part of the recipe.</summary>
    private async Task<SkyBackground> FoundAsync(SkyBackground background, ulong seed, CancellationToken cancellationToken)
    {
        if (background.Map is { } map && await store.FindAsync(map, cancellationToken) == null)
            throw new UserErrorException(ErrorKind.NotFound, map, $"There is no map '{map}' in {store.Describe()}: 'radiodiffusion sky create --background FILE.fits' puts one there.");
        if (background.Library is not { } library)
            return background;
        var manifest = await DatasetAsync(library, cancellationToken);
        string directory = await store.GetDirectoryAsync(manifest.Id, cancellationToken);
        await devices.Cpu.RunAsync(() => NoiseImages.Open(directory, library, seed), cancellationToken);
        return background with { Library = manifest.Id, LibraryDigest = SkyFiles.ShortDigest(manifest.ContentDigest) };
    }

    /// <summary>A data set by its name or artifact.</summary>
    private async Task<ArtifactManifest> DatasetAsync(string name, CancellationToken cancellationToken)
    {
        string? artifact = (await GrainFactory.Dataset(name).GetStatusAsync(cancellationToken)).Artifact;
        return await store.FindAsync(artifact ?? name, cancellationToken)
            ?? throw new UserErrorException(ErrorKind.NotFound, name, $"There is no data set '{name}' to take images from: 'radiodiffusion dataset show' lists those there are, and 'dataset import' makes one of a folder or a FITS cube.");
    }

    /// <summary>What the data set's images are becomes part of the recipe, with its digest: whatever its name stands for later, the sky stays the same.</summary>
    private async Task<SkyImages> WithLibraryAsync(SkyImages images, SkyPopulation population, CancellationToken cancellationToken)
    {
        var manifest = await DatasetAsync(images.Library!, cancellationToken);
        string directory = await store.GetDirectoryAsync(manifest.Id, cancellationToken);
        return await devices.Cpu.RunAsync(() => SourceLibrary.Describe(directory, manifest.Id, SkyFiles.ShortDigest(manifest.ContentDigest), images, population.Classes), cancellationToken);
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

internal sealed record SkyState
{
    public SkyEntry? Entry { get; init; }

    /// <summary>IDs, the latest last.</summary>
    public IReadOnlyList<string> Builds { get; init; } = [];
}
