using System.Globalization;
using System.Text;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Found sources on the sky, with the columns of PyBDSF's source list (srl).</summary>
public static class SourceTable
{
    private static readonly CatalogueColumn[] _columns =
    [
        Whole("Source_id", "Number of the source"),
        Whole("Isl_id", "Number of its island"),
        Number("RA", "deg", "Of the centre of its flux"),
        Number("E_RA", "deg", "Error towards east, on the sky"),
        Number("DEC", "deg", "Of the centre of its flux"),
        Number("E_DEC", "deg", "Error towards north"),
        Number("Total_flux", "Jy", "Sum over its Gaussians"),
        Number("E_Total_flux", "Jy"),
        Number("Peak_flux", "Jy/beam"),
        Number("E_Peak_flux", "Jy/beam"),
        Number("RA_max", "deg", "Of its peak"),
        Number("E_RA_max", "deg"),
        Number("DEC_max", "deg", "Of its peak"),
        Number("E_DEC_max", "deg"),
        Number("Maj", "deg", "Full width at half maximum along the long axis"),
        Number("E_Maj", "deg"),
        Number("Min", "deg", "Full width at half maximum along the short axis"),
        Number("E_Min", "deg"),
        Number("PA", "deg", "Of the long axis, north through east"),
        Number("E_PA", "deg"),
        Number("DC_Maj", "deg", "Without the beam; 0 if not resolved"),
        Number("E_DC_Maj", "deg"),
        Number("DC_Min", "deg", "Without the beam; 0 if not resolved"),
        Number("E_DC_Min", "deg"),
        Number("DC_PA", "deg", "Without the beam, north through east"),
        Number("E_DC_PA", "deg"),
        Number("Isl_Total_flux", "Jy", "Sum of the island's pixels"),
        Number("E_Isl_Total_flux", "Jy"),
        Number("Isl_rms", "Jy/beam", "Noise around it"),
        Number("Isl_mean", "Jy/beam", "Background around it"),
        Number("Resid_Isl_rms", "Jy/beam", "What the Gaussians leave of the island"),
        Number("Resid_Isl_mean", "Jy/beam"),
        new("S_Code", ColumnType.Text) { Description = "S: alone in its island, C: one of several, M: several Gaussians" },
        Whole("Rejected", "Gaussians of the island that were fitted and not believed"),
    ];

    /// <exception cref="RadioDiffusionException">The name ends as that of no format that can be written.</exception>
    public static void CheckName(string path)
    {
        if (!IsRegionFile(path))
            CatalogueFormats.OfName(path);
    }

    /// <summary>Writes a catalogue, or regions of ds9 if the name ends with .reg.</summary>
    /// <param name="found">In an image whose unit is a flux per beam.</param>
    /// <param name="wcs">Of the image.</param>
    /// <param name="janskyPerUnit">From the image's unit to Jy/beam.</param>
    public static void Write(string path, FoundSources found, WorldCoordinateSystem wcs, Beam beam, double janskyPerUnit)
    {
        if (IsRegionFile(path))
        {
            WriteRegions(path, found, wcs);
            return;
        }
        var numbers = _columns.Select(_ => new List<double>()).ToArray();
        foreach (var source in found.Sources)
        {
            double[] row = RowOf(source, found.Islands[source.Island], wcs, beam, janskyPerUnit);
            for (int i = 0; i < row.Length; i++)
                numbers[i].Add(row[i]);
        }
        using var writer = CatalogueWriter.Create(path, _columns);
        writer.Write(new CatalogueBatch(0, [.. _columns.Select((column, i) => ValuesOf(column, numbers[i], found))]));
        writer.Complete();
    }

    private static bool IsRegionFile(string path) => path.EndsWith(".reg", StringComparison.OrdinalIgnoreCase);

    private static ColumnValues ValuesOf(CatalogueColumn column, List<double> numbers, FoundSources found)
    {
        if (column.Type == ColumnType.Integer)
            return new IntegerValues(column, [.. numbers.Select(number => (long)number)]);
        if (column.Type != ColumnType.Text)
            return new NumberValues(column, [.. numbers]);
        var codes = new TextValues(column, found.Sources.Count);
        foreach (var source in found.Sources)
            codes.Add(source.Code.ToString());
        return codes;
    }

    private static double[] RowOf(FoundSource source, FoundIsland island, WorldCoordinateSystem wcs, Beam beam, double unit)
    {
        var centre = wcs.PixelToSky(source.X, source.Y);
        var peak = wcs.PixelToSky(source.PeakX, source.PeakY);
        var pixel = new SkyPixel(wcs.GeometryAt(source.X, source.Y));
        var (major, minor, angle) = pixel.ToSky(source.MajorFwhm, source.MinorFwhm, source.PositionAngle);
        var (dcMajor, dcMinor, dcAngle) = pixel.ToSky(Ellipse.Of(source.MajorFwhm, source.MinorFwhm, source.PositionAngle) - Ellipse.Of(beam.MajorFwhm, beam.MinorFwhm, beam.PositionAngle));
        var (east, north) = pixel.ErrorsOnSky(source.XError, source.YError);
        double majorError = source.MajorFwhmError * pixel.Degrees, minorError = source.MinorFwhmError * pixel.Degrees;
        return
        [
            source.Number, source.Island,
            centre.RightAscension, east, centre.Declination, north,
            source.TotalFlux * unit, source.TotalFluxError * unit, source.Peak * unit, source.PeakError * unit,
            peak.RightAscension, east, peak.Declination, north,
            major, majorError, minor, minorError, angle, source.PositionAngleError,
            dcMajor, majorError, dcMinor, minorError, dcMajor > 0 ? dcAngle : 0, source.PositionAngleError,
            island.TotalFlux * unit, island.TotalFluxError * unit, island.Rms * unit, island.Mean * unit, island.ResidualRms * unit, island.ResidualMean * unit,
            0, island.Rejections.Count,
        ];
    }

    private static void WriteRegions(string path, FoundSources found, WorldCoordinateSystem wcs)
    {
        var text = new StringBuilder("# Region file format: DS9 version 4.1\nglobal color=green width=1\nicrs\n");
        foreach (var source in found.Sources)
        {
            var centre = wcs.PixelToSky(source.X, source.Y);
            var (major, minor, angle) = new SkyPixel(wcs.GeometryAt(source.X, source.Y)).ToSky(source.MajorFwhm, source.MinorFwhm, source.PositionAngle);
            text.Append(CultureInfo.InvariantCulture, $"ellipse({centre.RightAscension:0.0000000},{centre.Declination:0.0000000},{major * 1800:0.000}\",{minor * 1800:0.000}\",{(angle + 90) % 360:0.00}) # text={{{source.Number}}}\n");
        }
        Artifacts.DurableFiles.Replace(path, Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static CatalogueColumn Number(string name, string unit, string? description = null) => new(name, ColumnType.Double) { Unit = unit, Description = description };

    private static CatalogueColumn Whole(string name, string description) => new(name, ColumnType.Integer) { Description = description };
}
