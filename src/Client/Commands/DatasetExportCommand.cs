using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`dataset export`: training sets as files that other programs read.</summary>
internal static class DatasetExportCommand
{
    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(4);
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the data set." };
    private static readonly Option<string> _out = new("--out") { Description = "FILE.hdf5 (published layout), FILE.fits (cube with a table), or a folder for one image file each.", Required = true, HelpName = "PATH" };
    private static readonly Option<bool> _labelled = new("--labelled") { Description = "HDF5 in the layout of the labelled FIRST set: one group for each image." };
    private static readonly Option<string?> _images = new("--images") { Description = "png or fits, in a folder; default: png for pictures, fits for images with a unit." };

    public static Command Build()
    {
        _images.AcceptOnlyFromAmong("png", "fits");
        var export = new Command("export", "Writes a data set as HDF5, as a FITS cube, or as a folder of images.").With(_name, _out, _labelled, _images);
        export.SetGuardedAction(ExportAsync);
        return export;
    }

    private static async Task<int> ExportAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string name = parsed.GetValue(_name)!, to = Path.GetFullPath(parsed.GetValue(_out)!);
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        await session.Grains.KnownAsync(INameIndexGrain.Datasets, name, "data set", cancellationToken);
        string format = await FormatOfAsync(parsed, session, name, to, cancellationToken);
        var status = await FollowAsync(session.Grains.GetGrain<IDatasetExportGrain>($"{name}/{format}"), name, output, cancellationToken);
        string[] files = await CopyAsync(session, status.Artifact!, to, format.EndsWith("-folder", StringComparison.Ordinal), cancellationToken);
        output.Result(new { Name = name, Format = format, status.Images, Path = to, Files = files.Length, status.Artifact, status.WasUpToDate }, console =>
            console.WriteLine($"{status.Images} images in {(files.Length == 1 ? files[0] : $"{files.Length} files under {to}")}{(status.WasUpToDate ? " (was in the store)" : "")}"));
        return ExitCode.Done;
    }

    private static async Task<string> FormatOfAsync(ParseResult parsed, Session session, string name, string to, CancellationToken cancellationToken)
    {
        bool labelled = parsed.GetValue(_labelled);
        switch (Path.GetExtension(to).ToLowerInvariant())
        {
            case ".h5" or ".hdf5" or ".hdf":
                return labelled ? "labelled-hdf5" : "hdf5";
            case ".fits" or ".fit":
                return "fits-cube";
        }
        if (labelled)
            throw new UserErrorException(ErrorKind.Invalid, to, $"--labelled is a layout of HDF5: give --out FILE.hdf5, not '{to}'.");
        if (parsed.GetValue(_images) is { } images)
            return $"{images}-folder";
        await using var details = await DatasetDetails.OpenAsync(session, name, cancellationToken);
        return details.Set.Description.Unit.Length == 0 ? "png-folder" : "fits-folder";
    }

    private static async Task<DatasetExportStatus> FollowAsync(IDatasetExportGrain export, string name, Output output, CancellationToken cancellationToken)
    {
        var status = await export.StartAsync(cancellationToken);
        int shown = 0;
        while (status.State == WorkState.Running)
        {
            status = await export.WaitAsync(_wait, cancellationToken);
            if (status.State == WorkState.Running && status.ImagesDone > shown)
                output.Message($"  writing: {shown = status.ImagesDone} of {status.Images}");
        }
        return status.State == WorkState.Done
            ? status
            : throw new UserErrorException(ErrorKind.Failed, name, status.Error ?? $"Exporting data set '{name}' ended as {status.State}.");
    }

    /// <summary>From the store to where the user wants it; each file is there whole or not at all.</summary>
    private static async Task<string[]> CopyAsync(Session session, string artifact, string to, bool isFolder, CancellationToken cancellationToken)
    {
        string from = await session.Artifacts.GetDirectoryAsync(artifact, cancellationToken);
        var manifest = await session.Artifacts.FindAsync(artifact, cancellationToken);
        var files = manifest!.Files.Select(file => (From: Path.Combine(from, file.Name), To: isFolder ? Path.Combine(to, file.Name[(file.Name.IndexOf('/') + 1)..]) : to)).ToArray();
        foreach (var file in files)
            WholeFile.Copy(file.From, file.To);
        return [.. files.Select(file => file.To)];
    }
}
