namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The image of a resolved source, ready to be painted at any place, turned and enlarged: points seen through the beam, and a cubic B-spline through that.</summary>
/// <remarks>
/// What is above the noise of an image ends at once, and where a source is to be brighter than its image, that edge would be seen. So the source is taken apart into points (<see cref="RichardsonLucy"/>) within what is
/// above the noise, and those are seen through the image's beam again: it ends as the beam does, and the noise of its surroundings stays behind.
/// </remarks>
public sealed class SkyStamp
{
    private const int Margin = 2;                            // pixels around all that is not 0, for the spline
    private const int Iterations = 40;
    private readonly SplineImage _spline;

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
        int wide = width + 2 * (reach + Margin), high = height + 2 * (reach + Margin);
        float[] around = new float[wide * high], seen = new float[around.Length];
        double farthest = 0;
        for (int row = 0; row < height; row++)
            points.AsSpan(row * width, width).CopyTo(around.AsSpan((row + reach + Margin) * wide + reach + Margin));
        new RichardsonLucy(wide, high, beamArcsec / pixelArcsec).Convolve(around, seen);
        double[] values = Array.ConvertAll(seen, value => (double)value);
        for (int i = 0; i < values.Length; i++)
            (Sum, X, Y) = (Sum + values[i], X + values[i] * (i % wide), Y + values[i] * (i / wide));
        (X, Y) = (X / Sum, Y / Sum);
        for (int i = 0; i < around.Length; i++)
        {
            if (around[i] > 0)
                farthest = Math.Max(farthest, Math.Sqrt((i % wide - X) * (i % wide - X) + (i / wide - Y) * (i / wide - Y)));
        }
        Reach = farthest * pixelArcsec + ReachOfBeam(beamArcsec);
        int peak = Array.IndexOf(values, values.Max());
        PeakOffset = (peak % wide - X, peak / wide - Y);
        _spline = new SplineImage(values, wide, high);
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
    public long Bytes => _spline.Bytes;

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
    internal double At(double x, double y) => _spline.At(X + x, Y + y);
}
