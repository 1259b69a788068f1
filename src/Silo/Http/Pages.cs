using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Http;

/// <summary>
/// The pages for people: files of the folder Pages, inside the program. They hold nothing that needs a key; what they ask the API for may. A page may load from
/// its own host alone.
/// </summary>
internal static class Pages
{
    private const string Folder = "Pages/";
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly Dictionary<string, string> _mediaTypes = new()
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    public static void MapPages(this IEndpointRouteBuilder app)
    {
        foreach (string resource in typeof(Pages).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)))
        {
            string name = resource[Folder.Length..];
            app.MapMethods(name == "index.html" ? "/" : $"/pages/{name}", [HttpMethods.Get, HttpMethods.Head], Serve(resource)).WithMetadata(RequiredScope.Nobody).ExcludeFromDescription();
        }
    }

    private static Func<HttpContext, IResult> Serve(string resource)
    {
        byte[] content = Read(resource);
        string mediaType = _mediaTypes[Path.GetExtension(resource)];
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 8))}\"");
        return http =>
        {
            http.Response.Headers.ContentSecurityPolicy = Policy;
            http.Response.Headers.XContentTypeOptions = "nosniff";
            http.Response.Headers["Referrer-Policy"] = "no-referrer";
            http.Response.Headers.CacheControl = "no-cache";
            return TypedResults.Bytes(content, mediaType, entityTag: tag);
        };
    }

    private static byte[] Read(string resource)
    {
        using var stream = typeof(Pages).Assembly.GetManifestResourceStream(resource)!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
