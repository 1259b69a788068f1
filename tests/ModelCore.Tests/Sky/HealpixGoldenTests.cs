using System.Text.Json;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

/// <summary>Cells against healpy's.</summary>
[Trait("Category", "Golden")]
public class HealpixGoldenTests
{
    [Fact]
    public void Cells_AreThoseOfHealpy()
    {
        var json = JsonDocument.Parse(File.ReadAllBytes(new GoldenCase("healpix").File("healpix.json"))).RootElement;
        double tolerance = json.GetProperty("tolerance_deg").GetDouble();
        int cells = 0;
        foreach (var expected in json.GetProperty("healpix").EnumerateArray())
        {
            int order = expected.GetProperty("order").GetInt32();
            var position = Position(expected.GetProperty("ra"), expected.GetProperty("dec"));
            var cell = new HealpixCell(order, expected.GetProperty("nest").GetInt64());
            string what = $"{expected.GetProperty("tag")} at order {order}";
            long[] accepted = Numbers(expected.GetProperty("accept_nest"));
            Assert.Contains(HealpixCell.At(order, position).Pixel, accepted);
            Assert.Contains(HealpixCell.At(order, Direction.FromDegrees(position.RightAscension, position.Declination)).Pixel, accepted);
            Assert.Equal(expected.GetProperty("ring").GetInt64(), cell.RingPixel);
            Assert.Equal(cell, HealpixCell.FromRing(order, cell.RingPixel));
            Assert.Equal((expected.GetProperty("face").GetInt32(), expected.GetProperty("x").GetInt32(), expected.GetProperty("y").GetInt32()), (cell.Face, cell.X, cell.Y));
            Assert.Equal(cell, HealpixCell.FromFace(order, cell.Face, cell.X, cell.Y));
            var centre = expected.GetProperty("center");
            Assert.True(cell.Centre.SeparationTo(Position(centre[0], centre[1])) <= tolerance, what);
            Assert.Equal(centre[0].GetDouble(), cell.Centre.RightAscension, tolerance);
            foreach (var (corner, i) in expected.GetProperty("corners_NWSE").EnumerateArray().Select((corner, i) => (corner, i)))
                Assert.True(cell.Corners[i].SeparationTo(Position(corner[0], corner[1])) <= tolerance, $"{what}, corner {i}: {cell.Corners[i]} for {corner}");
            Assert.Equal(Numbers(expected.GetProperty("neighbours_SW_W_NW_N_NE_E_SE_S")), cell.Neighbours);
            cells++;
        }
        Assert.Equal(60, cells);
    }

    private static SkyCoordinate Position(JsonElement rightAscension, JsonElement declination) => new(rightAscension.GetDouble(), declination.GetDouble());

    private static long[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetInt64())];
}
