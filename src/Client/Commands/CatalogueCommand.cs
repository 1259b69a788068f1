using System.CommandLine;
using System.Globalization;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Catalogues;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`catalogue show` and `catalogue convert`.</summary>
internal static class CatalogueCommand
{
    private static readonly Argument<string> _file = new("FILE") { Description = "Catalogue: FITS table, CSV, ECSV, VOTable or Parquet; its content tells which." };
    private static readonly Argument<string> _from = new("IN") { Description = "Catalogue to read: FITS table, CSV, ECSV, VOTable or Parquet." };
    private static readonly Argument<string> _to = new("OUT") { Description = "Catalogue to write; its name ends with .fits, .csv, .ecsv, .vot or .parquet." };
    private static readonly Option<string?> _columns = ColumnsOption();

    public static Command Build()
    {
        var show = new Command("show", "Rows, columns, units and ranges of a catalogue, how its columns are understood, and what is wrong with it.").With(_file, _columns);
        show.SetGuardedAction(ShowAsync);
        var convert = new Command("convert", "Writes a catalogue in another format, with all columns.").With(_from, _to);
        convert.SetGuardedAction(ConvertAsync);
        return new Command("catalogue", "Source catalogues of surveys.") { show, convert };
    }

    /// <summary>The option --columns, for every command that reads a catalogue.</summary>
    public static Option<string?> ColumnsOption() => new("--columns")
    {
        Description = $"How the catalogue's columns are called: {string.Join(", ", ColumnMapping.BuiltIn.Select(mapping => mapping.Name))}, or a mapping file (JSON). Default: found by the names.",
        HelpName = "NAME|FILE",
    };

    /// <summary>A mapping file by its whole path, since another process may read it.</summary>
    public static string? Mapping(string? nameOrFile) =>
        nameOrFile == null || ColumnMapping.BuiltIn.Any(mapping => mapping.Name == nameOrFile) ? nameOrFile : Path.GetFullPath(nameOrFile);

    private static Task<int> ShowAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_file)!;
        var profile = CatalogueProfile.Of(path, cancellationToken);
        var (report, problem) = ReportOf(path, parsed.GetValue(_columns), cancellationToken);
        string[] problems = problem != null ? [problem] : [.. report!.Problems()];
        output.Result(
            new
            {
                profile.Path,
                profile.Format,
                profile.Rows,
                Columns = profile.Columns.Select(column => new
                {
                    column.Column.Name,
                    column.Column.Type,
                    column.Column.Unit,
                    column.Column.Description,
                    column.Missing,
                    column.Minimum,
                    column.Maximum,
                    First = column.FirstText,
                }),
                profile.LeftOut,
                report?.Mapping,
                Fields = report?.Fields.ToDictionary(field => CatalogueFields.NameOf(field.Field), field => new { field.Column, field.Unit, field.UnitFromMapping }),
                report?.RowsWithoutPosition,
                report?.RowsOutOfRange,
                report?.RowsWrapped,
                report?.DuplicateNames,
                Problems = problems,
            },
            console =>
            {
                console.Write(ColumnTable(profile));
                console.WriteLine($"{profile.Rows:N0} rows, {profile.Columns.Count} columns, {profile.Format}");
                foreach (string sentence in report?.Sentences() ?? [problem!])
                    console.WriteLine(sentence);
            });
        return Task.FromResult(problem == null ? ExitCode.Done : ExitCode.PartlyDone);
    }

    private static Task<int> ConvertAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string to = parsed.GetValue(_to)!;
        var (rows, leftOut) = CatalogueCopy.Convert(parsed.GetValue(_from)!, to, cancellationToken);
        output.Result(
            new { Path = to, Rows = rows, LeftOut = leftOut },
            console =>
            {
                console.WriteLine($"{rows:N0} rows are in {to}");
                foreach (string column in leftOut)
                    console.WriteLine($"Left out: column {column}.");
            });
        return Task.FromResult(leftOut.Count > 0 ? ExitCode.PartlyDone : ExitCode.Done);
    }

    /// <summary>A table that is no catalogue of sources can be shown all the same; why it is none is part of the answer.</summary>
    private static (CatalogueReport? Report, string? Problem) ReportOf(string path, string? columns, CancellationToken cancellationToken)
    {
        try
        {
            return (Catalogue.Read(path, columns, cancellationToken).Report, null);
        }
        catch (RadioDiffusionException error) when (columns == null)
        {
            return (null, error.Message);
        }
    }

    private static Table ColumnTable(CatalogueProfile profile)
    {
        var table = new Table().AddColumns("Column", "Type", "Unit")
            .AddColumn(new TableColumn("Missing").RightAligned()).AddColumn(new TableColumn("Smallest").RightAligned()).AddColumn(new TableColumn("Largest").RightAligned());
        foreach (var (column, missing, minimum, maximum, text) in profile.Columns)
        {
            table.AddRow(Markup.Escape(column.Name), column.Type.ToString(), Markup.Escape(column.Unit ?? ""), missing.ToString("N0", CultureInfo.InvariantCulture),
                Markup.Escape(text ?? Number(minimum)), Number(maximum));
        }
        return table;
    }

    private static string Number(double? value) => value?.ToString("G8", CultureInfo.InvariantCulture) ?? "";
}
