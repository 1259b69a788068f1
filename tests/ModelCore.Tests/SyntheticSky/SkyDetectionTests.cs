using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SourceFinding;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

/// <summary>Short forms of what the benchmark <c>sky-checks</c> does with thousands of sources: point sources in noise (V11, V13), the noise's mean (V18) and its peaks (V12).</summary>
public sealed class SkyDetectionTests
{
    private const int Order = 8, Side = SkyRenderer.TileSide;
    private const double Rms = 83e-6;
    private static readonly SkyRecipe _recipe = new() { Survey = new SkySurvey { RmsMicroJansky = 83 } };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The brightest of 5 x 5 pixels is above 5 sigma: rates simulated elsewhere with 5202 sources; here 1152, of which four deviations are 0.06 at a half.</summary>
    [Theory]
    [InlineData(4, 0.15)]
    [InlineData(5, 0.47)]
    [InlineData(6, 0.81)]
    [InlineData(7.5, 0.991)]
    public void PointSources_AreSeenAsOftenAsTheNoiseSays(double peak, double expected)
    {
        const int Across = 24, Tiles = 2;
        var renderer = new SkyRenderer(_recipe);
        var random = new RandomStream(3, "positions");
        int found = 0;
        for (int tile = 0; tile < Tiles; tile++)
        {
            var cell = new HealpixCell(Order, 80_021L * tile + 5);
            var places = new (double X, double Y)[Across * Across];
            for (int i = 0; i < places.Length; i++)
                places[i] = (random.NextDouble(20, 21) + 20 * (i % Across), random.NextDouble(20, 21) + 20 * (i / Across));
            float[] pixels = renderer.Tile(Order, cell.Pixel, [.. places.Select((place, i) => PointAt(cell.DirectionAt(place.X / Side, place.Y / Side), i, peak * Rms))], _ => null, Token);
            foreach (var (x, y) in places)
            {
                float brightest = 0;
                for (int i = 0; i < 25; i++)
                    brightest = Math.Max(brightest, pixels[(Side - 1 - ((int)x + i % 5 - 2)) * Side + (int)y + i / 5 - 2]);       // x = 511 - row, y = column
                found += brightest > 5 * Rms ? 1 : 0;
            }
        }
        double count = Tiles * Across * Across, error = Math.Sqrt(expected * (1 - expected) / count);
        Assert.InRange(found / count, expected - 0.015 - 4 * error, expected + 0.015 + 4 * error);
    }

    [Fact]
    public void Finder_GivesTheFluxesThatArePutIn()
    {
        const int Width = 320, Step = 32, Across = Width / Step - 1;
        const double Arcsec = 1.5;
        var grid = SkyGrid.Around(new SkyCoordinate(40, 50), Arcsec, Width, Width);
        var places = new Direction[Width * Width];
        for (int i = 0; i < places.Length; i++)
            places[i] = Place(i % Width, i / Width);
        float[] image = new float[places.Length];
        new NoiseAtPlaces(_recipe).Fill(places, image, Token);
        var pixels = new SkyPixels(Width, Width, Place);
        var painter = new SourcePainter(_recipe.Survey, null);
        var random = new RandomStream(4, "positions");
        var truth = new (double X, double Y)[Across * Across];
        for (int i = 0; i < truth.Length; i++)
        {
            truth[i] = (random.NextDouble(0, 1) + Step * (1 + i % Across), random.NextDouble(0, 1) + Step * (1 + i / Across));
            painter.Add(PointAt(Place(truth[i].X, truth[i].Y), i, 25 * Rms), null, pixels, image, []);
        }
        var found = new SourceFinder(new SourceFinderOptions { Beam = new Beam(6 / Arcsec, 6 / Arcsec) }).Find(image, Width, Width).Sources;
        double[] ratios = [.. truth.Select(place => found.Single(source => Math.Abs(source.X - place.X) < 2 && Math.Abs(source.Y - place.Y) < 2).TotalFlux / (25 * Rms)).Order()];
        Assert.Equal(1, ratios[ratios.Length / 2], 0.04);        // 81 sources of 6 % each

        Direction Place(double x, double y)
        {
            var position = grid.Coordinates.PixelToSky(x, y);
            return Direction.FromDegrees(position.RightAscension, position.Declination);
        }
    }

    [Fact]
    public void Noise_HasNoMean_AndAsManyPeaksAsABeamLetsItHave()
    {
        const int Tiles = 24;
        var renderer = new SkyRenderer(_recipe);
        double sum = 0, peaks = 0;
        for (int tile = 0; tile < Tiles; tile++)
        {
            float[] pixels = renderer.Tile(Order, 32_777L * tile + 3, [], _ => null, Token);
            sum += pixels.Sum(pixel => pixel / Rms);
            for (int at = Side + 1; at < pixels.Length - Side - 1; at++)
            {
                float value = pixels[at];
                if (value > 4 * Rms && at % Side is > 0 and < Side - 1 && value == new[] { at - Side - 1, at - Side, at - Side + 1, at - 1, at, at + 1, at + Side - 1, at + Side, at + Side + 1 }.Max(near => pixels[near]))
                    peaks++;
            }
        }
        double count = Tiles * Side * (double)Side;
        // The sum of the correlation over all pixels is four times that of the squared weights, 7.86.
        Assert.InRange(sum / count, -5 * Math.Sqrt(4 * 7.86 / count), 5 * Math.Sqrt(4 * 7.86 / count));
        // 4 ln 2 (2 pi)^-1.5 u exp(-u^2/2) a squared FWHM: 85 a square degree at 4 sigma, less some that fall between pixels.
        double expected = 4 * Math.Log(2) * Math.Pow(2 * Math.PI, -1.5) * 4 * Math.Exp(-8) / 36 * 3600 * 3600 * Tiles * HealpixCell.AreaSquareDegrees(Order);
        Assert.InRange(peaks / expected, 0.55, 1);
    }

    private static SkySource PointAt(Direction direction, int number, double jansky) => new()
    {
        Id = number,
        Direction = direction,
        Position = default,
        Flux = 1000 * jansky,
        Size = 0,
        Angle = 0,
        SpectralIndex = -0.7,
        IsResolved = false,
    };
}
