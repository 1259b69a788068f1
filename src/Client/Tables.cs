using RadioDiffusion.ModelCore.Evaluation;
using Spectre.Console;

namespace RadioDiffusion.Client;

/// <summary>Tables for publication on the console.</summary>
internal static class Tables
{
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
