using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Surveys;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`dataset build` and `dataset show`; `import` and `export` have files of their own.</summary>
internal static class DatasetCommand
{
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the data set." };
    private static readonly Argument<string?> _nameOrAll = new("NAME") { Description = "Name of the data set; all of them are listed without one.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string> _mosaics = new("--mosaics") { Description = "Folder of mosaics (*.fits, or NAME/mosaic-blanked.fits).", Required = true, HelpName = "DIR" };
    private static readonly Option<string> _catalogue = new("--catalogue") { Description = "Catalogue of the same sky: FITS table, CSV, ECSV, VOTable or Parquet.", Required = true, HelpName = "FILE" };
    private static readonly Option<string?> _columns = CatalogueCommand.ColumnsOption();
    private static readonly Option<int> _size = new("--size") { Description = "Side of a cut-out in pixels.", DefaultValueFactory = _ => 80 };
    private static readonly Option<double> _minimumSnr = new("--min-snr") { Description = "Smallest S/N_sigma that is kept.", DefaultValueFactory = _ => 5 };
    private static readonly Option<double> _maximumEdge = new("--max-edge") { Description = "Largest brightness on the edge relative to the peak.", DefaultValueFactory = _ => 0.8 };

    private static readonly Option<string?> _out = new("--out") { Description = "Folder for a picture of the first images and, for a set with classes, its table as JSON and LaTeX.", HelpName = "DIR" };
    private static readonly Option<int> _pictures = new("--pictures") { Description = "Images in the picture.", DefaultValueFactory = _ => 64 };

    public static Command Build()
    {
        var build = new Command("build", "Cuts, measures and selects the sources of a catalogue from mosaics.").With(_name, _mosaics, _catalogue, _columns, _size, _minimumSnr, _maximumEdge);
        build.SetGuardedAction(BuildAsync);
        var show = new Command("show", "A data set's tables, statistics, recipe and problems.").With(_nameOrAll, _out, _pictures);
        show.SetGuardedAction(ShowAsync);
        return new Command("dataset", "Training sets from surveys.") { build, DatasetImportCommand.Build(), DatasetExportCommand.Build(), show };
    }

    private static async Task<int> BuildAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        var request = RequestFrom(parsed.GetValue(_mosaics)!, parsed.GetValue(_catalogue)!) with
        {
            Size = parsed.GetValue(_size),
            MinimumSnr = parsed.GetValue(_minimumSnr),
            MaximumEdge = parsed.GetValue(_maximumEdge),
            Columns = CatalogueCommand.Mapping(parsed.GetValue(_columns)),
        };
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var status = await RunAsync(session, parsed.GetValue(_name)!, request, output, cancellationToken);
        return Report(status, output);
    }

    private static async Task<int> ShowAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        if (parsed.GetValue(_nameOrAll) is not { } name)
        {
            var all = await session.Grains.DatasetsAsync(cancellationToken);
            output.Result(all, console => console.Write(List(all)));
            return ExitCode.Done;
        }
        await session.Grains.KnownAsync(INameIndexGrain.Datasets, name, "data set", cancellationToken);
        var status = await session.Grains.GetGrain<IDatasetGrain>(name).GetStatusAsync(cancellationToken);
        await using var details = await DatasetDetails.OpenAsync(session, status, cancellationToken);
        string[] files = details != null && parsed.GetValue(_out) is { } directory ? details.Save(directory, parsed.GetValue(_pictures)) : [];
        return Report(status, output, details, files);
    }

    public static DatasetRequest RequestFrom(string mosaics, string catalogue) =>
        new() { MosaicDirectory = Path.GetFullPath(mosaics), CataloguePath = Path.GetFullPath(catalogue) };

    /// <summary>Builds, showing progress.</summary>
    public static async Task<DatasetStatus> RunAsync(Session session, string name, DatasetRequest request, Output output, CancellationToken cancellationToken)
    {
        var dataset = session.Grains.GetGrain<IDatasetGrain>(name);
        await dataset.BuildAsync(request, cancellationToken);
        return await FollowAsync(dataset, name, output, cancellationToken);
    }

    /// <summary>To the end, showing progress.</summary>
    public static async Task<DatasetStatus> FollowAsync(IDatasetGrain dataset, string name, Output output, CancellationToken cancellationToken)
    {
        string? phase = null;
        var last = await dataset.FollowAsync(
            status =>
            {
                string line = status.TilesTotal == 0 ? status.Phase : $"{status.Phase}: tile {status.TilesDone} of {status.TilesTotal}";
                if (status.State == WorkState.Running && line != phase)
                    output.Message($"  {line}");
                phase = line;
            },
            cancellationToken);
        return last.State == WorkState.Done
            ? last
            : throw new UserErrorException(ErrorKind.Failed, name, last.Error ?? $"Building data set '{name}' ended as {last.State}.");
    }

    public static int Report(DatasetStatus status, Output output, DatasetDetails? details = null, IReadOnlyList<string>? files = null)
    {
        var statistics = details == null ? null : DatasetStatistics.Of(details.Set);
        output.Result(
            new
            {
                status.Rows,
                status.Cutouts,
                Removed = status.Removed.ToDictionary(cut => cut.Cut, cut => cut.Count),
                status.Selected,
                status.Artifact,
                status.Name,
                status.State,
                status.TilesTotal,
                status.TilesUpToDate,
                status.Problems,
                status.Notes,
                status.Request,
                status.Import,
                Details = details?.ToJson(statistics!, files ?? []),
            },
            console =>
            {
                console.Write(SelectionTable(status));
                foreach (string note in status.Notes)
                    console.WriteLine(note);
                foreach (string problem in status.Problems)
                    console.WriteLine($"Left out: {problem}");
                if (status.State == WorkState.Done && status.Import != null && details == null)
                    console.WriteLine($"{(status.WasUpToDate ? "Was in the store already." : "Read and stored.")} Artifact {status.Artifact}");
                else if (status.State == WorkState.Done && status.Import == null)
                {
                    console.WriteLine(status.TilesUpToDate == status.TilesTotal
                        ? $"All {status.TilesTotal} tiles were up to date. Artifact {status.Artifact}"
                        : $"{status.TilesTotal - status.TilesUpToDate} of {status.TilesTotal} tiles were cut. Artifact {status.Artifact}");
                }
                details?.Print(console, statistics!, files ?? []);
            });
        return status.Problems.Count > 0 ? ExitCode.PartlyDone : ExitCode.Done;
    }

    /// <summary>The paper's Table 1: what each cut leaves.</summary>
    public static Table SelectionTable(DatasetStatus status)
    {
        var table = new Table().Title($"Data set {Markup.Escape(status.Name)}").AddColumn("Cut")
            .AddColumn(new TableColumn("Removed").RightAligned()).AddColumn(new TableColumn("Left").RightAligned());
        int left = status.Rows;
        table.AddRow(status.Import == null ? "catalogue rows" : "images", "", left.ToString());
        foreach (var cut in status.Removed)
        {
            left -= cut.Count;
            table.AddRow(Markup.Escape(cut.Cut), cut.Count.ToString(), left.ToString());
        }
        return table.AddRow("[bold]selected[/]", "", $"[bold]{status.Selected}[/]");
    }

    private static Table List(DatasetStatus[] all)
    {
        var table = new Table().AddColumns("Name", "State", "Rows", "Selected", "Artifact");
        foreach (var status in all)
            table.AddRow(Markup.Escape(status.Name), status.State.ToString(), status.Rows.ToString(), status.Selected.ToString(), status.Artifact ?? "");
        return table;
    }
}
