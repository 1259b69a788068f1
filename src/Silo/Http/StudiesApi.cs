using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.Grains.Workflows;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Silo.Http;

/// <summary>Studies: what they are made of, how far they are, their builds so far, and stopping them. They are started by `build`, which reads their files.</summary>
internal static class StudiesApi
{
    private const int UsualBuilds = 100;

    public static string PathOf(string study) => $"/api/v1/studies/{study}";

    /// <summary>A name as the end of an address: its slashes stay, since servers do not decode them.</summary>
    public static string Escaped(string name) => string.Join('/', name.Split('/').Select(Uri.EscapeDataString));

    public static void MapStudies(this IEndpointRouteBuilder api)
    {
        api.MapGet("/studies", ListAsync)
            .WithName("ListStudies").WithSummary("The studies and their states, each with its last build");
        api.MapGet("/studies/{name}", async (string name, IGrainFactory grains, IArtifactStore store, CancellationToken cancellationToken) =>
                await StudyView.ReadAsync(await grains.KnownStudyAsync(name, cancellationToken), name, store, cancellationToken))
            .WithName("GetStudy").WithSummary("A study: its targets with their states, and as edges which of them needs which")
            .ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/studies/{name}/events", WatchAsync)
            .WithName("WatchStudy").WithSummary("A build as it goes, as server-sent events")
            .WithDescription("Events 'progress' with the status and the targets that have changed since the event before, the first ones with all of them, until 'done', 'failed', or 'stopped' for a build that was paused or given up, or a study that is not being built.")
            .Produces(StatusCodes.Status200OK, contentType: "text/event-stream").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/studies/{name}/builds", BuildsAsync)
            .WithName("ListStudyBuilds").WithSummary("The builds of a study that have ended, the newest first").WithDescription($"At most {UsualBuilds}, or as many as the parameter most says.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/studies/{name}/compare", CompareAsync)
            .WithName("CompareStudyBuilds").WithSummary("Two builds beside each other: which targets differ, in what, and the numbers of their results")
            .WithDescription("a and b are builds by their IDs, or by their numbers in the history: 1 is the last one (the default of b), 2 the one before (the default of a). With the parameter with, b is a build of that other study, and a is the last one if it is not given.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPost("/studies/{name}/pause", (string name, IGrainFactory grains, CancellationToken cancellationToken) => ChangeAsync(name, grains, study => study.PauseAsync(cancellationToken), cancellationToken))
            .WithName("PauseStudy").WithSummary("Stops a build, each target at a point where it can go on").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPost("/studies/{name}/resume", (string name, IGrainFactory grains, CancellationToken cancellationToken) => ChangeAsync(name, grains, study => study.ResumeAsync(cancellationToken), cancellationToken))
            .WithName("ResumeStudy").WithSummary("Goes on with a build that was paused or interrupted, or builds again what was built last").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPost("/studies/{name}/cancel", (string name, IGrainFactory grains, CancellationToken cancellationToken) => ChangeAsync(name, grains, study => study.CancelAsync(cancellationToken), cancellationToken))
            .WithName("CancelStudy").WithSummary("Stops a build and gives it up; what is done stays up to date").ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <exception cref="UserErrorException">There is no such study.</exception>
    public static async Task<IWorkflowGrain> KnownStudyAsync(this IGrainFactory grains, string name, CancellationToken cancellationToken) =>
        grains.Workflow(await grains.KnownAsync(INameIndexGrain.Studies, Names.Check(name, "a study"), "study", cancellationToken));

    private static async Task<IReadOnlyList<StudySummary>> ListAsync(IGrainFactory grains, IArtifactStore store, CancellationToken cancellationToken)
    {
        var studies = new List<StudySummary>();
        foreach (var status in await grains.StudiesAsync(cancellationToken))
        {
            var last = await BuildRecord.FindAsync(store, status.LastBuild, cancellationToken);
            studies.Add(new StudySummary(status.Name, status.State, status.Total, status.UpToDate, status.Ran, status.Failed, status.Blocked, status.Error, last == null ? null : new RecordedBuild(status.LastBuild!, last).Summary));
        }
        return studies;
    }

    private static async Task<IReadOnlyList<BuildSummary>> BuildsAsync(string name, IGrainFactory grains, IArtifactStore store, CancellationToken cancellationToken, int most = UsualBuilds)
    {
        if (most is < 1 or > 10_000)
            throw new UserErrorException(ErrorKind.Invalid, "most", $"most should be from 1 to 10000, but it is {most}.");
        var status = await (await grains.KnownStudyAsync(name, cancellationToken)).GetStatusAsync(cancellationToken);
        return await BuildHistory.ReadAsync(store, status.LastBuild, cancellationToken).Take(most).Select(build => build.Summary).ToListAsync(cancellationToken);
    }

    private static async Task<BuildComparison> CompareAsync(string name, IGrainFactory grains, IArtifactStore store, CancellationToken cancellationToken, string? a = null, string? b = null, string? with = null)
    {
        var study = await (await grains.KnownStudyAsync(name, cancellationToken)).GetStatusAsync(cancellationToken);
        var other = with == null ? study : await (await grains.KnownStudyAsync(with, cancellationToken)).GetStatusAsync(cancellationToken);
        return await BuildComparison.MakeAsync(
            await BuildHistory.FindAsync(store, study, a ?? (with == null ? "2" : "1"), cancellationToken), await BuildHistory.FindAsync(store, other, b ?? "1", cancellationToken), store, grains, cancellationToken);
    }

    private static async Task<Accepted<WorkflowStatus>> ChangeAsync(string name, IGrainFactory grains, Func<IWorkflowGrain, Task<WorkflowStatus>> change, CancellationToken cancellationToken) =>
        TypedResults.Accepted(PathOf(name), await change(await grains.KnownStudyAsync(name, cancellationToken)));

    private static async Task<ServerSentEventsResult<WorkflowStatus>> WatchAsync(string name, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var study = await grains.KnownStudyAsync(name, cancellationToken);
        return TypedResults.ServerSentEvents(FollowedEvents.Of<WorkflowStatus>(study.FollowAsync, EventOf, cancellationToken));
    }

    private static string EventOf(WorkflowStatus status) => !status.IsLast ? "progress" : status.State switch
    {
        WorkState.Done => "done",
        WorkState.Failed => "failed",
        _ => "stopped",
    };
}

/// <summary>A study in a line.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">None if it was given up, or never built to an end.</param>
/// <param name="Total">Targets of the build that is under way, or that this service has seen last; so are the next four.</param>
/// <param name="UpToDate">Those that were.</param>
/// <param name="Ran">Those that ran to their ends.</param>
/// <param name="Failed">Those that failed.</param>
/// <param name="Blocked">Those that cannot run because others failed.</param>
/// <param name="Error">Why the last build ended as it did, if it did not end well.</param>
/// <param name="LastBuild">The last build that ended.</param>
public sealed record StudySummary(string Name, WorkState State, int Total, int UpToDate, int Ran, int Failed, int Blocked, string? Error, BuildSummary? LastBuild);
