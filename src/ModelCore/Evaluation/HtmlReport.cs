using System.Globalization;
using System.Text;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>The report of a data set, a training and its samples.</summary>
public static class HtmlReport
{
    /// <summary>Writes the page, whole or not at all.</summary>
    /// <exception cref="IOException">The folder is absent, or the disk is full.</exception>
    public static void Write(string path, ReportContents contents) =>
        DurableFiles.Replace(path, Encoding.UTF8.GetBytes(Render(contents)));

    public static string Render(ReportContents contents)
    {
        var page = new HtmlPage(contents.Title, contents.Introduction);
        if (contents.Images.Count > 0)
            page.Section("Images", () => page.Images(contents.Images));
        if (contents.Numbers.Count > 0)
            page.Section("Figures", () => page.Table(["", "Survey", "Generated"], contents.Numbers.Select(row => new[] { row.Name, row.Real, row.Generated })));
        if (contents.Selection is { } selection)
            page.Section("Selection", () => page.Table([.. selection.Columns], selection.Rows.Select(row => row.Select(cell => PublishedTable.Text(cell, ",")).ToArray())));
        page.Section("Training", () => page.Markup(LossChart.Svg(contents.Losses)));
        if (contents.Samples.Count > 0)
            page.Section("Samples", () => page.Markup(Samples(contents.Samples)));
        page.Section("How it was made", () =>
        {
            if (contents.Steps.Count > 0)
                page.Table(["Step", "Time"], contents.Steps.Select(step => new[] { step.Step, Duration(step.Duration) }));
            page.Recipe(contents.Recipe);
        });
        return page.ToString();
    }

    private static string Samples(IReadOnlyList<(string Id, string PngFile, string FitsFile)> samples)
    {
        var list = new StringBuilder("<ol class=\"samples\">\n");
        foreach (var (id, png, fits) in samples)
        {
            string text = HtmlPage.Text(id);
            list.Append(CultureInfo.InvariantCulture,
                $"<li><code>{text}</code> <a href=\"{Link(png)}\" aria-label=\"PNG of {text}\">PNG</a> <a href=\"{Link(fits)}\" aria-label=\"FITS of {text}\">FITS</a></li>\n");
        }
        return list.Append("</ol>\n").ToString();
    }

    /// <summary>A relative link: sample IDs hold characters that mean something else in an address.</summary>
    private static string Link(string file) => HtmlPage.Text(string.Join('/', file.Split('/').Select(Uri.EscapeDataString)));

    private static string Duration(TimeSpan duration) => duration.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)duration.TotalMinutes} min {duration.Seconds:00} s");
}
