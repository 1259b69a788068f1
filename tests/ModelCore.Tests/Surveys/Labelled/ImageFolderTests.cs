using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Exchange;
using RadioDiffusion.ModelCore.Surveys.Labelled;
using RadioDiffusion.ModelCore.Tests.Surveys.Exchange;
using SkiaSharp;

namespace RadioDiffusion.ModelCore.Tests.Surveys.Labelled;

public sealed class ImageFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Images => _folder.File("images");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Folder_WithSplitsAndClasses_GivesThemInOrderWithTheSplits()
    {
        foreach (var (split, name, count) in new[] { ("train", "spiral", 3), ("train", "elliptical", 2), ("validation", "spiral", 1), ("test", "elliptical", 1) })
        {
            for (int i = 0; i < count; i++)
                Picture($"{split}/{name}/{split}{name}{i}.png");
        }
        using var set = Import(out var problems);
        Assert.Empty(problems);
        Assert.Equal(["elliptical", "spiral"], set.Description.Classes);
        Assert.Equal((7, 8, false, 2), (set.Count, set.ImageSize, set.HasContext, set.ClassCount));
        var images = Enumerable.Range(0, set.Count).Select(i => (set.Label(i), set.Split(i))).ToList();
        var table = ClassTable.Of("Images", set.Description.Classes, images);
        Assert.Equal(["Class", "train", "valid", "test", "Total"], table.Columns);
        Assert.Equal(["elliptical", 2, 0, 1, 3], table.Rows[0]);
        Assert.Equal(["spiral", 3, 1, 0, 4], table.Rows[1]);
        Assert.Equal(["Total", 5, 1, 1, 7], table.Rows[2]);
    }

    [Fact]
    public void Files_OfOneNameInSeveralFolders_AreAllInTheSetAndNamedByTheirPath()
    {
        Picture("A/1.png");
        Picture("B/1.png");
        Picture("B/2.png");
        using var set = Import(out var problems);
        Assert.Empty(problems);
        Assert.Equal(["A/1.png", "B/1.png", "2.png"], set.Measurements().Select(measurement => measurement.SourceName));
    }

    /// <summary>CIE L* of sRGB colours as colour tables have them, and the ends, quarters and middle of the colour map viridis, of which lightness is the brightness.</summary>
    [Fact]
    public void Lightness_OfColours_IsThatOfTheStandardAndGrowsEvenlyInViridis()
    {
        (byte, byte, byte)[] colours = [(0, 0, 0), (255, 255, 255), (128, 128, 128), (255, 0, 0), (0, 255, 0), (0, 0, 255), (68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37), (1, 1, 1)];
        using (var bitmap = new SKBitmap(new SKImageInfo(4, 3, SKColorType.Rgba8888, SKAlphaType.Unpremul)))
        {
            for (int i = 0; i < colours.Length; i++)
                bitmap.SetPixel(i % 4, i / 4, new SKColor(colours[i].Item1, colours[i].Item2, colours[i].Item3));
            Directory.CreateDirectory(Images);
            using var stream = File.Create(Path.Combine(Images, "a.png"));
            bitmap.Encode(stream, SKEncodedImageFormat.Png, 100);
        }
        var buffer = new PixelBuffer();
        using (var source = new ImageFolderSource(Images, takesLightness: true))
            source.Read(0, buffer);
        float[] found = buffer.Pixels.ToArray();
        float[] expected = [0, 100, 53.585f, 53.241f, 87.735f, 32.297f];
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], 0.01f);
        for (int i = 0; i <= 4; i++)
            Assert.Equal(i / 4.0, (found[6 + i] - found[6]) / (found[10] - found[6]), 0.03);
        using var grey = new ImageFolderSource(Images);
        Assert.Contains("--lightness", Assert.Throws<RadioDiffusionException>(() => grey.Read(0, buffer)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_AmongThoseOfFirst_ComeInThePublishedOrder() => Assert.Equal(["FRI", "FRII", "Bent"], FirstClasses.InOrder(["Bent", "FRII", "FRI"]));

    [Fact]
    public void Pixels_OfAPngAndAFits_AreThoseOfTheFileFirstRowFirst()
    {
        SmallSets.WritePicture(Path.Combine(Images, "A/a.png"), 4, 4, (row, column) => (byte)(16 * row + column));
        float[] pixels = [.. Enumerable.Range(0, 16).Select(i => (float)(16 * (i / 4) + i % 4))];
        Directory.CreateDirectory(Path.Combine(Images, "B"));
        using (var stream = File.Create(Path.Combine(Images, "B/b.fits")))
            FitsWriter.WriteImage(stream, pixels, 4, 4);
        using var set = Import(out _);
        Assert.Equal(pixels, set.Image(0).ToArray());
        Assert.Equal(pixels, set.Image(1).ToArray());
        Assert.Equal("", set.Description.Unit);              // one of them is a picture, so nothing says what a pixel means
    }

    [Fact]
    public void Jpeg_OfAGreyPicture_IsRead()
    {
        SmallSets.WritePicture(Path.Combine(Images, "A/a.jpg"), 8, 8, (row, _) => (byte)(row < 4 ? 0 : 200), SKEncodedImageFormat.Jpeg);
        Picture("A/b.png");
        using var set = Import(out var problems);
        Assert.Empty(problems);
        Assert.Equal(200, set.Image(0)[63], 4f);             // JPEG loses a little
    }

    [Fact]
    public void Crop_OfALargerImage_TakesItsCentreBeforeAnythingIsScaled()
    {
        // 10 pixels cropped to 4: columns 3 to 6. The bright corner is outside and must not count.
        SmallSets.WritePicture(Path.Combine(Images, "A/a.png"), 10, 10, (row, column) => (byte)(row == 0 && column == 0 ? 255 : row + column));
        SmallSets.WritePicture(Path.Combine(Images, "A/b.png"), 10, 10, (row, column) => (byte)(row * column));
        using var set = Import(out _, new DatasetImportOptions { Crop = 4 });
        Assert.Equal(4, set.ImageSize);
        Assert.Equal(6, set.Image(0)[0]);
        Assert.Equal(12, set.PeakFlux(0));
    }

    [Theory]
    [InlineData(300, 80, 110)]
    [InlineData(81, 80, 0)]                                  // halves to even, as torchvision: round(0.5) = 0
    [InlineData(83, 80, 2)]                                  // round(1.5) = 2
    public void CropCentre_OfAnOddRemainder_BeginsWhereTorchvisionBegins(int length, int side, int first)
    {
        var buffer = new PixelBuffer();
        var pixels = buffer.Resize(length, length, "test");
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = i % length;
        float[] cropped = new float[side * side];
        DatasetImport.CropCentre(buffer, side, cropped);
        Assert.Equal(first, cropped[0]);
    }

    [Fact]
    public void Images_OfAnotherSizeWithColourOrDamaged_AreLeftOutAndNamed()
    {
        Picture("A/good1.png");
        Picture("A/good2.png");
        SmallSets.WritePicture(Path.Combine(Images, "A/large.png"), 9, 9, (row, column) => (byte)(row * column));
        using (var bitmap = new SKBitmap(8, 8))
        {
            bitmap.Erase(SKColors.Orange);
            using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            File.WriteAllBytes(Path.Combine(Images, "A/orange.png"), data.ToArray());
        }
        File.WriteAllText(Path.Combine(Images, "A/text.png"), "no picture");
        byte[] whole = File.ReadAllBytes(Path.Combine(Images, "A/large.png"));
        File.WriteAllBytes(Path.Combine(Images, "A/short.png"), whole[..50]);
        Directory.CreateDirectory(Path.Combine(Images, "Empty"));
        using var set = Import(out var problems);
        Assert.Equal(2, set.Count);
        Assert.Equal(["A"], set.Description.Classes);
        foreach (string name in new[] { "large.png", "orange.png", "text.png", "short.png", "Empty" })
            Assert.Contains(problems, problem => problem.Contains(name, StringComparison.Ordinal));
        Assert.Equal(1, set.Description.Selection.Removed.Single(count => count.Key == "other size").Value);
        Assert.Equal(3, set.Description.Selection.Removed.Single(count => count.Key == "unreadable").Value);
    }

    [Fact]
    public void Folder_WithoutImages_SaysWhatWasExpected()
    {
        Directory.CreateDirectory(Images);
        Assert.Contains("CLASS/*.png", Assert.Throws<RadioDiffusionException>(() => Import(out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Split_ThatIsNotThere_IsNamedWithThoseThatAre()
    {
        Picture("train/A/a.png");
        Picture("test/A/b.png");
        var error = Assert.Throws<RadioDiffusionException>(() => Import(out _, new DatasetImportOptions { Splits = ["hold-out"] }));
        Assert.Contains("'hold-out': it has test, train", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Balance_ByUndersampling_LeavesTheSmallestClassesNumberOfEach()
    {
        for (int i = 0; i < 9; i++)
            Picture($"A/a{i}.png");
        for (int i = 0; i < 3; i++)
            Picture($"B/b{i}.png");
        using var first = Import(out _, new DatasetImportOptions { Balance = ClassBalance.UndersampleFirst }, "first");
        Assert.Equal(["a0.png", "a1.png", "a2.png", "b0.png", "b1.png", "b2.png"], Names(first));
        using var random = Import(out _, new DatasetImportOptions { Balance = ClassBalance.Undersample }, "random");
        Assert.Equal(6, random.Count);
        Assert.Equal(["b0.png", "b1.png", "b2.png"], Names(random)[3..]);
        Assert.NotEqual(Names(first), Names(random));
        Assert.Equal(6, random.Description.Selection.Removed.Single(count => count.Key == "balanced away").Value);
        using var weighted = Import(out _, new DatasetImportOptions { Balance = ClassBalance.Weights }, "weighted");
        Assert.Equal((12, true), (weighted.Count, weighted.BalancesClasses));
    }

    [Theory]
    [InlineData(ExportFormat.PngFolder)]
    [InlineData(ExportFormat.FitsFolder)]
    [InlineData(ExportFormat.Hdf5)]
    public void LabelledSet_ExportedAndImported_IsTheSame(ExportFormat format)
    {
        foreach (string path in new[] { "train/A/a.png", "train/B/b.png", "test/A/c.png" })
            Picture(path);
        using var set = Import(out _);
        string exported = _folder.File("exported");
        Directory.CreateDirectory(exported);
        DatasetExport.Write(exported, set, format);
        using var again = SmallSets.Import(Path.Combine(exported, DatasetExport.NameOf(format)), _folder.File("again"), out var problems);
        Assert.Empty(problems);
        Assert.Equal(set.Description.Classes, again.Description.Classes);
        Assert.Equal(Contents(set), Contents(again));

        static List<string> Contents(TrainingSetReader set) =>
        [
            .. Enumerable.Range(0, set.Count).Select(i => $"{set.Description.Classes[set.Label(i)]} {set.Split(i)} {string.Join(" ", set.Image(i).ToArray())}").Order(StringComparer.Ordinal),
        ];
    }

    [Fact]
    public void FitsCube_OfALabelledSet_HasAPlaneAndARowForEachImage()
    {
        Picture("FRI/a.png");
        Picture("Bent/b.png");
        using var set = Import(out _);
        DatasetExport.Write(_folder.Path, set, ExportFormat.FitsCube);
        using var file = FitsFile.Open(_folder.File("dataset.fits"));
        var cube = file.FirstImage();
        Assert.Equal([8, 8, 2], cube.AxisLengths);
        float[] plane = new float[64];
        cube.ReadPixels(0, 0, 8, 8, plane);
        Assert.Equal(set.Image(0).ToArray(), plane);
        var table = file.FirstTable();
        Assert.Equal(["Bent", "FRI"], table.ReadStrings("Class"));      // in the order of the folders
        Assert.Equal([1L, 0L], table.ReadIntegers("Label"));             // in the published order of the classes
        Assert.Equal(["b.png", "a.png"], table.ReadStrings("Source_Name"));
        Assert.Equal(0, new FileInfo(_folder.File("dataset.fits")).Length % 2880);
    }

    [Fact]
    public void Statistics_OfTwoImages_AreThoseWorkedOutByHand()
    {
        // Half of the pixels 0, half 200: scaled to -1 and 1, so mean 0 and deviation 1.
        SmallSets.WritePicture(Path.Combine(Images, "A/a.png"), 4, 4, (row, _) => (byte)(row < 2 ? 0 : 200));
        SmallSets.WritePicture(Path.Combine(Images, "A/b.png"), 4, 4, (_, column) => (byte)(column < 2 ? 50 : 100));
        using var set = Import(out _);
        var statistics = DatasetStatistics.Of(set);
        Assert.Equal(0, statistics.Mean, 1e-12);
        Assert.Equal(1, statistics.StandardDeviation, 1e-12);
        Assert.Equal((100.0, 200.0), (statistics.PeakFlux!.Smallest, statistics.PeakFlux.Largest));
    }

    [Fact]
    public void Table_AsLatex_IsOneTabularWithRules()
    {
        string latex = new PublishedTable("Images & classes", ["Class", "train", "Total"], [["FR_I", 1200, 1500], ["Total", 1200, 1500]], HasTotal: true).ToLatex();
        Assert.Contains("\\caption{Images \\& classes}", latex, StringComparison.Ordinal);
        Assert.Contains("\\begin{tabular}{lrr}", latex, StringComparison.Ordinal);
        Assert.Contains("FR\\_I & 1\\,200 & 1\\,500 \\\\", latex, StringComparison.Ordinal);
        Assert.Equal(2, latex.Split("\\midrule").Length - 1);
    }

    private void Picture(string path)
    {
        int index = path.Sum(letter => letter);              // other pixels for every name
        SmallSets.WritePicture(Path.Combine(Images, path), 8, 8, (row, column) => (byte)(index * (1 + row * 8 + column) % 251));
    }

    private TrainingSetReader Import(out IReadOnlyList<string> problems, DatasetImportOptions? options = null, string name = "set") =>
        SmallSets.Import(Images, _folder.File(name), out problems, options);

    private static string[] Names(TrainingSetReader set) => [.. set.Measurements().Select(measurement => measurement.SourceName)];
}
