using System.Globalization;
using System.Xml.Linq;
using RadioDiffusion.ModelCore.Evaluation.Plots;
using SkiaSharp;

namespace RadioDiffusion.ModelCore.Tests.Evaluation.Plots;

public class PlotTests
{
    [Fact]
    public void Histogram_OfFiveValues_CountsTheLargestInTheLastBinAndLeavesOutWhatIsNoNumber()
    {
        var histogram = Histogram.Of([0, 1, 2, 3.9, 4, double.NaN, double.PositiveInfinity], bins: 4)!;
        Assert.Equal([0, 1, 2, 3, 4], histogram.Edges);
        Assert.Equal([1, 1, 1, 2], histogram.Counts);
        Assert.Equal(2, histogram.Outside);
    }

    [Fact]
    public void Histogram_WithLogarithmicBins_HasOneForEachDecade()
    {
        var histogram = Histogram.Of([0.1, 0.5, 2, 30, 100, -1, 0], bins: 3, logarithmic: true)!;
        Assert.Equal([2, 1, 2], histogram.Counts);
        Assert.Equal(2, histogram.Outside);
        Assert.Equal(1, histogram.Edges[1], 1e-12);
        Assert.Equal(10, histogram.Edges[2], 1e-12);
    }

    [Fact]
    public void Histogram_OfEqualValues_HasOneFilledBinAndOfNothingThereIsNone()
    {
        var histogram = Histogram.Of([7, 7], bins: 3)!;
        Assert.Equal([0, 2, 0], histogram.Counts);
        Assert.Null(Histogram.Of([double.NaN], bins: 3));
    }

    [Theory]
    [InlineData(0, 10, false, "0 2 4 6 8 10")]
    [InlineData(-1.3, 1.2, false, "-1 -0.5 0 0.5 1")]
    [InlineData(0.9, 120, true, "1 3 10 30 100")]
    [InlineData(2, 7, true, "2 3 4 5 7")]
    [InlineData(1e-3, 1e9, true, "0.001 0.1 10 1000 100000 1e7 1e9")]
    public void Ticks_AreRoundNumbersInsideTheAxis(double low, double high, bool logarithmic, string expected)
    {
        var axis = new Axis("", low, high, 0, 100, logarithmic);
        Assert.Equal(expected, string.Join(' ', axis.Ticks().Select(Axis.Text)));
        Assert.All(axis.Ticks(), tick => Assert.InRange(axis.PlaceOf(tick), -1e-6, 100 + 1e-6));
    }

    [Fact]
    public void PlaceOf_OnALogarithmicAxis_IsHalfWayAtTheGeometricMean() =>
        Assert.Equal(60, new Axis("", 1, 100, 20, 100, IsLogarithmic: true).PlaceOf(10), 1e-9);

    [Fact]
    public void Plot_AsSvg_IsWellFormedWithUnitsAndTheMarkAtItsValue()
    {
        var drawing = HistogramPlot.Draw([new HistogramPanel("<S/N>", Histogram.Of([1, 10, 100], 3, logarithmic: true)!, "S/N [1]") { IsLogarithmic = true, Mark = (10, "kept from 10") }], "A caption.");
        var svg = XElement.Parse(drawing.ToSvg());
        string[] texts = [.. svg.Elements(svg.Name.Namespace + "text").Select(text => text.Value)];
        Assert.Contains("<S/N>", texts);
        Assert.Contains("S/N [1]", texts);
        Assert.Contains("A caption.", texts);
        double mark = double.Parse(((string)svg.Elements().Single(line => line.Attribute("stroke-dasharray") != null).Attribute("points")!).Split(',')[0], CultureInfo.InvariantCulture);
        double[] bars = [.. svg.Elements(svg.Name.Namespace + "rect").Skip(1).Select(bar => (double)bar.Attribute("x")!)];
        Assert.Equal(3, bars.Length);
        Assert.Equal((bars[1] + bars[2]) / 2, mark, 0.02);       // 10 is the middle of the middle bin, in the logarithm
    }

    [Fact]
    public void Plot_AsPng_ShowsTextWithoutAnyFontOfTheSystem()
    {
        var drawing = new Drawing(100, 30);
        drawing.Text(50, 20, "mJy", 12, TextAnchor.Middle);
        using var bitmap = SKBitmap.Decode(drawing.ToPng(scale: 2));
        Assert.Equal((200, 60), (bitmap.Width, bitmap.Height));
        int[] dark = [.. Enumerable.Range(0, 200).Where(x => Enumerable.Range(0, 60).Any(y => bitmap.GetPixel(x, y).Red < 128))];
        double width = 2 * StrokeFont.Width("mJy", 12);
        Assert.InRange(dark[0], 100 - width / 2 - 2, 100 - width / 2 + 2);
        Assert.InRange(dark[^1], 100 + width / 2 - 2, 100 + width / 2 + 2);
    }

    [Fact]
    public void Sheet_OfImages_ShowsThePeakWhereItIsAndGreyWhereThereIsNothing()
    {
        float[] pixels = new float[96 * 96];
        pixels[0] = float.NaN;                                   // first row, first column: below, left
        pixels[^1] = 1;                                          // last row, last column: above, right
        using var bitmap = SKBitmap.Decode(ImageSheet.Draw([new ImageSection("", [new LabelledImage(pixels, "1 mJy/beam")])], 96, 8, "Caption").ToPng(scale: 1));
        Assert.Equal(new SKColor(128, 128, 128), bitmap.GetPixel(14, 14 + 95));
        Assert.Equal(new SKColor(252, 255, 164), bitmap.GetPixel(14 + 95, 14));
        Assert.Equal(new SKColor(0, 0, 4), bitmap.GetPixel(14, 14));
    }
}
