using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Security;

namespace RadioDiffusion.Integration.Cluster;

/// <summary>
/// A real cluster of three silo processes with real Redis and Azurite, started by deploy/cluster.sh as a user would. Take it as a fixture, and call
/// <see cref="RequireAsync"/> first: it starts what a test before has killed.
/// </summary>
public sealed class ClusterBench : IAsyncLifetime
{
    public const int Silos = 3;
    private static readonly TimeSpan _installTimeout = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan _betweenLooks = TimeSpan.FromMilliseconds(50);
    private readonly TemporaryFolder _folder = new();
    private readonly WholeMachine _machine = new();
    private readonly HttpClient _http = new();
    private string? _missing;

    /// <summary>The connection string of the store.</summary>
    public string Store
    {
        get
        {
            using var settings = JsonDocument.Parse(File.ReadAllText(_folder.File("silo.json")));
            return settings.RootElement.GetProperty("RadioDiffusion").GetProperty(nameof(Store)).GetString()!;
        }
    }

    /// <summary>What --connect takes.</summary>
    public string Gateways => string.Join(',', Enumerable.Range(1, Silos).Select(silo => $"127.0.0.1:{PortOf($"silo-{silo}-gateway")}"));

    /// <summary>Skips the calling test, or fails it in CI, where a cluster cannot run; else all of it runs afterwards.</summary>
    public async Task RequireAsync()
    {
        AptInstallation.SkipUnless(_missing is null, _missing ?? "");
        await ScriptAsync("up", $"{Silos}");
    }

    /// <summary>Skips the calling test unless the long form is asked for.</summary>
    public static void RequireLong() => Assert.SkipUnless(LongProofs.AreWanted,
        "One of the long proofs: run with RADIODIFFUSION_LONG=1 (CONTRIBUTING.md).");

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsLinux() || !await AptInstallation.HasAsync(["redis-server"], "--version", "redis-server") || !await AzuriteInstallation.HasNodeAsync())
            _missing = "A cluster needs Linux, Redis and Node.js: install the packages 'redis-server', 'nodejs' and 'npm'.";
        else
            await AzuriteInstallation.InstallAsync(Path.Combine(TestFiles.RepositoryRoot, "tests", "azurite"), _installTimeout);
        await _machine.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string file in Directory.GetFiles(_folder.Path, "*.pid"))
            await KillAsync(Path.GetFileNameWithoutExtension(file));
        _http.Dispose();
        _folder.Dispose();
        await _machine.DisposeAsync();
    }

    /// <param name="tls">Certificates, if the silos ask for some; the session disposes of them.</param>
    public Task<Session> ConnectAsync(MutualTls? tls = null) => Session.OpenAsync(Store, Gateways, tls, verbose: false, TestContext.Current.CancellationToken);

    /// <summary>SIGKILL to silo-1, redis or azurite; returns when it is dead.</summary>
    public async Task KillAsync(string name)
    {
        string file = _folder.File($"{name}.pid");
        if (!File.Exists(file))
            return;
        try
        {
            using var process = Process.GetProcessById(int.Parse(File.ReadAllText(file)));
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }

    /// <summary>SIGKILL to any process.</summary>
    public static void Kill(int process)
    {
        using var found = Process.GetProcessById(process);
        found.Kill();
    }

    /// <summary>The processes of the trainers that the silos have started, or one of them has.</summary>
    public IReadOnlyList<int> TrainerProcesses(int silo = 0)
    {
        var parents = Enumerable.Range(1, Silos).Where(one => silo == 0 || one == silo).Select(one => _folder.File($"silo-{one}.pid")).Where(File.Exists).Select(File.ReadAllText).Select(int.Parse).ToHashSet();
        return [.. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!)).Where(id => parents.Contains(ParentOf(id)))];
    }

    private static int ParentOf(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;                                        // it has just ended
        }
    }

    /// <summary>SIGTERM to a silo, as the system ends it; returns when it has ended.</summary>
    public async Task StopAsync(int silo)
    {
        using var process = Process.GetProcessById(int.Parse(File.ReadAllText(_folder.File($"silo-{silo}.pid"))));
        using var terminate = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(_patience);
    }

    /// <summary>Settings of the silos that start from now on, by their names in the environment; those that run keep theirs.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    public Task UpAsync() => ScriptAsync("up", $"{Silos}");

    public Task DownAsync() => ScriptAsync("down");

    public string LogOf(int silo) => File.ReadAllText(_folder.File($"silo-{silo}.log"));

    /// <summary>A counter of a silo, as its /metrics says; 0 before it has counted.</summary>
    public async Task<double> MetricAsync(int silo, string name)
    {
        string text = await _http.GetStringAsync(new Uri($"http://127.0.0.1:{PortOf($"silo-{silo}")}/metrics"), TestContext.Current.CancellationToken);
        return Regex.Matches(text, $@"^{name}(?:\{{.*\}})? (\S+)", RegexOptions.Multiline).Sum(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    /// <summary>Waits for a state, never for a duration; fails when it does not come about.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isReached, string what)
    {
        for (var watch = Stopwatch.StartNew(); !await isReached();)
        {
            Assert.True(watch.Elapsed < _patience, $"{what} did not come about within {_patience.TotalMinutes:0} minutes.");
            await Task.Delay(_betweenLooks, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The silo that holds an activation, by its gateway, or 0.</summary>
    public async Task<int> SiloOfAsync(IGrainFactory grains, IAddressable grain)
    {
        var address = await grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        return address == null ? 0 : Enumerable.Range(1, Silos).FirstOrDefault(silo => PortOf($"silo-{silo}-silo") == address.Endpoint.Port);
    }

    private int PortOf(string name) => int.Parse(File.ReadAllText(_folder.File($"{name}.port")));

    private async Task ScriptAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(TestFiles.RepositoryRoot, "deploy", "cluster.sh"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["RADIODIFFUSION_CLUSTER"] = _folder.Path;
        start.Environment["RADIODIFFUSION_PROGRAM"] = $"dotnet {typeof(CommandLine).Assembly.Location}";
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"cluster.sh {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output}{await errors}");
    }
}
