namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>An image between its pixels: a cubic B-spline through their values.</summary>
/// <remarks>
/// Bilinear interpolation would make sources 3 % broader and change their flux by up to a per cent, depending on where they fall on the pixels; cubic splines keep both to 1e-4. A spline's integral is the sum of
/// the pixels, so that the flux is the same wherever it is painted. Unser, Aldroubi and Eden (1993), IEEE Trans. Signal Processing 41, 821 and 834.
/// </remarks>
internal sealed class SplineImage
{
    private readonly float[] _coefficients;
    private readonly int _width;
    private readonly int _height;

    /// <param name="values">(height, width), row by row; they are used up. Beyond the ends there is nothing, so some pixels there should be 0, or not be asked for.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    public SplineImage(double[] values, int width, int height)
    {
        (_width, _height) = (width, height);
        for (int row = 0; row < height; row++)
            Filter(values, row * width, 1, width);
        for (int column = 0; column < width; column++)
            Filter(values, column, width, height);
        _coefficients = Array.ConvertAll(values, value => (float)value);
    }

    /// <summary>What it keeps in memory, about.</summary>
    public long Bytes => sizeof(float) * (long)_coefficients.Length;

    /// <summary>The value at a place, 0 being the middle of the first pixel; 0 near the ends and beyond.</summary>
    public double At(double column, double row)
    {
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
