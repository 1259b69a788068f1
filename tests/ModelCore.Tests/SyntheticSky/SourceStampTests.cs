using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SourceStampTests
{
    private const int Side = 80;
    private const double BeamFwhm = 4;                           // pixels

    [Theory]
    [InlineData(0.01, 0, 0.03)]
    [InlineData(0.01, 0.05, 0.03)]
    [InlineData(0.002, 0.02, 0.01)]
    public void Sum_OfAGaussianInNoise_IsItsFluxWithoutTheBackground(double noise, double background, double tolerance)
    {
        double expected = 2 * Math.PI * Square(3 / 2.3548);      // 1 x exp(-r² / 2 sigma²) of FWHM 3
        var errors = new List<double>();
        for (int seed = 0; seed < 40; seed++)
        {
            float[] image = Image(seed, noise, background, (40.3, 36.8, 1, 3));
            var stamp = SourceStamp.Of(image, Side)!;
            errors.Add(stamp.Sum / expected - 1);
            Assert.InRange(stamp.X, 40.3 - 0.1, 40.3 + 0.1);
            Assert.InRange(stamp.Y, 36.8 - 0.1, 36.8 + 0.1);
            Assert.InRange(stamp.Background, background - 5 * noise / Side, background + 5 * noise / Side);  // a median's error is 1.25 times a mean's
            Assert.Equal(5, stamp.Threshold);
            Assert.False(stamp.TouchesBorder);
        }
        Assert.InRange(errors.Average(), -tolerance, tolerance);
    }

    [Fact]
    public void Pixels_OffTheSource_AreNothing_AndOnItTheImageWithoutItsBackground()
    {
        float[] image = Image(1, 0.01, 0.1, (40, 40, 1, BeamFwhm), (51, 47, 0.5, BeamFwhm));
        var stamp = SourceStamp.Of(image, Side)!;
        var box = stamp.Footprint;
        for (int at = 0; at < image.Length; at++)
        {
            Assert.InRange(stamp.Weights[at], 0, 1);
            Assert.Equal((image[at] - stamp.Background) * stamp.Weights[at], stamp.Pixels[at], 1e-6);
            if (at % Side < box.Left || at % Side >= box.Left + box.Width || at / Side < box.Bottom || at / Side >= box.Bottom + box.Height)
                Assert.Equal(0, stamp.Weights[at]);
        }
        Assert.Equal(1, stamp.Weights[40 * Side + 40]);
        Assert.Equal(1, stamp.Weights[47 * Side + 51]);
        Assert.Equal(0, stamp.Weights[10 * Side + 10]);
        Assert.InRange(stamp.Weights.Count(weight => weight > 0), 60, 400);
    }

    [Fact]
    public void Weights_AtTheEdge_FallWithinTwoPixels()
    {
        float[] image = new float[Side * Side];
        for (int y = 30; y < 50; y++)
        {
            for (int x = 30; x < 50; x++)
                image[y * Side + x] = 1;
        }
        var stamp = SourceStamp.Of(image, Side)!;
        Assert.Equal([1f, 20f / 27, 7f / 27, 0f], [.. Enumerable.Range(49, 4).Select(x => stamp.Weights[40 * Side + x])], (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(400, stamp.Sum, 1e-3);
        Assert.Equal((39.5, 39.5), (Math.Round(stamp.X, 6), Math.Round(stamp.Y, 6)));
        Assert.Equal(new Footprint(28, 28, 24, 24), stamp.Footprint);
    }

    [Fact]
    public void Holes_AndGapsOfAPixel_BelongToTheSource()
    {
        float[] image = Image(2, 0.001, 0);
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                double radius = Math.Sqrt(Square(x - 40) + Square(y - 40));
                if (radius is > 6 and < 9 && y != 40)            // a ring with two gaps
                    image[y * Side + x] = 1;
            }
        }
        var stamp = SourceStamp.Of(image, Side)!;
        Assert.Equal(1, stamp.Weights[40 * Side + 40]);
        Assert.Equal(1, stamp.Weights[40 * Side + 47]);
    }

    [Fact]
    public void AFaintSource_IsFoundAtALowerThreshold()
    {
        float[] image = Image(3, 0.01, 0);
        for (int y = 38; y < 42; y++)
        {
            for (int x = 38; x < 42; x++)
                image[y * Side + x] = 0.037f;
        }
        var stamp = SourceStamp.Of(image, Side)!;
        Assert.InRange(stamp.Threshold, 3, 4);
        Assert.Equal(1, stamp.Weights[40 * Side + 40]);
    }

    [Fact]
    public void ASourceAtTheBorder_IsSaidToTouchIt()
    {
        Assert.True(SourceStamp.Of(Image(4, 0.01, 0, (1, 40, 1, BeamFwhm)), Side)!.TouchesBorder);
        Assert.True(SourceStamp.Of(Image(5, 0.01, 0, (20, 40, 1, BeamFwhm), (79, 40, 0.3, BeamFwhm)), Side)!.TouchesBorder);      // two lobes, nothing between
        Assert.False(SourceStamp.Of(Image(6, 0.01, 0, (6, 40, 1, BeamFwhm)), Side)!.TouchesBorder);
    }

    [Fact]
    public void WhatIsFarFromTheSourceInTheMiddle_IsANeighbour()
    {
        var alone = SourceStamp.Of(Image(5, 0.01, 0, (40, 40, 1, BeamFwhm)), Side)!;
        foreach (var (x, y) in ((double, double)[])[(40, 79), (60, 20)])
        {
            var stamp = SourceStamp.Of(Image(5, 0.01, 0, (40, 40, 1, BeamFwhm), (x, y, 2, BeamFwhm)), Side)!;
            Assert.False(stamp.TouchesBorder);
            Assert.Equal(0, stamp.Weights[(int)y * Side + (int)x]);
            Assert.Equal(alone.Footprint, stamp.Footprint);
        }
        var chain = SourceStamp.Of(Image(5, 0.01, 0, (40, 40, 1, BeamFwhm), (40, 53, 0.5, BeamFwhm), (40, 66, 0.5, BeamFwhm)), Side)!;
        Assert.Equal((1, 1), (chain.Weights[53 * Side + 40], chain.Weights[66 * Side + 40]));
        var double1 = SourceStamp.Of(Image(5, 0.01, 0, (20, 40, 1, BeamFwhm), (60, 40, 1, BeamFwhm)), Side)!;
        Assert.Equal((1, 1), (double1.Weights[40 * Side + 20], double1.Weights[40 * Side + 60]));
    }

    [Fact]
    public void Noise_CutOffAtZeroAsInTrainingImages_IsWhatItWas()
    {
        for (int seed = 0; seed < 10; seed++)
        {
            float[] image = Image(seed, 0.05, 0, (40, 40, 1, BeamFwhm));
            for (int at = 0; at < image.Length; at++)
                image[at] = Math.Max(0, image[at]);
            var stamp = SourceStamp.Of(image, Side)!;
            Assert.InRange(stamp.Noise, 0.047, 0.053);           // the deviation of these pixels is 0.58 of it
            Assert.InRange(stamp.Background, 0, 0.004);
        }
    }

    [Fact]
    public void Images_WithoutASource_GiveNone()
    {
        Assert.Null(SourceStamp.Of(new float[Side * Side], Side));
        for (int seed = 0; seed < 20; seed++)
            Assert.Null(SourceStamp.Of(Image(seed, 0.1, 0.5), Side));
        float[] speck = new float[Side * Side];
        speck[3000] = speck[3001] = 1;
        Assert.Null(SourceStamp.Of(speck, Side));
    }

    private static float[] Image(int seed, double noise, double background, params (double X, double Y, double Peak, double Fwhm)[] sources)
    {
        var stream = new RandomStream((ulong)seed, "stamp", 0);
        float[] image = new float[Side * Side];
        for (int at = 0; at < image.Length; at++)
        {
            double value = background + noise * stream.NextNormal();
            foreach (var (x, y, peak, fwhm) in sources)
                value += peak * Math.Exp(-4 * Math.Log(2) * (Square(at % Side - x) + Square(at / Side - y)) / (fwhm * fwhm));
            image[at] = (float)value;
        }
        return image;
    }

    private static double Square(double value) => value * value;
}
