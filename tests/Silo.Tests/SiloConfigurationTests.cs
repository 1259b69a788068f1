using RadioDiffusion.Grains.Interfaces;

namespace RadioDiffusion.Silo.Tests;

public sealed class SiloConfigurationTests : IDisposable
{
    private const string Azure = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/a";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Settings_OfDefaultsFileAndFlags_AreTakenInThisOrder()
    {
        var settings = SiloConfiguration.Read(
            Write("""{ "RadioDiffusion": { "SiloPort": 2, "GatewayPort": 3, "Devices": ["cpu", "cuda:1"], "FastFailureDetection": true, "LongestWait": "00:00:02" } }"""),
            "folder", new Dictionary<string, string?> { ["SiloPort"] = "1", ["HttpPort"] = "4" }, new Dictionary<string, string?> { ["GatewayPort"] = "5" });
        Assert.Equal(("folder", 2, 5, 4), (settings.Store, settings.SiloPort, settings.GatewayPort, settings.HttpPort));
        Assert.Equal(["cpu", "cuda:1"], settings.Devices);
        Assert.True(settings.FastFailureDetection);
        Assert.Equal(TimeSpan.FromSeconds(2), settings.LongestWait);
        Assert.Equal("radiodiffusion", settings.Cluster);
    }

    [Fact]
    public void Devices_OfAFlag_MayBeNone() => Assert.Empty(Read(new() { ["Devices"] = "" }).Devices);

    [Theory]
    [InlineData("SiloPort", "abc", "RadioDiffusion:SiloPort should be a whole number, but it is 'abc'")]
    [InlineData("SiloPort", "70000", "RadioDiffusion:SiloPort should be 0 (a free one) to 65535")]
    [InlineData("LongestWait", "00:00:30", "RadioDiffusion:LongestWait should be above 0 and under 10 s")]
    [InlineData("Address", "0.0.0.0", "should be one address of this machine")]
    [InlineData("Address", "here", "RadioDiffusion:Address should be an IP address")]
    [InlineData("Devices", "cpu,gpu", "one is 'gpu'")]
    [InlineData("Cluster", "a b", "RadioDiffusion:Cluster should be")]
    [InlineData("Redis", "localhost:6379", "where RadioDiffusion:Redis joins several silos")]
    [InlineData("Sto", "x", "RadioDiffusion:Sto is not a setting: there are")]
    public void Fault_OfASetting_IsToldWithItsFullName(string name, string value, string expected)
    {
        var error = Assert.Throws<UserErrorException>(() => Read(new() { [name] = value }));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_OfManySettings_AreToldAtOnce()
    {
        var error = Assert.Throws<UserErrorException>(() => Read(new() { ["SiloPort"] = "-1", ["Address"] = "x", ["Cluster"] = "" }));
        Assert.Contains("3 settings are wrong", error.Message, StringComparison.Ordinal);
        Assert.All(new[] { "SiloPort", "Address", "Cluster" }, name => Assert.Contains($"RadioDiffusion:{name}", error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Ports_ThatAreTheSame_AreNamed() => Assert.Contains("RadioDiffusion:SiloPort and RadioDiffusion:HttpPort should be different ports, but they are all 7",
        Assert.Throws<UserErrorException>(() => Read(new() { ["SiloPort"] = "7", ["HttpPort"] = "7" })).Message, StringComparison.Ordinal);

    [Fact]
    public void Secrets_OfWrongSettings_AreNotRepeated()
    {
        var error = Assert.Throws<UserErrorException>(() => Read(new() { ["Store"] = Azure, ["Redis"] = "h:99999999,password=hidden,nonsense", ["SiloPort"] = "-1" }));
        Assert.DoesNotContain("hidden", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_ThatIsMissingOrMalformed_IsNamed()
    {
        string missing = _folder.File("nowhere.json"), malformed = Write("{ \"RadioDiffusion\": ");
        Assert.Contains("nowhere.json", Assert.Throws<UserErrorException>(() => SiloConfiguration.Read(missing, "x", NoValues, NoValues)).Message, StringComparison.Ordinal);
        Assert.Contains("configuration cannot be read", Assert.Throws<UserErrorException>(() => SiloConfiguration.Read(malformed, "x", NoValues, NoValues)).Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, string?> NoValues => [];

    private static SiloSettings Read(Dictionary<string, string?> flags) => SiloConfiguration.Read(null, "store", NoValues, flags);

    private string Write(string json)
    {
        string path = _folder.File(Guid.NewGuid().ToString("N") + ".json");
        File.WriteAllText(path, json);
        return path;
    }
}
