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

    /// <summary>Side of the images that are stored.</summary>
    public int StoredSize => AnyAngle ? ImageRotation.SideNeeded(Size, Orientation.Kernel) : Size;

    /// <exception cref="RadioDiffusionException">An option is out of range; the message names it.</exception>
    public void Check()
    {
        if (Size is < 2 or > LargestSize)
            throw new RadioDiffusionException($"The side of a cut-out should be 2 to {LargestSize} pixels, but it is {Size}.");
        if (!(MinimumCoverage is > 0 and <= 1))
            throw new RadioDiffusionException($"The least coverage of a cut-out should be above 0 and at most 1, but it is {MinimumCoverage}.");
    }

    private const int LargestSize = 8192;
}
