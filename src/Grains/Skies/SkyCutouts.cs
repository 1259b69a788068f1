using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>
/// Any part of a sky in any projection, evaluated at the pixels that are asked for. First the images of its sources are fetched; that goes on while somebody asks for the same cut-out again and again, and ends a
/// minute after nobody does. Nothing of a cut-out is kept: it is a function of the sky, and its samples are in the store.
/// </summary>
public sealed class SkyCutouts(IGrainFactory grains, KnownSkies skies, SourceImages sourceImages, IDeviceSlots devices)
{
    private const int MostFetches = 16;
    private const int MostSamples = 2000, MostLookedAt = 500_000;
    private const double SquareDegreesOfSky = 41252.96;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Fetch> _fetches = [];

    /// <summary>The cut-out if all images of its sources are there within <paramref name="wait"/>, else how many are.</summary>
    /// <param name="digest">Of the sky.</param>
    /// <param name="grid">The pixels.</param>
    /// <param name="key">Equal for equal pixels of a sky.</param>
    /// <param name="wait">How long to wait for images.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="UserErrorException">More sky or sources than a cut-out may have; too many cut-outs wait for images (Busy); a sample cannot be had.</exception>
    public async Task<SkyCutout> PrepareAsync(string digest, SkyGrid grid, string key, TimeSpan wait, CancellationToken cancellationToken)
    {
        var sky = await skies.GetAsync(digest, cancellationToken);
        var mosaic = new SkyMosaic(sky.Recipe, grid, sky.Renderer.Catalogue) { Background = sky.Background };
        if (sky.Recipe.Images == null)
        {
            CheckSources(sky, grid);
            return new SkyCutout(mosaic, new Dictionary<long, SourceImage>(), 0, 0);
        }
        key = $"{digest}/{key}";
        Fetch? fetch;
        lock (_lock)
        {
            if (_fetches.TryGetValue(key, out fetch) && fetch.Images.IsCanceled)
                fetch = null;                                // whoever asked has come back too late: it begins anew
        }
        fetch ??= await BeginAsync(sky, mosaic, key, cancellationToken);
        fetch.Extend(_patience);
        await Task.WhenAny(fetch.Images, Task.Delay(wait, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        if (!fetch.Images.IsCompleted)
            return new SkyCutout(mosaic, null, fetch.Done, fetch.All);
        Remove(key, fetch);
        try
        {
            return new SkyCutout(mosaic, await fetch.Images, fetch.All, fetch.All);
        }
        catch (Exception error) when (!ErrorReasons.IsKnown(error))
        {
            throw new UserErrorException(ErrorKind.Unavailable, key, $"The images of the cut-out's sources could not be fetched ({error.Message}): ask again.");
        }
    }

    /// <summary>Its pixels, in Jy/beam, row by row from the lowest; NaN where the projection shows no sky.</summary>
    public Task<float[]> PixelsAsync(SkyCutout cutout, CancellationToken cancellationToken) =>
        devices.Cpu.RunAsync(() => cutout.Mosaic.Rows(0, cutout.Mosaic.Grid.Height, cutout.ImageOf, cancellationToken), cancellationToken);

    /// <summary>Writes it as FITS, a few rows in memory at a time.</summary>
    public Task WriteAsync(SkyCutout cutout, string path, CancellationToken cancellationToken) =>
        devices.Cpu.RunAsync(() => cutout.Mosaic.Write(path, cutout.ImageOf, cancellationToken: cancellationToken), cancellationToken);

    private async Task<Fetch> BeginAsync(KnownSky sky, SkyMosaic mosaic, string key, CancellationToken cancellationToken)
    {
        CheckSources(sky, mosaic.Grid);
        var resolved = await devices.Cpu.RunAsync(() => mosaic.ResolvedSources(cancellationToken), cancellationToken);
        int samples = resolved.Select(source => SkySamples.IdOf(sky.Recipe, source, 0)).Distinct().Count();
        if (samples > MostSamples)
            throw new UserErrorException(ErrorKind.Invalid, key, $"The cut-out has resolved sources with {samples} different images, but at most {MostSamples} are fetched for one: ask for a smaller one, or write it with 'radiodiffusion sky mosaic'.");
        lock (_lock)
        {
            if (_fetches.TryGetValue(key, out var other) && !other.Images.IsCanceled)
                return other;
            foreach (var (known, fetch) in _fetches.Where(pair => pair.Value.Images.IsCompleted).ToList())
                Remove(known, fetch);                        // nobody came back for it
            if (_fetches.Count >= MostFetches)
                throw new UserErrorException(ErrorKind.Busy, key, $"{MostFetches} cut-outs wait for the images of their sources already: ask again later.");
            return _fetches[key] = new Fetch(grains, sourceImages, sky.Recipe, resolved);
        }
    }

    private static void CheckSources(KnownSky sky, SkyGrid grid)
    {
        double radius = grid.BoundingCone().RadiusDegrees, area = SquareDegreesOfSky * (1 - Math.Cos(double.DegreesToRadians(radius))) / 2;
        double expected = area * sky.Renderer.Catalogue.DensityAbove(sky.Recipe.Population.FaintestMilliJansky);
        if (expected > MostLookedAt)
        {
            throw new UserErrorException(ErrorKind.Invalid, "fov", FormattableString.Invariant(
                $"The sky has about {expected:0} sources within {radius:0.##} degrees around the cut-out's middle, but at most {MostLookedAt} are looked at for one: ask for a smaller one, or write it with 'radiodiffusion sky mosaic'."));
        }
    }

    private void Remove(string key, Fetch fetch)
    {
        lock (_lock)
        {
            if (_fetches.GetValueOrDefault(key) == fetch)
                _fetches.Remove(key);
        }
    }

    /// <summary>The images of a cut-out's sources on their way.</summary>
    private sealed class Fetch
    {
        private readonly CancellationTokenSource _end = new(_patience);

        public Fetch(IGrainFactory grains, SourceImages sourceImages, SkyRecipe recipe, IReadOnlyList<SkySource> sources) =>
            Images = Task.Run(() => sourceImages.FetchAsync(grains, recipe, sources, (done, all) => (Done, All) = (done, all), _end.Token));

        public Task<IReadOnlyDictionary<long, SourceImage>> Images { get; }

        public int Done { get; private set; }

        public int All { get; private set; }

        public void Extend(TimeSpan patience) => _end.CancelAfter(patience);
    }
}

/// <summary>A cut-out of a sky.</summary>
/// <param name="Mosaic">What makes its pixels.</param>
/// <param name="Images">Of its resolved sources, by their names; null while some are missing.</param>
/// <param name="ImagesDone">How many sources are settled.</param>
/// <param name="ImagesAll">Of how many; 0 before that is known.</param>
public sealed record SkyCutout(SkyMosaic Mosaic, IReadOnlyDictionary<long, SourceImage>? Images, int ImagesDone, int ImagesAll)
{
    internal SkyStamp? ImageOf(SkySource source) => Images!.GetValueOrDefault(source.Id)?.Stamp;
}
