using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Exchange;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows.Kinds;

/// <summary>Results as files outside the store: copies, or a data set in a format of other programs.</summary>
internal sealed class ExportTarget(IArtifactStore store, IDeviceSlots devices) : ITargetWork
{
    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(2);

    public string Kind => "export";

    public async Task<TargetResult> RunAsync(TargetContext context, CancellationToken cancellationToken)
    {
        if (context.Text("dataset") is { } dataset)
            return await CopyAsync(context, await store.GetDirectoryAsync(await ExportAsync(context, dataset, cancellationToken), cancellationToken), cancellationToken);
        string from = context.Text("from")!;
        if (context.Text("format") is not { } format)
            return await CopyAsync(context, from, cancellationToken);
        using var scratch = store.CreateScratchDirectory();
        await devices.Cpu.RunAsync(
            () =>
            {
                using var set = TrainingSetReader.Open(from);
                DatasetExport.Write(scratch.Path, set, DatasetExportGrain.Formats[format], ct: cancellationToken);
            },
            cancellationToken);
        return await CopyAsync(context, scratch.Path, cancellationToken);
    }

    private Task<TargetResult> CopyAsync(TargetContext context, string from, CancellationToken cancellationToken) => File.Exists(from) || Directory.Exists(from)
        ? devices.Cpu.RunAsync(() => ExportedFiles.Copy(from, context.Text("to")!, context.Folder, cancellationToken), cancellationToken)
        : throw new UserErrorException(ErrorKind.NotFound, context.Name, $"There is no file or folder '{from}' to export.");

    private static async Task<string> ExportAsync(TargetContext context, string dataset, CancellationToken cancellationToken)
    {
        var export = context.Grains.GetGrain<IDatasetExportGrain>($"{dataset}/{context.Text("format") ?? "hdf5"}");
        var status = await export.StartAsync(cancellationToken);
        while (status.State == WorkState.Running)
        {
            context.Tell("writing", status.ImagesDone, status.Images);
            status = await export.WaitAsync(_wait, cancellationToken);
        }
        return status.Artifact ?? throw new UserErrorException(ErrorKind.Failed, context.Name, status.Error ?? $"The export of '{dataset}' ended as {status.State}.");
    }
}
