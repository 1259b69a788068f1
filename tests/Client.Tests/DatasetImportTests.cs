using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.Client.Tests;

/// <summary>`dataset import`, `show` and `export` as a user types them.</summary>
[Collection("console")]
public sealed class DatasetImportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task LabelledFolder_ImportedShownAndExported_GivesTableStatisticsPicturesAndFiles()
    {
        string images = WriteImages(("A", 3), ("B", 2));
        var (imported, text, errors) = await CommandLineTests.RunAsync("dataset", "import", images, "--name", "set", "--crop", "8", "--store", Store, "--json");
        Assert.True(imported == ExitCode.Done, errors);
        Assert.Equal(5, Json(text).GetProperty("selected").GetInt32());

        string shown = _folder.File("shown");
        (int exitCode, text, _) = await CommandLineTests.RunAsync("dataset", "show", "set", "--out", shown, "--store", Store, "--json");
        Assert.Equal(ExitCode.Done, exitCode);
        var details = Json(text).GetProperty("details");
        Assert.Equal(3, details.GetProperty("classes")[0].GetProperty("Total").GetInt32());
        Assert.Equal(8, details.GetProperty("size").GetInt32());
        Assert.StartsWith("sha256:", details.GetProperty("recipe").GetProperty("inputs").GetProperty("images").GetString(), StringComparison.Ordinal);
        Assert.Equal(8, details.GetProperty("recipe").GetProperty("parameters").GetProperty("crop").GetInt32());
        Assert.InRange(details.GetProperty("statistics").GetProperty("standardDeviation").GetDouble(), 0.01, 1);
        Assert.True(new FileInfo(Path.Combine(shown, "images.png")).Length > 100);
        Assert.Contains("\\begin{tabular}", await File.ReadAllTextAsync(Path.Combine(shown, "classes.tex")), StringComparison.Ordinal);
        Assert.True(new FileInfo(Path.Combine(shown, "classes.png")).Length > 100);
        (_, text, _) = await CommandLineTests.RunAsync("dataset", "show", "set", "--latex", "--store", Store);
        Assert.StartsWith("\\begin{table}\n\\caption{Data set set}", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split("\\end{table}\n").Length - 1);          // of the selection and of the classes

        string cube = _folder.File("set.fits");
        Assert.Equal(ExitCode.Done, (await CommandLineTests.RunAsync("dataset", "export", "set", "--out", cube, "--store", Store)).ExitCode);
        using (var file = FitsFile.Open(cube))
            Assert.Equal([8, 8, 5], file.FirstImage().AxisLengths);
        string folder = _folder.File("exported");
        Assert.Equal(ExitCode.Done, (await CommandLineTests.RunAsync("dataset", "export", "set", "--out", folder, "--images", "png", "--store", Store)).ExitCode);
        Assert.Equal(["a0.png", "a1.png", "a2.png"], Directory.GetFiles(Path.Combine(folder, "A")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task BuiltSet_ShownIntoAFolder_HasTheFiguresOfThePaper()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        var (built, text, errors) = await CommandLineTests.RunAsync(
            "dataset", "build", "set", "--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", "--min-snr", "3", "--max-edge", "0.3", "--store", Store, "--json");
        Assert.True(built == ExitCode.Done, errors);
        Assert.Equal(["rows", "cutouts", "removed", "selected", "artifact"], Json(text).EnumerateObject().Take(5).Select(property => property.Name));
        string shown = _folder.File("shown");
        (int exitCode, text, errors) = await CommandLineTests.RunAsync("dataset", "show", "set", "--out", shown, "--store", Store, "--json");
        Assert.True(exitCode == ExitCode.Done, errors);
        Assert.Equal(["flux.png", "flux.svg", "images.png", "removed.png", "selection.json", "selection.tex", "snr.png", "snr.svg"], Directory.GetFiles(shown).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var selection = Json(text).GetProperty("details").GetProperty("selection");
        Assert.Equal(Json(text).GetProperty("selected").GetInt32(), selection[selection.GetArrayLength() - 1].GetProperty("Left").GetInt32());
        Assert.Contains("mJy/beam", await File.ReadAllTextAsync(Path.Combine(shown, "flux.svg")), StringComparison.Ordinal);

        Directory.Move(mosaics, _folder.File("elsewhere"));                   // what was selected is in the store, what was removed is not
        (exitCode, text, _) = await CommandLineTests.RunAsync("dataset", "show", "set", "--out", _folder.File("again"), "--store", Store);
        Assert.Equal(ExitCode.Done, exitCode);
        Assert.Contains("is not there", text, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("again/removed.png")));
    }

    [Fact]
    public async Task Import_WithADamagedImage_ExitsWithThreeAndNamesIt()
    {
        string images = WriteImages(("A", 3));
        await File.WriteAllTextAsync(Path.Combine(images, "A", "damaged.fits"), "no image");
        var (exitCode, text, _) = await CommandLineTests.RunAsync("dataset", "import", images, "--name", "set", "--store", Store);
        Assert.Equal(ExitCode.PartlyDone, exitCode);
        Assert.Contains("damaged.fits", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--balance", "sometimes")]
    [InlineData("--format", "tiff")]
    [InlineData("--crop", "large")]
    public async Task Import_WithAnUnknownChoice_ExitsWithTwo(string option, string value) =>
        Assert.Equal(ExitCode.WrongUsage, (await CommandLineTests.RunAsync("dataset", "import", _folder.Path, "--name", "set", option, value, "--store", Store)).ExitCode);

    private string WriteImages(params (string Class, int Count)[] classes)
    {
        string images = _folder.File("images");
        foreach (var (name, count) in classes)
        {
            Directory.CreateDirectory(Path.Combine(images, name));
            for (int i = 0; i < count; i++)
            {
                float[] pixels = new float[10 * 10];
                for (int pixel = 0; pixel < pixels.Length; pixel++)
                    pixels[pixel] = (float)Math.Exp(-(Math.Pow(pixel / 10 - 5, 2) + Math.Pow(pixel % 10 - 4 - i % 3, 2)) / 3);
                FitsWriter.WriteImage(Path.Combine(images, name, $"{char.ToLowerInvariant(name[0])}{i}.fits"), pixels, 10, 10);
            }
        }
        return images;
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement.Clone();
}
