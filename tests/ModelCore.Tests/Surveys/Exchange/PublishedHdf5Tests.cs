using System.Text.Json;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Exchange;

namespace RadioDiffusion.ModelCore.Tests.Surveys.Exchange;

/// <summary>Sets that the published code wrote open here, and what is written here reads the same again.</summary>
/// <remarks>
/// That the files written here open in Python was checked on Debian 12 with h5py 3.7: images (n, 80, 80) float32 equal to those of subset_0-clip.hdf5 by numpy.array_equal, max_values float32, names as bytes,
/// opt_c and peak_flux as bool, f_las, las_threshold and flux_threshold as float64. A labelled set in either layout likewise equals the centres of the images of the authors' file.
/// </remarks>
public sealed class PublishedHdf5Tests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Cases => TestFiles.GoldenCases("hdf5_layout", "cutout-pipeline");

    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("Category", "Golden")]
    public void TrainingFile_OfThePublishedCode_BecomesATrainingSetWithItsImagesAndPositions(string caseName)
    {
        var golden = new GoldenCase(caseName);
        using var set = Import(PublishedFile(golden, "subset"), out var problems);
        Assert.Empty(problems);
        int size = golden.Json.GetProperty("parameters").GetProperty("size_px").GetInt32();
        Assert.Equal((golden.Json.GetProperty("order_bug").GetProperty("reference_subset_size").GetInt32(), size, 0, true), (set.Count, set.ImageSize, set.ClassCount, set.HasContext));

        // The file's n-th image belongs to another row than its n-th line of the table: the published code's cut-outs lie mosaic by mosaic.
        var sources = golden.Json.GetProperty("sources").EnumerateArray().ToArray();
        int[] withCutout = [.. Rows(source => !source.GetProperty("problem_cutout").GetBoolean())];
        int[] lines = [.. Rows(source => source.GetProperty("in_reference_subset").GetBoolean())];
        int[] order = [.. golden.Json.GetProperty("order_bug").GetProperty("reference_order_of_cutouts").EnumerateArray().Select(row => row.GetInt32())];
        int[] changed = [.. golden.Json.GetProperty("nan_side_effect").GetProperty("rows").EnumerateArray().Select(row => row.GetInt32())];
        var catalogue = Catalogue.Read(golden.File("catalog.csv"));
        float[] cutouts = golden.Values<float>("expected.safetensors", "cutouts");
        var measurements = set.Measurements();
        int compared = 0;
        for (int i = 0; i < set.Count; i++)
        {
            float[] image = set.Image(i).ToArray();
            Assert.Equal(image.Max(), set.PeakFlux(i));
            var position = catalogue.Rows[lines[i]].Position;
            Assert.Equal(position.RightAscension, measurements[i].RightAscension, 1e-12);   // pandas reads numbers of a CSV file to one unit in the last place
            Assert.Equal(position.Declination, measurements[i].Declination, 1e-12);
            int row = order[Array.IndexOf(withCutout, lines[i])];
            if (sources[row].GetProperty("nans_cutout").GetBoolean() || changed.Contains(row))
                continue;                                   // its blanked pixels were replaced in the file
            Assert.Equal(Clipped(cutouts, sources[row].GetProperty("cutout_index").GetInt32(), size), image);
            compared++;
        }
        Assert.True(compared > 0);

        IEnumerable<int> Rows(Func<JsonElement, bool> choose) => sources.Where(choose).Select(source => source.GetProperty("row").GetInt32());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("Category", "Golden")]
    public void CutoutFile_OfThePublishedCode_BecomesATrainingSetAndItsTableOfPickledNamesIsLeftOut(string caseName)
    {
        var golden = new GoldenCase(caseName);
        using var set = Import(PublishedFile(golden, "stage1"), out var problems);
        Assert.Contains("fixed format", Assert.Single(problems), StringComparison.Ordinal);
        int[] order = [.. golden.Json.GetProperty("order_bug").GetProperty("reference_order_of_cutouts").EnumerateArray().Select(row => row.GetInt32())];
        int size = golden.Json.GetProperty("parameters").GetProperty("size_px").GetInt32();
        Assert.Equal((order.Length, size), (set.Count, set.ImageSize));
        float[] cutouts = golden.Values<float>("expected.safetensors", "cutouts");
        var sources = golden.Json.GetProperty("sources").EnumerateArray().ToArray();
        int[] changed = [.. golden.Json.GetProperty("nan_side_effect").GetProperty("rows").EnumerateArray().Select(row => row.GetInt32())];
        for (int i = 0; i < set.Count; i++)
        {
            var source = sources[order[i]];
            if (!source.GetProperty("nans_cutout").GetBoolean() && !changed.Contains(order[i]))
                Assert.Equal(Clipped(cutouts, source.GetProperty("cutout_index").GetInt32(), size), set.Image(i).ToArray());
        }
    }

    [Fact]
    public void ExportedSet_ReadAgain_HasTheSameImagesFluxesNamesAndMeasurements()
    {
        var golden = new GoldenCase("cutout-pipeline");
        using var set = Import(PublishedFile(golden, "subset"), out _, new DatasetImportOptions { PixelScaleArcsec = 1.5, BeamArcsec = 6 });
        DatasetExport.Write(_folder.Path, set, ExportFormat.Hdf5);
        using var again = Import(_folder.File("dataset.hdf5"), out var problems);
        Assert.Empty(problems);
        Assert.Equal((set.Count, 1.5, 6.0, "Jy/beam"), (again.Count, again.Description.PixelScaleArcsec, again.Description.BeamArcsec, again.Description.Unit));
        Assert.Equal(set.Description.Transform, again.Description.Transform);
        var (before, after) = (set.Measurements(), again.Measurements());
        for (int i = 0; i < set.Count; i++)
        {
            Assert.True(set.Image(i).SequenceEqual(again.Image(i)));
            Assert.Equal(set.PeakFlux(i), again.PeakFlux(i));
            Assert.Equal(before[i], after[i]);
        }
        using var file = Hdf5File.Open(_folder.File("dataset.hdf5"));
        var images = file.FindDataset(file.Root, "images")!;
        Assert.Equal([set.Count, set.ImageSize, set.ImageSize], file.Shape(images));
        Assert.Equal(set.ImageSize, file.NumberAttribute(images, "size_px"));
        Assert.Equal(0, file.NumberAttribute(images, "las_threshold"));
        Assert.Equal("", file.TextAttribute(images, "processed_file"));
    }

    [Fact]
    public void ManyImages_WrittenInPieces_AreAllThere()
    {
        string path = SmallSets.WriteHdf5(_folder.File("many.hdf5"), count: 150, side: 8);
        using var set = Import(path, out _);
        DatasetExport.Write(_folder.Path, set, ExportFormat.Hdf5);
        using var again = Import(_folder.File("dataset.hdf5"), out _);
        Assert.Equal(150, again.Count);
        for (int i = 0; i < 150; i++)
            Assert.True(set.Image(i).SequenceEqual(again.Image(i)), $"image {i}");
    }

    [Theory]
    [InlineData(0, "begin as one")]
    [InlineData(30, "begin as one")]
    [InlineData(2000, "cut off")]
    [InlineData(1_350_000, "cut off")]
    public void File_CutOff_SaysSoAndNamesIt(int length, string expected)
    {
        byte[] bytes = File.ReadAllBytes(PublishedFile(new GoldenCase("cutout-pipeline"), "subset"));
        string path = _folder.File("short.hdf5");
        File.WriteAllBytes(path, bytes[..length]);
        var error = Assert.Throws<RadioDiffusionException>(() => Hdf5File.Open(path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("short.hdf5", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Damage anywhere in the file's structures ends in an error that names the file, or in a set; never in another exception.</summary>
    [Fact]
    public void File_WithBytesChanged_OpensOrNamesItself()
    {
        string whole = SmallSets.WriteHdf5(_folder.File("whole.hdf5"), count: 3, side: 8);
        byte[] bytes = File.ReadAllBytes(whole);
        string path = _folder.File("changed.hdf5");
        for (int round = 0; round < 150; round++)
        {
            var random = new RandomStream(4, "changed bytes", round);
            byte[] changed = [.. bytes];
            for (int i = 0; i < 4; i++)
                changed[random.NextInt32(changed.Length)] = (byte)random.NextUInt32();
            File.WriteAllBytes(path, changed);
            try
            {
                using var set = Import(path, out _, folder: $"set{round}");
            }
            catch (RadioDiffusionException error)
            {
                Assert.NotEmpty(error.Message);
            }
        }
    }

    [Fact]
    public void File_WithoutImages_SaysWhatItHas()
    {
        new PureHDF.H5File { ["pictures"] = new float[] { 1, 2 } }.Write(_folder.File("other.h5"));
        var error = Assert.Throws<RadioDiffusionException>(() => Import(_folder.File("other.h5"), out _));
        Assert.Contains("'pictures'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'images'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_OfAWrongShape_AreRefused()
    {
        new PureHDF.H5File { ["images"] = new float[4, 4] }.Write(_folder.File("flat.h5"));
        Assert.Contains("(4, 4)", Assert.Throws<RadioDiffusionException>(() => Import(_folder.File("flat.h5"), out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fluxes_OfAnotherCountThanImages_AreRefused()
    {
        new PureHDF.H5File { ["images"] = new float[3, 4, 4], ["max_values"] = new float[2] }.Write(_folder.File("few.h5"));
        Assert.Contains("'max_values' should have 3", Assert.Throws<RadioDiffusionException>(() => Import(_folder.File("few.h5"), out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_BlankedConstantOrNamedTwice_AreLeftOutAndCounted()
    {
        float[,,] images = new float[6, 4, 4];
        for (int i = 0; i < 6; i++)
            images[i, 1, 2] = i == 1 ? float.NaN : i == 2 ? 0 : 1 + i;
        new PureHDF.H5File { ["images"] = images, ["names"] = new[] { "a", "b", "c", "d", "a", "f" } }.Write(_folder.File("mixed.h5"));
        using var set = Import(_folder.File("mixed.h5"), out var problems);
        Assert.Equal(3, set.Count);
        Assert.Equal(["a", "d", "f"], set.Measurements().Select(measurement => measurement.SourceName));
        Assert.Equal(new Dictionary<string, int> { ["blanked"] = 1, ["constant"] = 1, ["duplicate name"] = 1 }, set.Description.Selection.Removed.ToDictionary());
        Assert.Equal(3, problems.Count);
    }

    private static string PublishedFile(GoldenCase golden, string kind) =>
        golden.File(golden.Json.GetProperty("files").EnumerateObject().Single(file => file.Name.StartsWith(kind, StringComparison.Ordinal)).Name);

    private static float[] Clipped(float[] cutouts, int index, int size) =>
        Array.ConvertAll(cutouts[(index * size * size)..((index + 1) * size * size)], pixel => Math.Max(pixel, 0));

    private TrainingSetReader Import(string path, out IReadOnlyList<string> problems, DatasetImportOptions? options = null, string? folder = null) =>
        SmallSets.Import(path, _folder.File(folder ?? "set-" + Path.GetFileNameWithoutExtension(path)), out problems, options);
}
