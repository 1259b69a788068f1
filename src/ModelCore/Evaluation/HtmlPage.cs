using System.Globalization;
using System.Net;
using System.Text;
using RadioDiffusion.ModelCore.Evaluation.Plots;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>One HTML page without scripts or outside resources, in light and dark colours as the reader's system asks. Texts are plain; the page escapes them.</summary>
internal sealed class HtmlPage
{
    private readonly StringBuilder _html = new();

    public HtmlPage(string title, string introduction) => _html.Append(CultureInfo.InvariantCulture, $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{Text(title)}</title>
        <style>{Style}</style>
        </head>
        <body>
        <main>
        <h1>{Text(title)}</h1>
        <p class="introduction">{Text(introduction)}</p>

        """);

    public static string Text(string text) => WebUtility.HtmlEncode(text);

    public void Section(string title, Action body)
    {
        _html.Append(CultureInfo.InvariantCulture, $"<section>\n<h2>{Text(title)}</h2>\n");
        body();
        _html.Append("</section>\n");
    }

    public void Paragraph(string text) => _html.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{Text(text)}</p>\n");

    /// <summary>A heading within a section.</summary>
    public void Heading(string text) => _html.Append(CultureInfo.InvariantCulture, $"<h3>{Text(text)}</h3>\n");

    /// <summary>What is smaller than it should be, so that nobody overlooks it.</summary>
    public void Reduced(string text) => _html.Append(CultureInfo.InvariantCulture, $"<p class=\"reduced\"><strong>Reduced:</strong> {Text(text)}</p>\n");

    /// <summary>What stands in a section of a page that was made here; null if it has no section whose title begins so.</summary>
    public static string? SectionOf(string page, string beginning)
    {
        string heading = $"<section>\n<h2>{Text(beginning)}";
        int at = page.IndexOf(heading, StringComparison.Ordinal);
        if (at < 0)
            return null;
        int from = page.IndexOf("</h2>\n", at, StringComparison.Ordinal) + "</h2>\n".Length;
        return page[from..page.IndexOf("</section>", from, StringComparison.Ordinal)];
    }

    /// <summary>What is HTML already.</summary>
    public void Markup(string html) => _html.Append(html);

    /// <summary>Drawings side by side, as far as there is room; each with what someone who cannot see it should know.</summary>
    public void Plots(IEnumerable<(Drawing Drawing, string AlternativeText)> plots)
    {
        _html.Append("<div class=\"plots\">\n");
        foreach (var (drawing, text) in plots)
            _html.Append(CultureInfo.InvariantCulture, $"<figure role=\"img\" aria-label=\"{Text(text)}\">{drawing.ToSvg()}</figure>\n");
        _html.Append("</div>\n");
    }

    /// <summary>A drawing as pixels, for pictures of the sky: many of them as SVG would be a large page.</summary>
    public void Picture(Drawing drawing, string alternativeText) => _html.Append(CultureInfo.InvariantCulture,
        $"<figure><img alt=\"{Text(alternativeText)}\" src=\"data:image/png;base64,{Convert.ToBase64String(drawing.ToPng())}\"></figure>\n");

    public void Images(IReadOnlyList<ReportImages> images)
    {
        _html.Append("<div class=\"images\">\n");
        foreach (var image in images)
        {
            _html.Append(CultureInfo.InvariantCulture, $"""
                <figure>
                <figcaption><strong>{Text(image.Title)}</strong> {Text(image.Caption)}</figcaption>
                <img alt="{Text(image.AlternativeText)}" src="data:image/png;base64,{Convert.ToBase64String(image.Png)}">
                </figure>

                """);
        }
        _html.Append("</div>\n");
    }

    /// <summary>A table whose first column names the row and whose others are words.</summary>
    public void WordTable(string[] head, IEnumerable<string[]> rows) => Table(head, rows, " class=\"words\"");

    /// <summary>A table whose first column names the row and whose others are figures.</summary>
    public void Table(string[] head, IEnumerable<string[]> rows) => Table(head, rows, "");

    private void Table(string[] head, IEnumerable<string[]> rows, string attributes)
    {
        _html.Append(CultureInfo.InvariantCulture, $"<div class=\"scroll\"><table{attributes}>\n<thead><tr>");
        foreach (string cell in head)
            _html.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\">{Text(cell)}</th>");
        _html.Append("</tr></thead>\n<tbody>\n");
        foreach (string[] row in rows)
        {
            _html.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Text(row[0])}</th>");
            foreach (string cell in row[1..])
                _html.Append(CultureInfo.InvariantCulture, $"<td>{Text(cell)}</td>");
            _html.Append("</tr>\n");
        }
        _html.Append("</tbody>\n</table></div>\n");
    }

    public void Recipe(IEnumerable<(string Name, string Value)> recipe)
    {
        _html.Append("<dl>\n");
        foreach (var (name, value) in recipe)
            _html.Append(CultureInfo.InvariantCulture, $"<dt>{Text(name)}</dt><dd><code>{Text(value)}</code></dd>\n");
        _html.Append("</dl>\n");
    }

    /// <summary>Ends the page.</summary>
    public override string ToString() => $"{_html}</main>\n</body>\n</html>\n";

    private const string Style = """

        :root { --text: #1b1f24; --soft: #57606a; --line: #d5dae0; --page: #ffffff; --training: #8cb4e0; --validation: #0b5cad; --event: #b3461f; }
        @media (prefers-color-scheme: dark) {
          :root { --text: #e6e9ed; --soft: #9aa4af; --line: #363d46; --page: #14181d; --training: #35597f; --validation: #78b7ff; --event: #f08a5d; }
        }
        body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
        h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .5rem; }
        h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
        h3 { font-size: 1rem; margin: 2rem 0 .5rem; }
        .reduced { max-width: 46rem; margin: .5rem 0; padding: .25rem .75rem; border-left: 3px solid var(--event); }
        .words { margin-top: 1rem; } .words thead th { text-align: left; } .words td { text-align: left; vertical-align: top; } .words th { vertical-align: top; } .words td:last-child { min-width: 9rem; } .words th:first-child { min-width: 6rem; }
        .introduction { max-width: 46rem; color: var(--soft); }
        .images { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1.5rem; }
        figure { margin: 0; }
        figcaption { color: var(--soft); margin-bottom: .5rem; min-height: 3rem; }
        figcaption strong { color: var(--text); display: block; }
        img { width: 100%; height: auto; image-rendering: pixelated; background: #000; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem 1rem .3rem 0; text-align: right; border-bottom: 1px solid var(--line); }
        th:first-child { text-align: left; font-weight: normal; min-width: 12rem; }
        thead th, thead th:first-child { color: var(--soft); font-weight: 600; }
        code { font: .875rem ui-monospace, monospace; overflow-wrap: anywhere; }
        a { color: var(--validation); margin-left: .5rem; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1.5rem; margin-top: 1rem; }
        .plots figure { max-width: 48rem; }
        .plots svg { max-width: 100%; overflow: visible; background: #ffffff; }
        .note { max-width: 46rem; color: var(--soft); }
        .scroll { overflow-x: auto; }
        .samples { padding-left: 1.75rem; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin-top: 1.5rem; }
        dt { color: var(--soft); } dd { margin: 0; }
        svg { width: 100%; max-width: 50rem; height: auto; font: 13px system-ui, sans-serif; fill: var(--soft); }
        svg .grid { stroke: var(--line); }
        svg .training { stroke: var(--training); fill: none; stroke-width: 1.5; }
        svg .validation { stroke: var(--validation); fill: none; stroke-width: 2.5; }
        svg .weights { stroke: var(--soft); fill: none; stroke-width: 1.5; stroke-dasharray: 2 3; }
        svg .point { fill: var(--validation); }
        svg .event { stroke: var(--event); stroke-width: 1.5; stroke-dasharray: 5 4; }
        svg .event-name { fill: var(--event); }

        """;
}
