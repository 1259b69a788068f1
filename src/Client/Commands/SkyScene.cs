using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Client.Commands;

/// <summary>A part of a sky with the images of its sources, for a command that writes it.</summary>
internal sealed class SkyScene
{
    private readonly IReadOnlyDictionary<long, SourceImage> _images;

    private SkyScene(SkyEntry entry, SkyMosaic mosaic, IReadOnlyDictionary<long, SourceImage> images) => (Entry, Mosaic, _images) = (entry, mosaic, images);

    public SkyEntry Entry { get; }

    public SkyMosaic Mosaic { get; }

    /// <summary>Images of resolved sources.</summary>
    public int Images => _images.Count;

    public SkyStamp? ImageOf(SkySource source) => _images.GetValueOrDefault(source.Id)?.Stamp;

    public string? SampleOf(SkySource source) => _images.GetValueOrDefault(source.Id)?.Sample;

    /// <summary>Fetches the images, which are computed where they are not stored; asked again, only what is missing is.</summary>
    /// <param name="session">Where.</param>
    /// <param name="entry">What sky.</param>
    /// <param name="recipe">The same.</param>
    /// <param name="grid">The pixels.</param>
    /// <param name="hasNoise">Whether the mosaic has it.</param>
    /// <param name="output">Gets how many images are there.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<SkyScene> FetchAsync(Session session, SkyEntry entry, SkyRecipe recipe, SkyGrid grid, bool hasNoise, Output output, CancellationToken cancellationToken)
    {
        var background = hasNoise ? await SkyBackgrounds.OpenAsync(session.Artifacts, recipe, cancellationToken) : null;
        var mosaic = new SkyMosaic(recipe, grid, new SkyCatalogue(recipe)) { HasNoise = hasNoise, Background = background, Workers = Environment.ProcessorCount };
        if (recipe.Images == null)
            return new SkyScene(entry, mosaic, new Dictionary<long, SourceImage>());
        var progress = new PhaseDisplay(output);
        var resolved = await Task.Run(() => mosaic.ResolvedSources(cancellationToken), cancellationToken);
        var sources = new SourceImages(new PoolThreads(), recipe.Images.Library == null ? null : session.Artifacts);
        var images = await session.WorkAsync(
            token => sources.FetchAsync(session.Grains, recipe, resolved, (done, all) => progress.Show("images of sources", done, all), token), _ => true, cancellationToken);
        return new SkyScene(entry, mosaic, images);
    }

    private sealed class PoolThreads : IDedicatedThreads
    {
        public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default) => Task.Run(work, cancellationToken);
    }
}
