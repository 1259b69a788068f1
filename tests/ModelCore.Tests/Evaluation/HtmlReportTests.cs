using System.Xml.Linq;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Evaluation;

public class HtmlReportTests
{
    [Fact]
    public void Render_OfAFullReport_ShowsEverythingAndIsWellFormed()
    {
        string page = HtmlReport.Render(Contents());
        var main = MainPart(page);
        string text = main.Value;
        Assert.Contains("A <title> & more", text, StringComparison.Ordinal);
        Assert.Contains("killed at 30", text, StringComparison.Ordinal);
        Assert.Contains("resumed from 20", text, StringComparison.Ordinal);
        Assert.Contains("s1_0123456789abcdef_seed=1", text, StringComparison.Ordinal);
        Assert.Equal(["700", "690", "688"], main.Descendants("td").Select(cell => cell.Value).Where(cell => cell is "700" or "690" or "688").Distinct());
        var picture = main.Descendants("img").Single();
        Assert.Equal("data:image/png;base64,AQID", (string?)picture.Attribute("src"));
        Assert.Equal("twelve galaxies", (string?)picture.Attribute("alt"));
        Assert.Contains("samples/s1_0123456789abcdef_seed%3D1.fits", main.Descendants("a").Select(link => (string?)link.Attribute("href")));
    }

    [Fact]
    public void Render_HasNeitherScriptsNorOutsideResources()
    {
        string page = HtmlReport.Render(Contents());
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http", page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Render_WithoutLosses_SaysSo() =>
        Assert.Contains("No loss has been recorded", HtmlReport.Render(Contents() with { Losses = new LossCurve { Training = [new(1, double.NaN)] } }), StringComparison.Ordinal);

    [Fact]
    public void Render_OfOneLoss_DrawsItInsideTheChart()
    {
        var chart = MainPart(HtmlReport.Render(Contents() with { Losses = new LossCurve { Training = [new(1, 0.5)] } })).Descendants("polyline").Single();
        double[] point = [.. ((string)chart.Attribute("points")!).Split(',').Select(number => double.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.InRange(point[0], 0, 800);
        Assert.InRange(point[1], 0, 340);
    }

    [Fact]
    public void Write_ReplacesAnOlderReportAndLeavesNothingBeside()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("report.html");
        File.WriteAllText(path, "old");
        HtmlReport.Write(path, Contents());
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    private static XElement MainPart(string page) =>
        XElement.Parse(page[page.IndexOf("<main>", StringComparison.Ordinal)..(page.IndexOf("</main>", StringComparison.Ordinal) + 7)]
            .Replace("\">\n</figure>", "\"/>\n</figure>", StringComparison.Ordinal));

    private static ReportContents Contents() => new()
    {
        Title = "A <title> & more",
        Introduction = "Text",
        Steps = [("A survey", TimeSpan.FromSeconds(61.5))],
        Images = [new ReportImages("Real", "Caption", [1, 2, 3], "twelve galaxies")],
        Selection = CutTable.Of("Selection", new SelectionTable { Rows = 700, Cutouts = 700, Removed = [new("snr", 10), new("edge", 2)], Selected = 688 }, new SelectionCuts()),
        Losses = new LossCurve
        {
            Training = [.. Enumerable.Range(1, 60).Select(i => new LossPoint(i, 1.0 / i))],
            Validation = [new(20, 0.08), new(60, 0.03)],
            KilledAt = 30,
            ResumedAt = [20],
        },
        Samples = [("s1_0123456789abcdef_seed=1", "samples/s1_0123456789abcdef_seed=1.png", "samples/s1_0123456789abcdef_seed=1.fits")],
        Numbers = [("Mean", "1.0", "1.1")],
        Recipe = [("Seed", "42")],
    };
}
