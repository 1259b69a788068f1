using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Tests.Security;

public sealed class DoorsTests : IDisposable
{
    private const string Reachable = "192.0.2.1";              // RFC 5737: nobody's
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.2")]
    [InlineData("::1")]
    public void Read_OfALoopbackAddress_NeedsNothing(string address) =>
        Assert.Equal(address, Read(new() { ["Address"] = address }).Address);

    [Fact]
    public void Read_OfAnAddressThatOthersReach_TellsAllThatIsMissing()
    {
        string message = Refused(new() { ["Address"] = Reachable });
        foreach (string part in new[] { "RadioDiffusion:Certificate (--certificate", "RadioDiffusion:CertificateAuthority (--certificate-authority", "RadioDiffusion:ApiKeys", "radiodiffusion key new", "--insecure", Reachable })
            Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfAnAddressThatOthersReach_WithCertificatesAndKeysOrInsecure_IsAccepted()
    {
        using var authority = new TestAuthority(_folder.Path, "authority");
        var (certificate, key) = authority.Silo("silo");
        Dictionary<string, string?> all = new()
        {
            ["Address"] = Reachable,
            ["Certificate"] = certificate,
            ["CertificateKey"] = key,
            ["CertificateAuthority"] = authority.File,
            ["ApiKeys"] = ApiKey.Create("a", ApiScopes.Read).Key.Setting + "," + ApiKey.Create("b", ApiScopes.Admin).Key.Setting,
        };
        Assert.Equal(2, Read(all).ApiKeys.Count);
        Assert.True(Read(new() { ["Address"] = Reachable, ["Insecure"] = "true" }).Insecure);
        foreach (string setting in new[] { "ApiKeys", "CertificateAuthority" })
        {
            string message = Refused(all.Where(given => given.Key != setting).ToDictionary());
            Assert.Contains($"RadioDiffusion:{setting}", message, StringComparison.Ordinal);
            Assert.DoesNotContain("\n", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Build_OfAServiceThatOthersReach_IsRefusedWhereverItsSettingsComeFrom()
    {
        var settings = new SiloSettings { Store = _folder.File("store"), Address = Reachable };
        var error = Assert.Throws<UserErrorException>(() => SiloHost.BuildService(settings, logging => logging.ClearProviders()));
        Assert.Contains("--certificate", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("me")]
    [InlineData("me:read")]
    [InlineData("me:write:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("me:read:rd_aSecretThatSomebodyWroteHere")]
    [InlineData(":read:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void Read_OfAKeyThatIsNone_SaysHowItShouldBeAndDoesNotRepeatIt(string key)
    {
        string message = Refused(new() { ["ApiKeys"] = key });
        Assert.Contains("RadioDiffusion:ApiKeys:0", message, StringComparison.Ordinal);
        Assert.Contains("radiodiffusion key new", message, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Split(':')[^1].Length > 4 ? key.Split(':')[^1] : "\0", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfCertificatesThatDoNotFit_SaysWhatIsWrong()
    {
        using var authority = new TestAuthority(_folder.Path, "authority");
        var (certificate, _) = authority.Silo("silo");
        var (_, otherKey) = authority.Silo("other");
        Assert.Contains("cannot be read", Refused(new() { ["Certificate"] = certificate, ["CertificateKey"] = otherKey }), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Refused(new() { ["Certificate"] = _folder.File("nowhere.pem") }), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Refused(new() { ["Certificate"] = authority.File }), StringComparison.Ordinal);
        Assert.Contains("without RadioDiffusion:Certificate", Refused(new() { ["CertificateAuthority"] = authority.File }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AcountName=mistyped;AccountKey=c2VjcmV0")]
    [InlineData("AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=no address")]
    [InlineData("BlobEndpoint=;SharedAccessSignature=c2VjcmV0")]
    public void Read_OfAStoreThatCannotBe_DoesNotRepeatItsKey(string store)
    {
        string message = Refused(new() { ["Store"] = store, ["Redis"] = "localhost:1,password=hunter2" });
        Assert.Contains("RadioDiffusion:Store", message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfRootsThatAreNoFolders_NamesThem()
    {
        string message = Refused(new() { ["Roots"] = $"relative,{_folder.File("nowhere")}" });
        Assert.Contains("'relative', which is no full path", message, StringComparison.Ordinal);
        Assert.Contains("nowhere', which is not there", message, StringComparison.Ordinal);
    }

    private SiloSettings Read(Dictionary<string, string?> flags) => SiloConfiguration.Read(null, _folder.File("store"), new Dictionary<string, string?>(), flags);

    private string Refused(Dictionary<string, string?> flags) => Assert.Throws<UserErrorException>(() => Read(flags)).Message;
}
