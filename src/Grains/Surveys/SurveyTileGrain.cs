using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Grains.Surveys;

/// <inheritdoc cref="ISurveyTileGrain"/>
/// <remarks>Keeps no state of its own: a tile is done when its shard is in the store.</remarks>
[GrainType("survey-tile")]
internal sealed partial class SurveyTileGrain(IArtifactStore store, IDeviceSlots devices, ILogger<SurveyTileGrain> logger) : Grain, ISurveyTileGrain
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(8);
    private readonly CancellationTokenSource _deactivated = new();
    private readonly Watched<TileStatus> _status = new(new TileStatus { State = WorkState.None });
    private TileRequest? _request;

    public Task<TileStatus> StartAsync(TileRequest request, CancellationToken cancellationToken = default)
    {
        if (_status.Value.State != WorkState.Running && (_request != request || _status.Value.State != WorkState.Done))
        {
            _request = request;
            _status.Set(new TileStatus { State = WorkState.Running });
            _ = ExtractAsync(request);
        }
        return Task.FromResult(_status.Value);
    }

    public async Task<TileStatus> WaitAsync(TimeSpan wait, CancellationToken cancellationToken = default)
    {
        var changed = _status.NextChange;
        if (_status.Value.State == WorkState.Running)
            await Task.WhenAny(changed, Task.Delay(wait < _longestWait ? wait : _longestWait, cancellationToken));
        return _status.Value;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        return Task.CompletedTask;
    }

    private async Task ExtractAsync(TileRequest request)
    {
        try
        {
            DelayDeactivation(TimeSpan.FromHours(1));
            string mosaicDigest = await devices.Cpu.RunAsync(() => Digests.OfFile(request.MosaicPath), _deactivated.Token);
            var recipe = ShardRecipe(request, mosaicDigest);
            var manifest = await store.FindAsync(recipe.Id, _deactivated.Token);
            bool upToDate = manifest != null;
            manifest ??= await CutAsync(request, recipe);
            LogDone(request.MosaicId, manifest.Id, upToDate);
            _status.Set(new TileStatus
            {
                State = WorkState.Done,
                ShardArtifact = manifest.Id,
                ShardDigest = manifest.ContentDigest,
                WasUpToDate = upToDate,
            });
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

    private async Task<ArtifactManifest> CutAsync(TileRequest request, Recipe recipe)
    {
        string planDirectory = await store.GetDirectoryAsync(request.PlanArtifact, _deactivated.Token);
        using var scratch = store.CreateScratchDirectory();
        await devices.Cpu.RunAsync(
            () =>
            {
                var rows = TilePlanFile.Read(Path.Combine(planDirectory, request.RowsFile));
                var mosaic = MosaicFolder.Open(request.MosaicPath);
                TileShard.Write(scratch.Path, mosaic, rows, request.Size, _deactivated.Token);
            },
            _deactivated.Token);
        return await store.PutAsync(recipe.Id, recipe, scratch.Path, _deactivated.Token);
    }

    private static Recipe ShardRecipe(TileRequest request, string mosaicDigest) => new()
    {
        Kind = "shard",
        AlgorithmVersion = 1,
        Inputs = new() { ["mosaic"] = mosaicDigest, ["rows"] = request.RowsDigest },
        Parameters = new JsonObject { ["mosaic"] = request.MosaicId, ["size"] = request.Size },
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Tile {Mosaic} is done: {Shard}, up to date: {UpToDate}")]
    private partial void LogDone(string mosaic, string shard, bool upToDate);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tile {Mosaic} failed")]
    private partial void LogFailed(Exception error, string mosaic);
}
