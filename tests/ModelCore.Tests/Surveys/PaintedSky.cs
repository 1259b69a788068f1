using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

/// <summary>One sky of compact sources, and mosaics of it with any pixels: each pixel is computed from its place on the sky, so that no mosaic is a copy of another.</summary>
internal sealed class PaintedSky(TemporaryFolder folder)
{
    public const double FwhmArcsec = 6;

    public static SkyCoordinate Centre { get; } = new(209.5612, 52.9117);

    /// <summary>Offsets to the east and north of the centre, arc seconds, with peaks in Jy/beam.</summary>
    public static (double East, double North, double Peak)[] Sources { get; } = [(0.37, -0.52, 1), (61.3, 20.1, 0.5), (-48.2, 55.7, 0.25), (-25.9, -70.4, 0.8)];

    public static SkyCoordinate Position(double east, double north) => WorldCoordinateSystem.Sin(Centre, 1, 0, 0).PixelToSky(-east, north);

    public static CatalogueRow[] Rows(params (double East, double North)[] places) =>
        [.. places.Select((place, i) => new CatalogueRow { Index = i, SourceName = $"S{i}", Position = Position(place.East, place.North) })];

    public static CatalogueRow[] SourceRows() => Rows([.. Sources.Select(source => (source.East, source.North))]);

    /// <summary>Galactic coordinates in a ZEA projection, turned: nothing like a SIN image of ICRS.</summary>
    public static WorldCoordinateSystem Galactic(double scale, double rotation, double column, double row)
    {
        var centre = SkyFrame.Galactic.FromIcrs(Centre);
        var header = new FitsHeader();
        header.Set("CTYPE1", "GLON-ZEA");
        header.Set("CTYPE2", "GLAT-ZEA");
        header.Set("CRVAL1", centre.Longitude);
        header.Set("CRVAL2", centre.Latitude);
        header.Set("CRPIX1", column + 1);
        header.Set("CRPIX2", row + 1);
        header.Set("CDELT1", -scale / 3600);
        header.Set("CDELT2", scale / 3600);
        double angle = double.DegreesToRadians(rotation);
        header.Set("PC1_1", Math.Cos(angle));
        header.Set("PC1_2", -Math.Sin(angle));
        header.Set("PC2_1", Math.Sin(angle));
        header.Set("PC2_2", Math.Cos(angle));
        return WorldCoordinateSystem.FromHeader(header, "galactic");
    }

    private static readonly SkyCoordinate[] _positions = [.. Sources.Select(source => Position(source.East, source.North))];

    /// <summary>Jy/beam at a place; a source ends where it is below 1e-15 of its peak.</summary>
    public static double Brightness(SkyCoordinate place)
    {
        double sum = 0;
        for (int i = 0; i < Sources.Length; i++)
        {
            double reach = Math.Abs(place.Declination - _positions[i].Declination) * 3600 / FwhmArcsec;
            double distance = reach < 3.6 ? place.SeparationTo(_positions[i]) * 3600 / FwhmArcsec : reach;
            sum += distance < 3.6 ? Sources[i].Peak * Math.Exp(-4 * Math.Log(2) * distance * distance) : 0;
        }
        return sum;
    }

    /// <summary>Paints a mosaic, with noise of its own, into NAME.fits.</summary>
    public Mosaic Write(string name, WorldCoordinateSystem wcs, int width, int height, double noise = 0, double factor = 1, string unit = "JY/BEAM", Action<float[]>? change = null, Action<FitsHeader>? describe = null)
    {
        var random = new RandomStream(7, name);
        float[] pixels = new float[width * height];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (float)(factor * Brightness(wcs.PixelToSky(i % width, i / width)) + noise * random.NextNormal());
        change?.Invoke(pixels);
        var header = new FitsHeader();
        wcs.AddTo(header);
        header.Set("BUNIT", unit);
        header.Set("BMAJ", FwhmArcsec / 3600);
        header.Set("BMIN", FwhmArcsec / 3600);
        describe?.Invoke(header);
        Directory.CreateDirectory(Path.GetDirectoryName(folder.File($"{name}.fits"))!);
        FitsWriter.WriteImage(folder.File($"{name}.fits"), pixels, width, height, header);
        return MosaicFolder.Open(folder.File($"{name}.fits"));
    }

    /// <summary>Centroid within a beam's width of the middle of a (side, side) image, and the sum of all its pixels.</summary>
    public static (double Column, double Row, double Sum) Source(ReadOnlySpan<float> image, int side, double column, double row, double radius)
    {
        double sum = 0, columns = 0, rows = 0, all = 0;
        for (int i = 0; i < image.Length; i++)
        {
            all += image[i];
            if (Math.Pow(i % side - column, 2) + Math.Pow(i / side - row, 2) <= radius * radius)
                (sum, columns, rows) = (sum + image[i], columns + image[i] * (i % side), rows + image[i] * (i / side));
        }
        return (columns / sum, rows / sum, all);
    }
}
