using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Http;

/// <summary>Samples by ID.</summary>
internal static class SamplesApi
{
    private const string FitsType = "application/fits";
    private const string PngType = "image/png";

    public static void MapSamples(this IEndpointRouteBuilder api)
    {
        api.MapGet("/samples/{id}", GetAsync)
            .WithName("GetSample")
            .WithSummary("A generated image by its ID")
            .WithDescription("FITS (application/fits, the default) or PNG (image/png), by the Accept header or the query parameter format. Waits up to 8 s, then answers 202 with Retry-After. The scope read is enough for what is stored; what has to be computed needs submit.")
            .Produces(StatusCodes.Status200OK, contentType: FitsType, additionalContentTypes: PngType)
            .Produces<PendingSample>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        api.MapPost("/samples", PostAsync)
            .WithName("PostSample")
            .WithSummary("The ID of a sample by its parameters; the computation starts")
            .Produces<PendingSample>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext http, IGrainFactory grains, IArtifactStore store, IOptions<SiloSettings> settings,
        string? format = null)
    {
        bool png = WantsPng(http.Request, format);
        if (!ApiKeyGate.Allows(http, ApiScopes.Submit) && SampleId.TryParse(id, out _, out _) && await store.FindAsync(id, http.RequestAborted) == null)
        {
            return TypedResults.Problem($"The sample {id} is not stored, and a key with the scope 'submit' is needed to have it computed.",
                statusCode: StatusCodes.Status403Forbidden);
        }
        var status = await grains.GetGrain<ISampleGrain>(id).GetAsync(settings.Value.LongestWait, OrderOf(http), http.RequestAborted);
        if (status.State != WorkState.Done)
        {
            http.Response.Headers.RetryAfter = "2";
            return TypedResults.Accepted(http.Request.Path, new PendingSample(id, $"{http.Request.Path}", status.QueuePosition));
        }
        http.Response.Headers.ETag = $"\"{id}.{(png ? "png" : "fits")}\"";
        http.Response.Headers.Vary = "Accept";
        return png ? TypedResults.Bytes(status.Png!, PngType, $"{id}.png") : TypedResults.Bytes(status.Fits!, FitsType, $"{id}.fits");
    }

    private static async Task<Accepted<PendingSample>> PostAsync([FromBody] SampleParameters parameters, HttpContext http, IGrainFactory grains)
    {
        var model = await grains.Model(parameters.Model).GetAsync(http.RequestAborted);
        string id = SampleIds.For(model, parameters);
        var status = await grains.GetGrain<ISampleGrain>(id).GetAsync(TimeSpan.Zero, OrderOf(http), http.RequestAborted);
        string path = $"/api/v1/samples/{id}";
        return TypedResults.Accepted(path, new PendingSample(id, path, status.QueuePosition));
    }

    private static SampleOrder OrderOf(HttpContext http) => new() { Client = http.Features.Get<ApiKey>()?.Name ?? $"{http.Connection.RemoteIpAddress}" };

    private static bool WantsPng(HttpRequest request, string? format) => format switch
    {
        "png" => true,
        "fits" => false,
        null => request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals(PngType, StringComparison.OrdinalIgnoreCase))
            || (request.GetTypedHeaders().Accept.Any(type => type.MediaType.StartsWith("image/", StringComparison.OrdinalIgnoreCase))
                && !request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals(FitsType, StringComparison.OrdinalIgnoreCase))),
        _ => throw new UserErrorException(ErrorKind.Invalid, format, $"The parameter format should be fits or png, but it is '{format}'."),
    };
}

/// <summary>A sample that is being computed: ask its location again.</summary>
public sealed record PendingSample(string Id, string Location, int QueuePosition);
