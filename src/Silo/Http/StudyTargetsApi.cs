using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.Grains.Workflows;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Figures;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Silo.Http;

/// <summary>One target of a study: what it is made from, what it gave, and the files of that.</summary>
internal static class StudyTargetsApi
{
    private const int MostFiles = 200, LongestLog = 64 * 1024, PreviewImages = 24, MostLosses = 400;

    /// <summary>Files are shown as they are, but what is in them (a page of a user's program, for example) may do nothing in the name of this service.</summary>
    private const string Sandbox = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";

    private static readonly Dictionary<string, string> _mediaTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".html"] = "text/html; charset=utf-8",
        [".txt"] = "text/plain; charset=utf-8",
        [".csv"] = "text/csv; charset=utf-8",
        [".json"] = "application/json",
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".svg"] = "image/svg+xml",
        [".fits"] = "application/fits",
    };

    public static void MapStudyTargets(this IEndpointRouteBuilder api)
    {
        // Names of targets have brackets, equals signs and perhaps slashes in them.
        api.MapGet("/studies/{name}/targets/{**target}", GetAsync)
            .WithName("GetStudyTarget").WithSummary("A target: its parameters, its recipe, what it gave, its log, and where its files are")
            .ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/studies/{name}/previews/{**target}", PreviewAsync)
            .WithName("GetStudyTargetPreview").WithSummary("The first images of a data set or of samples, as one picture")
            .Produces(StatusCodes.Status200OK, contentType: "image/png").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/studies/{name}/artifacts/{artifact}/{**file}", FileAsync)
            .WithName("GetStudyFile").WithSummary("A file of an artifact that a target of the study made")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<StudyTargetDetail> GetAsync(string name, string target, IGrainFactory grains, IArtifactStore store, CancellationToken cancellationToken)
    {
        var (study, targets) = await FindAsync(name, target, grains, store, cancellationToken);
        var defined = study.Targets.First(one => one.Name == target);
        var view = targets.Find(target);
        var outputs = targets.OutputsOf(target);
        var made = view.Artifact == null ? null : await store.FindAsync(view.Artifact, cancellationToken);
        var result = outputs?.GetValueOrDefault(TargetKinds.Artifact)?.Value is { Length: > 0 } id ? await store.FindAsync(id, cancellationToken) : null;
        var files = result?.Files ?? [];
        return new StudyTargetDetail
        {
            Target = view,
            KindDescription = TargetKinds.Find(defined.Kind)?.Description ?? "",
            DependsOn = defined.DependsOn,
            UsedBy = [.. study.Targets.Where(one => one.DependsOn.Contains(target)).Select(one => one.Name)],
            Parameters = defined.Parameters,
            Retry = defined.Retry,
            TimeoutSeconds = defined.TimeoutSeconds,
            Resources = defined.Resources,
            Place = defined.Place,
            Recipe = made?.Recipe,
            Outputs = [.. (outputs ?? new Dictionary<string, TargetOutput>()).Select(output => new StudyTargetOutput(output.Key, output.Value.Value, output.Value.Digest, LinkOf(output.Key, output.Value.Value)))],
            Notes = made == null ? [] : (await TargetLookup.ReadAsync(store, made.Id, cancellationToken)).Notes,
            Log = await TargetLog.FindAsync(store, view.Artifact, targets.LogOf(target), cancellationToken) is { } logged ? await LogAsync(name, logged, store, cancellationToken) : null,
            Numbers = outputs == null ? [] : await TargetNumbers.OfAsync(defined.Kind, outputs, store, grains, cancellationToken),
            Losses = outputs == null || await TargetNumbers.LossesAsync(outputs, store, grains, cancellationToken) is not { } losses ? null : LossesOf(losses),
            Files = result == null ? [] : [.. files.Take(MostFiles).Select(file => new StudyFileLink(file.Name, file.Length, HrefOf(name, result.Id, file.Name)))],
            FilesLeftOut = Math.Max(0, files.Count - MostFiles),
            Preview = files.Any(file => file.Name == TrainingSet.DescriptionFile) ? $"{StudiesApi.PathOf(name)}/previews/{StudiesApi.Escaped(target)}" : null,
        };
    }

    private static async Task<IResult> PreviewAsync(string name, string target, IGrainFactory grains, IArtifactStore store, IDeviceSlots devices, HttpContext http)
    {
        var (_, targets) = await FindAsync(name, target, grains, store, http.RequestAborted);
        if (targets.OutputsOf(target)?.GetValueOrDefault(TargetKinds.Artifact)?.Value is not { Length: > 0 } artifact || await store.FindAsync(artifact, http.RequestAborted) is not { } manifest
            || manifest.Files.All(file => file.Name != TrainingSet.DescriptionFile))
            throw new UserErrorException(ErrorKind.NotFound, target, $"There is nothing to preview of target '{target}': it has no images, or none yet.");
        string folder = await store.GetDirectoryAsync(artifact, http.RequestAborted);
        byte[] png = await devices.Cpu.RunAsync(
            () =>
            {
                using var set = TrainingSetReader.Open(folder);
                return DatasetFigures.Examples(set, PreviewImages).ToPng();
            },
            http.RequestAborted);
        http.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Bytes(png, "image/png");
    }

    private static async Task<IResult> FileAsync(string name, string artifact, string file, IGrainFactory grains, IArtifactStore store, HttpContext http)
    {
        var (_, _, targets) = await StudyTargets.ReadAsync(await grains.KnownStudyAsync(name, http.RequestAborted), name, store, http.RequestAborted);
        if (!targets.Have(artifact) || await store.FindAsync(artifact, http.RequestAborted) is not { } manifest || manifest.Files.All(one => one.Name != file))
            throw new UserErrorException(ErrorKind.NotFound, artifact, $"No target of study '{name}' has an artifact '{artifact}' with a file '{file}'.");
        http.Response.Headers.ContentSecurityPolicy = Sandbox;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Stream(await store.OpenReadAsync(artifact, file, http.RequestAborted), _mediaTypes.GetValueOrDefault(Path.GetExtension(file), "application/octet-stream"), enableRangeProcessing: true);
    }

    private static async Task<(Study Study, StudyTargets Targets)> FindAsync(string name, string target, IGrainFactory grains, IArtifactStore store, CancellationToken cancellationToken)
    {
        var (_, study, targets) = await StudyTargets.ReadAsync(await grains.KnownStudyAsync(name, cancellationToken), name, store, cancellationToken);
        return study.Targets.Any(one => one.Name == target)
            ? (study, targets)
            : throw new UserErrorException(ErrorKind.NotFound, target, $"Study '{name}' has no target '{target}'.{NearestName.Hint(target, study.Targets.Select(one => one.Name))}");
    }

    /// <summary>Its end, if it is long.</summary>
    private static async Task<StudyTargetLog> LogAsync(string study, ArtifactManifest made, IArtifactStore store, CancellationToken cancellationToken)
    {
        var log = made.Files.First(file => file.Name == TargetResult.LogFile);
        await using var stream = await store.OpenReadAsync(made.Id, log.Name, cancellationToken);
        stream.Seek(Math.Max(0, log.Length - LongestLog), SeekOrigin.Begin);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new StudyTargetLog(await reader.ReadToEndAsync(cancellationToken), log.Length > LongestLog, HrefOf(study, made.Id, log.Name));
    }

    private static string HrefOf(string study, string artifact, string file) => $"{StudiesApi.PathOf(study)}/artifacts/{artifact}/{StudiesApi.Escaped(file)}";

    /// <summary>Where this service has more of what a target gave.</summary>
    private static string? LinkOf(string output, string value) => output switch
    {
        TargetKinds.Sky => $"/skies/{value}",
        TargetKinds.Dataset => $"/api/v1/datasets/{value}",
        TargetKinds.Model => $"/api/v1/models/{value}",
        "run" => $"/api/v1/runs/{value}",
        _ => null,
    };

    private static StudyTargetLosses LossesOf(LossHistory losses) => new(
        [.. Thinned(losses.Training).Select(point => new StudyLoss(point.Iteration, point.Loss))],
        [.. Thinned(losses.Validation).Select(point => new StudyLoss(point.Iteration, point.EmaLoss))]);

    /// <summary>So many of them as a chart can show, the last one among them.</summary>
    private static IEnumerable<T> Thinned<T>(IReadOnlyList<T> points)
    {
        int every = (points.Count + MostLosses - 1) / MostLosses;
        return points.Where((_, i) => (points.Count - 1 - i) % every == 0);
    }
}

