using System.Text.Json;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

public class HipsTileTests
{
    [Fact]
    [Trait("Category", "Golden")]
    public void Pixels_AreThoseOfHealpyAndWcslib()
    {
        var json = JsonDocument.Parse(File.ReadAllBytes(new GoldenCase("healpix").File("healpix.json"))).RootElement;
        double tolerance = json.GetProperty("tolerance_deg").GetDouble();
        int tiles = 0;
        foreach (var expected in json.GetProperty("hips_tiles").EnumerateArray())
        {
            var tile = new HipsTile(expected.GetProperty("tile_order").GetInt32(), expected.GetProperty("npix").GetInt64());
            int column = expected.GetProperty("fits_col0").GetInt32(), row = expected.GetProperty("fits_row0").GetInt32();
            var sky = new SkyCoordinate(expected.GetProperty("ra").GetDouble(), expected.GetProperty("dec").GetDouble());
            Assert.Equal(expected.GetProperty("path").GetString(), tile.Path);
            Assert.Equal(tile, HipsTile.Parse(tile.Path));
            Assert.Equal(expected.GetProperty("healpix_order").GetInt32(), tile.PixelOrder);
            Assert.Equal(new HealpixCell(tile.PixelOrder, expected.GetProperty("healpix_nest").GetInt64()), tile.CellAt(column, row));
            Assert.Equal((column, row), tile.PixelOf(tile.CellAt(column, row)));
            Assert.Equal(expected.GetProperty("png_row_from_top0").GetInt32(), tile.PngRow(row));
            Assert.True(tile.PositionAt(column, row).SeparationTo(sky) <= tolerance);

            var header = new FitsHeader();
            tile.AddWorldCoordinates(header);
            foreach (var card in expected.GetProperty("hpx_wcs").EnumerateObject())
                Assert.Equal(card.Value.GetDouble(), header.GetDouble(card.Name)!.Value, 1e-15);
            var wcs = WorldCoordinateSystem.FromHeader(header, tile.Path);
            Assert.True(wcs.PixelToSky(column, row).SeparationTo(sky) <= tolerance);
            Assert.True(wcs.TrySkyToPixel(sky, out double wcsColumn, out double wcsRow));
            Assert.Equal(column, wcsColumn, tolerance / wcs.PixelScaleArcsec * 3600);
            Assert.Equal(row, wcsRow, tolerance / wcs.PixelScaleArcsec * 3600);
            tiles++;
        }
        Assert.Equal(10, tiles);
    }

    /// <summary>Every face, every part of it: the WCS says of each pixel what HEALPix says.</summary>
    [Fact]
    public void WorldCoordinates_OfEveryTileOfOrder2_AreThoseOfItsCells()
    {
        foreach (var tile in All(2, 8))
        {
            var wcs = tile.WorldCoordinates();
            for (int row = 0; row < tile.Width; row++)
            {
                for (int column = 0; column < tile.Width; column++)
                {
                    var sky = tile.PositionAt(column, row);
                    Assert.True(wcs.PixelToSky(column, row).SeparationTo(sky) <= 1e-9, $"{tile.Path}, {column}, {row}");
                    Assert.True(wcs.TrySkyToPixel(sky, out double wcsColumn, out double wcsRow));
                    Assert.Equal(column, wcsColumn, 1e-9);
                    Assert.Equal(row, wcsRow, 1e-9);
                }
            }
        }
    }

    /// <summary>As the figure of a tile in HiPS 1.0 shows: the first row goes from the eastern to the northern corner, the last from the southern to the western.</summary>
    [Fact]
    public void Corners_OfTheImage_AreThoseOfTheCell()
    {
        var tile = new HipsTile(3, 77);
        int last = tile.Width - 1;
        double near = 2 * Healpix.BoundingRadius(tile.PixelOrder) * 180 / Math.PI;
        var corners = tile.Cell.Corners;
        Assert.True(tile.PositionAt(0, 0).SeparationTo(corners[3]) < near);
        Assert.True(tile.PositionAt(last, 0).SeparationTo(corners[0]) < near);
        Assert.True(tile.PositionAt(0, last).SeparationTo(corners[2]) < near);
        Assert.True(tile.PositionAt(last, last).SeparationTo(corners[1]) < near);
        Assert.Equal(last, tile.PngRow(0));
    }

