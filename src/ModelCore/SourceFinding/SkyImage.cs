using System.Globalization;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>An image of the sky in memory, with what source finding has to know of it.</summary>
/// <param name="Pixels">(height, width), in the file's unit; NaN where blank.</param>
/// <param name="JanskyPerUnit">From that unit to Jy/beam.</param>
public sealed record SkyImage(string Path, float[] Pixels, int Width, int Height, WorldCoordinateSystem Wcs, Beam Beam, double JanskyPerUnit)
{
    /// <param name="path">FITS file with an image and a celestial WCS; of a cube the first plane.</param>
    /// <param name="beamArcsec">Major axis, minor axis and position angle, where the header has no beam; null to take the header's.</param>
    /// <exception cref="FitsException">There is no such image, or no beam.</exception>
    public static SkyImage Read(string path, (double Major, double Minor, double PositionAngle)? beamArcsec)
    {
        using var file = FitsFile.Open(path);
        var image = file.FirstImage();
        var mosaic = Mosaic.Of(file);
        var header = image.Header;
        beamArcsec ??= header.GetDouble("BMAJ") is { } major and > 0 && header.GetDouble("BMIN") is { } minor and > 0
            ? (major * 3600, minor * 3600, header.GetDouble("BPA") ?? 0)
            : throw new FitsException($"{path}: keywords BMAJ and BMIN should give the beam in degrees, but they are {Found("BMAJ")} and {Found("BMIN")}. Name it with --beam.");
        var pixel = new SkyPixel(mosaic.Wcs.GeometryAt((image.Width - 1) / 2.0, (image.Height - 1) / 2.0));
        float[] pixels = new float[(long)image.Width * image.Height];
        image.ReadPixels(0, 0, image.Width, image.Height, pixels);
        var (wide, narrow, angle) = beamArcsec.Value;
        return new SkyImage(path, pixels, image.Width, image.Height, mosaic.Wcs, pixel.ToBeam(wide, narrow, angle), mosaic.JanskyPerUnit);

        string Found(string keyword) => header.GetDouble(keyword)?.ToString(CultureInfo.InvariantCulture) ?? "missing";
    }

    /// <summary>Writes another image of the same sky, in the same unit.</summary>
    /// <param name="pixels">(height, width).</param>
    public void WriteLike(string path, ReadOnlySpan<float> pixels)
    {
        var header = new FitsHeader();
        Wcs.AddTo(header);
        var (major, minor, angle) = new SkyPixel(Wcs.GeometryAt((Width - 1) / 2.0, (Height - 1) / 2.0)).ToSky(Beam.MajorFwhm, Beam.MinorFwhm, Beam.PositionAngle);
        header.Set("BMAJ", major, "Beam: full width at half maximum, degrees");
        header.Set("BMIN", minor);
        header.Set("BPA", angle);
        header.Set("BUNIT", JanskyPerUnit == 1 ? "Jy/beam" : JanskyPerUnit == 1e-3 ? "mJy/beam" : "uJy/beam");
        FitsWriter.WriteImage(path, pixels, Width, Height, header);
    }
}