/// <summary>All that is known of a target.</summary>
public sealed record StudyTargetDetail
{
    public required StudyTargetView Target { get; init; }

    public required string KindDescription { get; init; }

    public required IReadOnlyList<string> DependsOn { get; init; }

    public required IReadOnlyList<string> UsedBy { get; init; }

    /// <summary>As the study has them; results of other targets are {"$target": NAME, "output": RESULT}, and texts with such in them {"$join": [...]}.</summary>
    public required System.Text.Json.Nodes.JsonObject Parameters { get; init; }

    /// <summary>How often it is tried again after it failed.</summary>
    public int Retry { get; init; }

    /// <summary>Of one attempt; null for no limit.</summary>
    public double? TimeoutSeconds { get; init; }

    /// <summary>What it takes of the study's limits while it runs.</summary>
    public required IReadOnlyDictionary<string, int> Resources { get; init; }

    /// <summary>Where it stands in the study's file.</summary>
    public required StudyPlace Place { get; init; }

    /// <summary>All that its result depends on: contents in the place of names. Null until it has run.</summary>
    public Recipe? Recipe { get; init; }

    public required IReadOnlyList<StudyTargetOutput> Outputs { get; init; }

    /// <summary>What people should know, such as what was left out.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What a program wrote, also one that failed; null for other kinds.</summary>
    public StudyTargetLog? Log { get; init; }