    [Fact]
    public void FillDirections_AreTheCentresOfThePixels_BitForBit()
    {
        HipsTile[] tiles = [.. All(0, 32), .. All(2, 16), new(8, 0), new(20, Healpix.CellCount(20) - 1, 64)];
        foreach (var tile in tiles)
        {
            int pixels = tile.Width * tile.Width;
            double[] x = new double[pixels], y = new double[pixels], z = new double[pixels];
            tile.FillDirections(x, y, z);
            for (int i = 0; i < pixels; i++)
                Assert.Equal(tile.DirectionAt(i % tile.Width, i / tile.Width), new Direction(x[i], y[i], z[i]));
            Assert.Throws<ArgumentException>(() => tile.FillDirections(x, y, z.AsSpan(1)));
        }
    }

    /// <summary>All 24 edges and 14 corners of the faces: with tiles of order 0 and 1 every one of them lies in a halo, seen from each side.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void HaloPixels_ThatShareASide_DoSoOnTheSky(int order)
    {
        const int Halo = 8, Width = 16;
        int missing = 0;
        foreach (var tile in All(order, Width))
        {
            int side = Width + 2 * Halo;
            long[] pixels = tile.HaloPixels(Halo);
            Assert.Equal(side * side, pixels.Length);
            var there = pixels.Where(pixel => pixel >= 0).ToArray();
            Assert.Equal(there.Length, there.Distinct().Count());
            missing += pixels.Length - there.Length;
            for (int row = 0; row < side; row++)
            {
                for (int column = 0; column < side; column++)
                {
                    long pixel = pixels[row * side + column];
                    bool isInTile = row >= Halo && row < side - Halo && column >= Halo && column < side - Halo;
                    if (isInTile)
                        Assert.Equal(tile.CellAt(column - Halo, row - Halo).Pixel, pixel);
                    if (pixel < 0)
                        continue;
                    var cell = new HealpixCell(tile.PixelOrder, pixel);
                    long[] besides = [cell.Neighbours[0], cell.Neighbours[2], cell.Neighbours[4], cell.Neighbours[6]];
                    foreach (var (dx, dy) in new[] { (1, 0), (0, 1) })
                    {
                        if (column + dx >= side || row + dy >= side || pixels[(row + dy) * side + column + dx] is not (>= 0 and var other))
                            continue;
                        Assert.Contains(other, besides);
                        Assert.True(cell.CentreDirection.SeparationTo(new HealpixCell(tile.PixelOrder, other).CentreDirection) < 2 * Healpix.BoundingRadius(tile.PixelOrder));
                    }
                }
            }
        }
        Assert.Equal(8 * 3 * Halo * Halo, missing);
    }

    /// <summary>What a tile has in its halo, its neighbour has in its image: noise made from either is the same.</summary>
    [Fact]
    public void HaloPixels_OfATile_ArePixelsOfTheTilesAround()
    {
        foreach (var tile in All(1, 16))
        {
            long[] around = [tile.Pixel, .. tile.Cell.Neighbours.Where(pixel => pixel >= 0)];
            var inHalo = tile.HaloPixels(3).Where(pixel => pixel >= 0).Select(pixel => pixel >> (2 * (tile.PixelOrder - tile.Order)));
            Assert.Equal(around.Order(), inHalo.Distinct().Order());
        }
    }

