using System.Globalization;
using System.IO.Compression;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

/// <summary>Six points of each real image against astropy: survey headers as they come, AIPS, CASA, Miriad, Montage and others.</summary>
public sealed class RealHeadersTests : IDisposable
{
    private const double PixelTolerance = 0.01;
    private const double SkyTolerance = 2e-9;                // degrees; the table has nine decimals
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Positions_OfRealImages_AreThoseOfAstropy()
    {
        string table = TestFiles.RealData("wcs-reference.csv");
        var rows = File.ReadLines(table).Skip(1).Select(line => line.Split(',')).ToArray();
        Assert.True(rows.Length >= 360, $"{rows.Length} rows");
        foreach (var image in rows.GroupBy(row => row[0]))
        {
            var header = ReadHeader(TestFiles.RealData(image.Key));
            var wcs = WorldCoordinateSystem.FromHeader(header, image.Key);
            foreach (string[] row in image)
            {
                double[] numbers = [.. row.Skip(2).Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
                var expected = new SphericalCoordinate(numbers[2], numbers[3]);
                var found = wcs.PixelToWorld(numbers[0], numbers[1]);
                Assert.True(WcsVectors.Separation(found, expected) <= SkyTolerance, $"{image.Key}: {found} for {string.Join(',', row)}");
                Assert.True(wcs.TryWorldToPixel(expected, out double x, out double y), $"{image.Key}: no pixel for {string.Join(',', row)}");
                Assert.True(Math.Abs(x - numbers[0]) <= PixelTolerance && Math.Abs(y - numbers[1]) <= PixelTolerance, $"{image.Key}: {x}, {y} for {string.Join(',', row)}");
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    private FitsHeader ReadHeader(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (path.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var packed = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            using var plain = new MemoryStream();
            packed.CopyTo(plain);
            bytes = plain.ToArray();
        }
        ReplaceTabsInComments(bytes);
        string copy = _folder.File("image.fits");
        File.WriteAllBytes(copy, bytes);
        using var file = FitsFile.Open(copy);
        return file.FirstImage().Header;
    }

    /// <summary>The comments of FIRST's headers hold tabs, which the standard forbids; whether a reader allows them is not the question here.</summary>
    private static void ReplaceTabsInComments(Span<byte> bytes)
    {
        for (var cards = bytes; !cards.StartsWith("END     "u8); cards = cards[80..])
        {
            if (cards.StartsWith("COMMENT "u8))
                cards[..80].Replace((byte)'\t', (byte)' ');
        }
    }
}
