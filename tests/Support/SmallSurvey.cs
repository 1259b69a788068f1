using System.Globalization;
using System.Text;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.TestSupport;

/// <summary>Two mosaics of 160 x 160 pixels with some bright sources and a catalogue, on disk: enough for the whole chain in seconds.</summary>
public static class SmallSurvey
{
    /// <summary>Side of the cut-outs that suit it, in pixels.</summary>
    public const int CutoutSize = 16;

    private const int Side = 160;
    private const double PixelScaleArcsec = 1.5;
    private const double BeamSigmaPixels = 6 / 1.5 / 2.3548;
    private const double Noise = 1e-4;

    /// <summary>Writes mosaics/A.fits, mosaics/B.fits and so on, and catalogue.csv; returns the folder of mosaics and the catalogue.</summary>
    public static (string Mosaics, string Catalogue) Write(string folder, int sourcesPerMosaic = 20, int mosaicCount = 2)
    {
        string mosaics = Path.Combine(folder, "mosaics");
        Directory.CreateDirectory(mosaics);
        var catalogue = new StringBuilder("Source_Name,RA,DEC,Peak_flux,Total_flux,Mosaic_ID\n");
        for (int i = 0; i < mosaicCount; i++)
        {
            string name = ((char)('A' + i)).ToString();
            WriteMosaic(Path.Combine(mosaics, $"{name}.fits"), name, new SkyCoordinate((180 + 10 * i) % 360, 45), sourcesPerMosaic, catalogue);
        }
        string path = Path.Combine(folder, "catalogue.csv");
        File.WriteAllText(path, catalogue.ToString());
        return (mosaics, path);
    }

    private static void WriteMosaic(string path, string name, SkyCoordinate centre, int sources, StringBuilder catalogue)
    {
        var random = new RandomStream(5, $"small survey {name}");
        var wcs = WorldCoordinateSystem.Sin(centre, PixelScaleArcsec, Side / 2, Side / 2);
        float[] pixels = new float[Side * Side];
        foreach (ref float pixel in pixels.AsSpan())
            pixel = (float)(Noise * random.NextNormal());
        for (int i = 0; i < sources; i++)
        {
            double column = random.NextDouble(12, Side - 12), row = random.NextDouble(12, Side - 12);
            double peak = Noise * Math.Exp(random.NextDouble(Math.Log(50), Math.Log(500)));
            AddGaussian(pixels, column, row, peak);
            var position = wcs.PixelToSky(column, row);
            catalogue.Append(CultureInfo.InvariantCulture,
                $"{name}{i},{position.RightAscension:R},{position.Declination:R},{peak * 1000:R},{peak * 1000:R},{name}\n");
        }
        var header = new FitsHeader();
        wcs.AddTo(header);
        header.Set("BUNIT", "JY/BEAM");
        header.Set("BMAJ", 6.0 / 3600);
        header.Set("BMIN", 6.0 / 3600);
        using var stream = File.Create(path);
        FitsWriter.WriteImage(stream, pixels, Side, Side, header);
    }

    private static void AddGaussian(float[] pixels, double column, double row, double peak)
    {
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                double squared = (x - column) * (x - column) + (y - row) * (y - row);
                pixels[y * Side + x] += (float)(peak * Math.Exp(-squared / (2 * BeamSigmaPixels * BeamSigmaPixels)));
            }
        }
    }
}
