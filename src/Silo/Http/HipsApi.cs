using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.SyntheticSky;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Http;

/// <summary>What a HiPS has besides its tiles: the list of all HiPS of this server, and the file Allsky of each (IVOA HiPS 1.0, 5.1 and 4.3.2).</summary>
internal static class HipsApi
{
    public static void MapHipsList(this WebApplication app) =>
        app.MapMethods("/skies/hipslist", [HttpMethods.Get, HttpMethods.Head], ListAsync).WithMetadata(RequiredScope.ByMethod).ExcludeFromDescription();

    public static string UrlOf(HttpContext http, SkyEntry entry) => $"{http.Request.Scheme}://{http.Request.Host}/skies/{entry.Name}/hips";

    /// <summary>Somebody begins to look at a sky: low orders, for which nobody can wait, are made unless they are there.</summary>
    public static async Task MakeOverviewAsync(SkyEntry entry, HttpContext http, IGrainFactory grains)
    {
        if (ApiKeyGate.Allows(http, ApiScopes.Submit))
            await grains.Sky(entry.Name).BuildAsync(SkyBuildRequest.Overview, http.RequestAborted);
    }

    public static async Task<IResult> AllskyAsync(SkyEntry entry, SkyRecipe recipe, string path, HttpContext http, IArtifactStore store)
    {
        string artifact = SkyAllsky.ArtifactOf(entry.Digest, SkyArea.Parse(recipe.Area)), file = System.IO.Path.GetFileName(path);
        var tag = new EntityTagHeaderValue($"\"{artifact}/{file}\"");
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
            return SkiesApi.Cached(http, tag, TypedResults.StatusCode(StatusCodes.Status304NotModified));
        if (await store.FindAsync(artifact, http.RequestAborted) == null)
        {
            http.Response.Headers.RetryAfter = "10";
            return TypedResults.Problem($"The file {path} of the sky '{entry.Name}' is made after its tiles of orders 0 to 2 ('{SkyBuildsApi.PathOf(entry.Name)}' says how far they are). Ask again.",
                statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        string directory = await store.GetDirectoryAsync(artifact, http.RequestAborted);
        return SkiesApi.Cached(http, tag, TypedResults.PhysicalFile(System.IO.Path.Combine(directory, file), file == SkyAllsky.Fits ? "application/fits" : "image/png"));
    }

    private static async Task<IResult> ListAsync(HttpContext http, IGrainFactory grains)
    {
        http.Response.Headers.AccessControlAllowOrigin = "*";
        http.Response.Headers.CacheControl = "no-cache";
        var skies = await grains.SkiesAsync(http.RequestAborted);
        return TypedResults.Text(string.Join('\n', skies.Select(sky => HipsProperties.InList(sky, UrlOf(http, sky)))), "text/plain", System.Text.Encoding.UTF8);
    }
}
