using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Http;

/// <summary>Samples by ID, and IDs by parameters.</summary>
internal static class SamplesApi
{
    private const int LargestBatch = 256;
    private const string Path = "/api/v1/samples/";
    private const string SourcePart = "source";
    private static readonly TimeSpan _betweenEvents = TimeSpan.FromMilliseconds(250);

    public static void MapSamples(this IEndpointRouteBuilder api)
    {
        api.MapGet("/samples/{id}", GetAsync)
            .WithName("GetSample")
            .WithSummary("A generated image by its ID")
            .WithDescription("FITS (application/fits, the default), PNG (image/png), JPEG (image/jpeg) or NumPy (application/x-npy), by the Accept header or the query parameter format. With part=source the source alone, without its background: for FITS with its flux, centre and footprint in the header and its weights as an extension; 404 if it shows none. Waits up to 8 s, then answers 202 with Retry-After. The scope read is enough for what is stored; what has to be computed needs submit. Whoever hangs up while nobody else waits ends the computation. What an ID names never changes: it may be cached for ever.")
            .Produces(StatusCodes.Status200OK, contentType: SampleFormat.All[0].MediaType, additionalContentTypes: [.. SampleFormat.All.Skip(1).Select(format => format.MediaType)])
            .Produces<PendingSample>(StatusCodes.Status202Accepted)
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status406NotAcceptable)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        api.MapGet("/samples/{id}/events", Watch)
            .WithName("WatchSample")
            .WithSummary("The progress of a sample, as server-sent events")
            .WithDescription("Events 'progress' with the place in the queue and the solver's steps, until 'done' with the sample's location, or 'failed' with the reason. It is computed if it is not there, so that the scope submit is needed.")
            .Produces(StatusCodes.Status200OK, contentType: "text/event-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .WithMetadata(RequiredScope.Submit);
        api.MapPost("/samples", PostAsync)
            .WithName("PostSample")
            .WithSummary("The ID of a sample by its parameters; the computation starts")
            .WithDescription("200 if it is stored already, else 202.")
            .Produces<PendingSample>()
            .Produces<PendingSample>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        api.MapPost("/samples/batch", PostBatchAsync)
            .WithName("PostSamples")
            .WithSummary("The IDs of up to 256 samples by their parameters; the computations start, in bulk")
            .WithDescription("All or none: if one cannot be made, nothing is queued. Asking again with the same parameters does no harm.")
            .Produces<PendingSample[]>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext http, IGrainFactory grains, IArtifactStore store, IOptions<SiloSettings> settings, string? format = null, string? part = null)
    {
        if (part is not (null or SourcePart))
            throw new UserErrorException(ErrorKind.Invalid, part, $"The parameter part should be {SourcePart}, or not be there for the whole image, but it is '{part}'.");
        if (SampleFormat.Of(http.Request, format) is not { } wanted)
        {
            return TypedResults.Problem($"A sample can be sent as {string.Join(", ", SampleFormat.All.Select(one => one.MediaType))}, but the Accept header has none of these.",
                statusCode: StatusCodes.Status406NotAcceptable);
        }
        string name = part == null ? $"{id}.{wanted.Name}" : $"{id}.{part}.{wanted.Name}";
        var tag = new EntityTagHeaderValue($"\"{name}\"");
        if (!SampleId.TryParse(id, out _, out string problem))
            throw new UserErrorException(ErrorKind.Invalid, id, problem);
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
            return Cached(http, tag, TypedResults.StatusCode(StatusCodes.Status304NotModified));
        if (await store.FindAsync(id, http.RequestAborted) == null)
        {
            if (!ApiKeyGate.Allows(http, ApiScopes.Submit))
            {
                return TypedResults.Problem($"The sample {id} is not stored, and a key with the scope 'submit' is needed to have it computed.",
                    statusCode: StatusCodes.Status403Forbidden);
            }
            var status = await grains.GetGrain<ISampleGrain>(id).GetAsync(settings.Value.LongestWait, OrderOf(http), http.RequestAborted);
            if (status.State != WorkState.Done)
            {
                http.Response.Headers.RetryAfter = "2";
                return TypedResults.Accepted(http.Request.Path, Pending(status));
            }
        }
        string folder = await store.GetDirectoryAsync(id, http.RequestAborted);
        byte[] bytes = part == null
            ? wanted.Make(System.IO.Path.Combine(folder, wanted.Source))
            : wanted.MakeSource(SampleSource.Find(System.IO.Path.Combine(folder, StoredSamples.Fits)) ?? throw SampleSource.Missing(id));
        return Cached(http, tag, TypedResults.Bytes(bytes, wanted.MediaType, name));
    }

