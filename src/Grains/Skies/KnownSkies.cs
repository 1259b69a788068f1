using System.Text;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>The skies that this silo has lately made parts of: what they have in common is worked out once.</summary>
public sealed class KnownSkies(IArtifactStore store, IDeviceSlots devices)
{
    private const int Most = 4;                              // each keeps some megabytes of sources and clustering
    private readonly Lock _lock = new();
    private readonly List<(string Digest, Task<KnownSky> Sky)> _skies = [];   // the last one was used last

    /// <param name="digest">16 hexadecimal digits.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="UserErrorException">No sky with this digest was created in this store.</exception>
    public Task<KnownSky> GetAsync(string digest, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            int at = _skies.FindIndex(one => one.Digest == digest);
            var sky = at >= 0 && !_skies[at].Sky.IsFaulted ? _skies[at].Sky : ReadAsync(digest);
            if (at >= 0)
                _skies.RemoveAt(at);
            else if (_skies.Count == Most)
                _skies.RemoveAt(0);
            _skies.Add((digest, sky));
            return sky.WaitAsync(cancellationToken);
        }
    }

    private async Task<KnownSky> ReadAsync(string digest)
    {
        string id = SkyFiles.RecipeArtifact(digest);
        if (await store.FindAsync(id) == null)
            throw new UserErrorException(ErrorKind.NotFound, digest, $"There is no sky {digest} in {store.Describe()}: 'radiodiffusion sky list' shows those there are.");
        byte[] json = await store.ReadFileAsync(id, SkyFiles.RecipeFile, CancellationToken.None);
        var recipe = SkyRecipe.Parse(Encoding.UTF8.GetString(json));
        if (recipe.Digest != digest)
            throw new RadioDiffusionException($"The recipe of the sky {digest} is that of {recipe.Digest} to this version of RadioDiffusion, which makes other skies: create it anew.");
        var background = await SkyBackgrounds.OpenAsync(store, recipe, CancellationToken.None);
        return await devices.Cpu.RunAsync(() => new KnownSky(recipe, new SkyRenderer(recipe, background), background));
    }
}

/// <summary>A sky, and what makes its tiles.</summary>
/// <param name="Recipe">What it is.</param>
/// <param name="Renderer">Makes its tiles.</param>
/// <param name="Background">What it lies on, or what its noise is made of.</param>
/// <remarks>A map's file stays open as long as somebody knows the sky: it is closed when that is collected.</remarks>
public sealed record KnownSky(SkyRecipe Recipe, SkyRenderer Renderer, OpenBackground? Background = null);
