using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>How cut-outs are cut.</summary>
public sealed record CutoutOptions
{
    /// <summary>Side of the images that are measured and trained on, in pixels; 80 in the paper.</summary>
    public int Size { get; init; } = 80;

    /// <summary>Whether cut-outs are stored larger, so that an image turned by any angle has no empty corners (paper, Sect. 7).</summary>
    public bool AnyAngle { get; init; }

    /// <summary>
    /// Share of a cut-out that must lie inside the mosaic: 1 for the published, strict rule. What lies outside is 0, and is left out of all measurements.
    /// </summary>
    public double MinimumCoverage { get; init; } = 1;

    /// <summary>
    /// Arc seconds: each cut-out is resampled onto a grid of its own with such pixels, north up and the source in the very middle, so that mosaics with other
    /// pixels, orientations and projections share one grid; 0 cuts the pixels of the mosaic, as published.
    /// </summary>
    public double PixelScaleArcsec { get; init; }

    /// <summary>Whether cut-outs have pixels of their own instead of the mosaic's.</summary>
    public bool IsResampled => PixelScaleArcsec > 0;

    /// <summary>Side of the images that are stored.</summary>
    public int StoredSize => AnyAngle ? ImageRotation.SideNeeded(Size, Orientation.Kernel) : Size;

    /// <summary>Pixels of a mosaic along the side of a square that holds a stored image, however the two are turned to each other.</summary>
    public int SideIn(Mosaic mosaic) =>
        IsResampled ? (int)Math.Ceiling(Math.Sqrt(2) * StoredSize * PixelScaleArcsec / mosaic.Wcs.PixelScaleArcsec) + 1 : StoredSize;

    /// <exception cref="RadioDiffusionException">An option is out of range; the message names it.</exception>
    public void Check()
    {
        if (Size is < 2 or > LargestSize)
            throw new RadioDiffusionException($"The side of a cut-out should be 2 to {LargestSize} pixels, but it is {Size}.");
        if (!(MinimumCoverage is > 0 and <= 1))
            throw new RadioDiffusionException($"The least coverage of a cut-out should be above 0 and at most 1, but it is {MinimumCoverage}.");
        if (!(PixelScaleArcsec >= 0 && double.IsFinite(PixelScaleArcsec)))
            throw new RadioDiffusionException($"The pixel scale of resampled cut-outs should be above 0 arc seconds, or 0 for the pixels of the mosaics, but it is {PixelScaleArcsec}.");
    }

    private const int LargestSize = 8192;
}
