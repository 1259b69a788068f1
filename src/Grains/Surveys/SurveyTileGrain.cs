using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Grains.Surveys;

/// <inheritdoc cref="ISurveyTileGrain"/>
/// <remarks>A tile is done when its shard is in the store. All it remembers are the digests of mosaics of this length and date.</remarks>
[GrainType("survey-tile")]
internal sealed partial class SurveyTileGrain(
    [PersistentState("tile", GrainStorageNames.Default)] IPersistentState<MosaicDigest> state,
    IArtifactStore store,
    IDeviceSlots devices,
    TimeProvider time,
    ILogger<SurveyTileGrain> logger) : Grain, ISurveyTileGrain
{
    private static readonly Histogram<double> _cutTime = Telemetry.Seconds("radiodiffusion.tile.time",
        "Time from the cutting of a mosaic to its shard in the store, without waiting for a thread", 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000);

    private readonly Watched<TileStatus> _status = new(new TileStatus { State = WorkState.None });
    private CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private TileRequest? _request;

    public Task<TileStatus> StartAsync(TileRequest request, CancellationToken cancellationToken = default)
    {
        if (_request != request || _status.Value.State is not (WorkState.Running or WorkState.Done))
        {
            _stop.Cancel();                                  // what is under way is for an older request
            _stop = new CancellationTokenSource();
            _request = request;
            _status.Set(new TileStatus { State = WorkState.Running });
            _work = ExtractAsync(request, _work, _stop.Token);
        }
        return Task.FromResult(_status.Value);
    }

    public Task<TileStatus> WaitAsync(TimeSpan wait, CancellationToken cancellationToken = default) =>
        _status.WaitAsync(status => status.State == WorkState.Running, wait, cancellationToken);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stop.Cancel();
        return Task.CompletedTask;
    }

    private async Task ExtractAsync(TileRequest request, Task before, CancellationToken cancellationToken)
    {
        await before;
        try
        {
            DelayDeactivation(TimeSpan.FromHours(1));
            var recipe = ShardRecipe(request, await DigestAsync(PathsOf(request), cancellationToken));
            var manifest = await store.FindAsync(recipe.Id, cancellationToken);
            bool upToDate = manifest != null;
            manifest ??= await CutAsync(request, recipe, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            LogDone(request.MosaicId, manifest.Id, upToDate);
            _status.Set(new TileStatus
            {
                State = WorkState.Done,
                ShardArtifact = manifest.Id,
                ShardDigest = manifest.ContentDigest,
                WasUpToDate = upToDate,
            });
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Another request came, or the silo stops.
        }
        catch (Exception error)
        {
            // Whatever it is, this tile fails and says so; the other tiles go on.
            LogFailed(error, request.MosaicId);
            _status.Set(new TileStatus { State = WorkState.Failed, Error = $"{request.MosaicPath}: {error.Message}" });
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    /// <summary>The mosaics' digests, computed anew only if length or date is another one: some 800 MB each are read otherwise.</summary>
    private async Task<Dictionary<string, string>> DigestAsync(IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        var known = state.State.Channels.Prepend(state.State).ToDictionary(digest => digest.Path);
        var digests = new List<MosaicDigest>();
        bool isNew = false;
        foreach (string path in paths.Distinct())
        {
            var file = new FileInfo(path);
            if (!known.TryGetValue(path, out var digest) || !file.Exists || digest.Length != file.Length || digest.Modified != file.LastWriteTimeUtc)
            {
                string content = await devices.Cpu.RunAsync(() => Digests.OfFile(path), cancellationToken);
                digest = new MosaicDigest { Path = path, Length = file.Length, Modified = file.LastWriteTimeUtc, Digest = content };
                isNew = true;
            }
            digests.Add(digest);
        }
        // A file that was written just now may be written again within the same tick of its clock.
        MosaicDigest[] old = [.. digests.Where(digest => time.GetUtcNow().UtcDateTime - digest.Modified > TimeSpan.FromSeconds(2))];
        if (isNew && old.Length > 0)
            await state.ReplaceAsync(old[0] with { Channels = [.. old.Skip(1).Select(digest => digest with { Channels = [] })] }, old[0].Path, cancellationToken);
        return digests.ToDictionary(digest => digest.Path, digest => digest.Digest);
    }

    private async Task<ArtifactManifest> CutAsync(TileRequest request, Recipe recipe, CancellationToken cancellationToken)
    {
        using var span = Telemetry.Spans.StartActivity("cut tile");
        string planDirectory = await store.GetDirectoryAsync(request.PlanArtifact, cancellationToken);
        using var scratch = store.CreateScratchDirectory();
        long began = 0;
        await devices.Cpu.RunAsync(
            () =>
            {
                began = Stopwatch.GetTimestamp();
                var rows = TilePlanFile.Read(Path.Combine(planDirectory, request.RowsFile));
                using var file = FitsFile.Open(request.MosaicPath);          // a gzip file stays unpacked for whoever opens it below
                MosaicChannel[] channels = [.. (request.Channels?.Items ?? []).Select(channel => new MosaicChannel(channel.Name, [.. channel.MosaicPaths.Items.Select(MosaicFolder.Open)]))];
                TileShard.Write(scratch.Path, Mosaic.Of(file), rows, OptionsOf(request), channels, cancellationToken);
            },
            cancellationToken);
        var manifest = await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
        _cutTime.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        return manifest;
    }

    /// <summary>Resampling and channels are parameters where they are used: tiles without them keep their IDs.</summary>
    internal static Recipe ShardRecipe(TileRequest request, IReadOnlyDictionary<string, string> digests)
    {
        var inputs = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["mosaic"] = digests[request.MosaicPath], ["rows"] = request.RowsDigest };
        var parameters = new JsonObject
        {
            ["mosaic"] = request.MosaicId,
            ["size"] = request.Size,
            ["minimumCoverage"] = request.MinimumCoverage,
            ["anyAngle"] = request.AnyAngle,
        };
        if (request.PixelScaleArcsec > 0)
            parameters["resampledPixelScaleArcsec"] = request.PixelScaleArcsec;
        if (request.Channels is { } channels)
        {
            parameters["channels"] = new JsonArray([.. channels.Items.Select(channel => (JsonNode)channel.Name)]);
            foreach (var channel in channels.Items)
            {
                int number = 0;
                foreach (string digest in channel.MosaicPaths.Items.Select(path => digests[path]).Order(StringComparer.Ordinal))
                    inputs[$"channel/{channel.Name}/{++number}"] = digest;
            }
        }
        return new Recipe { Kind = "shard", AlgorithmVersion = 3, Inputs = inputs, Parameters = parameters };
    }

    private static IEnumerable<string> PathsOf(TileRequest request) =>
        (request.Channels?.Items ?? []).SelectMany(channel => channel.MosaicPaths.Items).Prepend(request.MosaicPath);

    private static CutoutOptions OptionsOf(TileRequest request) =>
        new() { Size = request.Size, MinimumCoverage = request.MinimumCoverage, AnyAngle = request.AnyAngle, PixelScaleArcsec = request.PixelScaleArcsec };

    [LoggerMessage(Level = LogLevel.Information, Message = "Tile {Mosaic} is done: {Shard}, up to date: {UpToDate}")]
    private partial void LogDone(string mosaic, string shard, bool upToDate);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tile {Mosaic} failed")]
    private partial void LogFailed(Exception error, string mosaic);
}

internal sealed record MosaicDigest
{
    public string Path { get; init; } = "";

    public long Length { get; init; }

    public DateTime Modified { get; init; }

    public string Digest { get; init; } = "";

    /// <summary>The same of further mosaics, those of the other channels.</summary>
    public IReadOnlyList<MosaicDigest> Channels { get; init; } = [];
}
