namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>The cubic spline through a grid of values, mirrored at its borders.</summary>
/// <remarks>Unser et al. (1993), "B-spline signal processing": the coefficients come from one recursive filter forwards and one backwards.</remarks>
internal sealed class CubicSpline
{
    private static readonly double Pole = Math.Sqrt(3) - 2;

    private readonly double[] _coefficients;
    private readonly int _width, _height;

    /// <param name="values">(width, height): columns one after another.</param>
    public CubicSpline(ReadOnlySpan<float> values, int width, int height)
    {
        (_width, _height) = (width, height);
        _coefficients = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
            _coefficients[i] = values[i];
        for (int x = 0; x < width; x++)
            Filter(_coefficients.AsSpan(x * height), height, 1);
        for (int y = 0; y < height; y++)
            Filter(_coefficients.AsSpan(y), width, height);
    }

    /// <param name="x">From 0 to width - 1.</param>
    /// <param name="y">From 0 to height - 1.</param>
    public double At(double x, double y)
    {
        Span<double> byX = stackalloc double[4], byY = stackalloc double[4];
        int left = Weights(x, byX), top = Weights(y, byY);
        double sum = 0;
        for (int i = 0; i < 4; i++)
        {
            int column = Mirrored(left + i, _width) * _height;
            double part = 0;
            for (int j = 0; j < 4; j++)
                part += byY[j] * _coefficients[column + Mirrored(top + j, _height)];
            sum += byX[i] * part;
        }
        return sum;
    }

    private static int Weights(double at, Span<double> weights)
    {
        int first = (int)Math.Floor(at);
        double t = at - first, s = 1 - t;
        weights[0] = s * s * s / 6;
        weights[1] = ((4 - (3 * t * t * (2 - t)))) / 6;
        weights[2] = ((4 - (3 * s * s * (2 - s)))) / 6;
        weights[3] = t * t * t / 6;
        return first - 1;
    }

    private static int Mirrored(int index, int length)
    {
        if (length == 1)
            return 0;
        int period = 2 * (length - 1);
        index = ((index % period) + period) % period;
        return index < length ? index : period - index;
    }

    private static void Filter(Span<double> line, int length, int stride)
    {
        if (length == 1)
            return;
        for (int i = 0; i < length; i++)
            line[i * stride] *= 6;
        // What a line mirrored for ever would have brought along up to its first value.
        double sum = line[0] + (Math.Pow(Pole, length - 1) * line[(length - 1) * stride]), power = Pole;
        for (int i = 1; i < length - 1; i++, power *= Pole)
            sum += (power + (Math.Pow(Pole, (2 * (length - 1)) - i))) * line[i * stride];
        line[0] = sum / (1 - Math.Pow(Pole, 2 * (length - 1)));
        for (int i = 1; i < length; i++)
            line[i * stride] += Pole * line[(i - 1) * stride];
        int last = (length - 1) * stride;
        line[last] = Pole / ((Pole * Pole) - 1) * (line[last] + (Pole * line[last - stride]));
        for (int i = length - 2; i >= 0; i--)
            line[i * stride] = Pole * (line[(i + 1) * stride] - line[i * stride]);
    }
}
