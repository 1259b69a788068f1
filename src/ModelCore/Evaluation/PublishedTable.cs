using System.Globalization;
using System.Text;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>A table for a publication: one model, shown on the console, as JSON, or as LaTeX.</summary>
/// <param name="Caption">What it shows.</param>
/// <param name="Columns">Headings; the first column names the rows, the others hold numbers.</param>
/// <param name="Rows">As many cells as there are columns; numbers are kept as such.</param>
/// <param name="HasTotal">Whether the last row is a sum or a result, set apart by a rule.</param>
public sealed record PublishedTable(string Caption, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<object>> Rows, bool HasTotal = false)
{
    /// <summary>A cell as text, with thin groups of thousands where <paramref name="separator"/> is given.</summary>
    public static string Text(object cell, string separator = "") => cell switch
    {
        int or long => Grouped(Convert.ToInt64(cell, CultureInfo.InvariantCulture), separator),
        double number => number.ToString("0.####", CultureInfo.InvariantCulture),
        _ => cell.ToString() ?? "",
    };

    /// <summary>One object a row under the headings, for JSON.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, object>> ToRecords() =>
        [.. Rows.Select(row => Columns.Zip(row).ToDictionary(pair => pair.First, pair => pair.Second))];

    /// <summary>A tabular with rules of the booktabs package, in a table with its caption.</summary>
    public string ToLatex()
    {
        var text = new StringBuilder();
        text.Append("\\begin{table}\n\\caption{").Append(Escape(Caption)).Append("}\n\\centering\n\\begin{tabular}{l").Append('r', Columns.Count - 1).Append("}\n\\toprule\n");
        AppendRow(text, Columns.Select(Escape));
        text.Append("\\midrule\n");
        for (int i = 0; i < Rows.Count; i++)
        {
            if (HasTotal && i == Rows.Count - 1)
                text.Append("\\midrule\n");
            AppendRow(text, Rows[i].Select(cell => cell is string name ? Escape(name) : Text(cell, "\\,")));
        }
        return text.Append("\\bottomrule\n\\end{tabular}\n\\end{table}\n").ToString();
    }

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells) => text.Append(string.Join(" & ", cells)).Append(" \\\\\n");

    private static string Grouped(long number, string separator) => separator.Length == 0
        ? number.ToString(CultureInfo.InvariantCulture)
        : number.ToString("#,0", CultureInfo.InvariantCulture).Replace(",", separator, StringComparison.Ordinal);

    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (char letter in text)
        {
            escaped.Append(letter switch
            {
                '\\' => "\\textbackslash{}",
                '~' => "\\textasciitilde{}",
                '^' => "\\textasciicircum{}",
                '&' or '%' or '$' or '#' or '_' or '{' or '}' => $"\\{letter}",
                _ => letter.ToString(),
            });
        }
        return escaped.ToString();
    }
}
