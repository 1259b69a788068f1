using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Client.Tests;

[Collection("console")]
public sealed class KeyCommandTests
{
    [Fact]
    public async Task New_PrintsAKeyAndTheLineThatKnowsIt()
    {
        var (exitCode, text, _) = await CommandLineTests.RunAsync("key", "new", "--name", "archive", "--scope", "read,submit", "--json");
        Assert.Equal(ExitCode.Done, exitCode);
        using var json = JsonDocument.Parse(text);
        string secret = json.RootElement.GetProperty("key").GetString()!, setting = json.RootElement.GetProperty("setting").GetString()!;
        Assert.True(ApiKey.TryParse(setting, out var key, out string fault), fault);
        Assert.Equal(("archive", ApiScopes.Read | ApiScopes.Submit), (key.Name, key.Scopes));
        Assert.Same(key, ApiKey.Find([key], secret));
        Assert.DoesNotContain(secret, setting, StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_Twice_GivesTwoKeys()
    {
        var (_, first, _) = await CommandLineTests.RunAsync("key", "new", "--name", "a", "--scope", "admin");
        var (_, second, _) = await CommandLineTests.RunAsync("key", "new", "--name", "a", "--scope", "admin");
        Assert.Contains("rd_", first, StringComparison.Ordinal);
        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData("a", "write", "read, submit and admin")]
    [InlineData("a", "", "read, submit and admin")]
    [InlineData("not:a name", "read", "letters, digits")]
    public async Task New_OfANameOrScopeThatIsNone_ExitsWithTwoAndSaysTheRule(string name, string scope, string rule)
    {
        var (exitCode, _, errors) = await CommandLineTests.RunAsync("key", "new", "--name", name, "--scope", scope);
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.Contains(rule, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_WithACertificateButNoAuthority_ExitsWithTwoAndNamesIt()
    {
        var (exitCode, _, errors) = await CommandLineTests.RunAsync("model", "list", "--connect", "127.0.0.1:1", "--certificate", "c.pem");
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.Contains("--certificate-authority (or its environment variable) is missing", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("store", "ls")]
    [InlineData("doctor")]
    [InlineData("serve")]
    public async Task Store_ThatIsAMistypedConnectionString_IsNotRepeated(params string[] command)
    {
        var (exitCode, text, errors) = await CommandLineTests.RunAsync([.. command, "--store", "AcountName=a;AccountKey=c2VjcmV0", "--verbose"]);
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.Contains("--store", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", text + errors, StringComparison.Ordinal);
    }
}
