using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces.Evaluation;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Evaluation;

/// <summary>What grains that work on a part of a set of images have in common: done when the artifact is in the store, so there is no state of their own.</summary>
internal abstract partial class ImageShard(IArtifactStore store, ILogger logger) : Grain, IProgress<int>
{
    private static readonly TimeSpan _longestWork = TimeSpan.FromHours(2);
    private readonly CancellationTokenSource _deactivated = new();
    private readonly Watched<ImageShardStatus> _status = new(new ImageShardStatus { State = WorkState.None });
    private volatile int _imagesDone;

    public Task<ImageShardStatus> StartAsync(ImageShardRequest request, CancellationToken cancellationToken = default)
    {
        if (_status.Value.State is not (WorkState.Running or WorkState.Done))
        {
            _imagesDone = 0;
            _status.Set(new ImageShardStatus { State = WorkState.Running });
            _ = WorkAsync(request);
        }
        return Task.FromResult(_status.Value);
    }

    public async Task<ImageShardStatus> WaitAsync(TimeSpan wait, CancellationToken cancellationToken = default) =>
        (await _status.WaitAsync(status => status.State == WorkState.Running, wait, cancellationToken)) with { ImagesDone = _imagesDone };

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        return Task.CompletedTask;
    }

    void IProgress<int>.Report(int value) => _imagesDone = value;

    protected abstract Recipe RecipeOf(ImageShardRequest request);

    /// <summary>Writes what the recipe stands for.</summary>
    /// <param name="request">The part.</param>
    /// <param name="set">Folder of the training set.</param>
    /// <param name="directory">Where to.</param>
    /// <param name="ct">Stops it.</param>
    protected abstract Task WriteAsync(ImageShardRequest request, string set, string directory, CancellationToken ct);

    private async Task WorkAsync(ImageShardRequest request)
    {
        try
        {
            DelayDeactivation(_longestWork);
            var recipe = RecipeOf(request);
            if (await store.FindAsync(recipe.Id, _deactivated.Token) == null)
            {
                string set = await store.GetDirectoryAsync(request.Artifact, _deactivated.Token);
                using var scratch = store.CreateScratchDirectory();
                await WriteAsync(request, set, scratch.Path, _deactivated.Token);
                await store.PutAsync(recipe.Id, recipe, scratch.Path, _deactivated.Token);
            }
            _imagesDone = request.Count;
            _status.Set(new ImageShardStatus { State = WorkState.Done, Artifact = recipe.Id });
        }
        catch (Exception error)
        {
            // It ends here, whatever happened: whoever waits is told, and asking again starts anew.
            if (!UserErrors.IsExpected(error))
                LogFailed(error, this.GetPrimaryKeyString());
            _status.Set(new ImageShardStatus { State = WorkState.Failed, Error = error.Message });
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Working on the images of {Shard} failed")]
    private partial void LogFailed(Exception error, string shard);
}
