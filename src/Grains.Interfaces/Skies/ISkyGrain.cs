namespace RadioDiffusion.Grains.Interfaces.Skies;

/// <summary>A named synthetic sky: its recipe, and the area that is shown. The key is the name.</summary>
[Alias("RadioDiffusion.ISkyGrain")]
public interface ISkyGrain : IGrainWithStringKey
{
    /// <summary>Lets the name stand for a sky; nothing of it is computed yet. The same settings again do nothing.</summary>
    /// <exception cref="UserErrorException">Settings that make no sky, or a model that is not there; Conflict: the name stands for another sky.</exception>
    [Alias("Create")]
    Task<SkyEntry> CreateAsync(SkyRequest request, CancellationToken cancellationToken = default);

    /// <exception cref="UserErrorException">No sky has this name.</exception>
    [Alias("Get")]
    Task<SkyEntry> GetAsync(CancellationToken cancellationToken = default);

    /// <summary>Starts making a part of the sky over all silos, and returns at once; asked for again, it goes on where it was. Those who wait in person come first.</summary>
    /// <exception cref="UserErrorException">No sky has this name; an area or orders that it has not.</exception>
    [Alias("Build")]
    Task<SkyBuildStatus> BuildAsync(SkyBuildRequest request, CancellationToken cancellationToken = default);

    /// <summary>The IDs of its builds, the latest last.</summary>
    /// <exception cref="UserErrorException">No sky has this name.</exception>
    [Alias("Builds")]
    Task<string[]> BuildsAsync(CancellationToken cancellationToken = default);

    /// <summary>Stops a build and takes it off the list; what it made stays.</summary>
    /// <exception cref="UserErrorException">No sky has this name, or it has no such build.</exception>
    [Alias("RemoveBuild")]
    Task RemoveBuildAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Stops its builds and frees the name. What was computed stays in the store, since an equal sky under another name shares it.</summary>
    /// <exception cref="UserErrorException">No sky has this name.</exception>
    [Alias("Delete")]
    Task DeleteAsync(CancellationToken cancellationToken = default);
}

/// <summary>What a sky is asked for by: a preset, and what is different.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.SkyRequest")]
public sealed record SkyRequest
{
    /// <summary>One of <see cref="ModelCore.SyntheticSky.SkyPresets.Names"/>.</summary>
    [Id(0)] public required string Preset { get; init; }

    /// <summary>What is different: JSON as <see cref="ModelCore.SyntheticSky.SkyRecipe"/> reads it; null for nothing.</summary>
    [Id(1)] public string? Configuration { get; init; }

    /// <summary>all, or a MOC such as 3/12 4/100-103; null for what the configuration says.</summary>
    [Id(2)] public string? Area { get; init; }

    /// <summary>Seed of everything random; null for what the configuration says.</summary>
    [Id(3)] public ulong? Seed { get; init; }
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.SkyEntry")]
public sealed record SkyEntry
{
    [Id(0)] public required string Name { get; init; }

    /// <summary>16 hexadecimal digits: how tiles name the sky.</summary>
    [Id(1)] public required string Digest { get; init; }

    /// <summary>The whole recipe with its area, as JSON: what was left to presets and models is filled in.</summary>
    [Id(2)] public required string Recipe { get; init; }

    /// <summary>The deepest order of its tiles.</summary>
    [Id(3)] public required int HipsOrder { get; init; }

    [Id(4)] public required DateTimeOffset Created { get; init; }
}
