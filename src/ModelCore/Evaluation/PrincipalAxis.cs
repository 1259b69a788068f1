using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>The direction in which a source is longest.</summary>
/// <param name="Threshold">Pixels above it count: 0.1 + 0.5 sigma, with the standard deviation of the sigma-clipped pixels (paper, Eq. 27).</param>
/// <param name="Pixels">How many do, each once.</param>
/// <param name="Degrees">From the axis of columns towards that of rows, [0, 180); NaN if no pixel counts.</param>
public readonly record struct PrincipalAxis(double Threshold, int Pixels, double Degrees)
{
    /// <param name="image">Pixels in [0, 1], row by row.</param>
    /// <param name="side">Pixels a row.</param>
    public static PrincipalAxis Of(ReadOnlySpan<float> image, int side)
    {
        double threshold = 0.1 + (0.5 * ImageStatistics.SigmaClipped(image).StandardDeviation);
        double sumX = 0, sumY = 0, sumXx = 0, sumYy = 0, sumXy = 0;
        int count = 0;
        for (int i = 0; i < image.Length; i++)
        {
            if (!(image[i] > threshold))
                continue;
            double x = i % side, y = i / side;
            count++;
            sumX += x;
            sumY += y;
            sumXx += x * x;
            sumYy += y * y;
            sumXy += x * y;
        }
        if (count == 0)
            return new PrincipalAxis(threshold, 0, double.NaN);
        double xx = sumXx - (sumX * sumX / count), yy = sumYy - (sumY * sumY / count), xy = sumXy - (sumX * sumY / count);
        double degrees = double.RadiansToDegrees(0.5 * Math.Atan2(2 * xy, xx - yy));
        return new PrincipalAxis(threshold, count, (degrees + 180) % 180);
    }

    /// <summary>The image turned about its centre so that its principal axis lies along the rows, scaled to [0, 1], with 0 around it; only scaled if no pixel counts.</summary>
    /// <param name="image">Pixels in [0, 1], row by row.</param>
    /// <param name="side">Pixels a row.</param>
    public static float[] Align(ReadOnlySpan<float> image, int side)
    {
        float[] turned = image.ToArray();
        double degrees = Of(image, side).Degrees;
        if (!double.IsNaN(degrees))
        {
            int wide = ImageRotation.SideNeeded(side, Interpolation.Bilinear), margin = (wide - side) / 2;
            float[] padded = new float[wide * wide];
            for (int row = 0; row < side; row++)
                image.Slice(row * side, side).CopyTo(padded.AsSpan(((row + margin) * wide) + margin));
            ImageRotation.Rotate(padded, wide, turned, side, degrees, Interpolation.Bilinear);
        }
        ToUnit(turned);
        return turned;
    }

    /// <summary>Smallest to largest becomes 0 to 1; a constant image becomes 0.</summary>
    public static void ToUnit(Span<float> image)
    {
        float low = float.PositiveInfinity, high = float.NegativeInfinity;
        foreach (float value in image)
        {
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        float range = high - low;
        foreach (ref float value in image)
            value = range > 0 ? (value - low) / range : 0;
    }
}
