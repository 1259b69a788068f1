using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SkyStampTests
{
    private const int Side = 80;
    private const double Sigma = 1.6986;                         // of a beam of 6 arcsec, in pixels of 1.5

    [Fact]
    public void PointSource_IsTheBeam_AlsoBelowTheNoiseOfItsImage()
    {
        const double Noise = 1 / 30.0;                           // the mask ends at a tenth of the peak
        double[] sums = new double[10];
        const int Seeds = 20;
        for (int seed = 0; seed < Seeds; seed++)
        {
            var stamp = Stamp(seed, Noise, (40, 40, 1));
            for (int radius = 0; radius < sums.Length; radius++)
                sums[radius] += (stamp.At(radius, 0) + stamp.At(-radius, 0) + stamp.At(0, radius) + stamp.At(0, -radius)) / (4 * stamp.At(0, 0) * Seeds);
        }
        for (int radius = 0; radius < sums.Length; radius++)
            Assert.Equal(Math.Exp(-radius * radius / (2 * Sigma * Sigma)), sums[radius], 0.035);  // a twentieth wider, since the iterations end before all of a point is brought out
        Assert.InRange(sums[5], 0.005, 0.04);                    // 0.013: three deviations from the middle, where the image itself was cut off
        Assert.InRange(sums[9], 0, 1e-3);
    }

    [Fact]
    public void Image_FallsNoFasterThanTheBeam_AndNowhereBelowNothing()
    {
        var stamp = Stamp(3, 0.02, (38, 40, 1), (44, 43, 0.4), (50, 41, 0.2));
        double peak = 0, steepest = 0, lowest = 0;
        for (double y = -25; y < 25; y += 0.25)
        {
            for (double x = -25; x < 25; x += 0.25)
            {
                double value = stamp.At(x, y);
                (peak, lowest) = (Math.Max(peak, value), Math.Min(lowest, value));
                steepest = Math.Max(steepest, Math.Abs(stamp.At(x + 0.25, y) - value) / 0.25);
            }
        }
        Assert.InRange(lowest, -1e-4 * peak, 0);
        Assert.InRange(steepest, 0, 1.15 * peak * Math.Exp(-0.5) / Sigma);   // a beam is steepest one deviation from its middle
    }

    [Fact]
    public void Flux_IsThatOfTheStamp()
    {
        var source = SourceStamp.Of(Image(1, 0.002, (40, 40, 1), (46, 44, 0.5)), Side)!;
        var stamp = new SkyStamp(source, 1.5, 6);
        Assert.Equal(1, stamp.Sum / source.Sum, 0.02);
        Assert.Equal(1, stamp.Sum / (1.5 * 2 * Math.PI * Sigma * Sigma), 0.02);
        Assert.InRange(stamp.Reach, 5 * Sigma * 1.5, 20 * 1.5);
    }

    private static SkyStamp Stamp(int seed, double noise, params (double X, double Y, double Peak)[] points) => new(SourceStamp.Of(Image(seed, noise, points), Side)!, 1.5, 6);

    private static float[] Image(int seed, double noise, params (double X, double Y, double Peak)[] points)
    {
        var stream = new RandomStream((ulong)seed, "stamp", 0);
        float[] image = new float[Side * Side];
        for (int i = 0; i < image.Length; i++)
        {
            double value = noise * stream.NextNormal();
            foreach (var (x, y, peak) in points)
                value += peak * Math.Exp(-((i % Side - x) * (i % Side - x) + (i / Side - y) * (i / Side - y)) / (2 * Sigma * Sigma));
            image[i] = (float)value;
        }
        return image;
    }
}
