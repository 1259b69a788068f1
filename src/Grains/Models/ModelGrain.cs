using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Models;

/// <inheritdoc cref="IModelGrain"/>
[GrainType("model")]
internal sealed partial class ModelGrain(
    [PersistentState("model", GrainStorageNames.Default)] IPersistentState<ModelState> state,
    SnapshotDescriptions descriptions,
    ShippedModels shipped,
    ModelImporter importer,
    ModelReconstructor reconstructor,
    ILogger<ModelGrain> logger) : Grain, IModelGrain
{
    private readonly CancellationTokenSource _deactivated = new();
    private readonly Watched<ModelImportStatus> _import = new(new ModelImportStatus { State = WorkState.None });
    private (object Request, string Description) _making;

    private string Name => this.GetPrimaryKeyString();

    public async Task<ModelEntry> RegisterAsync(string snapshotArtifact, string lineage, CancellationToken cancellationToken = default)
    {
        Names.Check(Name, "a model");
        string digest = SnapshotNames.DigestOf(snapshotArtifact);
        var description = await descriptions.GetAsync(digest, cancellationToken);
        var entry = new ModelEntry
        {
            Name = Name,
            Snapshot = snapshotArtifact,
            Digest = digest,
            Lineage = lineage,
            Classes = description.Classes,
            NeedsFlux = description.Values.Any(condition => condition.Name == ConditionDescription.PeakFlux),
            TakesScaledFlux = description.TakesScaledFlux,
            Iterations = description.Iterations,
            Parameters = description.Parameters,
            ImageSize = description.Network.ImageSize,
            FluxRange = [.. description.PeakFluxPercentiles.Select(jansky => jansky * 1000)],
            Conditions = [.. description.Values.Select(Condition)],
            Usual = description.Usual is { } usual
                ? new ModelUsual { Solver = usual.Solver, Steps = usual.Steps, SigmaMin = usual.SigmaMin, Rho = usual.Rho, Guidance = usual.Guidance } : null,
            IsClassifier = description.Network.Kind == NetworkKind.Classifier,
            Channels = [.. (description.Channels ?? []).Select(channel => channel.Name)],
        };
        await state.ReplaceAsync(new ModelState { Entry = entry }, Name, cancellationToken);
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Models).AddAsync(Name, cancellationToken);
        return entry;
    }

    public Task<ModelImportStatus> StartImportAsync(ModelImportRequest request, CancellationToken cancellationToken = default) =>
        Task.FromResult(Start(request, $"imported from {request.Path}", async token =>
        {
            var (snapshot, lineage, result) = await importer.ImportAsync(request, GrainFactory, token);
            return new MadeSnapshot(snapshot, lineage, result.Weights, result.Notes);
        }));

    public Task<ModelImportStatus> StartReconstructionAsync(ModelReconstruction request, CancellationToken cancellationToken = default) =>
        Task.FromResult(Start(request, $"made of the averages of run {request.Run}", token => reconstructor.ReconstructAsync(request, GrainFactory, token)));

    private ModelImportStatus Start(object request, string description, Func<CancellationToken, Task<MadeSnapshot>> make)
    {
        Names.Check(Name, "a model");
        if (_import.Value.State == WorkState.Running)
        {
            return _making.Request.Equals(request)
                ? _import.Value
                : throw new UserErrorException(ErrorKind.Conflict, Name, $"Model '{Name}' is being {_making.Description}: wait for it, or use another name.");
        }
        _making = (request, description);
        _import.Set(new ModelImportStatus { State = WorkState.Running });
        _ = RunAsync(make);
        return _import.Value;
    }

    public Task<ModelImportStatus> WaitImportAsync(TimeSpan wait, CancellationToken cancellationToken = default) =>
        _import.WaitAsync(status => status.State == WorkState.Running, wait, cancellationToken);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        return Task.CompletedTask;
    }

    public async Task<ModelEntry> GetAsync(CancellationToken cancellationToken = default)
    {
        if (state.State.Entry is { } entry)
            return entry;
        return await shipped.StoreAsync(Name, cancellationToken) is { } snapshot
            ? await RegisterAsync(snapshot, "comes with RadioDiffusion", cancellationToken)
            : throw new UserErrorException(ErrorKind.NotFound, Name, $"There is no model '{Name}': 'radiodiffusion model list' shows those there are.");
    }

    /// <summary>In the units that samples are asked for by: peak fluxes in mJy/beam.</summary>
    private static ModelCondition Condition(ConditionDescription condition)
    {
        bool isFlux = condition.Name == ConditionDescription.PeakFlux;
        return new ModelCondition
        {
            Name = condition.Name,
            Unit = isFlux ? "mJy/beam" : condition.Unit,
            Transform = condition.Transform.ToString(),
            Range = [.. condition.Percentiles.Select(value => isFlux ? 1000 * value : value)],
        };
    }

    private async Task RunAsync(Func<CancellationToken, Task<MadeSnapshot>> make)
    {
        try
        {
            DelayDeactivation(TimeSpan.FromHours(2));
            var made = await make(_deactivated.Token);
            var entry = await this.AsReference<IModelGrain>().RegisterAsync(made.Snapshot, made.Lineage, _deactivated.Token);   // a turn of its own
            _import.Set(new ModelImportStatus { State = WorkState.Done, Model = entry, Weights = made.Weights, Notes = made.Notes });
        }
        catch (Exception error)
        {
            // The work ends here, whatever happened: it is told to whoever waits, and asking again starts anew.
            if (!UserErrors.IsExpected(error))
                LogFailed(error, Name);
            _import.Set(new ModelImportStatus { State = WorkState.Failed, Error = error.Message });
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Making model {Name} failed")]
    private partial void LogFailed(Exception error, string name);
}

/// <summary>A stored snapshot, where it came from in words, which weights were taken, and what the user should know.</summary>
internal sealed record MadeSnapshot(string Snapshot, string Lineage, string Weights, IReadOnlyList<string> Notes);

internal sealed class ModelState
{
    public ModelEntry? Entry { get; set; }
}