    private static async Task<Results<Ok<PendingSample>, Accepted<PendingSample>>> PostAsync([FromBody] SampleParameters parameters, HttpContext http, IGrainFactory grains)
    {
        string id = await IdAsync(parameters, http, grains);
        var status = await grains.GetGrain<ISampleGrain>(id).GetAsync(TimeSpan.Zero, OrderOf(http), http.RequestAborted);
        http.Response.Headers.Location = Path + id;
        return status.State == WorkState.Done ? TypedResults.Ok(Pending(status)) : TypedResults.Accepted(Path + id, Pending(status));
    }

    private static async Task<IResult> PostBatchAsync([FromBody] SampleParameters[] parameters, HttpContext http, IGrainFactory grains)
    {
        if (parameters.Length is 0 or > LargestBatch)
        {
            return TypedResults.Problem($"A batch should have 1 to {LargestBatch} samples, but it has {parameters.Length}.",
                statusCode: parameters.Length == 0 ? StatusCodes.Status400BadRequest : StatusCodes.Status413PayloadTooLarge);
        }
        var ids = new List<string>();
        foreach (var one in parameters)
            ids.Add(await IdAsync(one, http, grains));
        var order = OrderOf(http) with { IsBulk = true };
        var pending = new List<PendingSample>();
        foreach (string id in ids)
            pending.Add(Pending(await grains.GetGrain<ISampleGrain>(id).GetAsync(TimeSpan.Zero, order, http.RequestAborted)));
        return TypedResults.Accepted((string?)null, pending);
    }

    private static ServerSentEventsResult<object> Watch(string id, HttpContext http, IGrainFactory grains)
    {
        if (!SampleId.TryParse(id, out _, out string problem))
            throw new UserErrorException(ErrorKind.Invalid, id, problem);
        return TypedResults.ServerSentEvents(EventsAsync(id, OrderOf(http), grains, http.RequestAborted));
    }

    private static async IAsyncEnumerable<SseItem<object>> EventsAsync(string id, SampleOrder order, IGrainFactory grains, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PendingSample? told = null;
        while (true)
        {
            SampleStatus? status = null;
            Exception? failure = null;
            try
            {
                status = await grains.GetGrain<ISampleGrain>(id).GetAsync(_betweenEvents, order, cancellationToken);
            }
            catch (Exception error) when (ErrorReasons.IsKnown(error) || Outages.IsOutage(error))
            {
                failure = error;
            }
            if (failure != null)
            {
                yield return new SseItem<object>(new FailedSample(id, ErrorReasons.MessageOf(failure)), "failed");
                yield break;
            }
            var pending = Pending(status!);
            if (status!.State == WorkState.Done)
            {
                yield return new SseItem<object>(pending, "done");
                yield break;
            }
            if (pending != told)
                yield return new SseItem<object>(told = pending, "progress");
        }
    }

    private static async Task<string> IdAsync(SampleParameters parameters, HttpContext http, IGrainFactory grains) =>
        SampleIds.For(await grains.Model(parameters.Model).GetAsync(http.RequestAborted), parameters);

    private static IResult Cached(HttpContext http, EntityTagHeaderValue tag, IResult result)
    {
        http.Response.GetTypedHeaders().ETag = tag;
        http.Response.Headers.Vary = HeaderNames.Accept;
        http.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        return result;
    }

    private static PendingSample Pending(SampleStatus status) => new(status.Id, Path + status.Id, status.QueuePosition, status.State == WorkState.Done ? status.Steps : status.StepsDone, status.Steps);

    private static SampleOrder OrderOf(HttpContext http) => new() { Client = http.Features.Get<ApiKey>()?.Name ?? $"{http.Connection.RemoteIpAddress}" };
}

/// <summary>A sample that is being computed, or is there: ask its location.</summary>
public sealed record PendingSample(string Id, string Location, int QueuePosition, int StepsDone, int Steps);

/// <summary>A sample that cannot be had.</summary>
public sealed record FailedSample(string Id, string Detail);
