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
    DatasetAugmenter augmenter,
    WakeUp wakeUp,
    ILogger<DatasetGrain> logger) : Grain, IDatasetGrain, IRemindable
{
    private readonly CancellationTokenSource _deactivated = new();
    private Watched<DatasetStatus> _status = null!;

    private string Name => this.GetPrimaryKeyString();

    /// <summary>What the data set is, whatever became of later attempts.</summary>
    private DatasetStatus Result => state.State.Result ?? new DatasetStatus { Name = Name, State = WorkState.None, Version = 0 };

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Names.Check(Name, "a data set");
        var status = Result;
        if (state.State.Source is { } source)
            status = status with { State = WorkState.Interrupted, Error = $"Making it from {source} was interrupted: ask again." };
        else if (state.State.Failure is { } failure)
            status = status with { State = WorkState.Failed, Error = failure };
        _status = new Watched<DatasetStatus>(status);
        if (wakeUp.SurvivesSilos && state.State.Source != null)
            GoOn();
        return Task.CompletedTask;
    }

    /// <summary>Being awake is all it takes: an activation goes on with what is under way.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => state.State.Source == null ? wakeUp.CancelAsync(this) : Task.CompletedTask;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        return Task.CompletedTask;
    }

    public Task<DatasetStatus> BuildAsync(DatasetRequest request, CancellationToken cancellationToken = default) =>
        StartAsync(new DatasetState { Building = request, Result = state.State.Result }, cancellationToken);

    public Task<DatasetStatus> ImportAsync(DatasetImportRequest request, CancellationToken cancellationToken = default) =>
        StartAsync(new DatasetState { Importing = request, Result = state.State.Result }, cancellationToken);

    public Task<DatasetStatus> AugmentAsync(DatasetAugmentation request, CancellationToken cancellationToken = default) =>
        StartAsync(new DatasetState { Augmenting = request, Result = state.State.Result }, cancellationToken);

    public async Task<DatasetStatus> RegisterAsync(string artifact, CancellationToken cancellationToken = default)
    {
        if (state.State.Source is { } source)
            throw new UserErrorException(ErrorKind.Conflict, Name, $"Data set '{Name}' is being made from {source}: wait for it, or use another name.");
        if (state.State.Result?.Artifact == artifact)
            return _status.Value;
        var result = await importer.FindAsync(Name, artifact, cancellationToken) with { Version = _status.Value.Version + 1 };
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Datasets).AddAsync(Name, cancellationToken);
        await state.ReplaceAsync(new DatasetState { Result = result }, Name, cancellationToken);
        _status.Set(result);
        return result;
    }

    public Task<DatasetStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Task.FromResult(_status.Value);

    public IAsyncEnumerable<DatasetStatus> WatchAsync(long afterVersion, CancellationToken cancellationToken = default) =>
        _status.WatchAsync(afterVersion, status => status.Version, status => status.State != WorkState.Running, cancellationToken);

    private async Task<DatasetStatus> StartAsync(DatasetState wanted, CancellationToken cancellationToken)
    {
        if (_status.Value.State == WorkState.Running)
        {
            return state.State.Building == wanted.Building && state.State.Importing == wanted.Importing && state.State.Augmenting == wanted.Augmenting
                ? _status.Value
                : throw new UserErrorException(ErrorKind.Conflict, Name, $"Data set '{Name}' is being made from {state.State.Source}: wait for it, or use another name.");
        }
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Datasets).AddAsync(Name, cancellationToken);
        await state.ReplaceAsync(wanted, Name, cancellationToken);
        await wakeUp.SetAsync(this);
        GoOn();
        return _status.Value;
    }

    /// <summary>Does what the state says is under way; tiles that are done are not done again.</summary>
    private void GoOn()
    {
        string phase = state.State.Building != null ? "reading the catalogue and the mosaics' headers" : "reading the files";
        Change(status => status with { State = WorkState.Running, Phase = phase, TilesDone = 0, TilesTotal = 0, TilesUpToDate = 0, Error = null });
        _ = RunInBackgroundAsync(() => state.State switch
        {
            { Building: { } build } => builder.BuildAsync(Name, build, GrainFactory, Change, _deactivated.Token),
            { Importing: { } import } => importer.ImportAsync(Name, import, Change, _deactivated.Token),
            var other => augmenter.AugmentAsync(Name, other.Augmenting!, GrainFactory, _deactivated.Token),
        });
    }

    private async Task RunInBackgroundAsync(Func<Task<DatasetStatus>> work)
    {
        try
        {
            DelayDeactivation(TimeSpan.FromDays(1));
            var result = await work();
            result = result with { Version = _status.Value.Version + 1 };
            await state.ReplaceAsync(new DatasetState { Result = result }, Name, _deactivated.Token);
            _status.Set(result);
            await wakeUp.CancelAsync(this);
        }
        catch (OperationCanceledException) when (_deactivated.IsCancellationRequested)
        {
            // The silo stops: the state says what was under way.
        }
        catch (Exception error)
        {
            if (!UserErrors.IsExpected(error))
                LogFailed(error, Name);
            await FailAsync(error.Message);
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    /// <summary>The work ends here; the result before it stays what the data set is, and asking again starts anew. Whoever is told so finds it so later: it is stored first.</summary>
    private async Task FailAsync(string reason)
    {
        try
        {
            await state.ReplaceAsync(new DatasetState { Result = state.State.Result, Failure = reason }, Name, CancellationToken.None);
            await wakeUp.CancelAsync(this);
        }
        catch (Exception error)
        {
            LogFailed(error, Name);                          // it is shown all the same, and later as interrupted
        }
        Change(_ => Result with { State = WorkState.Failed, Error = reason });
    }

    private void Change(Func<DatasetStatus, DatasetStatus> change)
    {
        var current = _status.Value;
        _status.Set(change(current) with { Version = current.Version + 1 });
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Making data set {Name} failed")]
    private partial void LogFailed(Exception error, string name);
}

internal sealed class DatasetState
{
    /// <summary>The last finished build or import.</summary>
    public DatasetStatus? Result { get; set; }

    /// <summary>A build under way.</summary>
    public DatasetRequest? Building { get; set; }

    /// <summary>An import under way.</summary>
    public DatasetImportRequest? Importing { get; set; }

    /// <summary>An addition of generated images under way.</summary>
    public DatasetAugmentation? Augmenting { get; set; }

    /// <summary>Why the last attempt failed, if it did.</summary>
    public string? Failure { get; set; }

    /// <summary>What is being read, if anything is.</summary>
    internal string? Source => Building?.CataloguePath ?? Importing?.Path ?? Augmenting?.Generated;
}
