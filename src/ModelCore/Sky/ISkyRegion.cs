namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A part of the sky, as far as it needs to be known to find the cells that it overlaps.</summary>
internal interface ISkyRegion
{
    /// <summary>How deep a direction lies in the region: its distance from the border in radians (or a lower limit to that), negative outside, infinite where there is no border.</summary>
    double Depth(in Direction direction);
}
