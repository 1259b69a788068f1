using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Silo.Http;

/// <summary>Builds of a part of a sky: starting, watching and stopping them, and the map of what is done.</summary>
internal static class SkyBuildsApi
{
    public static string PathOf(string sky) => $"/api/v1/skies/{sky}/builds";

    public static void MapSkyBuilds(this IEndpointRouteBuilder api)
    {
        api.MapGet("/skies/{name}/builds", (string name, IGrainFactory grains, CancellationToken cancellationToken) => grains.SkyBuildsAsync(name, cancellationToken))
            .WithName("ListSkyBuilds").WithSummary("The builds of a sky and how far they are, the latest last").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPost("/skies/{name}/builds", StartAsync)
            .WithName("StartSkyBuild").WithSummary("Makes the tiles of a part of a sky in bulk; who waits for a tile in person comes first")
            .WithDescription("All of what the sky shows, or the part of it in area (a MOC such as 3/12), cone [ra, dec, radius] or box [ra1, ra2, dec1, dec2]; orders from fromOrder (0) to toOrder (the deepest). With estimateOnly it says what it would take. "
                + "The estimate is in the status before the first tile is made. The same tiles of the same sky are the same build: asked for again, it goes on where it was.")
            .Produces<SkyBuildStatus>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapGet("/skies/{name}/builds/{id}", (string name, string id, IGrainFactory grains, CancellationToken cancellationToken) => grains.SkyBuild(name, id).GetStatusAsync(cancellationToken))
            .WithName("GetSkyBuild").WithSummary("How far a build is").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/skies/{name}/builds/{id}/events", WatchAsync)
            .WithName("WatchSkyBuild").WithSummary("The progress of a build, as server-sent events")
            .WithDescription("Events 'progress' with the status, until 'done', 'failed', or 'stopped' for one that was cancelled, only estimated or interrupted.")
            .Produces(StatusCodes.Status200OK, contentType: "text/event-stream").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPost("/skies/{name}/builds/{id}/cancel", async (string name, string id, IGrainFactory grains, CancellationToken cancellationToken) =>
                TypedResults.Accepted($"{PathOf(name)}/{id}", await grains.SkyBuild(name, id).CancelAsync(cancellationToken)))
            .WithName("CancelSkyBuild").WithSummary("Stops a build; what is made stays, and the same request goes on from there").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapDelete("/skies/{name}/builds/{id}", RemoveAsync)
            .WithName("RemoveSkyBuild").WithSummary("Stops a build and takes it off the list; its tiles stay").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/skies/{name}/coverage", CoverageAsync)
            .WithName("GetSkyCoverage").WithSummary("The map of what the builds of a sky have finished")
            .WithDescription("The cells of an order (the deepest, or the parameter order) whose tiles are done, as a MOC (IVOA MOC 2.0), by the parameter format: json (the default), ascii or fits; or png, a picture.")
            .Produces(StatusCodes.Status200OK, contentType: "application/json", additionalContentTypes: ["text/plain", "application/fits", "image/png"])
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Accepted<SkyBuildStatus>> StartAsync(string name, [FromBody] SkyBuildParameters parameters, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var status = await grains.Sky(name).BuildAsync(
            new SkyBuildRequest
            {
                Area = SkyCreationApi.AreaOf(parameters.Area, parameters.Cone, parameters.Box),
                FromOrder = parameters.FromOrder,
                ToOrder = parameters.ToOrder,
                EstimateOnly = parameters.EstimateOnly,
            },
            cancellationToken);
        return TypedResults.Accepted($"{PathOf(name)}/{status.Id}", status);
    }

    private static async Task<ServerSentEventsResult<SkyBuildStatus>> WatchAsync(string name, string id, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var build = grains.SkyBuild(name, id);
        await build.GetStatusAsync(cancellationToken);       // 404 rather than an event
        return TypedResults.ServerSentEvents(FollowedEvents.Of<SkyBuildStatus>(build.FollowAsync, EventOf, cancellationToken));
    }

    private static string EventOf(SkyBuildStatus status) => status.State switch
    {
        WorkState.Running => "progress",
        WorkState.Done => "done",
        WorkState.Failed => "failed",
        _ => "stopped",
    };

    public static byte[] FitsOf(Moc moc)
    {
        using var bytes = new MemoryStream();
        MocFits.Write(bytes, moc);
        return bytes.ToArray();
    }

    private static async Task<IResult> RemoveAsync(string name, string id, IGrainFactory grains, CancellationToken cancellationToken)
    {
        await grains.Sky(name).RemoveBuildAsync(id, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> CoverageAsync(string name, IGrainFactory grains, IDeviceSlots devices, CancellationToken cancellationToken, int? order = null, string format = "json")
    {
        var entry = await grains.Sky(name).GetAsync(cancellationToken);
        if (order is < 0 || order > entry.HipsOrder)
            throw new UserErrorException(ErrorKind.Invalid, "order", $"order should be from 0 to {entry.HipsOrder} for the sky '{name}', but it is {order}.");
        var done = await grains.SkyCoverageAsync(name, order ?? entry.HipsOrder, cancellationToken);
        return format switch
        {
            "json" => TypedResults.Text(MocText.ToJson(done), "application/json"),
            "ascii" => TypedResults.Text(MocText.ToAscii(done), "text/plain"),
            "fits" => TypedResults.Bytes(FitsOf(done), "application/fits", "Moc.fits"),
            "png" => TypedResults.Bytes(await devices.Cpu.RunAsync(() => SkyCoverageMap.Png(SkyArea.Parse(SkyRecipe.Parse(entry.Recipe).Area), done), cancellationToken), "image/png"),
            _ => throw new UserErrorException(ErrorKind.Invalid, "format", $"format should be json, ascii, fits or png, but it is '{format}'."),
        };
    }
}

/// <summary>Which tiles of a sky to make.</summary>
/// <param name="Area">all, or a MOC such as 3/12 4/100-103; all that the sky shows if none of these three is given.</param>
/// <param name="Cone">The same as a circle: [ra, dec, radius], degrees.</param>
/// <param name="Box">The same as right ascensions going eastwards and declinations: [ra1, ra2, dec1, dec2], degrees.</param>
/// <param name="FromOrder">Lowest order of the tiles.</param>
/// <param name="ToOrder">Highest order; the deepest if not given.</param>
/// <param name="EstimateOnly">Only says how long it would take and how much it would store.</param>
public sealed record SkyBuildParameters(string? Area = null, double[]? Cone = null, double[]? Box = null, int FromOrder = 0, int? ToOrder = null, bool EstimateOnly = false);
