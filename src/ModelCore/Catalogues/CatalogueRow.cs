using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>One source of a survey catalogue.</summary>
public sealed record CatalogueRow
{
    /// <summary>Zero-based row of the catalogue.</summary>
    public required int Index { get; init; }

    public required string SourceName { get; init; }

    /// <summary>Right ascension (0 up to 360) and declination; NaN where the catalogue has none.</summary>
    public required SkyCoordinate Position { get; init; }

    /// <summary>The position of the host; null where there is none.</summary>
    public SkyCoordinate? OpticalPosition { get; init; }

    /// <summary>The mosaic that the survey made the source from.</summary>
    public string? MosaicId { get; init; }

    public double PeakFluxMilliJansky { get; init; } = double.NaN;

    public double TotalFluxMilliJansky { get; init; } = double.NaN;

    public double? LargestAngularSizeArcsec { get; init; }

    /// <summary>Where the cut-out is centred: the optical position if there is one.</summary>
    public SkyCoordinate Centre => OpticalPosition ?? Position;
}
