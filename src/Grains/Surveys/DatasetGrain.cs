using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Storage;

namespace RadioDiffusion.Grains.Surveys;

/// <inheritdoc cref="IDatasetGrain"/>
[GrainType("dataset")]
internal sealed partial class DatasetGrain(
    [PersistentState("dataset", GrainStorageNames.Default)] IPersistentState<DatasetState> state,
    DatasetBuilder builder,
    ILogger<DatasetGrain> logger) : Grain, IDatasetGrain
{
    private readonly CancellationTokenSource _deactivated = new();
    private Watched<DatasetStatus> _status = null!;

    private string Name => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Names.Check(Name, "a data set");
        _status = new Watched<DatasetStatus>(state.State.Result ?? new DatasetStatus { Name = Name, State = WorkState.None, Version = 0 });
        if (state.State.Building is { } request)
            _status.Set(new DatasetStatus { Name = Name, State = WorkState.Interrupted, Version = _status.Value.Version + 1, Request = request });
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        return Task.CompletedTask;
    }

    public async Task<DatasetStatus> BuildAsync(DatasetRequest request, CancellationToken cancellationToken = default)
    {
        var current = _status.Value;
        if (current.State == WorkState.Running)
        {
            return current.Request == request
                ? current
                : throw new UserErrorException(ErrorKind.Conflict, Name,
                    $"Data set '{Name}' is being built from {current.Request!.CataloguePath}: wait for it, or use another name.");
        }
        state.State = new DatasetState { Building = request, Result = state.State.Result };
        await state.WriteStateAsync(cancellationToken);
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Datasets).AddAsync(Name, cancellationToken);
        _status.Set(new DatasetStatus
        {
            Name = Name,
            State = WorkState.Running,
            Version = current.Version + 1,
            Phase = "reading the catalogue and the mosaics' headers",
            Request = request,
        });
        _ = BuildInBackgroundAsync(request);
        return _status.Value;
    }

    public Task<DatasetStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Task.FromResult(_status.Value);

    public IAsyncEnumerable<DatasetStatus> WatchAsync(long afterVersion, CancellationToken cancellationToken = default) =>
        _status.WatchAsync(afterVersion, status => status.Version, status => status.State != WorkState.Running, cancellationToken);

    private async Task BuildInBackgroundAsync(DatasetRequest request)
    {
        try
        {
            DelayDeactivation(TimeSpan.FromDays(1));
            var result = await builder.BuildAsync(Name, request, GrainFactory, Change, _deactivated.Token);
            state.State = new DatasetState { Result = result with { Version = _status.Value.Version + 1 } };
            await state.WriteStateAsync(_deactivated.Token);
            _status.Set(state.State.Result!);
        }
        catch (Exception error)
        {
            // The build ends here, whatever happened: it is told to whoever watches, and asking again starts anew.
            if (!UserErrors.IsExpected(error))
                LogFailed(error, Name);
            Change(status => status with { State = WorkState.Failed, Error = error.Message });
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    private void Change(Func<DatasetStatus, DatasetStatus> change)
    {
        var current = _status.Value;
        _status.Set(change(current) with { Version = current.Version + 1 });
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Building data set {Name} failed")]
    private partial void LogFailed(Exception error, string name);
}

internal sealed class DatasetState
{
    /// <summary>The last finished build.</summary>
    public DatasetStatus? Result { get; set; }

    /// <summary>A build under way.</summary>
    public DatasetRequest? Building { get; set; }
}
