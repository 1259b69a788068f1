using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Exchange;

namespace RadioDiffusion.Grains.Surveys;

/// <inheritdoc cref="IDatasetExportGrain"/>
/// <remarks>Keeps no state of its own: an export is done when its artifact is in the store.</remarks>
[GrainType("dataset-export")]
internal sealed partial class DatasetExportGrain(IArtifactStore store, IDeviceSlots devices, ILogger<DatasetExportGrain> logger) : Grain, IDatasetExportGrain, IProgress<int>
{
    /// <summary>The formats by the names that users give them.</summary>
    internal static readonly IReadOnlyDictionary<string, ExportFormat> Formats = new Dictionary<string, ExportFormat>
    {
        ["hdf5"] = ExportFormat.Hdf5,
        ["labelled-hdf5"] = ExportFormat.LabelledHdf5,
        ["fits-cube"] = ExportFormat.FitsCube,
        ["png-folder"] = ExportFormat.PngFolder,
        ["fits-folder"] = ExportFormat.FitsFolder,
    };

    private readonly CancellationTokenSource _deactivated = new();
    private readonly Watched<DatasetExportStatus> _status = new(new DatasetExportStatus { State = WorkState.None });
    private volatile int _imagesDone;

    public async Task<DatasetExportStatus> StartAsync(CancellationToken cancellationToken = default)
    {
        var (name, format) = ParseKey();
        var dataset = await GrainFactory.GetGrain<IDatasetGrain>(name).GetStatusAsync(cancellationToken);
        if (dataset.Artifact is not { } artifact || dataset.Digest is not { } digest)
            throw new UserErrorException(ErrorKind.NotFound, name, $"Data set '{name}' is not there to export (its state is {dataset.State}).");
        var current = _status.Value;
        if (current.State != WorkState.Running && (current.State != WorkState.Done || current.Dataset != artifact))
        {
            _imagesDone = 0;
            _status.Set(new DatasetExportStatus { State = WorkState.Running, Dataset = artifact, Images = dataset.Selected });
            _ = ExportAsync(artifact, digest, format);
        }
        return _status.Value;
    }

    public async Task<DatasetExportStatus> WaitAsync(TimeSpan wait, CancellationToken cancellationToken = default) =>
        (await _status.WaitAsync(status => status.State == WorkState.Running, wait, cancellationToken)) with { ImagesDone = _imagesDone };

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        return Task.CompletedTask;
    }

    void IProgress<int>.Report(int value) => _imagesDone = value;

    private (string Name, string Format) ParseKey()
    {
        string key = this.GetPrimaryKeyString();
        int slash = key.LastIndexOf('/');
        string format = key[(slash + 1)..];
        return slash > 0 && Formats.ContainsKey(format)
            ? (key[..slash], format)
            : throw new UserErrorException(ErrorKind.Invalid, key, $"An export should be named DATASET/FORMAT with a format of {string.Join(", ", Formats.Keys)}, but it is '{key}'.");
    }

    private async Task ExportAsync(string artifact, string digest, string format)
    {
        try
        {
            DelayDeactivation(TimeSpan.FromHours(2));
            var recipe = RecipeOf(digest, format);
            var manifest = await store.FindAsync(recipe.Id, _deactivated.Token);
            bool upToDate = manifest != null;
            manifest ??= await WriteAsync(artifact, format, recipe);
            _status.Set(_status.Value with { State = WorkState.Done, Artifact = manifest.Id, WasUpToDate = upToDate });
        }
        catch (Exception error)
        {
            // The export ends here, whatever happened: it is told to whoever waits, and asking again starts anew.
            if (!UserErrors.IsExpected(error))
                LogFailed(error, this.GetPrimaryKeyString());
            _status.Set(_status.Value with { State = WorkState.Failed, Error = error.Message });
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    private async Task<ArtifactManifest> WriteAsync(string artifact, string format, Recipe recipe)
    {
        string from = await store.GetDirectoryAsync(artifact, _deactivated.Token);
        using var scratch = store.CreateScratchDirectory();
        await devices.Cpu.RunAsync(
            () =>
            {
                using var set = TrainingSetReader.Open(from);
                DatasetExport.Write(scratch.Path, set, Formats[format], this, _deactivated.Token);
            },
            _deactivated.Token);
        return await store.PutAsync(recipe.Id, recipe, scratch.Path, _deactivated.Token);
    }

    private static Recipe RecipeOf(string digest, string format) => new()
    {
        Kind = "dataset-export",
        AlgorithmVersion = 1,
        Inputs = new() { ["dataset"] = digest },
        Parameters = new JsonObject { ["format"] = format },
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "Exporting {Export} failed")]
    private partial void LogFailed(Exception error, string export);
}
