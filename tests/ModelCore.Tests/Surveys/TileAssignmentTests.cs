using System.Globalization;
using System.Text;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

/// <summary>The index of mosaics changes nothing but the time.</summary>
public sealed class TileAssignmentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Assign_RandomMosaicsAndRows_IsWhatThePlainLoopGives(ulong seed)
    {
        var random = new RandomStream(seed, "mosaics");
        var mosaics = new List<Mosaic>();
        for (int i = 0; i < 120; i++)
        {
            // Poles, the 0/360 seam, and mosaics from a minute to some ten degrees wide.
            double declination = i switch { 0 => 90, 1 => -90, 2 => 89.5, _ => random.NextDouble(-90, 90) };
            double rightAscension = i % 5 == 0 ? random.NextDouble(-1, 1) : random.NextDouble(0, 360);
            int side = (int)random.NextDouble(40, 4000);
            var wcs = WorldCoordinateSystem.Sin(new SkyCoordinate((rightAscension + 360) % 360, declination), random.NextDouble(1.5, 10), side / 2, side / 2);
            mosaics.Add(new Mosaic { Id = $"M{i}", Path = "", Width = side, Height = side, Wcs = wcs, Centre = wcs.PixelToSky((side - 1) / 2.0, (side - 1) / 2.0) });
        }
        var text = new StringBuilder("Source_Name,RA,DEC,Mosaic_ID\n");
        for (int i = 0; i < 4000; i++)
        {
            double ra = random.NextDouble(-10, 370), dec = random.NextDouble(-90, 90);
            if (i % 2 == 0)
            {
                // Near a mosaic, so that edges and corners are met.
                var mosaic = mosaics[i / 2 % mosaics.Count];
                var position = mosaic.Wcs.PixelToSky(random.NextDouble(-100, mosaic.Width + 100), random.NextDouble(-100, mosaic.Height + 100));
                (ra, dec) = (position.RightAscension, position.Declination);
            }
            text.Append(CultureInfo.InvariantCulture, $"s{i},{ra:R},{dec:R},{(i % 3 == 0 ? $"M{i % 130}" : "")}\n");
        }
        string path = _folder.File("catalogue.csv");
        File.WriteAllText(path, text.ToString());
        var catalogue = Catalogue.Read(path);
        var plain = TileAssignment.AssignWithoutIndex(catalogue, mosaics, 80);
        var indexed = TileAssignment.Assign(catalogue, mosaics, 80);
        Assert.Equal(plain.RowsOutside, indexed.RowsOutside);
        Assert.Equal(plain.RowsByMosaic.Keys.Order(), indexed.RowsByMosaic.Keys.Order());
        Assert.All(plain.RowsByMosaic, pair => Assert.Equal(pair.Value, indexed.RowsByMosaic[pair.Key]));
        Assert.InRange(plain.RowsOutside.Length, 100, 3500);
    }

    [Fact]
    public void SkyIndex_OfAnyCircle_NamesEveryCircleThatHoldsThePosition()
    {
        var random = new RandomStream(4, "circles");
        var circles = Enumerable.Range(0, 300).Select(i => (
            Centre: new SkyCoordinate(random.NextDouble(0, 360), i < 10 ? 90 - i * 0.1 : random.NextDouble(-90, 90)),
            Radius: i < 5 ? random.NextDouble(60, 180) : random.NextDouble(0, 8))).ToArray();
        var index = new SkyIndex(circles);
        for (int i = 0; i < 20_000; i++)
        {
            var position = new SkyCoordinate(i % 10 == 0 ? 0 : random.NextDouble(0, 360), random.NextDouble(-90, 90));
            var near = index.Near(position);
            for (int k = 0; k < circles.Length; k++)
                Assert.True(circles[k].Centre.SeparationTo(position) > circles[k].Radius || near.Contains(k), $"circle {k} is missing at {position}");
        }
        Assert.InRange(index.Near(new SkyCoordinate(200, -30)).Count, 0, 60);
    }
}
