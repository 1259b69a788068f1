using System.Text.Json;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

/// <summary>Cut-outs and the whole way from mosaics to a training set, against the published code without its known faults.</summary>
[Trait("Category", "Golden")]
public sealed class CutoutGoldenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> MosaicCases => TestFiles.GoldenCases("mosaic", "fits-wcs");

    public static TheoryData<string> Pipelines => TestFiles.GoldenCases("expected_selected_rows", "cutout-pipeline");

    [Theory]
    [MemberData(nameof(MosaicCases))]
    public void Cutouts_OfTheMosaicCase_AreThoseOfAstropy(string caseName)
    {
        var golden = new GoldenCase(caseName);
        var json = golden.Json.GetProperty("mosaic");
        int size = json.GetProperty("size_px").GetInt32();
        var mosaic = MosaicFolder.Open(golden.File(json.GetProperty("file").GetString()!));
        var positions = json.GetProperty("positions").EnumerateArray().ToArray();
        var (measurements, cutouts) = Extract(mosaic, positions, new CutoutOptions { Size = size });
        float[] strict = golden.Values<float>("cutouts.safetensors", "strict"), filled = golden.Values<float>("cutouts.safetensors", "filled");
        for (int i = 0; i < positions.Length; i++)
        {
            var (expected, found) = (positions[i], measurements[i]);
            bool whole = expected.GetProperty("strict").GetString() == "ok";
            Assert.Equal(!whole, found.Problem);
            if (expected.TryGetProperty("pixel_x", out var x) && x.ValueKind == JsonValueKind.Number)
            {
                Assert.True(mosaic.Wcs.TrySkyToPixel(Position(expected), out double column0, out double row0));
                Assert.Equal(x.GetDouble(), column0, 1e-6);                              // case.json: pixel_x, pixel_y to 1e-6
                Assert.Equal(expected.GetProperty("pixel_y").GetDouble(), row0, 1e-6);
            }
            if (expected.TryGetProperty("first_column", out var column))
                Assert.Equal((column.GetInt32(), expected.GetProperty("first_row").GetInt32()), (found.FirstColumn, found.FirstRow));
            if (!whole)
                continue;
            bool hasNan = expected.GetProperty("contains_nan").GetBoolean();
            Assert.Equal(hasNan, found.HasNan);
            var (reference, index) = hasNan
                ? (filled, expected.GetProperty("filled_index").GetInt32())
                : (strict, expected.GetProperty("strict_index").GetInt32());
            Assert.Equal(reference.AsSpan(index * size * size, size * size), cutouts[found.ImageIndex].AsSpan());
            Assert.Equal(Math.Max(0, (float)expected.GetProperty("peak").GetDouble()), found.PeakFlux);
        }
        foreach (var position in json.GetProperty("pixel_positions").EnumerateArray())
        {
            var window = CutoutExtractor.Window(position.GetProperty("x").GetDouble(), position.GetProperty("y").GetDouble(), position.GetProperty("size").GetInt32());
            Assert.Equal(position.GetProperty("strict").GetString() == "ok", window.LiesInside(mosaic.Width, mosaic.Height));
            if (!position.TryGetProperty("first_column", out var first))
                continue;
            Assert.Equal((first.GetInt32(), position.GetProperty("first_row").GetInt32()), (window.FirstColumn, window.FirstRow));
            Assert.Equal((position.GetProperty("last_column").GetInt32(), position.GetProperty("last_row").GetInt32()),
                (window.FirstColumn + window.Size - 1, window.FirstRow + window.Size - 1));
        }
    }

    /// <summary>With any overlap allowed, what lies inside is as cut, but for blanked pixels, and what lies outside is 0 where astropy has NaN.</summary>
    [Theory]
    [MemberData(nameof(MosaicCases))]
    public void PartialCutouts_OfTheMosaicCase_HaveThePixelsOfAstropyInside(string caseName)
    {
        var golden = new GoldenCase(caseName);
        var json = golden.Json.GetProperty("mosaic");
        int size = json.GetProperty("size_px").GetInt32(), area = size * size;
        var mosaic = MosaicFolder.Open(golden.File(json.GetProperty("file").GetString()!));
        var positions = json.GetProperty("positions").EnumerateArray().ToArray();
        var (measurements, cutouts) = Extract(mosaic, positions, new CutoutOptions { Size = size, MinimumCoverage = 1e-9 });
        float[] partial = golden.Values<float>("cutouts.safetensors", "partial");
        for (int i = 0; i < positions.Length; i++)
        {
            var (expected, found) = (positions[i], measurements[i]);
            var window = new CutoutWindow(found.FirstColumn, found.FirstRow, size);
            bool overlaps = window.Inside(mosaic.Width, mosaic.Height).Width > 0;   // a cut-out without a common pixel may be refused, see case.json
            Assert.Equal(!overlaps, found.Problem);
            if (expected.GetProperty("partial").GetString() != "ok")
                Assert.False(overlaps);
            if (!overlaps)
                continue;
            var reference = partial.AsSpan(expected.GetProperty("partial_index").GetInt32() * area, area);
            float[] pixels = cutouts[found.ImageIndex];
            int blanked = 0, outside = 0;
            for (int pixel = 0; pixel < area; pixel++)
            {
                bool isInside = new CutoutWindow(window.FirstColumn + pixel % size, window.FirstRow + pixel / size, 1).LiesInside(mosaic.Width, mosaic.Height);
                outside += isInside ? 0 : 1;
                blanked += isInside && float.IsNaN(reference[pixel]) ? 1 : 0;
                if (!isInside)
                    Assert.Equal((float.NaN, 0f), (reference[pixel], pixels[pixel]));
                else if (!float.IsNaN(reference[pixel]))
                    Assert.Equal(reference[pixel], pixels[pixel]);
            }
            Assert.Equal(expected.GetProperty("partial_nan").GetInt32(), blanked + outside);
            Assert.Equal(blanked > 0, found.HasNan);
            Assert.Equal(1 - (double)outside / area, found.Coverage, 1e-12);
        }
    }

    [Theory]
    [MemberData(nameof(Pipelines))]
    public void Pipeline_FromMosaicsToTrainingSet_SelectsAndScalesAsPublished(string caseName)
    {
        var golden = new GoldenCase(caseName);
        int size = golden.Json.GetProperty("parameters").GetProperty("size_px").GetInt32();
        var catalogue = Catalogue.Read(golden.File("catalog.csv"));
        List<string> problems = [];
        var mosaics = MosaicFolder.Scan(golden.Folder, problems);
        Assert.Empty(problems);
        var plan = TileAssignment.Assign(catalogue, mosaics, size);
        var shards = new List<string>();
        var measurements = new Dictionary<int, (CutoutMeasurement Measurement, float[] Pixels)>();
        foreach (var (id, rows) in plan.RowsByMosaic)
        {
            shards.Add(_folder.File(id));
            Directory.CreateDirectory(shards[^1]);
            TileShard.Write(shards[^1], mosaics.Single(mosaic => mosaic.Id == id), [.. rows.Select(row => catalogue.Rows[row])], new CutoutOptions { Size = size });
            using var shard = TileShard.Open(shards[^1]);
            foreach (var measurement in shard.Measurements)
                measurements.Add(measurement.Row, (measurement, measurement.Problem ? [] : shard.Image(measurement.ImageIndex).ToArray()));
        }

        var tolerance = golden.Json.GetProperty("tolerance");
        float[] cutouts = golden.Values<float>("expected.safetensors", "cutouts");
        foreach (var expected in golden.Json.GetProperty("sources").EnumerateArray())
        {
            int row = expected.GetProperty("row").GetInt32();
            bool problem = expected.GetProperty("problem_cutout").GetBoolean();
            if (plan.RowsOutside.Contains(row))
            {
                Assert.True(problem, $"row {row} is in no mosaic");
                continue;
            }
            var (found, pixels) = measurements[row];
            Assert.Equal(expected.GetProperty("name").GetString(), found.SourceName);
            Assert.Equal(expected.GetProperty("mosaic").GetString(), found.MosaicId);
            Assert.Equal(expected.GetProperty("first_column").GetInt32(), found.FirstColumn);
            Assert.Equal(expected.GetProperty("first_row").GetInt32(), found.FirstRow);
            Assert.Equal(problem, found.Problem);
            if (problem)
                continue;
            Assert.Equal(expected.GetProperty("nans_cutout").GetBoolean(), found.HasNan);
            Assert.Equal(expected.GetProperty("broken").GetBoolean(), found.Broken);
            Relative(expected, "sigma_snr", found.SigmaSnr, tolerance.GetProperty("sigma_snr").GetProperty("rtol").GetDouble());
            Relative(expected, "edge_relative_max", found.EdgeRelativeMaximum, tolerance.GetProperty("edge_relative_max").GetProperty("rtol").GetDouble());
            if (!found.HasNan)
                Assert.Equal(cutouts.AsSpan(expected.GetProperty("cutout_index").GetInt32() * size * size, size * size), pixels.AsSpan());
        }

        string set = _folder.File("set");
        Directory.CreateDirectory(set);
        var description = TrainingSet.Write(set, shards, size, plan.RowsOutside.Length, 0, CutsOf(golden.Json.GetProperty("parameters")), mosaics[0].Wcs.PixelScaleArcsec, mosaics[0].BeamArcsec ?? 6);
        using var reader = TrainingSetReader.Open(set);
        int[] selected = [.. golden.Json.GetProperty("expected_selected_rows").EnumerateArray().Select(row => row.GetInt32())];
        Assert.Equal(selected.Length, description.Selection.Selected);
        Assert.Equal(selected, Enumerable.Range(0, reader.Count).Select(reader.Row));
        float[] images = golden.Values<float>("expected.safetensors", "selected_images");
        float[] peaks = golden.Values<float>("expected.safetensors", "selected_peak_flux");
        for (int i = 0; i < selected.Length; i++)
        {
            Assert.Equal(images.AsSpan(i * size * size, size * size), reader.Image(i));
            Assert.Equal(peaks[i], reader.PeakFlux(i));
        }
    }

    private static (CutoutMeasurement[] Measurements, List<float[]> Cutouts) Extract(Mosaic mosaic, JsonElement[] positions, CutoutOptions options)
    {
        var cutouts = new List<float[]>();
        CatalogueRow[] rows = [.. positions.Select((position, i) => new CatalogueRow { Index = i, SourceName = $"position {i}", Position = Position(position) })];
        return (CutoutExtractor.Extract(mosaic, rows, options, _ => pixels => cutouts.Add(pixels.ToArray())), cutouts);
    }

    private static SkyCoordinate Position(JsonElement position) => new(position.GetProperty("ra").GetDouble(), position.GetProperty("dec").GetDouble());

    private static SelectionCuts CutsOf(JsonElement parameters) => new()
    {
        MinimumSnr = parameters.GetProperty("SNR_threshold").GetDouble(),
        MaximumEdge = parameters.GetProperty("edge_threshold").GetDouble(),
        LargestSizeAboveArcsec = parameters.GetProperty("LAS_threshold").GetDouble(),
        FluxAboveMilliJansky = parameters.GetProperty("flux_threshold").GetDouble(),
    };

    private static void Relative(JsonElement expected, string name, double found, double tolerance)
    {
        double wanted = expected.GetProperty(name).GetDouble();
        Assert.True(Math.Abs(found - wanted) <= tolerance * Math.Abs(wanted), $"row {expected.GetProperty("row")}: {name} is {found:R}, not {wanted:R}");
    }
}