    /// <summary>By which one looks whether the result is good: losses, distances, sizes.</summary>
    public IReadOnlyList<TargetNumber> Numbers { get; init; } = [];

    /// <summary>Of a training, up to its last checkpoint.</summary>
    public StudyTargetLosses? Losses { get; init; }

    /// <summary>Files of the artifact that it gave.</summary>
    public IReadOnlyList<StudyFileLink> Files { get; init; } = [];

    /// <summary>How many more files there are.</summary>
    public int FilesLeftOut { get; init; }

    /// <summary>A picture of its first images; null for what has none.</summary>
    public string? Preview { get; init; }
}

/// <summary>Something that a target gave.</summary>
/// <param name="Name">artifact, path, dataset, model, run, sky.</param>
/// <param name="Value">An ID, a name, a path.</param>
/// <param name="Digest">Of its content.</param>
/// <param name="Link">Where this service has it; null for nowhere.</param>
public sealed record StudyTargetOutput(string Name, string Value, string Digest, string? Link);

/// <summary>What a program wrote.</summary>
/// <param name="Text">Its last 64 KiB.</param>
/// <param name="IsCut">Whether there is more before them.</param>
/// <param name="Location">All of it.</param>
public sealed record StudyTargetLog(string Text, bool IsCut, string Location);

/// <summary>Losses of a training, thinned out to what a chart can show.</summary>
/// <param name="Training">Means between reports.</param>
/// <param name="Validation">Of the averaged weights.</param>
public sealed record StudyTargetLosses(IReadOnlyList<StudyLoss> Training, IReadOnlyList<StudyLoss> Validation);

/// <summary>A loss after so many iterations.</summary>
public sealed record StudyLoss(long Iteration, double Loss);

/// <summary>A file of an artifact.</summary>
/// <param name="Name">With '/' between folders.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Location">Where it is.</param>
public sealed record StudyFileLink(string Name, long Length, string Location);
