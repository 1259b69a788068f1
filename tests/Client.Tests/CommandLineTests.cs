using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using RadioDiffusion.Client;

namespace RadioDiffusion.Client.Tests;

/// <summary>The command line as a user types it, in this process. The console is one for all, so the tests take turns.</summary>
[Collection("console")]
public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("no-such-command")]
    [InlineData("dataset", "build")]
    [InlineData("dataset", "build", "x", "--mosaics", "a", "--catalogue", "b", "--size", "many")]
    [InlineData("train", "start", "x")]
    [InlineData("demo", "--mosaics", "only-this")]
    [InlineData("sky", "tile", "x", "--out", "t.fits")]
    [InlineData("sky", "tile", "x", "--out", "t.fits", "--pixel", "3")]
    [InlineData("sky", "tile", "x", "--out", "t.fits", "--pixel", "3", "--order", "3", "--at", "1", "2")]
    [InlineData("sky", "create", "x", "--cone", "1", "2")]
    [InlineData("sky", "create", "x", "--cone", "1", "-2", "3", "--area", "all")]
    [InlineData("sky", "create", "x", "--cone", "1", "-2", "0")]
    [InlineData("sky", "create", "x", "--preset", "nvss")]
    public async Task WrongUsage_ExitsWithTwoAndSaysWhy(params string[] args)
    {
        var (exitCode, _, errors) = await RunAsync(args);
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.NotEmpty(errors);
    }

    [Theory]
    [InlineData("--samples", "0", "demo")]
    [InlineData("--samples", "-1", "demo")]
    [InlineData("--min-snr", "NaN", "demo")]
    [InlineData("--iterations", "0", "demo")]
    [InlineData("--count", "0", "sample", "--model", "m")]
    [InlineData("--count", "many", "sample", "--model", "m")]
    [InlineData("--seed", "18446744073709551615", "sample", "--model", "m", "--count", "2")]
    [InlineData("--guidance", "Infinity", "sample", "--model", "m")]
    [InlineData("--size", "-5", "dataset", "build", "x", "--mosaics", "a", "--catalogue", "b")]
    [InlineData("--max-edge", "NaN", "dataset", "build", "x", "--mosaics", "a", "--catalogue", "b")]
    [InlineData("--batch", "0", "train", "start", "x", "--dataset", "d")]
    [InlineData("--learning-rate", "-1", "train", "start", "x", "--dataset", "d")]
    [InlineData("--steps", "1", "train", "report", "x")]
    [InlineData("--sample-grids", "-1", "train", "start", "x", "--dataset", "d")]
    [InlineData("--http-port", "99999", "serve")]
    public async Task Option_WithAValueThatCannotBe_ExitsWithTwoAndNamesOptionAndValue(string option, string value, params string[] command)
    {
        var (exitCode, _, errors) = await RunAsync([.. command, option, value]);
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.Contains($"{option} should be ", errors, StringComparison.Ordinal);
        Assert.Contains(value, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dataset", "build", "my survey", "--mosaics", "a", "--catalogue", "b")]
    [InlineData("model", "show", "my survey")]
    [InlineData("model", "export", "my survey", "--out", "x")]
    [InlineData("sample", "--model", "my survey")]
    [InlineData("train", "start", "x", "--dataset", "my survey")]
    [InlineData("train", "start", "my survey", "--dataset", "x")]
    [InlineData("train", "watch", "my survey")]
    [InlineData("sky", "create", "my survey")]
    [InlineData("sky", "show", "my survey")]
    public async Task Name_ThatCannotBeOne_ExitsWithTwoAndSaysTheRule(params string[] command)
    {
        var (exitCode, _, errors) = await RunAsync([.. command, "--store", _folder.Path]);
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.Contains("letters, digits", errors, StringComparison.Ordinal);
        Assert.Contains("'my survey'", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("demo")]
    [InlineData("doctor")]
    [InlineData("serve")]
    public async Task Connect_WhereItHasNoMeaning_ExitsWithTwo(string command)
    {
        var (exitCode, _, errors) = await RunAsync(command, "--connect", "127.0.0.1:30000");
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.Contains("--connect", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_WhereNobodyAnswers_ExitsWithOneAndNamesTheEndpoint()
    {
        var (exitCode, _, errors) = await RunAsync("model", "list", "--connect", "127.0.0.1:1");
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("127.0.0.1:1", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_OnAPortThatIsTaken_ExitsWithOneAndNamesIt()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString();
        var (exitCode, _, errors) = await RunAsync("serve", "--silo-port", port, "--gateway-port", "0", "--http-port", "0", "--store", _folder.Path);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains($"--silo-port {port}", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_ThatCannotBeRead_ExitsWithOneAndTheReasonWithoutAStackTrace()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        await RunAsync("dataset", "build", "small", "--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", "--min-snr", "2", "--store", _folder.Path);
        foreach (string file in Directory.GetFiles(Path.Combine(_folder.Path, "grains"), "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
            await File.WriteAllTextAsync(file, "no state", TestContext.Current.CancellationToken);
        var (exitCode, _, errors) = await RunAsync("dataset", "show", "small", "--store", _folder.Path);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("damaged", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors[errors.IndexOf("Error: ", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s1_nonsense")]
    [InlineData("s1_0123456789abcdef_seed=1_flux=3.50mJy_w=0.1_heun=25_f32")]
    public async Task Sample_MalformedId_ExitsWithTwoAndNamesThePart(string id)
    {
        var (exitCode, _, errors) = await RunAsync("sample", id, "--store", _folder.Path);
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.Contains("Error:", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sample_UnknownModelDigest_ExitsWithOneAndNamesIt()
    {
        var (exitCode, _, errors) = await RunAsync("sample", "s1_0123456789abcdef_seed=1_flux=3.5mJy_w=0.1_heun=25_f32", "--store", _folder.Path);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("0123456789abcdef", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DatasetBuild_OfAFolderThatIsNotThere_ExitsWithOneAndNamesIt()
    {
        var (exitCode, _, errors) = await RunAsync("dataset", "build", "x", "--mosaics", _folder.File("nowhere"), "--catalogue", _folder.File("c.csv"), "--store", _folder.Path);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("nowhere", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DatasetBuild_OfASmallSurvey_PrintsTheTableAsJson()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        string store = _folder.File("store");
        var (exitCode, text, _) = await RunAsync("dataset", "build", "small", "--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", "--min-snr", "2", "--store", store, "--json");
        Assert.Equal(ExitCode.Done, exitCode);
        using var json = JsonDocument.Parse(text);
        Assert.Equal(40, json.RootElement.GetProperty("rows").GetInt32());
        int removed = json.RootElement.GetProperty("removed").EnumerateObject().Sum(cut => cut.Value.GetInt32());
        Assert.Equal(40 - removed, json.RootElement.GetProperty("selected").GetInt32());
        Assert.StartsWith("dataset-", json.RootElement.GetProperty("artifact").GetString(), StringComparison.Ordinal);

        var (again, second, _) = await RunAsync("dataset", "build", "small", "--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", "--min-snr", "2", "--store", store, "--json");
        Assert.Equal(ExitCode.Done, again);
        using var secondJson = JsonDocument.Parse(second);
        Assert.Equal(2, secondJson.RootElement.GetProperty("tilesUpToDate").GetInt32());
        Assert.Equal(json.RootElement.GetProperty("artifact").GetString(), secondJson.RootElement.GetProperty("artifact").GetString());
    }

    [Fact]
    public async Task StoreLs_OfAnEmptyStore_IsAnEmptyList()
    {
        var (exitCode, text, _) = await RunAsync("store", "ls", "--store", _folder.Path, "--json");
        Assert.Equal(ExitCode.Done, exitCode);
        Assert.Equal("[]", text.Trim());
    }

    [Fact]
    public async Task Doctor_OnThisMachine_FindsNothingWrong()
    {
        var (exitCode, text, _) = await RunAsync("doctor", "--store", _folder.Path, "--json");
        Assert.True(exitCode == ExitCode.Done, text);
    }

    public void Dispose() => _folder.Dispose();

    internal static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] args)
    {
        var (output, errors) = (Console.Out, Console.Error);
        using var newOutput = new StringWriter();
        using var newErrors = new StringWriter();
        Console.SetOut(newOutput);
        Console.SetError(newErrors);
        try
        {
            return (await CommandLine.RunAsync(args), newOutput.ToString(), newErrors.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(errors);
        }
    }
}
