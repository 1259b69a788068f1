using RadioDiffusion.ModelCore.SourceFinding;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The shape of a source, taken from an image of one: what lies around it set to 0, the peak 1, at the resolution of the survey that it goes into.</summary>
/// <remarks>
/// Kept are the islands above 1 per cent of the peak that are at least as large as the beam and do not touch the border: smaller ones are noise, and those at the border are cut off.
/// A beam smaller than the survey's is widened to it; a larger one stays.
/// </remarks>
public sealed class SourceShape
{
    private const float Bound = 0.01f;
    private readonly float[] _pixels;                        // row 0 is the southern one
    private readonly int _side;
    private readonly double _pixelScale;

    private SourceShape(string name, float[] pixels, int side, double pixelScale, double beam)
    {
        (Name, _pixels, _side, _pixelScale) = (name, pixels, side, pixelScale);
        TotalFlux = pixels.Sum(pixel => (double)pixel) * pixelScale * pixelScale / (Beam.AreaPerSquareFwhm * beam * beam);
        double middle = (side - 1) / 2.0;
        ExtentArcsec = 2 * pixelScale * Enumerable.Range(0, pixels.Length).Where(i => pixels[i] > Bound).Max(i => Math.Sqrt(Square(i % side - middle) + Square(i / side - middle)));
        RadiusArcsec = pixelScale * side / Math.Sqrt(2);
    }

    /// <summary>Where it comes from.</summary>
    public string Name { get; }

    /// <summary>Of a source of unit peak, in units of the peak.</summary>
    public double TotalFlux { get; }

    /// <summary>Twice the largest distance of its pixels from the middle.</summary>
    public double ExtentArcsec { get; }

    /// <summary>Nothing lies further from the middle.</summary>
    public double RadiusArcsec { get; }

    /// <param name="name">Where it comes from.</param>
    /// <param name="image">(side, side), row 0 the southern one, in any unit; its smallest value counts as nothing.</param>
    /// <param name="side">Pixels.</param>
    /// <param name="pixelScaleArcsec">Of the image.</param>
    /// <param name="beamArcsec">FWHM in the image.</param>
    /// <param name="surveyBeamArcsec">FWHM in the survey.</param>
    /// <returns>Null if nothing is left of the image.</returns>
    public static SourceShape? Of(string name, ReadOnlySpan<float> image, int side, double pixelScaleArcsec, double beamArcsec, double surveyBeamArcsec)
    {
        float[] pixels = image.ToArray();
        float low = pixels.Min(), high = pixels.Max();
        if (!(high > low))
            return null;
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (pixels[i] - low) / (high - low);
        KeepIslands(pixels, side, Beam.AreaPerSquareFwhm * Square(beamArcsec / pixelScaleArcsec));
        double widening = Square(surveyBeamArcsec) - Square(beamArcsec);
        if (widening > 0)
            pixels = BeamNoise.Convolve(pixels, side, Math.Sqrt(widening) / BeamForm.SigmasPerFwhm / pixelScaleArcsec);
        float peak = pixels.Max();
        if (peak <= 0)
            return null;
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] /= peak;
        return new SourceShape(name, pixels, side, pixelScaleArcsec, Math.Max(beamArcsec, surveyBeamArcsec));
    }

    /// <summary>Brightness at an offset from the middle: cubic convolution (Keys 1981, a = -1/2), not below 0.</summary>
    public double At(double eastArcsec, double northArcsec)
    {
        double middle = (_side - 1) / 2.0, x = middle - eastArcsec / _pixelScale, y = middle + northArcsec / _pixelScale;
        int left = (int)Math.Floor(x) - 1, bottom = (int)Math.Floor(y) - 1;
        if (left < 0 || bottom < 0 || left + 3 >= _side || bottom + 3 >= _side)
            return 0;
        double sum = 0;
        for (int row = 0; row < 4; row++)
        {
            double line = 0;
            for (int column = 0; column < 4; column++)
                line += Keys(x - left - column) * _pixels[(bottom + row) * _side + left + column];
            sum += Keys(y - bottom - row) * line;
        }
        return Math.Max(sum, 0);
    }

    private static double Keys(double distance)
    {
        distance = Math.Abs(distance);
        return distance < 1 ? (1.5 * distance - 2.5) * distance * distance + 1
            : distance < 2 ? ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
            : 0;
    }

    /// <summary>Islands of pixels above the bound, whole and of the least area; the rest becomes 0.</summary>
    private static void KeepIslands(float[] pixels, int side, double leastArea)
    {
        int[] islands = new int[pixels.Length];
        int count = ConnectedRegions.Label([.. pixels.Select(pixel => pixel > Bound)], side, side, islands);
        PixelBox[] boxes = ConnectedRegions.Boxes(islands, count, side);
        for (int i = 0; i < pixels.Length; i++)
        {
            if (islands[i] == 0 || !IsKept(boxes[islands[i] - 1]))
                pixels[i] = 0;
        }

        bool IsKept(PixelBox box) => box.Count >= leastArea && box.Left > 0 && box.Top > 0 && box.Right < side && box.Bottom < side;
    }

    private static double Square(double value) => value * value;
}
