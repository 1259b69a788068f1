using RadioDiffusion.Client;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.Client.Tests;

/// <summary>What a user gets to read, and what is left, when the input is bad.</summary>
[Collection("console")]
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("RA")]
    [InlineData("DEC")]
    public async Task Catalogue_WithoutANeededColumn_IsNamedWithTheColumn(string column)
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        string[] lines = await File.ReadAllLinesAsync(catalogue, TestContext.Current.CancellationToken);
        lines[0] = lines[0].Replace($",{column},", ",Other,", StringComparison.Ordinal);
        await File.WriteAllLinesAsync(catalogue, lines, TestContext.Current.CancellationToken);
        var (exitCode, _, errors) = await BuildAsync("small", mosaics, catalogue);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains(catalogue, errors, StringComparison.Ordinal);
        Assert.Contains($"a column {column},", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mosaic_WithoutAWorldCoordinateSystem_IsLeftOutByName()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        FitsWriter.WriteImage(Path.Combine(mosaics, "plain.fits"), new float[100], 10, 10);
        var (exitCode, text, _) = await BuildAsync("small", mosaics, catalogue);
        Assert.Equal(ExitCode.PartlyDone, exitCode);
        Assert.Contains("plain.fits", Unwrapped(text), StringComparison.Ordinal);
        Assert.Contains("CTYPE1", Unwrapped(text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mosaics_OfNothingButBlankPixels_GiveTheSelectionTableInTheError()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        foreach (string path in Directory.GetFiles(mosaics))
            Blank(path);
        var (exitCode, _, errors) = await BuildAsync("small", mosaics, catalogue);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("blanked 4", Unwrapped(errors), StringComparison.Ordinal);      // 40 rows, less those too near the edge
        Assert.Contains("leaves 0 of 40 rows", Unwrapped(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dataset_BuiltAgainFromADamagedSurvey_StaysAsItWas()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        Assert.Equal(ExitCode.Done, (await BuildAsync("small", mosaics, catalogue)).ExitCode);
        string before = (await CommandLineTests.RunAsync("store", "ls", "--store", Store, "--json")).Output;
        foreach (string path in Directory.GetFiles(mosaics))
            await File.WriteAllTextAsync(path, "no FITS file", TestContext.Current.CancellationToken);
        var (exitCode, _, errors) = await BuildAsync("small", mosaics, catalogue);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("A.fits", Unwrapped(errors), StringComparison.Ordinal);
        Assert.Equal(before, (await CommandLineTests.RunAsync("store", "ls", "--store", Store, "--json")).Output);
        var (shown, text, _) = await CommandLineTests.RunAsync("dataset", "show", "small", "--store", Store, "--json");
        Assert.Equal(ExitCode.Done, shown);
        Assert.Contains("\"artifact\": \"dataset-", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train", "resume", "nobody")]
    [InlineData("train", "watch", "nobody")]
    [InlineData("train", "report", "nobody")]
    [InlineData("dataset", "show", "nobody")]
    [InlineData("model", "show", "nobody")]
    public async Task Name_ThatNothingHas_ExitsWithOneAndNamesIt(params string[] command)
    {
        var (exitCode, _, errors) = await CommandLineTests.RunAsync([.. command, "--store", Store]);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("nobody", errors, StringComparison.Ordinal);
    }

    private Task<(int ExitCode, string Output, string Errors)> BuildAsync(string name, string mosaics, string catalogue) =>
        CommandLineTests.RunAsync("dataset", "build", name, "--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", "--min-snr", "2", "--store", Store);

    private static void Blank(string path)
    {
        FitsHeader header;
        float[] pixels;
        int width, height;
        using (var file = FitsFile.Open(path))
        {
            var image = file.FirstImage();
            (header, width, height) = (image.Header, image.Width, image.Height);
            pixels = new float[width * height];
        }
        Array.Fill(pixels, float.NaN);
        FitsWriter.WriteImage(path, pixels, width, height, header);
    }

    /// <summary>The console wraps long lines where it likes.</summary>
    private static string Unwrapped(string text) => text.Replace("\n", "", StringComparison.Ordinal);
}
