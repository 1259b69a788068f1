namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>What the program wants to know of a source; a <see cref="ColumnMapping"/> says in which column it stands.</summary>
public enum CatalogueField
{
    Name,

    /// <summary>Degrees.</summary>
    RightAscension,

    /// <summary>Degrees.</summary>
    Declination,

    /// <summary>Of the host; degrees.</summary>
    OpticalRightAscension,

    /// <summary>Of the host; degrees.</summary>
    OpticalDeclination,

    /// <summary>The mosaic that the survey made the source from.</summary>
    Mosaic,

    /// <summary>mJy/beam.</summary>
    PeakFlux,

    /// <summary>mJy/beam.</summary>
    PeakFluxError,

    /// <summary>mJy.</summary>
    TotalFlux,

    /// <summary>mJy.</summary>
    TotalFluxError,

    /// <summary>Arcsec.</summary>
    LargestAngularSize,

    /// <summary>FWHM in arcsec, not deconvolved.</summary>
    MajorAxis,

    /// <summary>FWHM in arcsec, not deconvolved.</summary>
    MinorAxis,

    /// <summary>Degrees, north through east.</summary>
    PositionAngle,

    /// <summary>1 if the source is resolved, else 0.</summary>
    Resolved,

    /// <summary>PyBDSF's S, C or M: one Gaussian, one of several in an island, several Gaussians.</summary>
    SourceCode,

    Redshift,
}

/// <summary>The quantity of each field.</summary>
public static class CatalogueFields
{
    /// <summary>The field's name in mapping files and on the command line, such as <c>peakFlux</c>.</summary>
    public static string NameOf(CatalogueField field) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(field.ToString());

    public static Quantity QuantityOf(CatalogueField field) => field switch
    {
        CatalogueField.Name or CatalogueField.Mosaic or CatalogueField.SourceCode => Quantity.Text,
        CatalogueField.RightAscension or CatalogueField.OpticalRightAscension => Quantity.RightAscension,
        CatalogueField.Declination or CatalogueField.OpticalDeclination or CatalogueField.PositionAngle => Quantity.Degrees,
        CatalogueField.LargestAngularSize or CatalogueField.MajorAxis or CatalogueField.MinorAxis => Quantity.Arcsec,
        CatalogueField.Resolved or CatalogueField.Redshift => Quantity.Number,
        _ => Quantity.MilliJansky,
    };
}
