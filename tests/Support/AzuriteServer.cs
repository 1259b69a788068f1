using System.Diagnostics;
using System.Security.Cryptography;
using Azure.Storage.Blobs;

namespace RadioDiffusion.TestSupport;

/// <summary>
/// Azure Blob Storage for tests: Azurite, the emulator, in a process of its own on a free loopback port, in memory. Installed by
/// the lock file in tests/azurite when it is missing. Take it as a fixture, and call <see cref="Require"/> first.
/// </summary>
public sealed class AzuriteServer : IAsyncLifetime
{
    private const string Account = "devstoreaccount1";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan InstallTimeout = TimeSpan.FromMinutes(8);

    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
    private Process? _process;
    private string? _missing;

    /// <summary>What a client connects with.</summary>
    public string ConnectionString { get; private set; } = "";

    private static string Folder => Path.Combine(TestFiles.RepositoryRoot, "tests", "azurite");

    /// <summary>A client of the account; without <see cref="Require"/> the calling test fails on a machine without Node.</summary>
    public BlobServiceClient CreateClient() => new(ConnectionString);

    /// <summary>Skips the calling test, or fails it in CI, where Azurite cannot run; says what to install.</summary>
    public void Require() => AptInstallation.SkipUnless(_missing is null, _missing ?? "");

    public async ValueTask InitializeAsync()
    {
        if (!await AzuriteInstallation.HasNodeAsync())
        {
            _missing = "Azurite, the emulator of Azure Storage, needs Node.js: install the packages 'nodejs' and 'npm'.";
            return;
        }
        await AzuriteInstallation.InstallAsync(Folder, InstallTimeout);
        for (int attempt = 1; ; attempt++)
        {
            if (await TryStartAsync(Ports.Free()))
                return;
            if (attempt == 3)                                // somebody else took the port, three times over
                throw new InvalidOperationException($"Azurite did not answer; try: node start.js --blobPort 10000 in {Folder}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        await StopAsync(_process);
        _process = null;
    }

    private async Task<bool> TryStartAsync(int port)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments = ["start.js", "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence",
            "--blobHost", "127.0.0.1", "--blobPort", $"{port}"];
        Array.ForEach(arguments, start.ArgumentList.Add);
        start.Environment["AZURITE_ACCOUNTS"] = $"{Account}:{_key}";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };         // read, so that the pipe never fills
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        if (!await AnswersAsync(process, port))
        {
            await StopAsync(process);
            return false;
        }
        _process = process;
        ConnectionString = $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={_key};BlobEndpoint=http://127.0.0.1:{port}/{Account}";
        return true;
    }

    private static async Task<bool> AnswersAsync(Process process, int port)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < StartTimeout && !process.HasExited;)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/"));
                return answer.Headers.Server.ToString().StartsWith("Azurite", StringComparison.Ordinal);
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                await Task.Delay(100);
            }
        }
        return false;
    }

    private static async Task StopAsync(Process process)
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
