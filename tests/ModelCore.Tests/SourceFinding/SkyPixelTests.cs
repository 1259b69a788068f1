using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SourceFinding;

namespace RadioDiffusion.ModelCore.Tests.SourceFinding;

public sealed class SkyPixelTests
{
    private static readonly PixelGeometry s_northUp = new(1.5, 1.5, 0, IsMirrored: false);

    /// <summary>East is to the left, so an angle counter-clockwise from up is one from north through east.</summary>
    [Fact]
    public void Shape_WithNorthUp_KeepsItsAngle()
    {
        var (major, minor, angle) = new SkyPixel(s_northUp).ToSky(8, 4, 30);
        Assert.Equal(12 / 3600.0, major, 1e-12);
        Assert.Equal(6 / 3600.0, minor, 1e-12);
        Assert.Equal(30, angle, 1e-9);
    }

    [Theory]
    [InlineData(50, false, 80)]
    [InlineData(50, true, 20)]
    [InlineData(170, false, 20)]
    public void Shape_OnTurnedPixels_IsTurnedWithThem(double turned, bool isMirrored, double expected) =>
        Assert.Equal(expected, new SkyPixel(s_northUp with { PositionAngle = turned, IsMirrored = isMirrored }).ToSky(8, 4, 30).PositionAngle, 1e-9);

    /// <summary>A round shape on pixels that are twice as wide as high is twice as wide on the sky, which is along east.</summary>
    [Fact]
    public void RoundShape_OnOblongPixels_IsOblongOnTheSky()
    {
        var (major, minor, angle) = new SkyPixel(new PixelGeometry(2, 1, 0, false)).ToSky(5, 5, 0);
        Assert.Equal((10 / 3600.0, 5 / 3600.0), (major, minor), (one, other) => Math.Abs(one.Item1 - other.Item1) + Math.Abs(one.Item2 - other.Item2) < 1e-12);
        Assert.Equal(90, angle, 1e-9);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(37, false)]
    [InlineData(37, true)]
    public void Beam_ToPixelsAndBack_IsTheSame(double turned, bool isMirrored)
    {
        var pixel = new SkyPixel(new PixelGeometry(1.5, 2.5, turned, isMirrored));
        var beam = pixel.ToBeam(9, 6, 65);
        var (major, minor, angle) = pixel.ToSky(beam.MajorFwhm, beam.MinorFwhm, beam.PositionAngle);
        Assert.Equal(9 / 3600.0, major, 1e-12);
        Assert.Equal(6 / 3600.0, minor, 1e-12);
        Assert.Equal(65, angle, 1e-9);
    }
}
