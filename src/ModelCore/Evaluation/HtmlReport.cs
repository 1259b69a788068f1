using System.Globalization;
using System.Net;
using System.Text;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>One HTML page without scripts or outside resources, in light and dark colours as the reader's system asks.</summary>
public static class HtmlReport
{
    /// <summary>Writes the page, whole or not at all.</summary>
    /// <exception cref="IOException">The folder is absent, or the disk is full.</exception>
    public static void Write(string path, ReportContents contents) =>
        DurableFiles.Replace(path, Encoding.UTF8.GetBytes(Render(contents)));

    public static string Render(ReportContents contents)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{Text(contents.Title)}</title>
            <style>{Style}</style>
            </head>
            <body>
            <main>
            <h1>{Text(contents.Title)}</h1>
            <p class="introduction">{Text(contents.Introduction)}</p>

            """);
        if (contents.Images.Count > 0)
            Section(page, "Images", () => Images(page, contents.Images));
        if (contents.Numbers.Count > 0)
            Section(page, "Figures", () => Table(page, ["", "Survey", "Generated"], contents.Numbers.Select(row => new[] { row.Name, row.Real, row.Generated })));
        if (contents.Selection is { } selection)
            Section(page, "Selection", () => Table(page, [.. selection.Columns], selection.Rows.Select(row => row.Select(cell => PublishedTable.Text(cell, ",")).ToArray())));
        Section(page, "Training", () => page.Append(LossChart.Svg(contents.Losses)));
        if (contents.Samples.Count > 0)
            Section(page, "Samples", () => Samples(page, contents.Samples));
        Section(page, "How it was made", () =>
        {
            if (contents.Steps.Count > 0)
                Table(page, ["Step", "Time"], contents.Steps.Select(step => new[] { step.Step, Duration(step.Duration) }));
            Recipe(page, contents.Recipe);
        });
        page.Append("</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    internal static string Text(string text) => WebUtility.HtmlEncode(text);

    private static void Section(StringBuilder page, string title, Action body)
    {
        page.Append(CultureInfo.InvariantCulture, $"<section>\n<h2>{title}</h2>\n");
        body();
        page.Append("</section>\n");
    }

    private static void Images(StringBuilder page, IReadOnlyList<ReportImages> images)
    {
        page.Append("<div class=\"images\">\n");
        foreach (var image in images)
        {
            page.Append(CultureInfo.InvariantCulture, $"""
                <figure>
                <figcaption><strong>{Text(image.Title)}</strong> {Text(image.Caption)}</figcaption>
                <img alt="{Text(image.AlternativeText)}" src="data:image/png;base64,{Convert.ToBase64String(image.Png)}">
                </figure>

                """);
        }
        page.Append("</div>\n");
    }

    private static void Samples(StringBuilder page, IReadOnlyList<(string Id, string PngFile, string FitsFile)> samples)
    {
        page.Append("<ol class=\"samples\">\n");
        foreach (var (id, png, fits) in samples)
        {
            page.Append(CultureInfo.InvariantCulture,
                $"<li><code>{Text(id)}</code> <a href=\"{Link(png)}\" aria-label=\"PNG of {Text(id)}\">PNG</a> <a href=\"{Link(fits)}\" aria-label=\"FITS of {Text(id)}\">FITS</a></li>\n");
        }
        page.Append("</ol>\n");
    }

    private static void Recipe(StringBuilder page, IReadOnlyList<(string Name, string Value)> recipe)
    {
        page.Append("<dl>\n");
        foreach (var (name, value) in recipe)
            page.Append(CultureInfo.InvariantCulture, $"<dt>{Text(name)}</dt><dd><code>{Text(value)}</code></dd>\n");
        page.Append("</dl>\n");
    }

    /// <summary>A table whose first column names the row and whose others are figures.</summary>
    private static void Table(StringBuilder page, string[] head, IEnumerable<string[]> rows)
    {
        page.Append("<table>\n<thead><tr>");
        foreach (string cell in head)
            page.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\">{Text(cell)}</th>");
        page.Append("</tr></thead>\n<tbody>\n");
        foreach (string[] row in rows)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Text(row[0])}</th>");
            foreach (string cell in row[1..])
                page.Append(CultureInfo.InvariantCulture, $"<td>{Text(cell)}</td>");
            page.Append("</tr>\n");
        }
        page.Append("</tbody>\n</table>\n");
    }

    /// <summary>A relative link: sample IDs hold characters that mean something else in an address.</summary>
    private static string Link(string file) => Text(string.Join('/', file.Split('/').Select(Uri.EscapeDataString)));

    private static string Duration(TimeSpan duration) => duration.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)duration.TotalMinutes} min {duration.Seconds:00} s");

    private const string Style = """

        :root { --text: #1b1f24; --soft: #57606a; --line: #d5dae0; --page: #ffffff; --training: #8cb4e0; --validation: #0b5cad; --event: #b3461f; }
        @media (prefers-color-scheme: dark) {
          :root { --text: #e6e9ed; --soft: #9aa4af; --line: #363d46; --page: #14181d; --training: #35597f; --validation: #78b7ff; --event: #f08a5d; }
        }
        body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
        h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .5rem; }
        h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
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
