using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Http;

/// <summary>
/// The pages for people: files of the folder Pages, inside the program. They hold nothing that needs a key; what they ask the API for may. A page may load from
/// its own host alone. The viewer of skies (src/Silo/Viewer) lies beside the program, where a build with npm has put it.
/// </summary>
internal static class Pages
{
    private const string Folder = "Pages/";
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>Aladin Lite is WebAssembly in a data: address, styles itself by elements that it adds, has its pictures in data: addresses and starts a worker.</summary>
    private const string ViewerPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; connect-src 'self' data:; worker-src blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly Dictionary<string, string> _mediaTypes = new()
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [""] = "text/plain; charset=utf-8",
        [".LESSER"] = "text/plain; charset=utf-8",
    };

    /// <summary>What is not at /pages/NAME.</summary>
    private static readonly Dictionary<string, string> _addresses = new() { ["index.html"] = "/", ["skies.html"] = "/skies", ["sky.html"] = "/skies/{name}", ["studies.html"] = "/studies", ["study.html"] = "/studies/{name}" };

    /// <summary>Of the package aladin-lite, as it is; its licence goes with it.</summary>
    private static readonly string[] _viewerFiles = ["aladin.js", "LICENSE", "COPYING", "COPYING.LESSER"];

    private static string ViewerFolder => Path.Combine(AppContext.BaseDirectory, "viewer");

    public static void MapPages(this IEndpointRouteBuilder app)
    {
        foreach (string resource in typeof(Pages).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)))
        {
            string name = resource[Folder.Length..];
            app.MapPage(_addresses.GetValueOrDefault(name, $"/pages/{name}"), Serve(resource));
        }
        foreach (string name in _viewerFiles)
            app.MapPage($"/pages/viewer/{name}", http => ServeViewer(http, name));
    }

    private static void MapPage(this IEndpointRouteBuilder app, string address, Func<HttpContext, IResult> serve) =>
        app.MapMethods(address, [HttpMethods.Get, HttpMethods.Head], serve).WithMetadata(RequiredScope.Nobody).ExcludeFromDescription();

    private static Func<HttpContext, IResult> Serve(string resource)
    {
        byte[] content = Read(resource);
        string mediaType = _mediaTypes[Path.GetExtension(resource)];
        string policy = resource == $"{Folder}sky.html" ? ViewerPolicy : Policy;
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 8))}\"");
        return http =>
        {
            if (http.Request.Path.Value is { Length: > 1 } path && path[^1] == '/')
                return TypedResults.LocalRedirect($"~{http.Request.Path.ToUriComponent()[..^1]}{http.Request.QueryString}");     // addresses in a page are relative to its own
            Guard(http, policy);
            return TypedResults.Bytes(content, mediaType, entityTag: tag);
        };
    }

    /// <summary>Looked for each time: it can be put there while the program runs.</summary>
    private static IResult ServeViewer(HttpContext http, string name)
    {
        var file = new FileInfo(Path.Combine(ViewerFolder, name));
        if (!file.Exists)
            return TypedResults.Problem($"The viewer of skies, Aladin Lite, is not installed: {file.FullName} is not there. Build where npm is, or put the files of the package aladin-lite 3.8.2 there.", statusCode: StatusCodes.Status404NotFound);
        Guard(http, Policy);
        var tag = new EntityTagHeaderValue($"\"{file.Length:x}-{file.LastWriteTimeUtc.Ticks:x}\"");
        return TypedResults.PhysicalFile(file.FullName, _mediaTypes[file.Extension], entityTag: tag);
    }

    private static void Guard(HttpContext http, string policy)
    {
        http.Response.Headers.ContentSecurityPolicy = policy;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        http.Response.Headers.CacheControl = "no-cache";
    }

    private static byte[] Read(string resource)
    {
        using var stream = typeof(Pages).Assembly.GetManifestResourceStream(resource)!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
