using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.Client.Tests;

/// <summary>`dataset build --channel` and `--pixel-scale` as a user types them, to the sample of a network of two channels.</summary>
[Collection("console")]
public sealed class DatasetChannelsTests : IDisposable
{
    private const int Side = 240;
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TwoFrequencies_BuiltShownTrainedAndSampled_StayTwoChannels()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        string high = WriteSecondFrequency(catalogue);
        string[] build = ["dataset", "build", "two", "--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", "--min-snr", "2", "--any-angle", "--channel", $"1.4GHz={high}", "--store", Store, "--json"];
        var built = await JsonOfAsync(build);
        Assert.Equal(40, built.GetProperty("rows").GetInt32());
        int uncovered = built.GetProperty("removed").GetProperty("channel 1.4GHz").GetInt32();
        Assert.InRange(uncovered, 2, 25);                    // the second mosaic's southern half is missing at 1.4 GHz
        int selected = built.GetProperty("selected").GetInt32();
        Assert.InRange(selected, 5, 38);
        var again = await JsonOfAsync(build);
        Assert.Equal((2, built.GetProperty("artifact").GetString()), (again.GetProperty("tilesUpToDate").GetInt32(), again.GetProperty("artifact").GetString()));

        // The same in a study.
        string study = _folder.File("study.yaml");
        await File.WriteAllTextAsync(study, "name: two\ntargets:\n  set: {kind: dataset, mosaics: " + mosaics + ", catalogue: " + catalogue + ", size: 16, minSnr: 2, anyAngle: true, channels: {1.4GHz: high}}\n", Token);
        var target = Assert.Single((await JsonOfAsync("build", study, "--store", Store, "--json")).GetProperty("targets").EnumerateArray());
        Assert.Contains(target.GetProperty("outputs").EnumerateArray(), output => output.GetProperty("name").GetString() == "artifact" && output.GetProperty("value").GetString() == built.GetProperty("artifact").GetString());

        var channels = (await JsonOfAsync("dataset", "show", "two", "--store", Store, "--json")).GetProperty("details").GetProperty("channels");
        Assert.Equal(["first", "1.4GHz"], channels.EnumerateArray().Select(channel => channel.GetProperty("name").GetString()));
        Assert.Equal(1.4e9, channels[1].GetProperty("frequencyHertz").GetDouble());
        Assert.Contains("1.4GHz", (await CommandLineTests.RunAsync("dataset", "show", "two", "--store", Store)).Output, StringComparison.Ordinal);

        string cube = _folder.File("two.fits");
        Assert.Equal(ExitCode.Done, (await CommandLineTests.RunAsync("dataset", "export", "two", "--out", cube, "--store", Store)).ExitCode);
        using (var file = FitsFile.Open(cube))
            Assert.Equal([16, 16, 2, selected], file.FirstImage().AxisLengths);
        var (refused, _, why) = await CommandLineTests.RunAsync("dataset", "export", "two", "--out", _folder.File("two.hdf5"), "--store", Store);
        Assert.NotEqual(ExitCode.Done, refused);
        Assert.Contains("2 channels (first, 1.4GHz)", why, StringComparison.Ordinal);

