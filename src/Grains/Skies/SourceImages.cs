using System.Collections.Concurrent;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>The images of resolved sources: samples, fetched as by any client, of which the source is taken out. Those used lately are kept (up to 64 MB), since neighbouring tiles have sources in common.</summary>
/// <remarks>Where the recipe names a data set instead of a model, the images are taken from that.</remarks>
/// <param name="threads">For taking sources out of samples.</param>
/// <param name="store">Where data sets are; null where none are wanted.</param>
public sealed class SourceImages(IDedicatedThreads threads, IArtifactStore? store = null)
{
    private const long MostBytes = 64 << 20, BytesOfNone = 200;
    private readonly RecentlyUsed<string, SkyStamp?> _stamps = new(MostBytes, stamp => BytesOfNone + (stamp?.Bytes ?? 0));     // null for a sample that shows no whole source

    private readonly ConcurrentDictionary<string, Task<SourceLibrary>> _libraries = new();

    /// <summary>Each source tries its samples in turn, all sources at once; samples are asked for in bulk.</summary>
    /// <param name="grains">Where samples are asked for.</param>
    /// <param name="recipe">Of the sky.</param>
    /// <param name="sources">Those that are not resolved have no image.</param>
    /// <param name="progress">Gets how many sources have their image, and of how many; in the end those that have none count too.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>By the sources' names; those that are not in it are Gaussians.</returns>
    /// <exception cref="UserErrorException">A sample cannot be had.</exception>
    public Task<IReadOnlyDictionary<long, SourceImage>> FetchAsync(IGrainFactory grains, SkyRecipe recipe, IEnumerable<SkySource> sources, Action<int, int> progress, CancellationToken cancellationToken) =>
        FetchAsync(grains, recipe, sources, () => true, progress, cancellationToken);

    /// <inheritdoc cref="FetchAsync(IGrainFactory, SkyRecipe, IEnumerable{SkySource}, Action{int, int}, CancellationToken)"/>
    /// <param name="grains">Where samples are asked for.</param>
    /// <param name="recipe">Of the sky.</param>
    /// <param name="sources">Those that are not resolved have no image.</param>
    /// <param name="inBulk">Whether nobody waits for them in person: looked at whenever they are asked for again.</param>
    /// <param name="progress">Gets how many sources have their image, and of how many; in the end those that have none count too.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyDictionary<long, SourceImage>> FetchAsync(IGrainFactory grains, SkyRecipe recipe, IEnumerable<SkySource> sources, Func<bool> inBulk, Action<int, int> progress, CancellationToken cancellationToken)
    {
        var images = new Dictionary<long, SourceImage>();
        if (recipe.Images is not { } model)
            return images;
        List<SkySource> open = [.. sources.Where(source => source.IsResolved)];
        int all = open.Count, told = -1;
        Tell(0);
        for (int attempt = 0; attempt < SkySamples.Attempts && open.Count > 0; attempt++)
        {
            var wanted = open.ConvertAll(source => SkySamples.IdOf(recipe, source, attempt));
            int before = all - open.Count;
            var found = await StampsAsync(grains, wanted, model, inBulk, settled => Tell(before + settled), cancellationToken);
            var next = new List<SkySource>();
            for (int i = 0; i < open.Count; i++)
            {
                if (found[wanted[i]] is { } stamp)
                    images[open[i].Id] = new SourceImage(wanted[i], stamp);
                else
                    next.Add(open[i]);
            }
            open = next;
            Tell(all - open.Count);
        }
        Tell(all);
        return images;

        void Tell(int done)
        {
            if (done > told)
                progress(told = done, all);
        }
    }

    private async Task<Dictionary<string, SkyStamp?>> StampsAsync(IGrainFactory grains, List<string> samples, SkyImages model, Func<bool> inBulk, Action<int> progress, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, SkyStamp?>();
        var missing = new Dictionary<string, int>();         // and how many sources want it
        foreach (string sample in samples)
        {
            if (_stamps.TryGet(sample, out var stamp))
                found[sample] = stamp;
            else
                missing[sample] = missing.GetValueOrDefault(sample) + 1;
        }
        int settled = samples.Count(sample => found.GetValueOrDefault(sample) != null);
        progress(settled);
        if (model.Library != null)
        {
            var library = await LibraryAsync(model, cancellationToken);
            foreach (string image in missing.Keys)
                _stamps.Add(image, found[image] = await RunAsync(() => library.StampOf(image), inBulk, cancellationToken));
            return found;
        }
        await foreach (var fetched in grains.FetchSamplesAsync(missing.Keys, inBulk, cancellationToken))
        {
            if (fetched.Error is { } error)
                throw new UserErrorException(ErrorKind.Unavailable, fetched.Id, $"The sample {fetched.Id}, which is the image of a source, cannot be had: {error.Message}");
            var stamp = await RunAsync(() => SkySamples.StampOf(StoredSamples.Pixels(fetched.Sample!.Fits!, model.Side), model), inBulk, cancellationToken);
            _stamps.Add(fetched.Id, stamp);
            found[fetched.Id] = stamp;
            if (stamp != null)
                progress(settled += missing[fetched.Id]);
        }
        return found;
    }

    private Task<SkyStamp?> RunAsync(Func<SkyStamp?> work, Func<bool> inBulk, CancellationToken cancellationToken) =>
        inBulk() ? threads.RunInBulkAsync(work, cancellationToken) : threads.RunAsync(work, cancellationToken);

    /// <summary>Stays open as long as this lives: the skies of a service have few.</summary>
    private async Task<SourceLibrary> LibraryAsync(SkyImages images, CancellationToken cancellationToken)
    {
        string key = $"{images.Library}/{images.Model}";
        var opening = _libraries.GetOrAdd(key, _ => OpenAsync(images));
        try
        {
            return await opening.WaitAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            _libraries.TryRemove(KeyValuePair.Create(key, opening));
            throw;
        }
    }

    private async Task<SourceLibrary> OpenAsync(SkyImages images)
    {
        string directory = store != null
            ? await SkyBackgrounds.DirectoryAsync(store, images.Library!, images.Model, CancellationToken.None)
            : throw new UserErrorException(ErrorKind.NotFound, images.Library!, $"The images of the sky are those of the data set {images.Library}, but there is no store here.");
        return await threads.RunAsync(() => new SourceLibrary(directory, images));
    }
}

/// <summary>The image of a source.</summary>
/// <param name="Sample">The ID of the sample that shows it.</param>
/// <param name="Stamp">The source in it.</param>
public sealed record SourceImage(string Sample, SkyStamp Stamp);
