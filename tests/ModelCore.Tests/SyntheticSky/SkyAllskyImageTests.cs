using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public class SkyAllskyImageTests
{
    /// <summary>Painted with the numbers of their cells, the pixels are found where a reader of HiPS looks: tile N at column N mod 27 and row N div 27 from the top, in each the pixels as in the tile's PNG.</summary>
    [Fact]
    public void Join_OfPaintedTiles_HasEachCellInItsPlace()
    {
        float[] image = SkyAllskyImage.Join(face => Painted(face), _ => true);
        Assert.Equal(1728 * 1856, image.Length);
        foreach (long pixel in (long[])[0, 1, 26, 27, 63, 64, 300, 767])
        {
            var cell = new HealpixCell(3, pixel);
            long first = pixel << 12;
            // From the top left corner of the tile's picture: x grows downwards, y to the right (the notes' rule for PNG tiles, HiPS 1.0).
            foreach (var (x, y) in ((int, int)[])[(0, 0), (63, 0), (0, 63), (63, 63), (17, 40)])
            {
                var expected = HealpixCell.FromFace(9, cell.Face, cell.X * 64 + x, cell.Y * 64 + y);
                Assert.InRange(expected.Pixel, first, first + 4095);
                int fromTop = (int)(pixel / 27) * 64 + x, column = (int)(pixel % 27) * 64 + y;
                Assert.Equal(expected.Pixel, (long)image[(1855 - fromTop) * 1728 + column]);
            }
        }
        Assert.True(float.IsNaN(image[1727]));                // the last row of tiles has 12
    }

    [Fact]
    public void Join_OfAnArea_IsBlankElsewhere()
    {
        float[] image = SkyAllskyImage.Join(face => face == 0 ? Painted(0) : null, cell => cell.Pixel == 5);
        Assert.Equal(64 * 64, image.Count(float.IsFinite));
        Assert.True(float.IsFinite(image[1855 * 1728 + 5 * 64]));
    }

    /// <summary>(512, 512) as FITS has it; numbers of cells of order 9 are exact in a float.</summary>
    private static float[] Painted(int face)
    {
        var tile = new HipsTile(0, face);
        return [.. Enumerable.Range(0, 512 * 512).Select(at => (float)tile.CellAt(at % 512, at / 512).Pixel)];
    }
}
