namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The image of a resolved source, ready to be painted at any place, turned and enlarged: points seen through the beam, and a cubic B-spline through that.</summary>
/// <remarks>
/// What is above the noise of an image ends at once, and where a source is to be brighter than its image, that edge would be seen. So the source is taken apart into points (<see cref="RichardsonLucy"/>) within what is
/// above the noise, and those are seen through the image's beam again: it ends as the beam does, and the noise of its surroundings stays behind.
/// <para>
/// Bilinear interpolation would make sources 3 % broader and change their flux by up to a per cent, depending on where they fall on the pixels; cubic splines keep both to 1e-4. A spline's integral is the sum of
/// the pixels, so that the flux is the same wherever it is painted. Unser, Aldroubi and Eden (1993), IEEE Trans. Signal Processing 41, 821 and 834.
/// </para>
/// </remarks>
public sealed class SkyStamp
{
    private const int Margin = 2;                            // pixels around all that is not 0, for the spline
    private const int Iterations = 40;
    private readonly float[] _coefficients;
    private readonly int _width;
    private readonly int _height;

    /// <param name="stamp">The source without its background.</param>
    /// <param name="pixelArcsec">Pixel scale of the image.</param>
    /// <param name="beamArcsec">FWHM of the beam in it.</param>
    public SkyStamp(SourceStamp stamp, double pixelArcsec, double beamArcsec)
    {
        if (!(stamp.Sum > 0))
            throw new ArgumentException($"The source of an image should have a flux above 0, but its pixels' sum is {stamp.Sum}.", nameof(stamp));
        PixelArcsec = pixelArcsec;
        int reach = RichardsonLucy.Reach(beamArcsec / pixelArcsec);
        var (left, bottom, width, height) = stamp.Footprint;
        float[] points = PointsOf(stamp, beamArcsec / pixelArcsec);
        (_width, _height) = (width + 2 * (reach + Margin), height + 2 * (reach + Margin));
        float[] around = new float[_width * _height], seen = new float[around.Length];
        double farthest = 0;
        for (int row = 0; row < height; row++)
            points.AsSpan(row * width, width).CopyTo(around.AsSpan((row + reach + Margin) * _width + reach + Margin));
        new RichardsonLucy(_width, _height, beamArcsec / pixelArcsec).Convolve(around, seen);
        double[] values = Array.ConvertAll(seen, value => (double)value);
        for (int i = 0; i < values.Length; i++)
            (Sum, X, Y) = (Sum + values[i], X + values[i] * (i % _width), Y + values[i] * (i / _width));
        (X, Y) = (X / Sum, Y / Sum);
        for (int i = 0; i < around.Length; i++)
        {
            if (around[i] > 0)
                farthest = Math.Max(farthest, Math.Sqrt((i % _width - X) * (i % _width - X) + (i / _width - Y) * (i / _width - Y)));
        }
        Reach = farthest * pixelArcsec + ReachOfBeam(beamArcsec);
        int peak = Array.IndexOf(values, values.Max());
        PeakOffset = (peak % _width - X, peak / _width - Y);
        for (int row = 0; row < _height; row++)
            Filter(values, row * _width, 1, _width);
        for (int column = 0; column < _width; column++)
            Filter(values, column, _width, _height);
        _coefficients = Array.ConvertAll(values, value => (float)value);
    }

    /// <summary>Arc seconds from a point to where nothing of it is to be seen.</summary>
    /// <param name="beamArcsec">FWHM.</param>
    internal static double ReachOfBeam(double beamArcsec) => RichardsonLucy.CutOff * beamArcsec / BeamForm.SigmasPerFwhm;

    /// <summary>In the source's footprint.</summary>
    private static float[] PointsOf(SourceStamp stamp, double beamPixels)
    {
        var (left, bottom, width, height) = stamp.Footprint;
        float[] image = new float[width * height];
        bool[] mask = new bool[image.Length];
        for (int i = 0; i < image.Length; i++)
        {
            int at = (bottom + i / width) * stamp.Side + left + i % width;
            (image[i], mask[i]) = (stamp.Pixels[at], stamp.Weights[at] == 1);
        }
        return new RichardsonLucy(width, height, beamPixels).Points(image, mask, Iterations);
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
