using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Http;

/// <summary>Synthetic skies: their recipes and sources under /api/v1/skies, and each as a HiPS under /skies/NAME/hips, whose tiles are made when somebody looks at them.</summary>
internal static class SkiesApi
{
    /// <summary>Pictures of tiles, which take 40 ms to draw: those sent lately, up to 192 MB. An artifact's name stands for its content, in whatever store.</summary>
    private static readonly RecentlyUsed<string, byte[]> _pictures = new(192 << 20, picture => picture.Length);

    private static readonly RecentlyUsed<string, SkyRecipe> _recipes = new(64);

    private const string Async = "respond-async";            // RFC 7240

    public static void MapSkies(this IEndpointRouteBuilder api)
    {
        api.MapGet("/skies", async (IGrainFactory grains, CancellationToken cancellationToken) => (await grains.SkiesAsync(cancellationToken)).Select(Described))
            .WithName("ListSkies").WithSummary("The synthetic skies");
        api.MapGet("/skies/{name}", async (string name, IGrainFactory grains, CancellationToken cancellationToken) => Described(await grains.Sky(name).GetAsync(cancellationToken)))
            .WithName("GetSky").WithSummary("A synthetic sky: its recipe, and where its tiles are").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/skies/{name}/sources", SourcesAsync)
            .WithName("GetSkySources").WithSummary("The sources of a synthetic sky within a circle, the brightest first")
            .WithDescription($"ra, dec and radius in degrees (radius up to {SkySourceLists.LargestRadius}); minFlux in mJy leaves out fainter ones. At most {SkySourceLists.MostSources} are sent; count says how many there are. With brightest=N at most N are sent, the radius may be up to 180, and no fainter ones are looked at than about so many need: faintest says down to which flux.")
            .Produces<SkySourceList>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <summary>One HiPS a sky (IVOA HiPS 1.0). A page of another host may show it.</summary>
    public static void MapHips(this WebApplication app) =>
        app.MapMethods("/skies/{name}/hips/{**path}", [HttpMethods.Get, HttpMethods.Head], HipsAsync)
            .WithMetadata(RequiredScope.ByMethod).ExcludeFromDescription();

    internal static KnownSkyDescription Described(SkyEntry entry) =>
        new(entry.Name, entry.Digest, entry.HipsOrder, entry.Created, $"/skies/{entry.Name}/hips", $"/api/v1/skies/{entry.Name}/sources", $"/api/v1/skies/{entry.Name}/builds", System.Text.Json.JsonDocument.Parse(entry.Recipe).RootElement);

    private static async Task<IResult> SourcesAsync(string name, double ra, double dec, double radius, SkySourceLists lists, CancellationToken cancellationToken, double minFlux = 0, int? brightest = null) =>
        TypedResults.Ok(await lists.WithinAsync(name, ra, dec, radius, minFlux, brightest, cancellationToken));

    private static async Task<IResult> HipsAsync(string name, string? path, HttpContext http, IGrainFactory grains, IArtifactStore store, IOptions<SiloSettings> settings)
    {
        http.Response.OnStarting(() =>
        {
            http.Response.Headers.AccessControlAllowOrigin = "*";      // also with an error, which clears headers
            return Task.CompletedTask;
        });
        var entry = await grains.Sky(name).GetAsync(http.RequestAborted);
        var recipe = _recipes.GetOrAdd(entry.Recipe, SkyRecipe.Parse);
        switch (path)
        {
            case "properties":
                await HipsApi.MakeOverviewAsync(entry, http, grains);
                http.Response.Headers.CacheControl = "no-cache";
                return TypedResults.Text(HipsProperties.Of(entry, recipe, SkyArea.Parse(recipe.Area), 0, entry.HipsOrder, HipsProperties.Formats, HipsApi.UrlOf(http, entry)), "text/plain", System.Text.Encoding.UTF8);
            case "Moc.fits":
                http.Response.Headers.CacheControl = "no-cache";
                return TypedResults.Bytes(SkyBuildsApi.FitsOf(SkyArea.Parse(recipe.Area)), "application/fits", "Moc.fits");
            case $"Norder3/{SkyAllsky.Fits}" or $"Norder3/{SkyAllsky.Png}":
                return await HipsApi.AllskyAsync(entry, recipe, path, http, store);
            default:
                return await TileAsync(path ?? "", entry, recipe, http, grains, store, settings.Value);
        }
    }

    private static async Task<IResult> TileAsync(string path, SkyEntry entry, SkyRecipe recipe, HttpContext http, IGrainFactory grains, IArtifactStore store, SiloSettings settings)
    {
        string extension = System.IO.Path.GetExtension(path);
        if (extension is not (".fits" or ".png") || !HipsTile.TryParse(path[..^extension.Length], out var tile, out string problem))
            return Absent($"The HiPS of a sky has properties, Moc.fits, Norder3/Allsky.fits and .png, and tiles such as Norder3/Dir0/Npix12.fits or .png, but '{path}' is asked for.");
        if (tile.Order > entry.HipsOrder)
            return Absent($"The sky '{entry.Name}' has tiles of orders 0 to {entry.HipsOrder}, but one of order {tile.Order} is asked for.");
        if (!SkyArea.Parse(recipe.Area).Overlaps(tile.Cell))
            return Absent($"The tile {tile.Path} lies outside the area of the sky '{entry.Name}'.");
        string artifact = SkyTiles.ArtifactOf(entry.Digest, tile.Order, tile.Pixel);
        var tag = new EntityTagHeaderValue($"\"{artifact}{extension}\"");
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
            return Cached(http, tag, TypedResults.StatusCode(StatusCodes.Status304NotModified));
        if (await store.FindAsync(artifact, http.RequestAborted) == null)
        {
            if (!ApiKeyGate.Allows(http, ApiScopes.Submit))
            {
                return TypedResults.Problem($"The tile {tile.Path} of the sky '{entry.Name}' is not stored, and a key with the scope 'submit' is needed to have it computed.",
                    statusCode: StatusCodes.Status403Forbidden);
            }
            var status = await grains.SkyPatch(entry.Digest, tile.Order, tile.Pixel).TileAsync(settings.LongestWait, http.RequestAborted);
            if (status.State != WorkState.Done)
            {
                // No 202 as for samples, unless asked for: a viewer of HiPS takes every 2xx for the tile.
                http.Response.Headers.RetryAfter = "2";
                if (PrefersAsync(http))
                    return TypedResults.Accepted(http.Request.Path, new PendingTile(tile.Path, status.ImagesDone, status.Images));
                return TypedResults.Problem($"The tile {tile.Path} of the sky '{entry.Name}' is being made: {status.ImagesDone} of {status.Images} images of its sources are there. Ask again.",
                    statusCode: StatusCodes.Status503ServiceUnavailable);
            }
        }
        string file = System.IO.Path.Combine(await store.GetDirectoryAsync(artifact, http.RequestAborted), SkyTiles.File);
        return Cached(http, tag, extension == ".fits"
            ? TypedResults.PhysicalFile(file, "application/fits")
            : TypedResults.Bytes(_pictures.GetOrAdd(artifact, _ => SkyFiles.PngOf(file, recipe)), "image/png"));
    }

    /// <summary>Whether who asks wants 202 where there is nothing yet; it is told that it gets that.</summary>
    internal static bool PrefersAsync(HttpContext http)
    {
        if (!http.Request.Headers["Prefer"].Any(prefer => prefer?.Contains(Async, StringComparison.OrdinalIgnoreCase) == true))
            return false;
        http.Response.Headers["Preference-Applied"] = Async;
        return true;
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult Absent(string detail) => TypedResults.Problem(detail, statusCode: StatusCodes.Status404NotFound);

    /// <summary>A tile of a sky never changes, but its name may stand for another sky one day: kept, and asked about by its tag.</summary>
    internal static IResult Cached(HttpContext http, EntityTagHeaderValue tag, IResult result)
    {
        http.Response.GetTypedHeaders().ETag = tag;
        http.Response.Headers.CacheControl = "private, no-cache";
        return result;
    }
}

/// <summary>A synthetic sky: what it is, and where its tiles and sources are.</summary>
public sealed record KnownSkyDescription(string Name, string Digest, int HipsOrder, DateTimeOffset Created, string Hips, string Sources, string Builds, System.Text.Json.JsonElement Recipe);

/// <summary>A tile that is being made.</summary>
public sealed record PendingTile(string Tile, int ImagesDone, int Images);
