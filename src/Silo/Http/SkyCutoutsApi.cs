using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Http;

/// <summary>Cut-outs of synthetic skies, in any projection.</summary>
internal static class SkyCutoutsApi
{
    public static void MapSkyCutouts(this IEndpointRouteBuilder api) =>
        api.MapMethods("/skies/{name}/cutout", [HttpMethods.Get, HttpMethods.Head], GetAsync)
            .WithName("GetSkyCutout").WithSummary("A part of a synthetic sky in any projection, as FITS or as a picture")
            .WithDescription($"The parameters of hips2fits (CDS). The sky is evaluated at the centre of each pixel; nothing is resampled. FITS has up to {CutoutQuery.MostPixels} pixels, pictures a quarter of that. It is computed for whoever asks, so that the scope submit is needed. While images of its sources are made, the answer is 503 with Retry-After (202 with Prefer: respond-async): ask again.")
            .Produces(StatusCodes.Status200OK, contentType: "application/fits", additionalContentTypes: ["image/png", "image/jpeg"])
            .Produces<PendingCutout>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .WithMetadata(RequiredScope.Submit);

    private static async Task<IResult> GetAsync(string name, [AsParameters] CutoutQuery query, HttpContext http, IGrainFactory grains, SkyCutouts cutouts, IDeviceSlots devices, IArtifactStore store,
        IOptions<SiloSettings> settings)
    {
        http.Response.Headers.AccessControlAllowOrigin = "*";
        var cancellationToken = http.RequestAborted;
        var entry = await grains.Sky(name).GetAsync(cancellationToken);
        var recipe = SkyRecipe.Parse(entry.Recipe);
        var grid = query.GridOf(recipe);
        query.ScaleOf(recipe, []);                           // what is wrong is said before anything is made
        CheckArea(entry, recipe, grid);
        var tag = TagOf(entry, query.PictureKeyOf(grid));
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
            return Tagged(http, tag, TypedResults.StatusCode(StatusCodes.Status304NotModified));
        var cutout = await cutouts.PrepareAsync(entry.Digest, grid, query.KeyOf(grid), settings.Value.LongestWait, cancellationToken);
        if (cutout.Images == null)
        {
            http.Response.Headers.RetryAfter = "2";
            if (SkiesApi.PrefersAsync(http))
                return TypedResults.Accepted(http.Request.Path, new PendingCutout(cutout.ImagesDone, cutout.ImagesAll));
            return TypedResults.Problem($"The cut-out of the sky '{entry.Name}' is being made: {cutout.ImagesDone} of {cutout.ImagesAll} images of its sources are there. Ask again.",
                statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        return Tagged(http, tag, query.Ending == ".fits"
            ? await FitsAsync(cutouts, cutout, $"{entry.Name}.fits", store, http)
            : await PictureAsync(cutouts, cutout, query, recipe, devices, cancellationToken));
    }

    /// <summary>By way of a file, which is deleted when all is sent, so that a large image is never in memory and its checksums are right.</summary>
    private static async Task<IResult> FitsAsync(SkyCutouts cutouts, SkyCutout cutout, string name, IArtifactStore store, HttpContext http)
    {
        var scratch = store.CreateScratchDirectory();
        http.Response.RegisterForDispose(scratch);
        string path = Path.Combine(scratch.Path, "cutout.fits");
        await cutouts.WriteAsync(cutout, path, http.RequestAborted);
        return TypedResults.PhysicalFile(path, "application/fits", name);
    }

    private static async Task<IResult> PictureAsync(SkyCutouts cutouts, SkyCutout cutout, CutoutQuery query, SkyRecipe recipe, IDeviceSlots devices, CancellationToken cancellationToken)
    {
        float[] pixels = await cutouts.PixelsAsync(cutout, cancellationToken);
        var grid = cutout.Mosaic.Grid;
        bool isPng = query.Ending == ".png";
        byte[] picture = await devices.Cpu.RunAsync(
            () =>
            {
                byte[] png = Picture.Png(pixels, grid.Width, grid.Height, query.ScaleOf(recipe, pixels));
                return isPng ? png : Picture.Jpeg(png);
            },
            cancellationToken);
        return TypedResults.Bytes(picture, isPng ? "image/png" : "image/jpeg");
    }

    private static void CheckArea(SkyEntry entry, SkyRecipe recipe, SkyGrid grid)
    {
        const int LeastOrder = 3, MostOrder = 12, CellsAcross = 4;
        var (centre, radius) = grid.BoundingCone();
        int order = Math.Clamp((int)Math.Ceiling(Math.Log2(HealpixCell.WidthDegrees(0) * CellsAcross / Math.Max(radius, 1e-6))), LeastOrder, MostOrder);
        if (recipe.Area != SkyArea.All && SkyArea.Parse(recipe.Area).Intersection(Moc.Cone(centre, radius, order)).IsEmpty)
            throw new UserErrorException(ErrorKind.NotFound, entry.Name, $"The cut-out lies outside the area of the sky '{entry.Name}'.");
    }

    private static EntityTagHeaderValue TagOf(SkyEntry entry, string key) =>
        new($"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{entry.Digest}/{key}")))[..32]}\"");

    /// <summary>A sky never changes, but its name may stand for another one some day: kept, and asked about by its tag.</summary>
    private static IResult Tagged(HttpContext http, EntityTagHeaderValue tag, IResult result)
    {
        http.Response.GetTypedHeaders().ETag = tag;
        http.Response.Headers.CacheControl = "private, no-cache";
        return result;
    }
}

/// <summary>A cut-out whose sources' images are being made.</summary>
public sealed record PendingCutout(int ImagesDone, int Images);
