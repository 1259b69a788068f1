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

    [Fact]
    public void Cutouts_OfTheMosaicCase_AreThoseOfAstropy()
    {
        var golden = new GoldenCase("fits-wcs");
        var json = golden.Json.GetProperty("mosaic");
        int size = json.GetProperty("size_px").GetInt32();
        var mosaic = MosaicFolder.Open(golden.File(json.GetProperty("file").GetString()!));
        var positions = json.GetProperty("positions").EnumerateArray().ToArray();
        var cutouts = new List<float[]>();
        var measurements = CutoutExtractor.Extract(mosaic, [.. positions.Select((position, i) => new CatalogueRow
        {
            Index = i,
            SourceName = $"position {i}",
            Position = new SkyCoordinate(position.GetProperty("ra").GetDouble(), position.GetProperty("dec").GetDouble()),
        })], new CutoutOptions { Size = size }, _ => pixels => cutouts.Add(pixels.ToArray()));
        float[] strict = golden.Values<float>("cutouts.safetensors", "strict"), filled = golden.Values<float>("cutouts.safetensors", "filled");
        for (int i = 0; i < positions.Length; i++)
        {
            var (expected, found) = (positions[i], measurements[i]);
            bool whole = expected.GetProperty("strict").GetString() == "ok";
            Assert.Equal(!whole, found.Problem);
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
        }
        foreach (var position in json.GetProperty("pixel_positions").EnumerateArray().Where(position => position.TryGetProperty("first_column", out _)))
        {
            var window = CutoutExtractor.Window(position.GetProperty("x").GetDouble(), position.GetProperty("y").GetDouble(), position.GetProperty("size").GetInt32());
            Assert.Equal(position.GetProperty("first_column").GetInt32(), window.FirstColumn);
            Assert.Equal(position.GetProperty("first_row").GetInt32(), window.FirstRow);
        }
    }

    [Fact]
    public void Pipeline_OfThreeMosaics_SelectsAndScalesAsPublished()
    {
        var golden = new GoldenCase("cutout-pipeline");
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
