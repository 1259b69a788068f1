using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace RadioDiffusion.Silo.Security;

/// <summary>
/// What a key must allow at an endpoint, by whether the method is one that only reads. Endpoints that do not say it are for admin alone, so
/// that a new one is not open by oversight.
/// </summary>
internal sealed record RequiredScope(ApiScopes Reading, ApiScopes Other)
{
    private static readonly RequiredScope _admin = new(ApiScopes.Admin, ApiScopes.Admin);

    /// <summary>No key: health.</summary>
    public static RequiredScope Nobody { get; } = new(ApiScopes.None, ApiScopes.None);

    public static RequiredScope Submit { get; } = new(ApiScopes.Submit, ApiScopes.Submit);

    public static RequiredScope ByMethod { get; } = new(ApiScopes.Read, ApiScopes.Submit);

    public static ApiScopes Of(HttpContext http)
    {
        var required = http.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>() ?? _admin;
        return OnlyReads(http.Request) ? required.Reading : required.Other;
    }

    public static bool OnlyReads(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
}

/// <summary>Lets a request pass that brings a key with the scope of its endpoint; all requests where the settings name no keys.</summary>
internal sealed class ApiKeyGate(RequestDelegate next, IOptions<SiloSettings> settings, IProblemDetailsService problems)
{
    private const string Bearer = "Bearer ", Basic = "Basic ";
    private static readonly string[] _challenges = ["Bearer realm=\"RadioDiffusion\"", "Basic realm=\"RadioDiffusion\", charset=\"UTF-8\""];
    private readonly List<ApiKey> _keys = [.. Doors.KeysOf(settings.Value)];

    /// <summary>Whether whoever asks may do what needs a scope.</summary>
    public static bool Allows(HttpContext http, ApiScopes scope) => http.Features.Get<ApiKey>()?.Allows(scope) ?? true;

    public Task InvokeAsync(HttpContext http)
    {
        var required = RequiredScope.Of(http);
        if (_keys.Count == 0 || required == ApiScopes.None)
            return next(http);
        if (SecretOf(http.Request) is not { } secret)
            return RefuseAsync(http, StatusCodes.Status401Unauthorized, "A key is needed: send it as 'Authorization: Bearer KEY' or 'X-Api-Key: KEY'. 'radiodiffusion key new' makes one.");
        if (ApiKey.Find(_keys, secret) is not { } key)
            return RefuseAsync(http, StatusCodes.Status401Unauthorized, "The key is not known here: it is mistyped, or its line is no longer in the setting RadioDiffusion:ApiKeys.");
        if (!key.Allows(required))
            return RefuseAsync(http, StatusCodes.Status403Forbidden, $"The key '{key.Name}' has the scope {ApiKey.Describe(key.Scopes)}, but this needs {ApiKey.Describe(required)}.");
        http.Features.Set(key);
        return next(http);
    }

    /// <summary>As a password too, for browsers that show the dashboard; but only to read, since browsers send it whichever page asks.</summary>
    private static string? SecretOf(HttpRequest request)
    {
        if (request.Headers["X-Api-Key"] is [{ Length: > 0 } header])
            return header;
        if (request.Headers.Authorization is not [{ } authorization])
            return null;
        if (authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return authorization[Bearer.Length..].Trim();
        return authorization.StartsWith(Basic, StringComparison.OrdinalIgnoreCase) && RequiredScope.OnlyReads(request) ? PasswordOf(authorization[Basic.Length..].Trim()) : null;
    }

    private static string? PasswordOf(string credentials)
    {
        byte[] decoded = new byte[credentials.Length];
        if (!Convert.TryFromBase64String(credentials, decoded, out int length))
            return null;
        string text = Encoding.UTF8.GetString(decoded, 0, length);
        int colon = text.IndexOf(':');
        return colon < 0 ? null : text[(colon + 1)..];
    }

    /// <summary>A page asks for the key by itself; challenged with Basic, the browser would ask instead of it (Fetch Metadata, Sec-Fetch-Dest).</summary>
    private static bool IsAskedByAScript(HttpRequest request) => request.Headers["Sec-Fetch-Dest"] == "empty";

    private async Task RefuseAsync(HttpContext http, int status, string detail)
    {
        http.Response.StatusCode = status;
        if (status == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = RequiredScope.OnlyReads(http.Request) && !IsAskedByAScript(http.Request) ? new StringValues(_challenges) : _challenges[0];
        await problems.WriteAsync(new ProblemDetailsContext { HttpContext = http, ProblemDetails = new ProblemDetails { Status = status, Detail = detail } });
    }
}
