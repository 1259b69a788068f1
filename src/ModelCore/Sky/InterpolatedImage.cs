using System.Runtime.CompilerServices;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>An image with values between its pixels.</summary>
/// <remarks>
/// Blanked pixels (NaN) stay as large as they are: where the nearest pixel is blanked or outside the image there is no value. Where a farther
/// one is, the kernel is bilinear over the pixels that are there, since a kernel with negative lobes cannot be cut without overshooting.
/// </remarks>
internal readonly ref struct InterpolatedImage
{
    /// <summary>So near to the centre of a pixel its own value is meant: rounding must not smooth an image on its own grid.</summary>
    private const double SamePixel = 1e-7;
    private const int MostTaps = 6;

    private readonly ReadOnlySpan<float> _pixels;
    private readonly int _width;
    private readonly int _height;
    private readonly Interpolation _kernel;

    /// <param name="pixels">(height, width).</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="kernel">The kernel.</param>
    public InterpolatedImage(ReadOnlySpan<float> pixels, int width, int height, Interpolation kernel)
    {
        if (width <= 0 || height <= 0 || pixels.Length != (long)width * height)
            throw new ArgumentException($"An image of {width} x {height} pixels should have as many values, but {pixels.Length} were given.");
        if (!Enum.IsDefined(kernel))
            throw new ArgumentOutOfRangeException(nameof(kernel), kernel, "This is no interpolation.");
        _pixels = pixels;
        (_width, _height, _kernel) = (width, height, kernel);
    }

    /// <summary>How many pixels a kernel reaches to each side.</summary>
    public static int Reach(Interpolation kernel) => kernel switch
    {
        Interpolation.Nearest => 0,
        Interpolation.Bilinear => 1,
        Interpolation.Bicubic => 2,
        _ => 3,
    };

    /// <summary>The value at a place; NaN where there is none.</summary>
    public float At(double column, double row)
    {
        if (!(column >= -0.5 && row >= -0.5 && column <= _width - 0.5 && row <= _height - 0.5))
            return float.NaN;
        int nearestColumn = Math.Clamp((int)Math.Floor(column + 0.5), 0, _width - 1);
        int nearestRow = Math.Clamp((int)Math.Floor(row + 0.5), 0, _height - 1);
        float nearest = _pixels[nearestRow * _width + nearestColumn];
        if (!float.IsFinite(nearest))
            return float.NaN;
        if (_kernel == Interpolation.Nearest || (Math.Abs(column - nearestColumn) <= SamePixel && Math.Abs(row - nearestRow) <= SamePixel))
            return nearest;
        double value = _kernel == Interpolation.Bilinear ? double.NaN : Convolve(column, row);
        return (float)(double.IsFinite(value) ? value : Bilinear(column, row));
    }

    /// <summary>The sum over the kernel; NaN if the kernel reaches beyond the image or a blanked pixel.</summary>
    [SkipLocalsInit]
    private double Convolve(double column, double row)
    {
        int reach = Reach(_kernel), taps = 2 * reach;
        int firstColumn = (int)Math.Floor(column) - reach + 1, firstRow = (int)Math.Floor(row) - reach + 1;
        if (firstColumn < 0 || firstRow < 0 || firstColumn + taps > _width || firstRow + taps > _height)
            return double.NaN;
        Span<double> across = stackalloc double[MostTaps], down = stackalloc double[MostTaps];
        Weights(column - Math.Floor(column), across);
        Weights(row - Math.Floor(row), down);
        double sum = 0;
        for (int j = 0; j < taps; j++)
        {
            var pixels = _pixels.Slice((firstRow + j) * _width + firstColumn, taps);
            double line = 0;
            for (int i = 0; i < pixels.Length; i++)
                line += across[i] * pixels[i];
            sum += down[j] * line;
        }
        return sum;
    }

    private double Bilinear(double column, double row)
    {
        int firstColumn = (int)Math.Floor(column), firstRow = (int)Math.Floor(row);
        double f = column - firstColumn, g = row - firstRow;
        double sum = 0, weights = 0;
        Add(firstColumn, firstRow, (1 - f) * (1 - g), ref sum, ref weights);
        Add(firstColumn + 1, firstRow, f * (1 - g), ref sum, ref weights);
        Add(firstColumn, firstRow + 1, (1 - f) * g, ref sum, ref weights);
        Add(firstColumn + 1, firstRow + 1, f * g, ref sum, ref weights);
        return sum / weights;                            // at least 1/4: the nearest pixel is there
    }

    private void Add(int column, int row, double weight, ref double sum, ref double weights)
    {
        if ((uint)column >= (uint)_width || (uint)row >= (uint)_height || !float.IsFinite(_pixels[row * _width + column]))
            return;
        sum += weight * _pixels[row * _width + column];
        weights += weight;
    }

    /// <summary>From 1 - reach to reach pixels from the one below; <paramref name="f"/> is the fraction, 0 up to 1.</summary>
    private void Weights(double f, Span<double> weights)
    {
        if (_kernel == Interpolation.Bicubic)
            KeysWeights(f, weights);
        else
            LanczosWeights(f, weights);
    }

    /// <summary>Keys (1981) with a = -1/2: of the pixels -1 to 2 from the one below.</summary>
    private static void KeysWeights(double f, Span<double> weights)
    {
        weights[0] = f * (-0.5 + f * (1 - 0.5 * f));
        weights[1] = 1 + f * f * (-2.5 + 1.5 * f);
        weights[2] = f * (0.5 + f * (2 - 1.5 * f));
        weights[3] = f * f * (-0.5 + 0.5 * f);
    }

    /// <summary>sinc(t) sinc(t / 3) at t = f - k, k = -2 to 3, with the sum 1, so that a flat image stays flat.</summary>
    private static void LanczosWeights(double f, Span<double> weights)
    {
        if (f == 0)
        {
            weights[..MostTaps].Clear();
            weights[2] = 1;
            return;
        }
        // sin(pi (f - k)) is plus or minus sin(pi f), and sin(pi (f - k) / 3) has a period of 6 in k.
        double sine = Math.Sin(Math.PI * f);
        var (sinThird, cosThird) = Math.SinCos(Math.PI * f / 3);
        ReadOnlySpan<double> cosines = [-0.5, 0.5, 1, 0.5, -0.5, -1];                                       // cos(pi k / 3), k = -2 to 3
        const double H = 0.86602540378443864676;
        ReadOnlySpan<double> sines = [-H, -H, 0, H, H, 0];
        double sum = 0;
        for (int i = 0; i < MostTaps; i++)
        {
            double t = f - (i - 2);
            double weight = (i % 2 == 0 ? sine : -sine) * (sinThird * cosines[i] - cosThird * sines[i]) / (t * t);
            weights[i] = weight;
            sum += weight;
        }
        double scale = 1 / sum;
        for (int i = 0; i < MostTaps; i++)
            weights[i] *= scale;
    }
}
