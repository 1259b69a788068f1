namespace RadioDiffusion.ModelCore.Tests.SourceFinding;

/// <summary>Gaussians in noise that has gone through the beam, as in the images of an interferometer.</summary>
internal static class SimulatedGaussians
{
    private const double BeamFwhm = 4.0008;
    private const int Reach = 10;

    /// <summary>Noise with standard deviation 1 (side, side).</summary>
    public static double[] Noise(int side, RandomStream stream)
    {
        double sigma = BeamFwhm / 2.35482;
        double[] kernel = [.. Enumerable.Range(-Reach, (2 * Reach) + 1).Select(i => Math.Exp(-0.5 * i * i / (sigma * sigma)))];
        double norm = kernel.Sum(weight => weight * weight);
        int wide = side + (2 * Reach);
        double[] white = [.. Enumerable.Range(0, wide * wide).Select(_ => stream.NextNormal())];
        double[] half = new double[wide * side];
        for (int y = 0; y < wide; y++)
        {
            for (int x = 0; x < side; x++)
            {
                for (int k = 0; k < kernel.Length; k++)
                    half[(y * side) + x] += kernel[k] * white[(y * wide) + x + k];
            }
        }
        double[] noise = new double[side * side];
        for (int y = 0; y < side; y++)
        {
            for (int x = 0; x < side; x++)
            {
                for (int k = 0; k < kernel.Length; k++)
                    noise[(y * side) + x] += kernel[k] * half[((y + k) * side) + x] / norm;
            }
        }
        return noise;
    }

    /// <param name="positionAngle">In degrees from +y counter-clockwise.</param>
    public static void Add(Span<double> image, int side, double peak, double x0, double y0, double major, double minor, double positionAngle)
    {
        var (sin, cos) = Math.SinCos((positionAngle + 90) * Math.PI / 180);
        for (int i = 0; i < image.Length; i++)
        {
            double dx = (i % side) - x0, dy = (i / side) - y0;
            double u = ((dx * cos) + (dy * sin)) / (major / 2.35482), v = ((dy * cos) - (dx * sin)) / (minor / 2.35482);
            image[i] += peak * Math.Exp(-0.5 * ((u * u) + (v * v)));
        }
    }

    public static float[] Single(double[] image) => [.. image.Select(pixel => (float)pixel)];
}
