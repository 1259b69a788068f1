namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Why a fitted Gaussian is not believed; the numbers are PyBDSF's flags.</summary>
[Flags]
public enum Rejection
{
    None = 0,

    /// <summary>Below 0.6 of the threshold.</summary>
    TooFaint = 1,

    /// <summary>Above 1.5 of the island's highest pixel, or of the image where it stands.</summary>
    TooHigh = 2,

    /// <summary>Its centre is off the box, or on a pixel of something else.</summary>
    OutsideInX = 4,

    /// <inheritdoc cref="OutsideInX"/>
    OutsideInY = 8,

    /// <summary>Twice as wide as the island.</summary>
    TooWideInX = 16,

    /// <inheritdoc cref="TooWideInX"/>
    TooWideInY = 32,

    /// <summary>More than 27.5 beams large.</summary>
    TooLarge = 64,

    /// <summary>Long, and its half height reaches pixels of something else.</summary>
    LeavesIsland = 256,

    /// <summary>The fit went to a value that is none.</summary>
    NotANumber = 1 << 30,
}
