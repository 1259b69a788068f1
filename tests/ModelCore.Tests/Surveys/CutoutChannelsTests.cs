using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Exchange;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

/// <summary>Cut-outs of several channels: mosaics of the same sky at other frequencies, on other grids.</summary>
public sealed class CutoutChannelsTests : IDisposable
{
    private const int Side = 260;
    private const int Size = 24;
    private const double Scale = 1.5;
    private static readonly CutoutOptions _options = new() { Size = Size };
    private static readonly WorldCoordinateSystem _wcs = WorldCoordinateSystem.Sin(PaintedSky.Centre, Scale, 130.4, 129.8);
    private readonly TemporaryFolder _folder = new();

    private PaintedSky Sky => new(_folder);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Channels_OnOtherGrids_ShowEachSourceWhereTheFirstDoesWithItsFlux()
    {
        var main = Sky.Write("main", _wcs, Side, Side);
        MosaicChannel[] channels =
        [
            new("turned", [Sky.Write("turned", WorldCoordinateSystem.Sin(PaintedSky.Position(12, -8), 1.2, 160.7, 161.2, positionAngle: 33), 320, 320, factor: 0.3)]),
            new("galactic", [Sky.Write("galactic", PaintedSky.Galactic(1.35, 71, 150.3, 149.6), 300, 300, factor: 2000, unit: "mJy/beam")]),
        ];
        double[] factors = [1, 0.3, 2];
        var rows = PaintedSky.SourceRows();
        var (measurements, images) = Extract(main, rows, channels);
        double beam = Math.PI / (4 * Math.Log(2)) * Math.Pow(PaintedSky.FwhmArcsec / Scale, 2);
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.Equal(0, measurements[i].MissingChannel);
            float[][] planes = [.. images[measurements[i].ImageIndex].Chunk(Size * Size)];
            Assert.Equal(3, planes.Length);
            Assert.True(main.Wcs.TrySkyToPixel(rows[i].Centre, out double x, out double y));
            (x, y) = (x - measurements[i].FirstColumn, y - measurements[i].FirstRow);
            for (int channel = 0; channel < 3; channel++)
            {
                var (column, row, sum) = PaintedSky.Source(planes[channel], Size, x, y, 2 * PaintedSky.FwhmArcsec / Scale);
                Assert.Equal(x, column, 0.03);               // the kernel moves a source by up to 0.02 pixels
                Assert.Equal(y, row, 0.03);
                double flux = factors[channel] * PaintedSky.Sources[i].Peak;
                Assert.Equal(flux, sum / beam, 0.01 * flux);       // pixels err by up to 0.75 % of the peak, to both sides
                Assert.Equal(factors[channel], planes[channel].Max() / planes[0].Max(), 0.0075 * factors[channel]);         // of the kernel: see ReprojectionTests
            }
        }
        Assert.Equal(measurements.Select(measurement => measurement with { MissingChannel = 0 }), Extract(main, rows, []).Measurements);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.0005)]
    public void Channel_OnTheSameGrid_IsCopiedBitForBit(double pixelsOff)
    {
        var main = Sky.Write("main", _wcs, Side, Side, noise: 0.01);
        var shifted = WorldCoordinateSystem.Sin(PaintedSky.Centre, Scale, 130.4 - 7 + pixelsOff, 129.8 + 3);
        float[] pixels = [];
        var other = Sky.Write("other", shifted, Side, Side, noise: 0.02, change: all => pixels = [.. all]);
        var rows = PaintedSky.SourceRows();
        var (measurements, images) = Extract(main, rows, [new MosaicChannel("other", [other])]);
        foreach (var measurement in measurements)
        {
            for (int row = 0; row < Size; row++)
            {
                int first = (measurement.FirstRow + 3 + row) * Side + measurement.FirstColumn - 7;
                Assert.Equal(pixels.AsSpan(first, Size), images[measurement.ImageIndex].AsSpan(Size * Size + row * Size, Size));
            }
        }
    }

    [Fact]
    public void Channel_OfSeveralMosaics_IsCutFromTheNearestThatHoldsTheWholeCutout()
    {
        // Levels of 1, 2 and 3 Jy/beam tell the mosaics apart. The nearest of all is too small for a cut-out.
        var main = Sky.Write("main", _wcs, Side, Side);
        Mosaic Flat(string name, double east, int side, float level) => Sky.Write(name, WorldCoordinateSystem.Sin(PaintedSky.Position(east, 0), 2, side / 2, side / 2), side, side, change: pixels => Array.Fill(pixels, level));
        var channel = new MosaicChannel("flat", [Flat("west", -60, 120, 1), Flat("east", 60, 120, 2), Flat("small", 0, 12, 3)]);
        var rows = PaintedSky.Rows((-30, 0), (25, 0), (1, 1), (-2, 0), (0, 170));
        var (measurements, images) = Extract(main, rows, [channel]);
        Assert.Equal([1f, 2f, 2f, 1f, 0f], measurements.Select(measurement => MathF.Round(images[measurement.ImageIndex][Size * Size + 300], 5)));
        Assert.Equal([0, 0, 0, 0, 1], measurements.Select(measurement => measurement.MissingChannel));
        // The plan hands on only the mosaics that are used; the choice among them is the same.
        var used = new MosaicChannel("flat", [.. channel.Mosaics.Take(2)]);
        Assert.Equal(rows.Select(row => channel.MosaicFor(main, row.Centre, _options)?.Id), rows.Select(row => used.MosaicFor(main, row.Centre, _options)?.Id));
    }

    [Fact]
    public void Rows_ThatAChannelDoesNotCover_AreCountedByItsName()
    {
        var main = Sky.Write("main", _wcs, Side, Side, noise: 0.001);
        var (south, blanked) = (CoveringTheSouth("south"), Sky.Write("blanked", _wcs, Side, Side, noise: 0.001, change: pixels => pixels[130 * Side + 130] = float.NaN));
        MosaicChannel[] channels = [new("south", [south]), new("blanked", [blanked])];
        var rows = PaintedSky.SourceRows();                  // the first holds the blanked pixel, the second and third are in the north
        var (measurements, images) = Extract(main, rows, channels);
        Assert.Equal([2, 1, 1, 0], measurements.Select(measurement => measurement.MissingChannel));
        Assert.DoesNotContain(images.SelectMany(image => image), float.IsNaN);
        var (selected, table) = Selection.Apply(measurements, 0, 0, new SelectionCuts { MinimumSnr = 0, MaximumEdge = 1 }, ["south", "blanked"]);
        Assert.Equal([3], selected);
        Assert.Equal((4, 1), (table.Rows, table.Selected));
        Assert.Equal(["outside", "incomplete", "blanked", "broken", "channel south", "channel blanked", "snr", "edge"], table.Removed.Select(cut => cut.Key));
        Assert.Equal([0, 0, 0, 0, 2, 1, 0, 0], table.Removed.Select(cut => cut.Value));

        // Half of the cut-out is enough if the user says so; what is missing is 0. A blanked pixel never is.
        var edge = PaintedSky.Rows((61.3, 7));
        Assert.Equal(1, Extract(main, edge, channels).Measurements[0].MissingChannel);
        (measurements, images) = Extract(main, edge, channels, _options with { MinimumCoverage = 0.5 });
        Assert.Equal(0, measurements[0].MissingChannel);
        Assert.InRange(images[0].AsSpan(Size * Size, Size * Size).ToArray().Count(pixel => pixel == 0), 1, Size * Size / 2);
        Assert.Equal(2, Extract(main, rows, channels, _options with { MinimumCoverage = 0.5 }).Measurements[0].MissingChannel);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void TrainingSet_OfChannels_HasThemInOrderWithTheirDescription(bool anyAngle, bool sourceOnly)
    {
        var options = _options with { AnyAngle = anyAngle, PixelScaleArcsec = 1.6 };
        using var set = Build(options, sourceOnly, out var description);
        Assert.Equal((4, 2, Size, options.StoredSize), (set.Count, set.ImageChannels, set.ImageSize, set.StoredSize));
        Assert.Equal(description.Channels, set.Description.Channels);
        for (int i = 0; i < set.Count; i++)
        {
            var first = set.Channel(i, 0);
            var second = set.Channel(i, 1);
            Assert.Equal([.. first, .. second], set.Image(i).ToArray());
            Assert.Equal(options.StoredSize * options.StoredSize * 2, set.StoredImage(i).Length);
            Assert.Equal(set.PeakFlux(i), ImageStatistics.Range(first).Maximum);                // negatives are 0, and the peak is the first channel's
            Assert.Equal(0.3, (double)ImageStatistics.Range(second).Maximum / set.PeakFlux(i), 0.01);
            if (sourceOnly)
                Assert.Equal(0, second[0]);
        }
        double mean = DatasetStatistics.Of(set).Mean;
        Assert.InRange(mean, -1, -0.5);

        string export = _folder.File("export");
        Directory.CreateDirectory(export);
        DatasetExport.Write(export, set, ExportFormat.FitsCube, ct: TestContext.Current.CancellationToken);
        using (var file = FitsFile.Open(Path.Combine(export, "dataset.fits")))
        {
            Assert.Equal([Size, Size, 2, 4], file.FirstImage().AxisLengths);
            Assert.Equal("3GHz", file.FirstImage().Header.GetString("CHAN2"));
            float[] plane = new float[Size * Size];
            file.FirstImage().ReadPixels(3, 0, 0, Size, Size, plane);
            Assert.Equal(set.Channel(1, 1).ToArray(), plane);
        }
        DatasetExport.Write(export, set, ExportFormat.FitsFolder, ct: TestContext.Current.CancellationToken);
        using (var file = FitsFile.Open(Path.Combine(export, "images", "S1.fits")))
            Assert.Equal([Size, Size, 2], file.FirstImage().AxisLengths);
        foreach (var format in new[] { ExportFormat.Hdf5, ExportFormat.LabelledHdf5, ExportFormat.PngFolder })
        {
            var error = Assert.Throws<RadioDiffusionException>(() => DatasetExport.Write(export, set, format));
            Assert.Contains("144MHz, 3GHz", error.Message, StringComparison.Ordinal);
            Assert.Contains("FITS cube", error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// Ten real galaxies in FIRST (1.8 arcsec pixels, 5.4 arcsec beam) and in NVSS (15 and 45). FIRST, smoothed to the beam of NVSS, must be as bright where NVSS is
    /// brightest, but for the extended flux that FIRST does not see (Becker et al. 1995), and the negative bowl around it: up to half for single ones, some 10 % in the median.
    /// </summary>
    [Fact]
    public void Channels_OfFirstAndNvss_ShowTheSameGalaxies()
    {
        const int Side = 100;
        const double First = 5.4 / 1.8, Nvss = 45 / 1.8;             // beams in pixels of FIRST
        string[] files = Directory.GetFiles(Path.GetDirectoryName(TestFiles.RealData("first-nvss-pairs/first/3C_267_II.fits"))!, "*.fits");
        var nvss = new MosaicChannel("NVSS", [.. files.Select(file => MosaicFolder.Open(file.Replace("/first/", "/nvss/", StringComparison.Ordinal)))]);
        var ratios = new List<double>();
        foreach (string file in files)
        {
            var first = MosaicFolder.Open(file);
            var row = new CatalogueRow { Index = 0, SourceName = first.Id, Position = first.Centre };
            var (measurements, images) = Extract(first, [row], [nvss], new CutoutOptions { Size = Side });
            Assert.Equal(0, measurements[0].MissingChannel);
            float[] sharp = images[0][..(Side * Side)], smooth = images[0][(Side * Side)..];
            int peak = Array.IndexOf(smooth, smooth.Max());
            double sum = 0;
            for (int i = 0; i < sharp.Length; i++)
            {
                double squared = Math.Pow(i % Side - peak % Side, 2) + Math.Pow(i / Side - peak / Side, 2);
                sum += sharp[i] * Math.Exp(-4 * Math.Log(2) * squared / (Nvss * Nvss - First * First));
            }
            ratios.Add(sum / (Math.PI / (4 * Math.Log(2)) * First * First) / smooth[peak]);
        }
        Assert.Equal(10, ratios.Count);
        Assert.All(ratios, ratio => Assert.InRange(ratio, 0.5, 1.2));
        ratios.Sort();
        Assert.InRange((ratios[4] + ratios[5]) / 2, 0.85, 1);
    }

    [Fact]
    public void TrainingSet_OfOneChannel_SaysNothingOfChannels()
    {
        var mosaic = Sky.Write("main", _wcs, Side, Side, noise: 0.001);
        string shard = Folder("shard"), set = Folder("set");
        TileShard.Write(shard, mosaic, PaintedSky.SourceRows(), _options, TestContext.Current.CancellationToken);
        TrainingSet.Write(set, [shard], Size, 0, 0, new SelectionCuts { MinimumSnr = 0, MaximumEdge = 1 }, Scale, PaintedSky.FwhmArcsec);
        Assert.DoesNotContain("hannel", File.ReadAllText(Path.Combine(set, "dataset.json")), StringComparison.Ordinal);
        using (var images = RadioDiffusion.ModelCore.Artifacts.SafetensorsFile.Open(Path.Combine(set, "images.safetensors")))
            Assert.Equal([4L, Size, Size], images.Entry("images").Shape);
        using var table = FitsFile.Open(Path.Combine(set, MeasurementTable.FileName));
        Assert.False(table.FirstTable().HasColumn("Missing_channel"));
        using var reader = TrainingSetReader.Open(set);
        Assert.Equal(1, reader.ImageChannels);
    }

    /// <summary>The second channel is a fixed part of the first: however a batch turns the images, both must show the same after scaling.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Batches_OfChannels_TurnThemAlikeAndScaleEach(bool anyAngle)
    {
        var data = new TwoChannels { StoredSize = anyAngle ? 20 : 8 };
        var maker = new BatchMaker(data, Training.TinyTraining.Options, Training.TinyTraining.Network with { ImageChannels = 2, ClassCount = 0 }, TorchSharp.torch.CPU);
        var numbers = maker.Draw([0, 1, 2, 3], [.. Enumerable.Range(0, 4).Select(i => new RandomStream(9, "image", i))], forTraining: true);
        Assert.Equal(4 * 2 * 64, numbers.Images.Length);
        Assert.NotEqual(numbers.Noise.AsSpan(0, 64).ToArray(), numbers.Noise.AsSpan(64, 64).ToArray());
        for (int i = 0; i < 4; i++)
        {
            for (int pixel = 0; pixel < 64; pixel++)
                Assert.Equal(numbers.Images[i * 128 + pixel], numbers.Images[i * 128 + 64 + pixel], 1e-5);
            Assert.Equal((-1f, 1f), ImageStatistics.Range(numbers.Images.AsSpan(i * 128 + 64, 64)));
        }
        using var scope = TorchSharp.torch.NewDisposeScope();
        var batch = maker.ToTensors(numbers, 0, 4);
        Assert.Equal([4, 2, 8, 8], batch.Images.shape);
        Assert.Equal([4, 2, 8, 8], batch.Noise!.shape);
    }

    [Theory]
    [InlineData("FREQ", 1.4e9, "Hz", 1.4e9)]
    [InlineData("FREQ", 144, "MHz", 144e6)]
    [InlineData("FREQ", 3, "GHz", 3e9)]
    [InlineData("STOKES", 1, "", 143.65e6)]
    [InlineData("FREQ", 0, "Hz", null)]
    public void Frequency_OfAHeader_IsThatOfItsSpectralAxisOrItsRestFrequency(string type, double value, string unit, double? expected)
    {
        var header = new FitsHeader();
        header.Set("CTYPE3", type);
        header.Set("CRVAL3", value);
        header.Set("CUNIT3", unit);
        header.Set("RESTFRQ", 143.65e6);
        Assert.Equal(expected, ObservingFrequency.Of(header));
        Assert.Null(ObservingFrequency.Of(new FitsHeader()));
        Assert.Equal(("143.65MHz", "3GHz"), (ObservingFrequency.Name(143.65e6), ObservingFrequency.Name(3e9)));
    }

    private TrainingSetReader Build(CutoutOptions options, bool sourceOnly, out TrainingSetDescription description)
    {
        var main = Sky.Write("main", _wcs, Side, Side, noise: 0.0005);
        var other = new MosaicChannel("3GHz", [Sky.Write("other", PaintedSky.Galactic(1.35, 71, 150.3, 149.6), 300, 300, noise: 0.0005, factor: 0.3)]);
        string shard = Folder("shard"), set = Folder("set");
        TileShard.Write(shard, main, PaintedSky.SourceRows(), options, [other], TestContext.Current.CancellationToken);
        description = TrainingSet.Write(set, [shard], Size, 0, 0, new SelectionCuts { MinimumSnr = 0, MaximumEdge = 1 }, 1.6, PaintedSky.FwhmArcsec, sourceOnly,
            [new("144MHz", 144e6, PaintedSky.FwhmArcsec), new("3GHz", 3e9, null)]);
        return TrainingSetReader.Open(set);
    }

    /// <summary>Its northern edge runs 21 arc seconds north of the centre: through the cut-outs of the sources in the north, not those of the others.</summary>
    private Mosaic CoveringTheSouth(string name) =>
        Sky.Write(name, WorldCoordinateSystem.Sin(PaintedSky.Position(0, -150), 2, 150, 85), 300, 171, noise: 0.001);

    private string Folder(string name) => Directory.CreateDirectory(_folder.File(name)).FullName;

    private static (CutoutMeasurement[] Measurements, List<float[]> Images) Extract(Mosaic mosaic, CatalogueRow[] rows, MosaicChannel[] channels, CutoutOptions? options = null)
    {
        var images = new List<float[]>();
        return (CutoutExtractor.Extract(mosaic, rows, options ?? _options, _ => pixels => images.Add(pixels.ToArray()), channels), images);
    }

    private sealed class TwoChannels : ITrainingData
    {
        public int Count => 4;

        public int ImageSize => 8;

        public int StoredSize { get; init; }

        public int ImageChannels => 2;

        public int ContextDimension => 1;

        public int ClassCount => 0;

        public ReadOnlySpan<float> Image(int index) => Make(index, 8);

        public ReadOnlySpan<float> StoredImage(int index) => Make(index, StoredSize);

        public ReadOnlySpan<float> Context(int index) => new float[1];

        public int Label(int index) => 0;

        private static float[] Make(int index, int side)
        {
            float[] pixels = new float[2 * side * side];
            new RandomStream(3, "two channels", index).FillNormal(pixels.AsSpan(0, side * side));
            for (int i = 0; i < side * side; i++)
                (pixels[i], pixels[side * side + i]) = (Math.Abs(pixels[i]), 0.25f * Math.Abs(pixels[i]));
            return pixels;
        }
    }
}
