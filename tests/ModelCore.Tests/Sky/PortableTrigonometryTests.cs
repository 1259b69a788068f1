using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

public class PortableTrigonometryTests
{
    /// <summary>Three units in the last place, and one more for the other side.</summary>
    private const double Tolerance = 4 * 1.2e-16;

    [Fact]
    public void SinCos_UpToAnEighthOfATurn_IsThatOfMath()
    {
        for (int i = -1000; i <= 1000; i++)
        {
            double angle = i * (Math.PI / 4000);
            var (sin, cos) = PortableTrigonometry.SinCos(angle);
            Assert.Equal(Math.Sin(angle), sin, Tolerance * Math.Abs(Math.Sin(angle)));
            Assert.Equal(Math.Cos(angle), cos, Tolerance);
        }
        Assert.Equal((0, 1), PortableTrigonometry.SinCos(0));
    }

    [Fact]
    public void ArcTangent_OfAnySlope_IsThatOfMath()
    {
        var random = new RandomStream(1, nameof(ArcTangent_OfAnySlope_IsThatOfMath));
        for (int i = 0; i < 10000; i++)
        {
            double rise = Math.Pow(10, random.NextDouble(-12, 3)), run = Math.Pow(10, random.NextDouble(-12, 3)), expected = Math.Atan2(rise, run);
            Assert.Equal(expected, PortableTrigonometry.ArcTangent(rise, run), Tolerance * Math.Max(expected, run > rise ? 0 : 1));
        }
        Assert.Equal(0, PortableTrigonometry.ArcTangent(0, 0));
        Assert.Equal(0, PortableTrigonometry.ArcTangent(0, 7));
        Assert.Equal(Math.PI / 2, PortableTrigonometry.ArcTangent(7, 0));
        Assert.Equal(Math.PI / 4, PortableTrigonometry.ArcTangent(7, 7));
    }
}
