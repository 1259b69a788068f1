using RadioDiffusion.ModelCore.SourceFinding;

namespace RadioDiffusion.ModelCore.Tests.SourceFinding;

public sealed class ExponentialsTests
{
    /// <summary>To three units in the last place: the system's exponential is right to one.</summary>
    [Fact]
    public void Replace_GivesTheExponentialOfEach()
    {
        var random = new Random(3);
        double[] values = [0, -0.0, 1, -1, -0.34657, 0.34658, -700, 700, -1e-300, .. Enumerable.Range(0, 2002).Select(_ => 120 * (random.NextDouble() - 0.75))], found = [.. values];
        Exponentials.Replace(found);
        for (int i = 0; i < values.Length; i++)
            Assert.Equal(1, found[i] / Math.Exp(values[i]), 7e-16);
        double[] edges = [-1e5, 1e5];
        Exponentials.Replace(edges);
        Assert.Equal([Math.Exp(-708), Math.Exp(708)], edges.Select((value, i) => Math.Abs(value / Math.Exp(i == 0 ? -708 : 708) - 1) < 1e-12 ? Math.Exp(i == 0 ? -708 : 708) : value));
    }

    [Fact]
    public void Replace_DoesNotDependOnTheNeighbours()
    {
        double[] values = [.. Enumerable.Range(0, 61).Select(i => -0.37 * i)], whole = [.. values];
        Exponentials.Replace(whole);
        for (int i = 0; i < values.Length; i++)
        {
            double[] alone = [values[i]];
            Exponentials.Replace(alone);
            Assert.Equal(whole[i], alone[0]);
        }
    }
}
