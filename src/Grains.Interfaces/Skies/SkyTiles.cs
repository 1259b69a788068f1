using System.Globalization;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Skies;

/// <summary>Tiles of skies by their place, however long it takes: what a client application calls.</summary>
public static class SkyTiles
{
    /// <summary>The file of a tile's artifact: float32 FITS in Jy/beam.</summary>
    public const string File = "tile.fits";

    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(8);

    public static string KeyOf(string digest, int order, long pixel) => string.Create(CultureInfo.InvariantCulture, $"{digest}/{order}/{pixel}");

    /// <summary>The artifact of a tile, whether it is there or not.</summary>
    public static string ArtifactOf(string digest, int order, long pixel) => string.Create(CultureInfo.InvariantCulture, $"tile-{digest}-{order}-{pixel}");

    public static ISkyPatchGrain SkyPatch(this IGrainFactory grains, string digest, int order, long pixel) => grains.GetGrain<ISkyPatchGrain>(KeyOf(digest, order, pixel));

    /// <summary>Asks until the tile is in the store.</summary>
    /// <param name="grains">Where.</param>
    /// <param name="digest">Of the sky.</param>
    /// <param name="order">Of the tile.</param>
    /// <param name="pixel">HEALPix, nested.</param>
    /// <param name="progress">Told how many images are there.</param>
    /// <param name="cancellationToken">Ends the waiting; the computation goes on.</param>
    /// <exception cref="UserErrorException">There is no such sky or tile, or it cannot be computed.</exception>
    public static Task<SkyTileStatus> FetchSkyTileAsync(this IGrainFactory grains, string digest, int order, long pixel, Action<SkyTileStatus>? progress = null, CancellationToken cancellationToken = default) =>
        FetchAsync(() => grains.SkyPatch(digest, order, pixel).TileAsync(_wait, cancellationToken), progress, cancellationToken);

    /// <summary>The same in bulk: who waits in person comes first.</summary>
    /// <inheritdoc cref="FetchSkyTileAsync"/>
    public static Task<SkyTileStatus> MakeSkyTileAsync(this IGrainFactory grains, string digest, int order, long pixel, CancellationToken cancellationToken = default) =>
        FetchAsync(() => grains.SkyPatch(digest, order, pixel).MakeAsync(_wait, cancellationToken), null, cancellationToken);

    private static async Task<SkyTileStatus> FetchAsync(Func<Task<SkyTileStatus>> ask, Action<SkyTileStatus>? progress, CancellationToken cancellationToken)
    {
        var patience = new Patience(TimeProvider.System);
        while (true)
        {
            try
            {
                var status = await ask();
                if (status.State == WorkState.Done)
                    return status;
                progress?.Invoke(status);
                patience.Renew();
            }
            catch (Exception error) when (Outages.IsOutage(error))
            {
                if (!await patience.PauseAsync(cancellationToken))
                    throw;
            }
        }
    }
}
