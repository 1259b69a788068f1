using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SkyBackgroundMapTests : IDisposable
{
    private const int Side = 300;
    private const double PixelArcsec = 30;                   // 2.5 degrees
    private static readonly SkyCoordinate _centre = new(45, 2);

    /// <summary>A beam so wide that the deepest order is 4 (25.8 arcsec pixels), no noise, sources too bright to be there.</summary>
    private static readonly SkyRecipe _recipe = SkyRecipe.Parse("""
        {"survey": {"beamMajorArcsec": 100, "rmsMicroJansky": 0}, "population": {"faintestMilliJansky": 9999}, "clustering": null, "background": {"map": "map-1"}}
        """);

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tile_OverAMap_HasItsValuesWhereItIs_InAllOrders()
    {
        var wcs = WorldCoordinateSystem.Sin(_centre, PixelArcsec, (Side - 1) / 2.0, (Side - 1) / 2.0);
        using var map = SkyBackgroundMap.Open(Write(wcs, (column, row) => 1e-3f * (1 + column / (float)Side + 2 * row / (float)Side)));
        var renderer = new SkyRenderer(_recipe, new OpenBackground(map));
        foreach (int order in (int[])[4, 3, 2, 1, 0])
        {
            var tile = new HipsTile(order, HealpixCell.At(order, _centre).Pixel);
            float[] pixels = renderer.Tile(order, tile.Pixel, [], _ => null, Token);
            double pixel = 412.26 / Math.Pow(2, order), worst = 0;
            int compared = 0;
            for (int at = 0; at < pixels.Length; at++)
            {
                bool isThere = wcs.TrySkyToPixel(tile.PositionAt(at % 512, at / 512), out double x, out double y);
                double margin = 4 + pixel / PixelArcsec;
                if (isThere && x > margin && y > margin && x < Side - 1 - margin && y < Side - 1 - margin)
                {
                    compared++;
                    worst = Math.Max(worst, Math.Abs(pixels[at] - 1e-3 * (1 + x / Side + 2 * y / Side)));
                }
                else if (!isThere || x < -margin || y < -margin || x > Side + margin || y > Side + margin)
                {
                    Assert.Equal(0, pixels[at]);             // the recipe has no noise
                }
            }
            Assert.True(compared > 100 * Math.Pow(4, Math.Max(0, order - 2)), $"order {order}: {compared} pixels");
            // A step from pixel to pixel is up to 7.5e-6. Lanczos' kernel takes a plane to some per cent of that; the mean of the map's pixels in a wide one is that of a place up to half a map pixel away.
            Assert.InRange(worst, 0, order >= 2 ? 5e-7 : 7e-6);
        }
    }

    [Fact]
    public void Mosaic_OnTheMapsOwnGrid_IsTheMap_AndSourcesAreAdded()
    {
        var wcs = WorldCoordinateSystem.Sin(_centre, PixelArcsec, (Side - 1) / 2.0, (Side - 1) / 2.0);
        string path = Write(wcs, (column, row) => column == 7 ? float.NaN : column + row);
        using var map = SkyBackgroundMap.Open(path);
        var mosaic = new SkyMosaic(_recipe, new SkyGrid(wcs, Side, Side)) { Background = new OpenBackground(map) };
        float[] pixels = mosaic.Rows(0, Side, _ => null, Token);
        for (int at = 0; at < pixels.Length; at++)
            Assert.Equal(at % Side == 7 ? 0 : at % Side + at / Side, pixels[at]);
        Assert.Throws<RadioDiffusionException>(() => new SkyMosaic(_recipe, new SkyGrid(wcs, Side, Side)).Rows(0, 1, _ => null, Token));
        Assert.Throws<RadioDiffusionException>(() => new SkyRenderer(_recipe));
    }

    [Fact]
    public void Open_OfAMapInAnotherUnit_SaysWhich()
    {
        var header = new FitsHeader();
        WorldCoordinateSystem.Sin(_centre, 30, 5, 5).AddTo(header);
        header.Set("BUNIT", "K");
        FitsWriter.WriteImage(_folder.File("kelvin.fits"), new float[100], 10, 10, header);
        Assert.Contains("BUNIT is 'K'", Assert.Throws<RadioDiffusionException>(() => SkyBackgroundMap.Open(_folder.File("kelvin.fits"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Recipe_WithoutAMapOrALibrary_KeepsItsDigest()
    {
        var recipe = SkyPresets.Of("lotss-dr2");
        Assert.DoesNotContain("background", recipe.ToJson(), StringComparison.Ordinal);
        Assert.DoesNotContain("library", recipe.ToJson(), StringComparison.Ordinal);
        Assert.NotEqual(recipe.Digest, (recipe with { Background = new SkyBackground { Map = "map-1" } }).Digest);
        Assert.Equal("map-1", SkyRecipe.Parse((recipe with { Background = new SkyBackground { Map = "map-1" } }).ToJson()).Background!.Map);
    }

    private string Write(WorldCoordinateSystem wcs, Func<int, int, float> value)
    {
        var header = new FitsHeader();
        wcs.AddTo(header);
        header.Set("BUNIT", "JY/BEAM");
        string path = _folder.File("map.fits");
        FitsWriter.WriteImage(path, [.. Enumerable.Range(0, Side * Side).Select(at => value(at % Side, at / Side))], Side, Side, header);
        return path;
    }
}
