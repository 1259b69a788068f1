using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SkyTruthTests : IDisposable
{
    private const int Side = 150;
    private static readonly SkyRecipe _recipe = new()
    {
        Seed = 3,
        Images = new SkyImages { Model = "0123456789abcdef", PixelArcsec = 1.5, Side = 80, BeamArcsec = 6 },
        Population = new SkyPopulation { Classes = [new ClassShare("FRI", 1, 1)] },
    };
    private static readonly SkyGrid _grid = SkyGrid.Around(new SkyCoordinate(184.3, 47.2), 3, Side, Side);
    private static readonly SkyStamp _stamp = SkyStamps.KnotWithLobe();
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_AnArea_HasTheSourcesWhoseCentresAreInIt()
    {
        var recipe = _recipe with { Images = _recipe.Images! with { Solver = "heun", Steps = 25 } };
        var area = SkyArea.Parse(SkyArea.Cone(new SkyCoordinate(184.3, 47.2), 0.1));
        string path = Path.Combine(_folder.Path, "area.csv");
        var catalogue = new SkyCatalogue(recipe);
        long rows = SkyTruth.Of(recipe, area, 0.5, catalogue).Write(path, _ => null, source => SkySamples.IdOf(recipe, source, 0), cancellationToken: Token);
        SkySource[] expected = [.. catalogue.Within(new SkyCoordinate(184.3, 47.2), 1).Where(source => source.Flux >= 0.5 && area.Contains(source.Position)).OrderBy(source => source.Id)];
        Assert.InRange(expected.Length, 15, 150);            // 940 per square degree in some 0.05
        Assert.Equal(expected.Length, rows);
        var table = new Table(path);
        Assert.Equal(expected.Select(source => SkySourceId.Unpack(source.Id).ToString()), Enumerable.Range(0, expected.Length).Select(i => table.Text("name", i)));
        int resolved = Array.FindIndex(expected, source => source.IsResolved);
        Assert.Equal((1, SkySamples.IdOf(recipe, expected[resolved], 0)), (table.Number("size", resolved), table.Text("sample_id", resolved)));
    }

    [Theory]
    [InlineData("truth.fits")]
    [InlineData("truth.vot")]
    [InlineData("truth.parquet")]
    [InlineData("truth.csv")]
    public void Rows_AreTheSourcesWhoseLightIsInTheImage(string name)
    {
        string path = Path.Combine(_folder.Path, name);
        var truth = new SkyTruth(_recipe, _grid);
        long rows = truth.Write(path, _ => _stamp, source => $"sample-{source.Id % 100}", cancellationToken: Token);
        SkySource[] sources = [.. truth.Sources(_ => _stamp)];
        Assert.Equal(sources.Length, rows);
        var table = new Table(path);
        Assert.Equal(SkyTruth.Columns.Select(column => column.Name), table.Names);
        for (int i = 0; i < sources.Length; i++)
        {
            var source = sources[i];
            var id = SkySourceId.Unpack(source.Id);
            Assert.Equal(id.ToString(), table.Text("name", i));
            Assert.Equal(i + 1, table.Number("id", i));
            Assert.Equal((source.Position.RightAscension, source.Position.Declination), (table.Number("ra_cent", i), table.Number("dec_cent", i)));
            Assert.Equal((source.Flux / 1000, source.Size, source.SpectralIndex, 144), (table.Number("flux", i), table.Number("b_maj", i), table.Number("spectral_index", i), table.Number("frequency", i)));
            Assert.Equal((id.Band, id.Cell), (table.Number("band", i), table.Number("cell", i)));
            Assert.Equal(source.IsResolved ? 1 : 2, table.Number("size", i));
            Assert.Equal(source.IsResolved ? $"sample-{source.Id % 100}" : "", table.Text("sample_id", i));
            Assert.Equal(source.Class ?? "", table.Text("morphology", i));
            Assert.True(_grid.Coordinates.TrySkyToPixel(source.Position, out double x, out double y));
            Assert.Equal(x, table.Number("x", i), 1e-6);
            Assert.Equal(y, table.Number("y", i), 1e-6);
            bool isInside = x >= -0.5 && y >= -0.5 && x < Side - 0.5 && y < Side - 0.5;
            Assert.Equal(isInside ? 1 : 0, table.Number("selection", i));
            // The stamp's knot is 8 to 9 pixels from its centre of flux.
            double core = new SkyCoordinate(table.Number("ra_core", i), table.Number("dec_core", i)).SeparationTo(source.Position) * 3600;
            Assert.InRange(core, source.IsResolved ? 7 : 0, source.IsResolved ? 45 : 1e-9);
        }
        // All that lie in the image, found another way.
        var catalogue = new SkyCatalogue(_recipe);
        var inside = catalogue.Within(new SkyCoordinate(184.3, 47.2), 0.2).Where(source => _grid.Coordinates.TrySkyToPixel(source.Position, out double x, out double y) && Math.Max(Math.Abs(x - 74.5), Math.Abs(y - 74.5)) <= 75);
        Assert.Equal(inside.Select(source => source.Id), sources.Where((_, i) => table.Number("selection", i) == 1).Select(source => source.Id));
        Assert.Equal("sdc1-truth", Catalogue.Read(path).Report.Mapping);
    }

    /// <summary>A pixel of a core that shines above its surroundings is its row's; a mask in a file is the same, and a higher threshold leaves less.</summary>
    [Fact]
    public void Mask_NamesTheRowOfTheBrightestSource()
    {
        SkySource[] sources = [.. new SkyTruth(_recipe, _grid).Sources(_ => null)];
        var segmentation = new SkySegmentation(_recipe, _grid);
        int[] mask = segmentation.Make(_ => null, Token);
        Assert.InRange(mask.Max(), 1, sources.Length);
        float[] light = new SkyMosaic(_recipe, _grid) { HasNoise = false }.Rows(0, Side, _ => null, Token);
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i] > 0)
                Assert.True(light[i] > 83e-6f);
            else
                Assert.True(light[i] < 300e-6f);               // of several faint sources together
        }
        var brightest = sources.Where(source => _grid.Coordinates.TrySkyToPixel(source.Position, out double x, out double y) && Math.Min(x, y) > 0 && Math.Max(x, y) < Side - 1).MaxBy(source => source.Flux);
        Assert.True(_grid.Coordinates.TrySkyToPixel(brightest.Position, out double column, out double row));
        Assert.Equal(brightest.Id, sources[mask[(int)Math.Round(row) * Side + (int)Math.Round(column)] - 1].Id);

        string path = Path.Combine(_folder.Path, "mask.fits");
        segmentation.Write(path, _ => null, cancellationToken: Token);
        using var file = FitsFile.Open(path);
        Assert.Equal(32, file.FirstImage().Bitpix);
        double[] pixels = new double[Side * Side];
        file.FirstImage().ReadPixels(0, 0, Side, Side, pixels);
        Assert.Equal(mask, pixels.Select(value => (int)value));
        int[] bright = new SkySegmentation(_recipe, _grid) { ThresholdSigmas = 5 }.Make(_ => null, Token);
        Assert.InRange(bright.Count(value => value > 0), 1, mask.Count(value => value > 0) - 1);
    }

    [Fact]
    public void Mask_OfASkyWithoutNoise_IsRefused() =>
        Assert.Contains("rmsMicroJansky", Assert.Throws<RadioDiffusionException>(() => new SkySegmentation(_recipe with { Survey = new SkySurvey { RmsMicroJansky = 0 } }, _grid)).Message, StringComparison.Ordinal);

    private sealed class Table
    {
        private readonly Dictionary<string, List<string>> _values = [];

        public Table(string path)
        {
            using var reader = CatalogueReader.Open(path);
            Names = [.. reader.Columns.Select(column => column.Name)];
            foreach (string name in Names)
                _values[name] = [];
            foreach (var batch in reader.Read(reader.Columns, Token))
            {
                foreach (var column in batch.Columns)
                    _values[column.Column.Name].AddRange(Enumerable.Range(0, batch.RowCount).Select(column.Text));
            }
        }

        public string[] Names { get; }

        public string Text(string name, int row) => _values[name][row].Trim();

        public double Number(string name, int row) => double.Parse(_values[name][row], System.Globalization.CultureInfo.InvariantCulture);
    }
}
