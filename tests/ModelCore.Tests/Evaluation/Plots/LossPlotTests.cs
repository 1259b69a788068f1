using System.Xml.Linq;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Evaluation.Plots;

namespace RadioDiffusion.ModelCore.Tests.Evaluation.Plots;

public class LossPlotTests
{
    [Fact]
    public void Smoothed_OfAStraightLine_IsTheLineAndOfAConstantTheConstant()
    {
        LossPoint[] line = [.. Enumerable.Range(1, 1000).Select(i => new LossPoint(i, i))];
        Assert.All(line.Zip(LossPlot.Smoothed(line)), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 1e-9));
    }

    [Fact]
    public void Smoothed_OfASpike_SpreadsItOverTheWindow()
    {
        LossPoint[] spike = [.. Enumerable.Range(0, 500).Select(i => new LossPoint(i, i == 250 ? 25 : 0))];
        LossPoint[] smoothed = LossPlot.Smoothed(spike);          // 500 / 20 / 2 = 12 to each side
        Assert.Equal(25, smoothed.Count(point => point.Loss != 0));
        Assert.Equal(1, smoothed[250].Loss, 1e-12);
    }

    [Fact]
    public void Plot_OfARunThatWasResumed_HasTheCurvesAndAMarkForEachResumption()
    {
        var svg = XElement.Parse(LossPlot.Draw(new LossCurve
        {
            Training = [.. Enumerable.Range(1, 200).Select(i => new LossPoint(i, 1.0 / i))],
            Validation = [new(100, 0.02), new(200, 0.01)],
            ValidationOfWeights = [new(100, 0.03), new(200, double.NaN)],
            ResumedAt = [40, 120],
        }, "Losses").ToSvg());
        XNamespace ns = "http://www.w3.org/2000/svg";
        var lines = svg.Descendants(ns + "polyline").ToArray();
        Assert.Equal(2, lines.Count(line => (string?)line.Attribute("stroke") == Drawing.Red));
        Assert.Contains("iteration 40, 120", string.Concat(svg.Descendants(ns + "text").Select(text => text.Value + " ")), StringComparison.Ordinal);
        Assert.Equal(2, lines.Count(line => ((string)line.Attribute("points")!).Split(' ').Length == 200));   // each iteration, and smoothed
    }

    [Fact]
    public void Plot_WithoutLosses_SaysSo() =>
        Assert.Contains("No loss has been recorded.", LossPlot.Draw(new LossCurve { Training = [new(1, double.NaN)] }, "Losses").ToSvg(), StringComparison.Ordinal);
}
