using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Evaluation;
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
    private static readonly Option<int> _size = new Option<int>("--size") { Description = "Side of a cut-out in pixels.", DefaultValueFactory = _ => 80 }.AtLeast(2);
    private static readonly Option<double> _minimumSnr = new Option<double>("--min-snr") { Description = "Smallest S/N_sigma that is kept.", DefaultValueFactory = _ => 5 }.AtLeast(0);
    private static readonly Option<double> _maximumEdge = new Option<double>("--max-edge") { Description = "Largest brightness on the edge relative to the peak.", DefaultValueFactory = _ => 0.8 }.AtLeast(0);
    private static readonly Option<double> _minimumSize = new Option<double>("--min-las") { Description = "Largest angular size in the catalogue must be above it, arcsec; 0 for no such cut.", DefaultValueFactory = _ => 0 }.AtLeast(0);
    private static readonly Option<double> _minimumFlux = new Option<double>("--min-flux") { Description = "Total flux in the catalogue must be above it, mJy; 0 for no such cut.", DefaultValueFactory = _ => 0 }.AtLeast(0);
    private static readonly Option<double> _coverage = new Option<double>("--min-coverage") { Description = "Share of a cut-out that must lie inside the mosaic; 1 is the published, strict rule. What lies outside is 0.", DefaultValueFactory = _ => 1 }.AtLeast(0);
    private static readonly Option<bool> _anyAngle = new("--any-angle") { Description = "Stores cut-outs with a margin, so that training turns them by any angle." };
    private static readonly Option<double?> _pixelScale = new Option<double?>("--pixel-scale") { Description = "Resamples every cut-out onto a grid of its own: north up, the source in the very middle, pixels of so many arcsec. Without it, cut-outs are the pixels of the mosaics.", HelpName = "ARCSEC" }.Positive();
    private static readonly Option<string[]> _channels = new("--channel") { Description = "A further channel of the images: mosaics of the same sky at another frequency, resampled onto the cut-outs of --mosaics, which decides rows, selection and peak flux. May be given several times.", HelpName = "NAME=DIR" };
    private static readonly Option<string[]> _keep = new("--keep") { Description = "A column of the catalogue that the set keeps, so that models can be conditioned on it; NAME=COLUMN where the column is not called by letters and digits. May be given several times.", HelpName = "COLUMN" };
    private static readonly Option<string> _centre = OptionChecks.Choice("--centre", "Where cut-outs are centred: optical (the host's position where there is one, as published) or catalogue.", "optical", "catalogue");
    private static readonly Option<string> _content = OptionChecks.Choice("--content", "all, source-only (all but the source set to 0) or background (places without a source).", "all", "source-only", "background");
    private static readonly Option<int> _backgrounds = new Option<int>("--backgrounds") { Description = "Places without a source looked for in each mosaic, with --content background.", DefaultValueFactory = _ => 500 }.AtLeast(1);

    private static readonly Option<string?> _out = new("--out") { Description = "Folder for figures (examples, what the cuts remove, S/N, peak fluxes, classes) as PNG, plots as SVG too, and the tables as JSON and LaTeX.", HelpName = "DIR" };
    private static readonly Option<bool> _latex = new("--latex") { Description = "Prints the table of the selection, and of the classes if there are any, as LaTeX (package booktabs)." };
    private static readonly Option<int> _pictures = new("--pictures") { Description = "Images in the picture of examples.", DefaultValueFactory = _ => 64 };

    public static Command Build()
    {
        var build = new Command("build", "Cuts, measures and selects the sources of a catalogue from mosaics.").With(_name, _mosaics, _catalogue, _columns, _size, _minimumSnr, _maximumEdge, _minimumSize, _minimumFlux, _coverage, _anyAngle, _pixelScale, _channels, _keep, _centre, _content, _backgrounds, CommonOptions.Seed);
        build.SetGuardedAction(BuildAsync);
        var show = new Command("show", "A data set's tables, statistics, recipe and problems.").With(_nameOrAll, _out, _pictures, _latex);
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
            LargestSizeAboveArcsec = parsed.GetValue(_minimumSize),
            FluxAboveMilliJansky = parsed.GetValue(_minimumFlux),
            MinimumCoverage = parsed.GetValue(_coverage),
            AnyAngle = parsed.GetValue(_anyAngle),
            PixelScaleArcsec = parsed.GetValue(_pixelScale) ?? 0,
            Channels = ChannelsFrom(parsed.GetValue(_channels) ?? []),
            Keep = parsed.GetValue(_keep) is { Length: > 0 } kept ? new([.. kept.Select(text => KeepFrom(text))]) : null,
            CentreOnOpticalPosition = parsed.GetValue(_centre) == "optical",
            Content = parsed.GetValue(_content) switch
            {
                "source-only" => DatasetContent.SourceOnly,
                "background" => DatasetContent.Background,
                _ => DatasetContent.All,
            },
            BackgroundsPerMosaic = parsed.GetValue(_backgrounds),
            Seed = parsed.GetValue(CommonOptions.Seed),
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
        var status = await session.Grains.Dataset(name).GetStatusAsync(cancellationToken);
        await using var details = await DatasetDetails.OpenAsync(session, status, cancellationToken);
        if (parsed.GetValue(_latex))
            return ReportLatex(status, details, output);
        var problems = new List<string>();
        string[] files = details != null && parsed.GetValue(_out) is { } directory ? details.Save(directory, parsed.GetValue(_pictures), problems) : [];
        problems.ForEach(output.Message);
        return Report(status, output, details, files);
    }

    /// <summary>The tables for a publication, ready to be included.</summary>
    private static int ReportLatex(DatasetStatus status, DatasetDetails? details, Output output)
    {
        if (details == null)
            throw new UserErrorException(ErrorKind.NotFound, status.Name, $"Data set '{status.Name}' was never finished, so that it has no table: build or import it.");
        string latex = string.Join('\n', new[] { SelectionTable(status), details.Classes() }.OfType<PublishedTable>().Select(table => table.ToLatex()));
        output.Result(new { status.Name, Latex = latex }, console => console.Profile.Out.Writer.Write(latex));
        return ExitCode.Done;
    }

    public static DatasetRequest RequestFrom(string mosaics, string catalogue) =>
        new() { MosaicDirectory = Path.GetFullPath(mosaics), CataloguePath = Path.GetFullPath(catalogue) };

    private static CatalogueKeep KeepFrom(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? new CatalogueKeep(text, text) : new CatalogueKeep(text[..equals], text[(equals + 1)..]);
    }

    private static ValueList<ChannelFolder>? ChannelsFrom(string[] options) => options.Length == 0 ? null : new([.. options.Select(text =>
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && equals < text.Length - 1
            ? new ChannelFolder(text[..equals], Path.GetFullPath(text[(equals + 1)..]))
            : throw new UserErrorException(ErrorKind.Invalid, "--channel", $"--channel should be NAME=DIR, a name and a folder of mosaics, but it is '{text}'.");
    })]);

    /// <summary>Builds, showing progress.</summary>
    public static Task<DatasetStatus> RunAsync(Session session, string name, DatasetRequest request, Output output, CancellationToken cancellationToken) =>
        FollowAsync(session, name, (dataset, token) => dataset.BuildAsync(request, token), output, cancellationToken);

    /// <summary>Starts and follows to the end, showing progress.</summary>
    public static async Task<DatasetStatus> FollowAsync(Session session, string name, Func<IDatasetGrain, CancellationToken, Task> start, Output output, CancellationToken cancellationToken)
    {
        string? phase = null;
        var last = await session.WorkAsync(
            async token =>
            {
                var dataset = session.Grains.Dataset(name);
                await start(dataset, token);
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
                console.Write(Tables.Of(SelectionTable(status)));
                foreach (string note in status.Notes)
                    console.WriteLine(note);
                foreach (string problem in status.Problems)
                    console.Line($"Left out: {problem}");
                if (status.State == WorkState.Done && status.Import != null && details == null)
                    console.Line($"{(status.WasUpToDate ? "Was in the store already." : "Read and stored.")} Artifact {status.Artifact}");
                else if (status.State == WorkState.Done && status.Import == null)
                {
                    console.Line(status.TilesUpToDate == status.TilesTotal
                        ? $"All {status.TilesTotal} tiles were up to date. Artifact {status.Artifact}"
                        : $"{status.TilesTotal - status.TilesUpToDate} of {status.TilesTotal} tiles were cut. Artifact {status.Artifact}");
                }
                details?.Print(console, statistics!, files ?? []);
            });
        return status.Problems.Count > 0 ? ExitCode.PartlyDone : ExitCode.Done;
    }

    /// <summary>The paper's Table 1: what each cut leaves.</summary>
    public static PublishedTable SelectionTable(DatasetStatus status) => CutTable.Of($"Data set {status.Name}", status.ToSelectionTable(), status.Request?.ToCuts());

    private static Table List(DatasetStatus[] all)
    {
        var table = new Table().AddColumns("Name", "State", "Rows", "Selected", "Artifact");
        foreach (var status in all)
            table.AddRow(Markup.Escape(status.Name), status.State.ToString(), status.Rows.ToString(), status.Selected.ToString(), status.Artifact ?? "");
        return table;
    }
}
