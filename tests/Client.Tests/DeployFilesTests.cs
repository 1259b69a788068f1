using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using RadioDiffusion.Client.Commands;
using RadioDiffusion.Silo;

namespace RadioDiffusion.Client.Tests;

/// <summary>The files of deploy repeat what the code says: settings, ports, end points, times.</summary>
public sealed partial class DeployFilesTests
{
    private static readonly string _deploy = Path.Combine(TestFiles.RepositoryRoot, "deploy");

    /// <summary>All but what a user has put in and git overlooks.</summary>
    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(_deploy, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(_deploy, path)).Where(file => Path.GetFileName(file) is not (".env" or "secret.yaml")).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Settings_OfEveryFile_AreThoseOfASilo(string file)
    {
        var settings = typeof(SiloSettings).GetProperties().Where(property => property.CanWrite).Select(property => property.Name);
        Assert.Empty(SettingsOf(file).Except(settings, StringComparer.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("compose.yaml")]
    [InlineData("kubernetes/silo.yaml")]
    public void Settings_WithoutWhichNoSiloJoins_AreGiven(string file) =>
        Assert.Empty(new[] { nameof(SiloSettings.Address), nameof(SiloSettings.Store), nameof(SiloSettings.Redis) }.Except(SettingsOf(file), StringComparer.OrdinalIgnoreCase));

    [Theory]
    [InlineData("compose.yaml", @"stop_grace_period: (?<time>\d+)m\b", 60)]
    [InlineData("kubernetes/silo.yaml", @"terminationGracePeriodSeconds: (?<time>\d+)$", 1)]
    [InlineData("radiodiffusion.service", @"^TimeoutStopSec=(?<time>\d+)min$", 60)]
    [InlineData("radiodiffusion-silo@.service", @"^TimeoutStopSec=(?<time>\d+)min$", 60)]
    [InlineData("cluster.sh", @"^checkpoint_patience=(?<time>\d+)\b", 1)]
    public void Patience_OfWhoeverStopsASilo_IsLongerThanItsOwn(string file, string pattern, double unitInSeconds)
    {
        var found = Assert.Single(Regex.Matches(Read(file), pattern, RegexOptions.Multiline));
        var patience = TimeSpan.FromSeconds(Number(found, "time") * unitInSeconds);
        var beforehand = TimeSpan.FromSeconds(SleepBefore().Matches(Read(file)).Sum(match => Number(match, "seconds")));
        Assert.True(patience > beforehand + CommandLine.TerminationTimeout,
            $"{file} waits for {patience} until it kills a silo, which begins to end after {beforehand} and may take {CommandLine.TerminationTimeout}.");
    }

    [Theory]
    [InlineData("Containerfile", 3)]
    [InlineData("compose.yaml", 4)]
    [InlineData("kubernetes/silo.yaml", 3)]
    [InlineData("kubernetes/services.yaml", 2)]
    public void Ports_AreThoseOfServe(string file, int expectedCount)
    {
        int[] ports = [.. Port().Matches(Read(file)).Select(match => Number(match, "port"))];
        Assert.Equal(expectedCount, ports.Length);
        Assert.Empty(ports.Except([ServeCommand.DefaultHttpPort, ServeCommand.DefaultGatewayPort, ServeCommand.DefaultSiloPort]));
    }

    [Fact]
    public async Task Health_IsAskedForWhereItAnswers()
    {
        using var folder = new TemporaryFolder();
        await using var app = SiloHost.BuildService(new SiloSettings { Store = folder.Path, Devices = [] }, _ => { });
        var served = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Select(endpoint => endpoint.RoutePattern.RawText).ToHashSet();
        foreach (string file in Files.Select(row => row.Data))
            Assert.All(HealthPath().Matches(Read(file)), match => Assert.Contains(match.Value, served));
        Assert.Equal(["/health/live", "/health/ready", "/health/startup"], HealthPath().Matches(Read("kubernetes/silo.yaml")).Select(match => match.Value).Order(StringComparer.Ordinal));
    }

    /// <summary>What applies to every project stands in the root's files: a container without .editorconfig does not build.</summary>
    [Fact]
    public void Container_IsBuiltFromAllThatTheBuildReads()
    {
        string[] letIn = [.. File.ReadAllLines(Path.Combine(TestFiles.RepositoryRoot, ".dockerignore")).Where(line => line.StartsWith('!')).Select(line => line[1..])];
        Assert.All(letIn, name => Assert.True(Path.Exists(Path.Combine(TestFiles.RepositoryRoot, name)), $".dockerignore lets '{name}' in, which is not there."));
        var read = Directory.EnumerateFiles(TestFiles.RepositoryRoot).Select(Path.GetFileName).Where(name => name is ".editorconfig" or ".globalconfig" or "global.json"
            || name!.StartsWith("Directory.", StringComparison.Ordinal) || name.StartsWith("nuget.", StringComparison.OrdinalIgnoreCase));
        Assert.Empty(read.Concat(["src", "build"]).Except(letIn));
    }

    private static IEnumerable<string> SettingsOf(string file) => Setting().Matches(Read(file)).Select(match => match.Groups["name"].Value);

    private static string Read(string file) => File.ReadAllText(Path.Combine(_deploy, file));

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    /// <summary>RADIODIFFUSION__NAME, or RadioDiffusion:Name.</summary>
    [GeneratedRegex(@"(RADIODIFFUSION__|\bRadioDiffusion:)(?<name>[A-Za-z]+)")]
    private static partial Regex Setting();

    [GeneratedRegex(@"/health/\w+")]
    private static partial Regex HealthPath();

    [GeneratedRegex("""command: \["sleep", "(?<seconds>\d+)"\]""")]
    private static partial Regex SleepBefore();

    /// <summary>Ports in the container: EXPOSE 1 2, containerPort: 1, port: 1, "127.0.0.1:0:1", /dev/tcp/ADDRESS/1.</summary>
    [GeneratedRegex("""((?<=^EXPOSE( \d+)*) |\b(container)?[pP]ort: |"127\.0\.0\.1:\d+:|/dev/tcp/[^/\s]+/)(?<port>\d+)""", RegexOptions.Multiline)]
    private static partial Regex Port();
}
