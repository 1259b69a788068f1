using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>A column of a catalogue that a data set keeps, as something to condition models on.</summary>
/// <param name="Name">In configurations and sample IDs: letters and digits.</param>
/// <param name="Unit">As the catalogue spells it; empty where it gives none.</param>
/// <param name="Values">One a row; NaN where there is none.</param>
public sealed record KeptColumn(string Name, string Unit, double[] Values);

/// <summary>Columns of a catalogue as a FITS table: in a plan one line for each of its rows, in a data set one for each image.</summary>
public static class KeptColumns
{
    public const string FileName = "columns.fits";

    /// <summary>Reads columns from the catalogue itself.</summary>
    /// <param name="catalogue">Where they are.</param>
    /// <param name="columns">Each with the name that it gets.</param>
    /// <exception cref="RadioDiffusionException">A name cannot be one, is there twice or means something else, or a column is missing or holds no numbers.</exception>
    public static IReadOnlyList<KeptColumn> Of(Catalogue catalogue, IReadOnlyList<(string Name, string Column)> columns)
    {
        foreach (var (name, column) in columns)
        {
            if (!NamedValues.IsName(name) || ConditionQuantity.Measured.Any(quantity => quantity.Name == name))
            {
                throw new RadioDiffusionException($"Column '{column}' should be kept under a name of letters and digits, a letter first, that means nothing else, but '{name}' "
                    + $"{(NamedValues.IsName(name) ? "is a measurement of every data set" : "cannot be one")}: give another, as NAME={column}.");
            }
        }
        if (columns.GroupBy(column => column.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new RadioDiffusionException($"The columns {string.Join(" and ", twice.Select(one => $"'{one.Column}'"))} should be kept under names of their own, but both are called '{twice.Key}'.");
        return [.. columns.Select(column => new KeptColumn(column.Name, CatalogueColumn.Find(catalogue.Columns, column.Column)?.Unit ?? "", catalogue.Numbers(column.Column)))];
    }

    /// <summary>Equal columns give equal bytes.</summary>
    public static void Write(string directory, IReadOnlyList<KeptColumn> columns) =>
        FitsWriter.WriteTable(Path.Combine(directory, FileName), [.. columns.Select(column => new FitsDoubleColumn(column.Name, column.Unit.Length > 0 ? column.Unit : null, column.Values))], name: "COLUMNS");

    /// <summary>None where the folder has no such file.</summary>
    public static IReadOnlyList<KeptColumn> Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            return [];
        using var file = FitsFile.Open(path);
        var table = file.FirstTable();
        return [.. table.Columns.Select(column => new KeptColumn(column.Name, column.Unit ?? "", table.ReadDoubles(column.Name)))];
    }

    /// <summary>Some of the rows, in their order.</summary>
    public static IReadOnlyList<KeptColumn> Rows(this IReadOnlyList<KeptColumn> columns, IReadOnlyList<int> rows) =>
        [.. columns.Select(column => column with { Values = [.. rows.Select(row => column.Values[row])] })];
}
