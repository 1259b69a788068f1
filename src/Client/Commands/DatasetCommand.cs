using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`dataset build` and `dataset show`.</summary>
internal static class DatasetCommand
{
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the data set." };
    private static readonly Argument<string?> _nameOrAll = new("NAME") { Description = "Name of the data set; all of them are listed without one.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string> _mosaics = new("--mosaics") { Description = "Folder of mosaics (*.fits, or NAME/mosaic-blanked.fits).", Required = true, HelpName = "DIR" };
    private static readonly Option<string> _catalogue = new("--catalogue") { Description = "Catalogue of the same sky, FITS table or CSV, with LoTSS column names.", Required = true, HelpName = "FILE" };
    private static readonly Option<int> _size = new Option<int>("--size") { Description = "Side of a cut-out in pixels.", DefaultValueFactory = _ => 80 }.AtLeast(1);
    private static readonly Option<double> _minimumSnr = new Option<double>("--min-snr") { Description = "Smallest S/N_sigma that is kept.", DefaultValueFactory = _ => 5 }.AtLeast(0);
    private static readonly Option<double> _maximumEdge = new Option<double>("--max-edge") { Description = "Largest brightness on the edge relative to the peak.", DefaultValueFactory = _ => 0.8 }.AtLeast(0);

    public static Command Build()
    {
        var build = new Command("build", "Cuts, measures and selects the sources of a catalogue from mosaics.").With(_name, _mosaics, _catalogue, _size, _minimumSnr, _maximumEdge);
        build.SetGuardedAction(BuildAsync);
        var show = new Command("show", "A data set's selection table, recipe and problems.").With(_nameOrAll);
        show.SetGuardedAction(ShowAsync);
        return new Command("dataset", "Training sets from surveys.") { build, show };
    }

    private static async Task<int> BuildAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        var request = RequestFrom(parsed.GetValue(_mosaics)!, parsed.GetValue(_catalogue)!) with
        {
            Size = parsed.GetValue(_size),
            MinimumSnr = parsed.GetValue(_minimumSnr),
            MaximumEdge = parsed.GetValue(_maximumEdge),
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
        return Report(await session.Grains.Dataset(name).GetStatusAsync(cancellationToken), output);
    }

    public static DatasetRequest RequestFrom(string mosaics, string catalogue) =>
        new() { MosaicDirectory = Path.GetFullPath(mosaics), CataloguePath = Path.GetFullPath(catalogue) };

    /// <summary>Builds, showing progress.</summary>
    public static async Task<DatasetStatus> RunAsync(Session session, string name, DatasetRequest request, Output output, CancellationToken cancellationToken)
    {
        string? phase = null;
        var last = await session.WorkAsync(
            async token =>
            {
                var dataset = session.Grains.Dataset(name);
                await dataset.BuildAsync(request, token);
                return await dataset.FollowAsync(
                    status =>
                    {
                        string line = status.TilesTotal == 0 ? status.Phase : $"{status.Phase}: tile {status.TilesDone} of {status.TilesTotal}";
                        if (status.State == WorkState.Running && line != phase)
                            output.Message($"  {line}");
                        phase = line;
                    },
                    token);
            },
            status => status.State == WorkState.Done,
            cancellationToken);
        return last.State == WorkState.Done
            ? last
            : throw new UserErrorException(ErrorKind.Failed, name, last.Error ?? $"Building data set '{name}' ended as {last.State}.");
    }

    private static int Report(DatasetStatus status, Output output)
    {
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
                status.Request,
            },
            console =>
            {
                console.Write(SelectionTable(status));
                foreach (string problem in status.Problems)
                    console.Line($"Left out: {problem}");
                if (status.State == WorkState.Done)
                {
                    console.Line(status.TilesUpToDate == status.TilesTotal
                        ? $"All {status.TilesTotal} tiles were up to date. Artifact {status.Artifact}"
                        : $"{status.TilesTotal - status.TilesUpToDate} of {status.TilesTotal} tiles were cut. Artifact {status.Artifact}");
                }
            });
        return status.Problems.Count > 0 ? ExitCode.PartlyDone : ExitCode.Done;
    }

    /// <summary>The paper's Table 1: what each cut leaves.</summary>
    public static Table SelectionTable(DatasetStatus status)
    {
        var table = new Table().Title($"Data set {Markup.Escape(status.Name)}").AddColumn("Cut")
            .AddColumn(new TableColumn("Removed").RightAligned()).AddColumn(new TableColumn("Left").RightAligned());
        int left = status.Rows;
        table.AddRow("catalogue rows", "", left.ToString());
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
