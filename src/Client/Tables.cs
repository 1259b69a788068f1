using RadioDiffusion.ModelCore.Evaluation;
using Spectre.Console;

namespace RadioDiffusion.Client;

/// <summary>Tables on the console: those for publication, and long ones.</summary>
internal static class Tables
{
    private const int MostFramedRows = 200, WidestColumn = 60;

    /// <summary>Writes a table with a frame; thousands of rows as lines in columns, which take a tenth of the time.</summary>
    public static void Write(IAnsiConsole console, string[] columns, IReadOnlyList<string[]> rows)
    {
        if (rows.Count <= MostFramedRows)
        {
            var table = new Table().AddColumns([.. columns.Select(Markup.Escape)]);
            foreach (string[] row in rows)
                table.AddRow([.. row.Select(Markup.Escape)]);
            console.Write(table);
            return;
        }
        int[] widths = [.. columns.Select((column, i) => Math.Min(WidestColumn, rows.Max(row => Math.Max(column.Length, row[i].Length))))];
        foreach (string[] row in rows.Prepend(columns))
            console.Line(string.Join("  ", row.Select((cell, i) => cell.ReplaceLineEndings(" ").PadRight(widths[i]))).TrimEnd());
    }

    public static Table Of(PublishedTable table)
    {
        var shown = new Table().Title(Markup.Escape(table.Caption));
        for (int i = 0; i < table.Columns.Count; i++)
            shown.AddColumn(i == 0 ? new TableColumn(Markup.Escape(table.Columns[i])) : new TableColumn(Markup.Escape(table.Columns[i])).RightAligned());
        for (int i = 0; i < table.Rows.Count; i++)
        {
            if (table.HasTotal && i == table.Rows.Count - 1)
                shown.AddEmptyRow();
            shown.AddRow([.. table.Rows[i].Select(cell => Markup.Escape(PublishedTable.Text(cell)))]);
        }
        return shown;
    }
}
