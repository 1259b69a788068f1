namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The image of a resolved source, ready to be painted at any place, turned and enlarged: a cubic B-spline through its pixels.</summary>
/// <remarks>
/// Bilinear interpolation would make sources 3 % broader and change their flux by up to a per cent, depending on where they fall on the pixels; cubic splines keep both to 1e-4. A spline's integral is the sum of
/// the pixels, so that the flux is what <see cref="Scale"/> makes of the sum, wherever it is painted. Unser, Aldroubi and Eden (1993), IEEE Trans. Signal Processing 41, 821 and 834.
/// </remarks>
public sealed class SkyStamp
{
    private const int Margin = 8;                            // pixels around the footprint, over which the spline's ringing falls to 1e-4 of a cut edge (sqrt(3) - 2 a pixel)
    private readonly float[] _coefficients;
    private readonly int _width;
    private readonly int _height;

    /// <param name="stamp">The source without its background.</param>
    /// <param name="pixelArcsec">Pixel scale of the image.</param>
    public SkyStamp(SourceStamp stamp, double pixelArcsec)
    {
        if (!(stamp.Sum > 0))
            throw new ArgumentException($"The source of an image should have a flux above 0, but its pixels' sum is {stamp.Sum}.", nameof(stamp));
        PixelArcsec = pixelArcsec;
        Sum = stamp.Sum;
        var (left, bottom, width, height) = stamp.Footprint;
        (_width, _height) = (width + 2 * Margin, height + 2 * Margin);
        (X, Y) = (stamp.X - left + Margin, stamp.Y - bottom + Margin);
        double[] values = new double[_width * _height];
        for (int row = 0; row < height; row++)
        {
            for (int column = 0; column < width; column++)
                values[(row + Margin) * _width + column + Margin] = stamp.Pixels[(bottom + row) * stamp.Side + left + column];
        }
        int peak = Array.IndexOf(values, values.Max());
        PeakOffset = (peak % _width - X, peak / _width - Y);
        for (int row = 0; row < _height; row++)
            Filter(values, row * _width, 1, _width);
        for (int column = 0; column < _width; column++)
            Filter(values, column, _width, _height);
        _coefficients = Array.ConvertAll(values, value => (float)value);
        double farthest = 0;
        foreach (double x in (double[])[Margin, Margin + width - 1])
        {
            foreach (double y in (double[])[Margin, Margin + height - 1])
                farthest = Math.Max(farthest, Math.Sqrt((x - X) * (x - X) + (y - Y) * (y - Y)));
        }
        Reach = (farthest + 2) * pixelArcsec;
    }

    /// <summary>What it keeps in memory, about.</summary>
    public long Bytes => sizeof(float) * (long)_coefficients.Length;

    /// <summary>Of the image, arc seconds.</summary>
    public double PixelArcsec { get; }

    /// <summary>Of its pixels.</summary>
    public double Sum { get; }

    /// <summary>Arc seconds from the centre of flux within which there is all of it.</summary>
    public double Reach { get; }

    /// <summary>From the centre of flux to its brightest pixel: columns to the right, rows up.</summary>
    public (double X, double Y) PeakOffset { get; }

    /// <summary>The centre of flux among the coefficients.</summary>
    internal double X { get; }

    internal double Y { get; }

    /// <summary>The image at an offset from the centre of flux, in pixels; 0 far from it.</summary>
    internal double At(double x, double y)
    {
        double column = X + x, row = Y + y;
        int firstColumn = (int)Math.Floor(column) - 1, firstRow = (int)Math.Floor(row) - 1;
        if (firstColumn < 0 || firstRow < 0 || firstColumn + 4 > _width || firstRow + 4 > _height)
            return 0;
        Span<double> across = stackalloc double[4], down = stackalloc double[4];
        Weights(column - Math.Floor(column), across);
        Weights(row - Math.Floor(row), down);
        double sum = 0;
        for (int j = 0; j < 4; j++)
        {
            var line = _coefficients.AsSpan((firstRow + j) * _width + firstColumn, 4);
            sum += down[j] * (across[0] * line[0] + across[1] * line[1] + across[2] * line[2] + across[3] * line[3]);
        }
        return sum;
    }

    /// <summary>B-spline weights of the four coefficients around.</summary>
    private static void Weights(double t, Span<double> weights)
    {
        double s = 1 - t;
        weights[0] = s * s * s / 6;
        weights[1] = 2.0 / 3 - t * t * (2 - t) / 2;
        weights[2] = 2.0 / 3 - s * s * (2 - s) / 2;
        weights[3] = t * t * t / 6;
    }

    /// <summary>Values become the coefficients of the spline through them; beyond the ends there is nothing.</summary>
    private static void Filter(double[] values, int first, int step, int count)
    {
        double pole = Math.Sqrt(3) - 2, gain = (1 - pole) * (1 - 1 / pole), before = 0;
        for (int i = 0; i < count; i++)
        {
            before = gain * values[first + i * step] + pole * before;
            values[first + i * step] = before;
        }
        double after = before * pole / (pole * pole - 1);   // what follows an end after which there is nothing
        for (int i = count - 1; i >= 0; i--)
        {
            after = pole * (after - values[first + i * step]);
            values[first + i * step] = after;
        }
    }
}
