using System.Globalization;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SourceFinding;
using RadioDiffusion.TestSupport;

namespace RadioDiffusion.ModelCore.Tests.SourceFinding;

/// <summary>Whole fields against the catalogues that others made of them; skipped where the data are absent.</summary>
public sealed class SurveyFieldTests(ITestOutputHelper output)
{
    /// <summary>A corner of the SKA Science Data Challenge 1, whose truth is known: PyBDSF's sources above 5 sigma are found, and hardly any that are not there.</summary>
    [Fact]
    public void Sources_OfADataChallenge_AreThoseOfPybdsfAndOfTheTruth()
    {
        string folder = TestFiles.RealData("sdc1-simulated");
        var image = SkyImage.Read(Path.Combine(folder, "B1_1000h-east.fits"), null);
        var found = SourceFinder.FindInParallel(image.Pixels, image.Width, image.Height, new SourceFinderOptions { Beam = image.Beam }, null, TestContext.Current.CancellationToken);
        var ours = found.Sources.Select(source => (source.X, source.Y)).ToList();

        var reference = Rows(Path.Combine(folder, "B1_1000h-east.pybdsf.srl.txt")).Where(row => row["Peak_flux"] / row["Isl_rms"] > 5)
            .Select(row => PixelOf(image, row["RA"], row["DEC"])).Where(pixel => pixel.X > -0.5 && pixel.X < image.Width - 0.5).ToList();
        Assert.True(reference.Count > 900);
        double matched = reference.Count(pixel => ours.Any(other => Distance(pixel, other) < 3)) / (double)reference.Count;

        // Truth is what stands above 1 sigma after the primary beam.
        using var beamFile = FitsFile.Open(Path.Combine(folder, "PrimaryBeam_B1.fits"));
        var beamImage = beamFile.FirstImage();
        var beamWcs = WorldCoordinateSystem.FromHeader(beamImage.Header, beamFile.Path);
        float[] primary = new float[beamImage.Width * beamImage.Height];
        beamImage.ReadPixels(0, 0, beamImage.Width, beamImage.Height, primary);
        var truth = new List<(double X, double Y)>();
        foreach (string[] row in File.ReadLines(Path.Combine(folder, "B1_1000h-east.truth.csv")).Skip(1).Select(line => line.Split(',')))
        {
            double ra = Number(row[3]), dec = Number(row[4]);
            if (beamWcs.TrySkyToPixel(new SkyCoordinate((ra + 360) % 360, dec), out double x, out double y)
                && Number(row[5]) * primary[((int)Math.Round(y) * beamImage.Width) + (int)Math.Round(x)] > found.Rms)
                truth.Add(PixelOf(image, ra, dec));
        }
        double Falsely(IReadOnlyCollection<(double X, double Y)> list) => list.Count(pixel => !truth.Any(other => Distance(pixel, other) < 3)) / (double)list.Count;
        double falseOurs = Falsely(ours), falseReference = Falsely(reference);

        output.WriteLine($"{ours.Count} sources; {matched:0.0%} of the reference's {reference.Count}; false {falseOurs:0.00%}, the reference's {falseReference:0.00%}");
        Assert.InRange(matched, 0.97, 1);
        Assert.InRange(falseOurs, 0, Math.Max(falseReference, 0.003));
    }

    private static (double X, double Y) PixelOf(SkyImage image, double ra, double dec) =>
        image.Wcs.TrySkyToPixel(new SkyCoordinate((ra + 360) % 360, dec), out double x, out double y) ? (x, y) : (double.NaN, double.NaN);

    private static double Distance((double X, double Y) one, (double X, double Y) other) => Math.Sqrt(Math.Pow(one.X - other.X, 2) + Math.Pow(one.Y - other.Y, 2));

    private static IEnumerable<Dictionary<string, double>> Rows(string path)
    {
        string[] lines = File.ReadAllLines(path);
        string[] names = lines.First(line => line.StartsWith("# Source_id", StringComparison.Ordinal))[2..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (string[] fields in lines.Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(fields => fields.Length == names.Length))
            yield return names.Zip(fields).DistinctBy(pair => pair.First).ToDictionary(pair => pair.First, pair => double.TryParse(pair.Second, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
