using System.Globalization;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SkyModelTextTests : IDisposable
{
    private const double Resolution = 1e-9;                  // degrees: the texts have 1e-7 seconds of right ascension
    private static readonly SkySource[] _sources =
    [
        Source(1, 123.456789012, -0.0012345, 10, 0),
        Source(2, 359.99999999999, 89.99999999999, 0.25, 12.5),
        Source(3, 0, -59.9999999999999, 1234.5, 3),
        .. new SkyCatalogue(new SkyRecipe()).Within(new SkyCoordinate(184.3, 47.2), 0.1),
    ];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bbs_ReadsBackToTheSameSources()
    {
        string path = Path.Combine(_folder.Path, "sky.skymodel");
        Assert.Equal(_sources.Length, SkyModelText.WriteBbs(path, _sources, 144, TestContext.Current.CancellationToken));
        string[] lines = File.ReadAllLines(path);
        Assert.Equal("format = Name, Type, Ra, Dec, I, ReferenceFrequency='144e6', SpectralIndex='[]', MajorAxis, MinorAxis, Orientation", lines[0]);
        string[] rows = [.. lines.Skip(1).Where(line => !line.StartsWith('#'))];
        for (int i = 0; i < _sources.Length; i++)
        {
            var source = _sources[i];
            string[] cells = [.. rows[i].Split(',').Select(cell => cell.Trim())];
            Assert.Equal(10, cells.Length);
            Assert.Equal(SkySourceId.Unpack(source.Id).ToString(), cells[0]);
            Assert.Equal(source.Size >= 0.01 ? "GAUSSIAN" : "POINT", cells[1]);
            double turn = 15 * Angle(cells[2].Split(':')) - source.Position.RightAscension;
            Assert.Equal(0, Math.Abs(turn) > 180 ? Math.Abs(turn) - 360 : turn, Resolution);
            string[] parts = cells[3].Split('.', 3);
            Assert.Equal(source.Position.Declination, (parts[0][0] == '-' ? -1 : 1) * Angle([parts[0][1..], parts[1], parts[2]]), Resolution);
            Assert.Equal(source.Flux / 1000, Number(cells[4]));
            Assert.Equal(source.SpectralIndex, Number(cells[6].Trim('[', ']')));
            Assert.Equal(source.Size >= 0.01 ? [source.Size, source.Size, 0] : [], cells[7..].Where(cell => cell.Length > 0).Select(Number));
        }
        Assert.StartsWith("b0-0-2, GAUSSIAN, 00:00:00.0000000, +90.00.00.0000000", rows[1], StringComparison.Ordinal);   // no 60 seconds
    }

    [Fact]
    public void Oskar_ReadsBackToTheSameSources()
    {
        string path = Path.Combine(_folder.Path, "sky.osm");
        SkyModelText.WriteOskar(path, _sources, 144, TestContext.Current.CancellationToken);
        double[][] rows = [.. File.ReadAllLines(path).Where(line => !line.StartsWith('#')).Select(line => line.Split(' ').Select(Number).ToArray())];
        Assert.Equal(
            _sources.Select(source => (double[])[source.Position.RightAscension, source.Position.Declination, source.Flux / 1000, 0, 0, 0, 144e6, source.SpectralIndex, 0, source.Size < 0.01 ? 0 : source.Size, source.Size < 0.01 ? 0 : source.Size, 0]),
            rows);
    }

    private static double Angle(string[] parts)
    {
        Assert.InRange(Number(parts[1]), 0, 59);
        Assert.InRange(Number(parts[2]), 0, 59.99999995);
        return Number(parts[0]) + Number(parts[1]) / 60 + Number(parts[2]) / 3600;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static SkySource Source(int number, double ra, double dec, double flux, double size) => new()
    {
        Id = new SkySourceId(0, 0, number).Packed,
        Position = new SkyCoordinate(ra, dec),
        Flux = flux,
        Size = size,
        Angle = 0,
        SpectralIndex = -0.7,
        IsResolved = false,
    };
}
