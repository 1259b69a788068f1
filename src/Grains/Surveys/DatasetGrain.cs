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
    DatasetImporter importer,
    ILogger<DatasetGrain> logger) : Grain, IDatasetGrain
{
    private readonly CancellationTokenSource _deactivated = new();
    private Watched<DatasetStatus> _status = null!;

    private string Name => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Names.Check(Name, "a data set");
        _status = new Watched<DatasetStatus>(state.State.Result ?? new DatasetStatus { Name = Name, State = WorkState.None, Version = 0 });
        if (state.State.Building is not null || state.State.Importing is not null)
        {
            _status.Set(new DatasetStatus
            {
                Name = Name,
                State = WorkState.Interrupted,
                Version = _status.Value.Version + 1,
                Request = state.State.Building,
                Import = state.State.Importing,
            });
        }
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        return Task.CompletedTask;
    }

    public Task<DatasetStatus> BuildAsync(DatasetRequest request, CancellationToken cancellationToken = default) => StartAsync(
        new DatasetState { Building = request, Result = state.State.Result },
        "reading the catalogue and the mosaics' headers",
        () => builder.BuildAsync(Name, request, GrainFactory, Change, _deactivated.Token),
        cancellationToken);

    public Task<DatasetStatus> ImportAsync(DatasetImportRequest request, CancellationToken cancellationToken = default) => StartAsync(
        new DatasetState { Importing = request, Result = state.State.Result },
        "reading the files",
        () => importer.ImportAsync(Name, request, Change, _deactivated.Token),
        cancellationToken);

    public Task<DatasetStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Task.FromResult(_status.Value);

    public IAsyncEnumerable<DatasetStatus> WatchAsync(long afterVersion, CancellationToken cancellationToken = default) =>
        _status.WatchAsync(afterVersion, status => status.Version, status => status.State != WorkState.Running, cancellationToken);

    private async Task<DatasetStatus> StartAsync(DatasetState wanted, string phase, Func<Task<DatasetStatus>> work, CancellationToken cancellationToken)
    {
        var current = _status.Value;
        if (current.State == WorkState.Running)
        {
            return current.Request == wanted.Building && current.Import == wanted.Importing
                ? current
                : throw new UserErrorException(ErrorKind.Conflict, Name,
                    $"Data set '{Name}' is being built from {current.Request?.CataloguePath ?? current.Import!.Path}: wait for it, or use another name.");
        }
        state.State = wanted;
        await state.WriteStateAsync(cancellationToken);
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Datasets).AddAsync(Name, cancellationToken);
        _status.Set(new DatasetStatus
        {
            Name = Name,
            State = WorkState.Running,
            Version = current.Version + 1,
            Phase = phase,
            Request = wanted.Building,
            Import = wanted.Importing,
        });
        _ = RunInBackgroundAsync(work);
        return _status.Value;
    }

    private async Task RunInBackgroundAsync(Func<Task<DatasetStatus>> work)
    {
        try
        {
            DelayDeactivation(TimeSpan.FromDays(1));
            var result = await work();
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

    /// <summary>An import under way.</summary>
    public DatasetImportRequest? Importing { get; set; }
}
