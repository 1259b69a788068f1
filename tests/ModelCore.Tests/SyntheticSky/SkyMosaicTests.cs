using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SkyMosaicTests : IDisposable
{
    private const int Order = 8, TileSide = 512;
    private static readonly SkyRecipe _recipe = new() { Seed = 8, Survey = new SkySurvey { PointingDistanceDegrees = 2.6 } };
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Asked for the places of a tile's pixels, a mosaic has the tile's values: usual sky, where belt and caps meet (|sin dec| = 2/3), at the edge of a face. The largest noise is 5 sigma, which makes 1e-4
    /// of it 0.4 microjanskys.
    /// </summary>
    [Theory]
    [InlineData(184.3, 47.2)]
    [InlineData(30, 41.81)]
    [InlineData(45, 0.1)]
    public void Pixels_AtTheCentresOfATilesPixels_AreTheTiles(double ra, double dec)
    {
        var position = new SkyCoordinate(ra, dec);
        var cell = HealpixCell.At(Order, position);
        var renderer = new SkyRenderer(_recipe);
        float[] tile = renderer.Tile(Order, cell.Pixel, renderer.SourcesIn(Order, cell.Pixel), _ => null, Token);
        // A part of the tile around the position, as it may begin and end anywhere.
        const int Width = 75, Height = 60;
        var (column, row) = new HipsTile(Order, cell.Pixel).PixelOf(HealpixCell.At(Order + 9, position));
        (column, row) = (Math.Clamp(column - 40, 0, TileSide - Width), Math.Clamp(row - 30, 0, TileSide - Height));
        var grid = new SkyGrid(new HipsTile(Order, cell.Pixel).WorldCoordinates().Window(column, row), Width, Height);
        float[] mosaic = new SkyMosaic(_recipe, grid).Rows(0, Height, _ => null, Token);
        for (int i = 0; i < mosaic.Length; i++)
        {
            float expected = tile[(row + i / Width) * TileSide + column + i % Width];
            Assert.True(Math.Abs(mosaic[i] - expected) <= 1e-4 * (83e-6 + Math.Abs(expected)), $"Pixel {i}: {mosaic[i]} and {expected}.");
        }
    }

    /// <summary>The pixels of a source sum to its flux (V8), as a Gaussian and as an image, also in an image whose sides are no multiple of 16.</summary>
    [Theory]
    [InlineData("TAN", 1.5, 0)]
    [InlineData("SIN", 1.3, 25)]
    public void Flux_IsAllThere(string projection, double pixel, double rotation)
    {
        // Only bright sources, so that they are far from each other.
        var recipe = new SkyRecipe
        {
            Survey = new SkySurvey { RmsMicroJansky = 0 },
            Population = new SkyPopulation { FaintestMilliJansky = 1000, ResolvedAboveArcsec = 6 },
            Clustering = null,
            Images = new SkyImages { Model = "0123456789abcdef", PixelArcsec = 1.5, Side = 80, BeamArcsec = 6, LargestScale = 1 },
        };
        var catalogue = new SkyCatalogue(recipe);
        var stamp = SkyStamps.KnotWithLobe();
        var sources = catalogue.Within(new SkyCoordinate(184, 47), 20);
        foreach (var source in (SkySource[])[sources.First(source => !source.IsResolved), sources.First(source => source.IsResolved)])
        {
            var grid = SkyGrid.Around(source.Position, pixel, 203, 197, projection, rotation);
            double sum = new SkyMosaic(recipe, grid, catalogue).Rows(0, grid.Height, _ => stamp, Token).Sum(value => (double)value);
            Assert.Equal(1, sum * pixel * pixel / recipe.Survey.BeamArea / (source.Flux / 1000), 1e-4);
        }
    }

    [Theory]
    [InlineData("TAN", 1.5)]
    [InlineData("SIN", 6)]
    public void ResolvedSources_AreAllWhoseImagesMatter(string projection, double pixel)
    {
        var recipe = new SkyRecipe
        {
            Survey = new SkySurvey { RmsMicroJansky = 0 },
            Population = new SkyPopulation { ResolvedAboveArcsec = 2 },
            Images = new SkyImages { Model = "0123456789abcdef", PixelArcsec = 1.5, Side = 80, BeamArcsec = 6 },
        };
        var mosaic = new SkyMosaic(recipe, SkyGrid.Around(new SkyCoordinate(184, 47), pixel, 100, 130, projection, 20));
        var stamp = SkyStamps.KnotWithLobe();
        long[] resolved = [.. mosaic.ResolvedSources(Token).Select(source => source.Id)];
        Assert.NotEmpty(resolved);
        var asked = new HashSet<long>();
        float[] all = mosaic.Rows(0, 130, source =>
        {
            asked.Add(source.Id);
            return stamp;
        }, Token);
        Assert.True(resolved.Length < asked.Count);          // of those that are asked for not all can reach
        Assert.Equal(all, mosaic.Rows(0, 130, source => resolved.Contains(source.Id) ? stamp : null, Token));
        Assert.NotEqual(all, mosaic.Rows(0, 130, _ => null, Token));
    }

    [Fact]
    public void Parts_AreTheBytesOfTheWhole_InWindowsAndByAnyNumberOfThreads()
    {
        const int Width = 280, Height = 35;
        var grid = SkyGrid.Around(new SkyCoordinate(0.01, 41.8), 1.5, Width, Height, "SIN");
        float[] whole = new SkyMosaic(_recipe, grid).Rows(0, Height, _ => null, Token);
        var other = new SkyMosaic(_recipe, grid) { Workers = 2 };
        float[] top = other.Rows(19, Height - 19, _ => null, Token), bottom = other.Rows(0, 19, _ => null, Token);
        Assert.Equal(whole, (float[])[.. bottom, .. top]);
        var right = new SkyGrid(grid.Coordinates.Window(256, 0), Width - 256, Height);
        float[] part = new SkyMosaic(_recipe, right).Rows(0, Height, _ => null, Token);
        for (int i = 0; i < part.Length; i++)
            Assert.Equal(whole[i / right.Width * Width + 256 + i % right.Width], part[i]);
        Assert.DoesNotContain(float.NaN, whole);
    }

    /// <summary>Where each distance is taken by itself, near a pole, it is that of the block at the pixels' centres.</summary>
    [Fact]
    public void Noise_NearThePole_IsThatOfTheBlock()
    {
        const int Side = WhiteNoise.BlockSide;
        var survey = new SkySurvey { RmsMicroJansky = 1e6 };
        double sigma = survey.BeamMajorArcsec / 2.3548200450309493;
        var block = HealpixCell.At(survey.PixelOrder - WhiteNoise.BlockOrders, new SkyCoordinate(12, 89.95));
        float[] expected = new float[Side * Side], made = new float[Side * Side];
        new NoiseAround(new WhiteNoise(8, survey.PixelOrder), new BeamForm(sigma, sigma, 0), survey.PixelOrder, block).Fill(expected);
        Direction[] places = [.. Enumerable.Range(0, made.Length).Select(i => block.DirectionAt((i % Side + 0.5) / Side, (i / Side + 0.5) / Side))];
        new NoiseAtPlaces(new SkyRecipe { Seed = 8, Survey = survey }).Fill(places, made, Token);
        for (int i = 0; i < made.Length; i++)
            Assert.Equal(expected[i], made[i], 1e-4);
    }

    /// <summary>A pole's own pixel, where there is no north, is like its neighbours.</summary>
    [Fact]
    public void Pole_HasNoHole()
    {
        const int Side = 5;
        float[] pixels = new SkyMosaic(_recipe, SkyGrid.Around(new SkyCoordinate(77, 90), 0.2, Side, Side)) { HasSources = false }.Rows(0, Side, _ => null, Token);
        double neighbours = (pixels[11] + pixels[13] + pixels[7] + pixels[17]) / 4.0;
        Assert.Equal(neighbours, pixels[12], 2e-6);
    }

    /// <summary>An oval of the whole sky: NaN around it, and sources and noise in it.</summary>
    [Fact]
    public void WholeSky_HasNothingBeyondTheProjectionsEnd()
    {
        const int Width = 20, Height = 10;
        var recipe = _recipe with { Population = new SkyPopulation { FaintestMilliJansky = 3000 }, Survey = new SkySurvey(), Clustering = null };
        float[] pixels = new SkyMosaic(recipe, SkyGrid.Around(new SkyCoordinate(0, 0), 18 * 3600, Width, Height, "AIT")).Rows(0, Height, _ => null, Token);
        Assert.True(float.IsNaN(pixels[0]) && float.IsNaN(pixels[^1]));
        float[] sky = [.. pixels.Where(float.IsFinite)];
        // The oval is 4 sqrt(2) radians wide, which is 0.9 of the image.
        Assert.Equal(0.9 * 0.9 * Math.PI / 4, sky.Length / (double)(Width * Height), 0.05);
        Assert.Equal(83e-6, Math.Sqrt(sky.Average(value => (double)value * value)), 20e-6);
    }

    [Fact]
    public void File_SaysWhereAndWhatItIs_AndReadsBackToTheSamePixels()
    {
        const int Width = 50, Height = 33;
        var grid = SkyGrid.Around(new SkyCoordinate(184.3, 47.2), 1.5, Width, Height, "SIN", 10);
        var mosaic = new SkyMosaic(_recipe, grid);
        string path = Path.Combine(_folder.Path, "sky.fits");
        mosaic.Write(path, _ => null, cancellationToken: Token);
        using var file = FitsFile.Open(path);
        Assert.All(file.VerifyChecksums(), sum => Assert.Equal((FitsChecksumState.Valid, FitsChecksumState.Valid), (sum.Data, sum.Whole)));
        var image = file.FirstImage();
        float[] pixels = new float[Width * Height];
        image.ReadPixels(0, 0, Width, Height, pixels);
        Assert.Equal(mosaic.Rows(0, Height, _ => null, Token), pixels);
        var header = image.Header;
        Assert.Equal(-32, image.Bitpix);
        Assert.Equal("JY/BEAM", header.GetString("BUNIT"));
        Assert.Equal(6 / 3600.0, header.GetDouble("BMAJ"));
        Assert.Equal(144e6, header.GetDouble("RESTFRQ"));
        Assert.Equal("ICRS", header.GetString("RADESYS"));
        Assert.Equal("8", header.GetString("SEED"));
        string history = string.Concat(header.Cards.Where(card => card.Keyword == "HISTORY").Select(card => (string)card.Value!));
        var recipe = SkyRecipe.Parse(history[history.IndexOf('{', StringComparison.Ordinal)..]);
        Assert.Equal((_recipe.Digest, _recipe.Digest), (recipe.Digest, header.GetString("SKYDIGST")));
        var back = SkyGrid.FromHeader(header, path);
        Assert.Equal((Width, Height), (back.Width, back.Height));
        Assert.Equal(grid.Coordinates.PixelToSky(3, 30), back.Coordinates.PixelToSky(3, 30));
        Assert.Equal(10, back.Coordinates.GeometryAt((Width - 1) / 2.0, (Height - 1) / 2.0).PositionAngle, 1e-6);
    }

    [Fact]
    public void BadGrids_AreRefusedInWords()
    {
        var header = new FitsHeader();
        header.Set("NAXIS1", 10);
        header.Set("NAXIS2", 10);
        header.Set("CTYPE1", "FREQ");
        header.Set("CTYPE2", "STOKES");
        Assert.Contains("longitude", Assert.Throws<FitsException>(() => SkyGrid.FromHeader(header, "a.fits")).Message, StringComparison.Ordinal);
        var centre = new SkyCoordinate(10, 20);
        Assert.Contains("0 x 5", Assert.Throws<RadioDiffusionException>(() => SkyGrid.Around(centre, 1.5, 0, 5)).Message, StringComparison.Ordinal);
        Assert.Contains("arc seconds", Assert.Throws<RadioDiffusionException>(() => SkyGrid.Around(centre, 0, 5, 5)).Message, StringComparison.Ordinal);
        Assert.Contains("-90 to 90", Assert.Throws<RadioDiffusionException>(() => SkyGrid.Around(new SkyCoordinate(0, 91), 1, 5, 5)).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<RadioDiffusionException>(() => SkyGrid.Around(centre, 1.5, 5, 5, "QQQ"));
    }

    [Fact]
    public void Cancelled_LeavesNoFile()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        var mosaic = new SkyMosaic(_recipe, SkyGrid.Around(new SkyCoordinate(10, 20), 1.5, 20, 20));
        Assert.ThrowsAny<OperationCanceledException>(() => mosaic.Write(Path.Combine(_folder.Path, "sky.fits"), _ => null, cancellationToken: stop.Token));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }
}
