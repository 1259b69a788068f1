using System.Text.Json;
using RadioDiffusion.Client;

namespace RadioDiffusion.Client.Tests;

/// <summary>`catalogue show`, `catalogue convert` and `dataset build --columns`.</summary>
[Collection("console")]
public sealed class CatalogueCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Show_OfACatalogue_NamesMappingRangesAndProblems()
    {
        string path = Written("Source_Name,RA,DEC,Peak_flux\na,10,5,1\na,-10,5,\nb,nan,5,3\n");
        var (exitCode, text, _) = await CommandLineTests.RunAsync("catalogue", "show", path, "--json");
        Assert.Equal(ExitCode.Done, exitCode);
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        Assert.Equal((3, "lotss-dr2"), (root.GetProperty("rows").GetInt32(), root.GetProperty("mapping").GetString()));
        Assert.Equal((1, 1, 1), (root.GetProperty("duplicateNames").GetInt32(), root.GetProperty("rowsWrapped").GetInt32(), root.GetProperty("rowsWithoutPosition").GetInt32()));
        var peak = root.GetProperty("columns")[3];
        Assert.Equal((1, 1.0, 3.0), (peak.GetProperty("missing").GetInt32(), peak.GetProperty("minimum").GetDouble(), peak.GetProperty("maximum").GetDouble()));
        Assert.Equal("mJy/beam", root.GetProperty("fields").GetProperty("peakFlux").GetProperty("unit").GetString());
        Assert.Equal(3, root.GetProperty("problems").GetArrayLength());

        var (second, words, _) = await CommandLineTests.RunAsync("catalogue", "show", path);
        Assert.Equal(ExitCode.Done, second);
        Assert.Contains("lotss-dr2", words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_OfATableWithoutPositions_ExitsWithThreeAndSaysWhy()
    {
        var (exitCode, text, _) = await CommandLineTests.RunAsync("catalogue", "show", Written("a,b\n1,2\n"), "--json");
        Assert.Equal(ExitCode.PartlyDone, exitCode);
        using var json = JsonDocument.Parse(text);
        Assert.Contains("--columns", json.RootElement.GetProperty("problems")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_WithAMappingThatIsNone_ExitsWithOneAndListsThem()
    {
        var (exitCode, _, errors) = await CommandLineTests.RunAsync("catalogue", "show", Written("RA,DEC\n1,2\n"), "--columns", "nvss");
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("lotss-dr1", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Convert_ToEachFormatAndBack_KeepsTheRows()
    {
        string path = Written("Source_Name,RA,DEC\na,10.25,5\nb,,7\n");
        foreach (string name in new[] { "1.fits", "2.vot", "3.parquet", "4.csv" })
        {
            var (exitCode, text, _) = await CommandLineTests.RunAsync("catalogue", "convert", path, _folder.File(name), "--json");
            Assert.Equal(ExitCode.Done, exitCode);
            using var json = JsonDocument.Parse(text);
            Assert.Equal(2, json.RootElement.GetProperty("rows").GetInt32());
            path = _folder.File(name);
        }
        Assert.Equal("Source_Name,RA,DEC\na,10.25,5\nb,,7\n", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("out.txt", "should end with .fits")]
    [InlineData("catalogue.csv", "both names are the same")]
    public async Task Convert_IntoWhatCannotBe_ExitsWithOneAndSaysWhy(string name, string expected)
    {
        var (exitCode, _, errors) = await CommandLineTests.RunAsync("catalogue", "convert", Written("RA,DEC\n1,2\n"), _folder.File(name));
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task DatasetBuild_WithColumnsOfAnotherName_TakesAMappingFile()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        string[] lines = await File.ReadAllLinesAsync(catalogue, TestContext.Current.CancellationToken);
        lines[0] = "who,alpha,delta,peak,total,where";
        lines[^1] = lines[^1].Replace(lines[^1].Split(',')[1], "nan", StringComparison.Ordinal);
        await File.WriteAllLinesAsync(catalogue, lines, TestContext.Current.CancellationToken);
        string mapping = _folder.File("mine.json");
        await File.WriteAllTextAsync(mapping, """
            { "name": "mine", "fields": { "name": { "columns": ["who"] }, "mosaic": { "columns": ["where"] },
              "rightAscension": { "columns": ["alpha"], "unit": "deg" }, "declination": { "columns": ["delta"], "unit": "deg" } } }
            """, TestContext.Current.CancellationToken);
        string[] command = ["dataset", "build", "small", "--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", "--min-snr", "2", "--store", _folder.File("store"), "--json"];
        Assert.Equal(ExitCode.Failed, (await CommandLineTests.RunAsync(command)).ExitCode);
        var (exitCode, text, _) = await CommandLineTests.RunAsync([.. command, "--columns", mapping]);
        Assert.Equal(ExitCode.Done, exitCode);
        using var json = JsonDocument.Parse(text);
        string[] notes = [.. json.RootElement.GetProperty("notes").EnumerateArray().Select(note => note.GetString()!)];
        Assert.Contains(notes, note => note.Contains("were read as mine", StringComparison.Ordinal));
        Assert.Contains(notes, note => note.StartsWith("1 of 40 rows have no position", StringComparison.Ordinal));
        Assert.Equal(mapping, json.RootElement.GetProperty("request").GetProperty("columns").GetString());
    }

    private string Written(string text)
    {
        string path = _folder.File("catalogue.csv");
        File.WriteAllText(path, text);
        return path;
    }
}
