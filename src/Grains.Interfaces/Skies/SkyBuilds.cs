using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.Grains.Interfaces.Skies;

/// <summary>Builds of skies: what a client application calls.</summary>
public static class SkyBuilds
{
    /// <exception cref="UserErrorException">This cannot be the name of a sky.</exception>
    public static ISkyBuildGrain SkyBuild(this IGrainFactory grains, string sky, string id) => grains.GetGrain<ISkyBuildGrain>($"{Names.Check(sky, "a sky")}/{id}");

    /// <summary>All builds of a sky, the latest last.</summary>
    /// <exception cref="UserErrorException">There is no such sky.</exception>
    public static async Task<SkyBuildStatus[]> SkyBuildsAsync(this IGrainFactory grains, string sky, CancellationToken cancellationToken = default) =>
        await Task.WhenAll((await grains.Sky(sky).BuildsAsync(cancellationToken)).Select(id => grains.SkyBuild(sky, id).GetStatusAsync(cancellationToken)));

    /// <summary>The map of what is done: the cells of an order whose tiles the builds of a sky have finished.</summary>
    /// <exception cref="UserErrorException">There is no such sky.</exception>
    public static async Task<Moc> SkyCoverageAsync(this IGrainFactory grains, string sky, int order, CancellationToken cancellationToken = default)
    {
        string[] ids = await grains.Sky(sky).BuildsAsync(cancellationToken);
        string[] parts = await Task.WhenAll(ids.Select(id => grains.SkyBuild(sky, id).CoverageAsync(order, cancellationToken)));
        return parts.Where(part => part.Length > 0).Aggregate(Moc.Empty(order), (done, part) => done.Union(MocText.ParseAscii(part)));
    }
}
