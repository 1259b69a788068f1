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

    [Fact]
    [Trait("Category", "Golden")]
    public void TrainingFile_OfThePublishedCode_BecomesATrainingSetWithItsImagesAndPositions()
    {
        var golden = new GoldenCase("cutout-pipeline");
        using var set = Import(golden.File("subset_0-clip.hdf5"), out var problems);
        Assert.Empty(problems);
        Assert.Equal((11, 80, 0, true), (set.Count, set.ImageSize, set.ClassCount, set.HasContext));
        // The published selection is that of its faulty pairing; each of its images is one of the cut-outs, clipped at 0.
        float[] cutouts = golden.Values<float>("expected.safetensors", "cutouts");
        var images = cutouts.Chunk(80 * 80).Select(cutout => Array.ConvertAll(cutout, pixel => Math.Max(pixel, 0))).ToList();
        int exact = 0;
        for (int i = 0; i < set.Count; i++)
        {
            float[] image = set.Image(i).ToArray();
            Assert.Equal(image.Max(), set.PeakFlux(i));
            exact += images.Any(cutout => cutout.AsSpan().SequenceEqual(image)) ? 1 : 0;
        }
        Assert.InRange(exact, 9, 11);                        // blanked pixels were replaced in the file
        // The first row of the table as h5py reads it.
        var first = set.Measurements()[0];
        Assert.Equal((163.00895926319947, 50.09384378875655), (first.RightAscension, first.Declination));
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void CutoutFile_OfThePublishedCode_BecomesATrainingSetAndItsTableOfPickledNamesIsLeftOut()
    {
        var golden = new GoldenCase("cutout-pipeline");
        using var set = Import(golden.File("stage1_cutouts_80p_optC.hdf5"), out var problems);
        Assert.Contains("fixed format", Assert.Single(problems), StringComparison.Ordinal);
        Assert.Equal((23, 80), (set.Count, set.ImageSize));
        // The file stacks the cut-outs mosaic by mosaic; its first is catalogue row 0, without blanked pixels.
        float[] expected = [.. golden.Values<float>("expected.safetensors", "cutouts").Take(80 * 80).Select(pixel => Math.Max(pixel, 0))];
        Assert.Equal(expected, set.Image(0).ToArray());
    }

    [Fact]
    public void ExportedSet_ReadAgain_HasTheSameImagesFluxesNamesAndMeasurements()
    {
        var golden = new GoldenCase("cutout-pipeline");
        using var set = Import(golden.File("subset_0-clip.hdf5"), out _, new DatasetImportOptions { PixelScaleArcsec = 1.5, BeamArcsec = 6 });
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
        Assert.Equal([11, 80, 80], file.Shape(images));
        Assert.Equal(80, file.NumberAttribute(images, "size_px"));
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
        byte[] bytes = File.ReadAllBytes(new GoldenCase("cutout-pipeline").File("subset_0-clip.hdf5"));
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

    private TrainingSetReader Import(string path, out IReadOnlyList<string> problems, DatasetImportOptions? options = null, string? folder = null) =>
        SmallSets.Import(path, _folder.File(folder ?? "set-" + Path.GetFileNameWithoutExtension(path)), out problems, options);
}
