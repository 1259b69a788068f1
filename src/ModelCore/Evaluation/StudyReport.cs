using System.Text;
using RadioDiffusion.ModelCore.Evaluation.Plots;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>A value of ours, to stand beside the paper's.</summary>
/// <param name="Name">In words.</param>
/// <param name="Text">As it is to be read.</param>
/// <param name="Number">The number itself; null for what is none.</param>
public sealed record OurValue(string Name, string Text, double? Number = null);

/// <summary>A row of our value and the paper's.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Ours">Ours; empty where there is none.</param>
/// <param name="Paper">The paper's; null where it is not at hand.</param>
/// <param name="Source">Where the paper's is from.</param>
public sealed record BesideThePaper(string Name, string Ours, string? Paper, string? Source);

/// <summary>The results of a study on one self-contained page, section by section of a paper.</summary>
public sealed class StudyReport(string title, string introduction)
{
    private readonly List<(string Title, List<Action<HtmlPage>> Parts)> _sections = [];

    /// <summary>Begins a section.</summary>
    public void Section(string name) => _sections.Add((name, []));

    /// <summary>Begins a figure or table.</summary>
    /// <param name="name">With its number in the paper; empty for none.</param>
    /// <param name="text">For people; empty for none.</param>
    /// <param name="reduced">What is smaller here than in the paper; empty for nothing.</param>
    public void Part(string name, string text, string reduced) => Add(page =>
    {
        if (name.Length > 0)
            page.Heading(name);
        if (reduced.Length > 0)
            page.Reduced(reduced);
        if (text.Length > 0)
            page.Paragraph(text);
    });

    public void Table(PublishedTable table) => Add(page => page.Table([.. table.Columns], table.Rows.Select(row => row.Select(cell => PublishedTable.Text(cell, ",")).ToArray())));

    /// <summary>Plots as lines, pictures of the sky as pixels.</summary>
    public void Drawing(Drawing drawing, bool isPlot, string alternativeText) => Add(page =>
    {
        if (isPlot)
            page.Plots([(drawing, alternativeText)]);
        else
            page.Picture(drawing, alternativeText);
    });

    public void Images(IReadOnlyList<ReportImages> images) => Add(page => page.Images(images));

    public void Losses(LossCurve losses) => Add(page => page.Markup(LossChart.Svg(losses)));

    /// <summary>A section of another report, as it is there.</summary>
    /// <param name="report">A page of this program.</param>
    /// <param name="beginning">Of the section's title.</param>
    /// <returns>Whether it has such a section.</returns>
    public bool SectionOf(string report, string beginning)
    {
        if (HtmlPage.SectionOf(report, beginning) is not { } body)
            return false;
        Add(page => page.Markup(body));
        return true;
    }

    /// <summary>Our values beside the paper's.</summary>
    public void Compare(IReadOnlyList<BesideThePaper> rows) => Add(page => page.WordTable(["", "Here", "In the paper", "Source"],
        rows.Select(row => new[] { row.Name, row.Ours.Length > 0 ? row.Ours : "-", row.Paper ?? "not at hand", row.Source ?? "" })));

    public byte[] ToHtml()
    {
        var page = new HtmlPage(title, introduction);
        foreach (var (name, parts) in _sections)
            page.Section(name, () => parts.ForEach(part => part(page)));
        return Encoding.UTF8.GetBytes(page.ToString());
    }

    private void Add(Action<HtmlPage> part)
    {
        if (_sections.Count == 0)
            Section("Results");
        _sections[^1].Parts.Add(part);
    }
}