        await using (var session = await Session.OpenAsync(Store, null, false, Token))
        {
            var run = session.Grains.TrainingRun("run");
            await run.StartAsync(new TrainingRequest { Dataset = "two", Iterations = 1, BatchSize = 2 }, Token);
            var status = await run.FollowAsync(_ => { }, Token);
            Assert.True(status.State == Grains.Interfaces.Surveys.WorkState.Done, status.Error);
        }
        Assert.Contains("channels first, 1.4GHz", (await CommandLineTests.RunAsync("model", "show", "run", "--store", Store)).Output, StringComparison.Ordinal);
        var (exitCode, _, errors) = await CommandLineTests.RunAsync("sample", "--model", "run", "--flux", "2", "--steps", "2", "--out", _folder.File("samples"), "--store", Store);
        Assert.True(exitCode == ExitCode.Done, errors);
        Assert.Single(Directory.GetFiles(_folder.File("samples"), "*.png"));
        using var sample = FitsFile.Open(Assert.Single(Directory.GetFiles(_folder.File("samples"), "*.fits")));
        var image = sample.FirstImage();
        Assert.Equal([16, 16, 2], image.AxisLengths);
        Assert.Equal(("first", "1.4GHz", "JY/BEAM", "CHANNEL"), (image.Header.GetString("CHAN1"), image.Header.GetString("CHAN2"), image.Header.GetString("CHUNIT1"), image.Header.GetString("CTYPE3")));
        float[] first = new float[256], second = new float[256];
        image.ReadPixels(0, 0, 0, 16, 16, first);
        image.ReadPixels(1, 0, 0, 16, 16, second);
        Assert.InRange(first.Max(), 0, 0.002f);              // 2 mJy/beam
        Assert.All(second, pixel => Assert.InRange(pixel, 0, 1));
    }

    [Fact]
    public async Task PixelScale_OfMosaicsThatDiffer_GivesThemOneGrid()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        WritePainted(Path.Combine(mosaics, "B.fits"), catalogue, 'B', WorldCoordinateSystem.Sin(new SkyCoordinate(190, 45), 1.1, Side / 2, Side / 2, positionAngle: 20), 1);
        string[] build = ["--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", "--min-snr", "2", "--store", Store, "--json"];
        var (exitCode, text, _) = await CommandLineTests.RunAsync(["dataset", "build", "plain", .. build]);
        Assert.Equal((ExitCode.PartlyDone, 1), (exitCode, JsonDocument.Parse(text).RootElement.GetProperty("tilesTotal").GetInt32()));
        var built = await JsonOfAsync(["dataset", "build", "common", .. build, "--pixel-scale", "1.4"]);
        Assert.Equal(2, built.GetProperty("tilesTotal").GetInt32());
        Assert.InRange(built.GetProperty("selected").GetInt32(), 15, 40);
        Assert.Equal(1.4, (await JsonOfAsync("dataset", "show", "common", "--store", Store, "--json")).GetProperty("details").GetProperty("pixelScaleArcsec").GetDouble());

        (exitCode, _, string errors) = await CommandLineTests.RunAsync(["dataset", "build", "coarse", .. build, "--pixel-scale", "3.1"]);
        Assert.NotEqual(ExitCode.Done, exitCode);
        Assert.Contains("half of its beam of 6 arcsec", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--channel", "1.4GHz", "NAME=DIR")]
    [InlineData("--channel", "=x", "NAME=DIR")]
    [InlineData("--channel", "a b=.", "letters, digits")]
    [InlineData("--channel", "first=.", "there twice")]
    [InlineData("--pixel-scale", "0", "above 0")]
    [InlineData("--pixel-scale", "NaN", "above 0")]
    public async Task Options_ThatMakeNoSense_ExitWithAnErrorThatSaysSo(string option, string value, string expected)
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path, sourcesPerMosaic: 3);
        var (exitCode, _, errors) = await CommandLineTests.RunAsync("dataset", "build", "x", "--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", option, value, "--store", Store);
        Assert.NotEqual(ExitCode.Done, exitCode);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    /// <summary>All of A as .fits.gz, the northern half of B; other pixels, turned, half the brightness.</summary>
    private string WriteSecondFrequency(string catalogue)
    {
        string folder = Directory.CreateDirectory(_folder.File("high")).FullName, plain = _folder.File("A.fits");
        WritePainted(plain, catalogue, 'A', WorldCoordinateSystem.Sin(new SkyCoordinate(180, 45), 1.8, Side / 2, Side / 2, positionAngle: 30), 0.5, Frequency);
        using (var from = File.OpenRead(plain))
        using (var to = new GZipStream(File.Create(Path.Combine(folder, "a.fits.gz")), CompressionLevel.Fastest))
            from.CopyTo(to);
        WritePainted(Path.Combine(folder, "b.fits"), catalogue, 'B', WorldCoordinateSystem.Sin(new SkyCoordinate(190, 45), 1.8, Side / 2, 20), 0.5, Frequency);
        return folder;
    }

    private static void Frequency(FitsHeader header)
    {
        header.Set("CTYPE3", "FREQ");
        header.Set("CRVAL3", 1400.0);
        header.Set("CUNIT3", "MHz");
    }

    /// <summary>The sources of the catalogue whose names begin with a letter, as Gaussians of a 6 arcsec beam on noise.</summary>
    private static void WritePainted(string path, string catalogue, char letter, WorldCoordinateSystem wcs, double factor, Action<FitsHeader>? describe = null)
    {
        var sources = File.ReadLines(catalogue).Where(line => line[0] == letter).Select(line => line.Split(','))
            .Select(cells => (Position: new SkyCoordinate(Number(cells[1]), Number(cells[2])), Peak: Number(cells[3]) / 1000 * factor)).ToArray();
        var random = new ModelCore.RandomStream(3, path[^8..]);
        float[] pixels = new float[Side * Side];
        for (int i = 0; i < pixels.Length; i++)
        {
            var place = wcs.PixelToSky(i % Side, i / Side);
            double sum = 5e-5 * random.NextNormal();
            foreach (var (position, peak) in sources)
            {
                double distance = place.SeparationTo(position) * 3600 / 6;
                sum += distance < 4 ? peak * Math.Exp(-4 * Math.Log(2) * distance * distance) : 0;
            }
            pixels[i] = (float)sum;
        }
        var header = new FitsHeader();
        wcs.AddTo(header);
        header.Set("BUNIT", "JY/BEAM");
        header.Set("BMAJ", 6.0 / 3600);
        header.Set("BMIN", 6.0 / 3600);
        describe?.Invoke(header);
        FitsWriter.WriteImage(path, pixels, Side, Side, header);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static async Task<JsonElement> JsonOfAsync(params string[] command)
    {
        var (exitCode, text, errors) = await CommandLineTests.RunAsync(command);
        Assert.True(exitCode == ExitCode.Done, $"{text} {errors}");
        return JsonDocument.Parse(text).RootElement;
    }
}
