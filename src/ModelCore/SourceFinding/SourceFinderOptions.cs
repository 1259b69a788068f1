namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>How sources are looked for; names and meanings are PyBDSF's.</summary>
public sealed record SourceFinderOptions
{
    public required Beam Beam { get; init; }

    /// <summary>An island's pixels stand this many times the local rms above the background (thresh_isl); also what a further Gaussian must rise above the fit.</summary>
    public double IslandThreshold { get; init; } = 3;

    /// <summary>An island's highest pixel stands this many times the local rms above the background (thresh_pix). Below <see cref="IslandThreshold"/> it has no effect.</summary>
    public double PeakThreshold { get; init; } = 5;

    /// <summary>Whether the background's level changes over the image (mean_map); null to see whether it does.</summary>
    public bool? BackgroundMap { get; init; }

    /// <summary>Side of the boxes that the rms is measured in, and the distance of one from the next, in pixels (rms_box); null to choose them by the brightest sources.</summary>
    public (int Side, int Step)? RmsBox { get; init; }

    /// <summary>The paper's Table 5, with the beam of its programme: 6.0012" on pixels of 1.5".</summary>
    public static SourceFinderOptions Paper { get; } = new()
    {
        Beam = new Beam(0.001667 * 3600 / 1.5, 0.001667 * 3600 / 1.5),
        IslandThreshold = 5,
        PeakThreshold = 0.5,
        BackgroundMap = false,
    };

    /// <summary>Pixels of the smallest island: a third of the beam, at least 6.</summary>
    internal int SmallestIsland => Math.Max(6, (int)(Beam.Area / 3));

    /// <summary>What a Gaussian is before it is fitted: a beam that is not round, so that its angle has a derivative.</summary>
    internal FitGaussian StartShape => new(0, 0, 0, (Beam.MajorFwhm / Beam.MinorFwhm < 1.1 ? 1.1 : 1) * Beam.MajorSigma, Beam.MinorSigma, Beam.PositionAngle + 90);
}