    [Fact]
    public void HaloPixels_OfAnUsualTile_AreItsOwnInTheMiddle()
    {
        var tile = new HipsTile(8, 21845);                                   // at the eastern corner of face 0, where three faces meet
        long[] pixels = tile.HaloPixels(12);
        Assert.Equal(536 * 536, pixels.Length);
        Assert.Equal(12 * 12, pixels.Count(pixel => pixel < 0));
        Assert.Equal(tile.CellAt(0, 0).Pixel, pixels[12 * 536 + 12]);
        Assert.Equal(-1, pixels[0]);
        Assert.Equal(512 * 512, tile.HaloPixels(0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => tile.HaloPixels(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => tile.HaloPixels(513));
    }

    [Fact]
    public void BoundingRadius_HoldsTheTile()
    {
        foreach (var tile in All(2, 8))
        {
            Assert.InRange(tile.BoundingRadius, 0.7 / 4, Healpix.BoundingRadius(2) * (1 + 1e-11));
            var points = from i in Enumerable.Range(0, 17) from j in Enumerable.Range(0, 17) select tile.Cell.DirectionAt(i / 16.0, j / 16.0);
            Assert.All(points, point => Assert.True(tile.CentreDirection.SeparationTo(point) <= tile.BoundingRadius));
        }
    }

    [Fact]
    public void TilesOverlapping_ADisc_AreItsCells()
    {
        var tiles = HipsTile.TilesOverlapping(8, new SkyCoordinate(180, 89.9), 0.002);
        Assert.Equal(Healpix.CellsWithin(8, new SkyCoordinate(180, 89.9), 0.002), tiles.Select(tile => tile.Cell));
        Assert.All(tiles, tile => Assert.Equal(512, tile.Width));
        Assert.Equal(4, tiles.Select(tile => tile.Cell.Face).Distinct().Count());
    }

    [Theory]
    [InlineData("Norder0/Dir0/Npix11", 0, 11)]
    [InlineData("Norder8/Dir780000/Npix786431", 8, 786431)]
    [InlineData("Norder7/Dir40000/Npix47950", 7, 47950)]
    [InlineData("Norder20/Dir13194139530000/Npix13194139533311", 20, 13194139533311)]
    public void Parse_OfAPath_IsItsTile(string path, int order, long pixel)
    {
        Assert.Equal(new HipsTile(order, pixel), HipsTile.Parse(path));
        Assert.Equal(path, new HipsTile(order, pixel).Path);
    }

    [Theory]
    [InlineData("", "like 'Norder8/Dir10000/Npix12345'")]
    [InlineData("Norder8/Dir10000/Npix12345.fits", "like 'Norder8/Dir10000/Npix12345'")]
    [InlineData("/Norder8/Dir10000/Npix12345", "like 'Norder8/Dir10000/Npix12345'")]
    [InlineData("Norder8/Dir10000/Npix12345\n", "like 'Norder8/Dir10000/Npix12345'")]
    [InlineData("Norder08/Dir10000/Npix12345", "like 'Norder8/Dir10000/Npix12345'")]
    [InlineData("Norder8/Dir10000/Npix012345", "like 'Norder8/Dir10000/Npix12345'")]
    [InlineData("norder8/dir10000/npix12345", "like 'Norder8/Dir10000/Npix12345'")]
    [InlineData("Norder8/Dir10000/Npix-1", "like 'Norder8/Dir10000/Npix12345'")]
    [InlineData("Norder8/Dir10000/Npix99999999999999999999", "like 'Norder8/Dir10000/Npix12345'")]
    [InlineData("Norder8/Dir0/Npix12345", "should be in Dir10000, but the path says Dir0")]
    [InlineData("Norder0/Dir0/Npix12", "order 0 has tiles 0 to 11, but the tile is 12")]
    [InlineData("Norder21/Dir0/Npix0", "should be 0 to 20 for tiles 512 pixels wide, but it is 21")]
    public void Parse_OfAnotherText_SaysWhatIsWrong(string path, string expected)
    {
        Assert.Contains(expected, Assert.Throws<RadioDiffusionException>(() => HipsTile.Parse(path)).Message);
        Assert.False(HipsTile.TryParse(path, out _, out string problem));
        Assert.Contains(expected, problem);
    }

    [Fact]
    public void WhatIsNoPixelOrTile_IsRefused()
    {
        var tile = new HipsTile(3, 5);
        Assert.Throws<ArgumentOutOfRangeException>(() => tile.CellAt(512, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => tile.CellAt(0, -1));
        Assert.Throws<ArgumentException>(() => tile.PixelOf(tile.Cell));
        Assert.Throws<ArgumentException>(() => tile.PixelOf(new HipsTile(3, 6).CellAt(0, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HipsTile(3, 5, 500));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HipsTile(3, 5, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HipsTile(21, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HipsTile(0, 12));
    }

    private static IEnumerable<HipsTile> All(int order, int width)
    {
        for (long pixel = 0; pixel < Healpix.CellCount(order); pixel++)
            yield return new HipsTile(order, pixel, width);
    }
}
