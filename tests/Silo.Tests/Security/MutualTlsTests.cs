using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Runtime;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Security;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Tests.Security;

/// <summary>A service with mutual TLS, and an authority that it trusts beside one that it does not.</summary>
public sealed class TlsFixture : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private WebApplication _app = null!;

    public SiloSettings Settings { get; private set; } = null!;

    public TestAuthority Authority { get; private set; } = null!;

    public TestAuthority Foreign { get; private set; } = null!;

    public Uri Http => new(_app.Urls.First());

    public async ValueTask InitializeAsync()
    {
        (Authority, Foreign) = (new TestAuthority(_folder.Path, "authority"), new TestAuthority(_folder.Path, "foreign"));
        var (certificate, key) = Authority.Silo("silo");
        Settings = new SiloSettings
        {
            Store = _folder.File("store"),
            Cluster = Guid.NewGuid().ToString("N"),
            Certificate = certificate,
            CertificateKey = key,
            CertificateAuthority = Authority.File,
        };
        _app = SiloHost.BuildService(Settings, logging => logging.ClearProviders());
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Authority.Dispose();
        Foreign.Dispose();
        _folder.Dispose();
    }
}

public sealed class MutualTlsTests(TlsFixture service) : IClassFixture<TlsFixture>
{
    /// <summary>An attempt takes 10 s before it is given up: a refusal is known earlier.</summary>
    private static readonly TimeSpan _quickly = TimeSpan.FromSeconds(8);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Cluster => service.Settings.Cluster;

    [Fact]
    public async Task Client_WithACertificateOfTheAuthority_CallsGrains()
    {
        var (certificate, key) = service.Authority.ForClient("good");
        using var tls = MutualTls.ForClient(certificate, key, service.Authority.File);
        await using var connection = await Connection.OpenAsync([service.Settings.Gateway], Cluster, tls, Token);
        var location = await connection.Grains.GetGrain<IStoreGrain>(0).GetLocationAsync(Token);
        Assert.Contains("store", location.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_WithoutACertificate_IsRefusedQuicklyAndToldTheOptions()
    {
        var error = await RefusedAsync(null);
        Assert.Contains("asks for TLS", error.Message, StringComparison.Ordinal);
        Assert.Contains("--certificate-authority", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_WithACertificateOfAnotherAuthority_IsRefusedQuicklyAndTold()
    {
        var (certificate, key) = service.Foreign.ForClient("stranger");
        // Whoever steals into a cluster believes the silo, but the silo does not believe him.
        string both = Path.Combine(Path.GetDirectoryName(certificate)!, "both.pem");
        await File.WriteAllTextAsync(both, await File.ReadAllTextAsync(service.Foreign.File, Token) + "\n" + await File.ReadAllTextAsync(service.Authority.File, Token), Token);
        using var tls = MutualTls.ForClient(certificate, key, both);
        var error = await RefusedAsync(tls);
        Assert.Contains("refuses the certificate CN=stranger", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_OfAnotherAuthority_DoesNotBelieveTheSiloAndSaysSo()
    {
        var (certificate, key) = service.Foreign.ForClient("elsewhere");
        using var tls = MutualTls.ForClient(certificate, key, service.Foreign.File);
        var error = await RefusedAsync(tls);
        Assert.Contains("--certificate-authority does not vouch for", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_WithTlsAtASiloWithout_IsToldSo()
    {
        using var folder = new TemporaryFolder();
        var (host, settings) = await SiloHost.StartEmbeddedAsync(() => new SiloSettings { Store = folder.File("store") }, logging => logging.ClearProviders(), Token);
        using (host)
        {
            var (certificate, key) = service.Authority.ForClient("needless");
            using var tls = MutualTls.ForClient(certificate, key, service.Authority.File);
            var error = await Assert.ThrowsAsync<UserErrorException>(() => Connection.OpenAsync([settings.Gateway], settings.Cluster, tls, Token));
            Assert.Contains("does not speak TLS", error.Message, StringComparison.Ordinal);
            await host.StopAsync(Token);
        }
    }

    [Fact]
    public void Certificate_OfAnotherAuthorityThanNamed_IsFoundBeforeAnythingIsSent()
    {
        var (certificate, key) = service.Foreign.ForClient("mixed-up");
        var error = Assert.Throws<UserErrorException>(() => MutualTls.ForClient(certificate, key, service.Authority.File));
        Assert.Contains("should be signed by", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_ForClients_CannotBeASilos()
    {
        var (certificate, key) = service.Authority.ForClient("only-client");
        var error = Assert.Throws<UserErrorException>(() => MutualTls.ForSilo(certificate, key, service.Authority.File));
        Assert.Contains("serverAuth", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_ThatHasExpired_IsRefused()
    {
        var (certificate, key) = service.Authority.ExpiredSilo("expired");
        var error = Assert.Throws<UserErrorException>(() => MutualTls.ForSilo(certificate, key, service.Authority.File));
        Assert.Contains("valid now", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_WithACertificate_IsHttpsThatAClientOfTheAuthorityTrusts()
    {
        Assert.Equal("https", service.Http.Scheme);
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new()
        {
            TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
            RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
            CustomTrustStore = { System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificateFromFile(service.Authority.File) },
        };
        using var http = new HttpClient(handler) { BaseAddress = service.Http };
        Assert.Equal("Healthy", await http.GetStringAsync("/health/live", Token));
    }

    [Fact]
    public async Task Silos_OfOneAuthority_AreACluster_AndOneOfAnotherOrAClientIsNone()
    {
        string cluster = Guid.NewGuid().ToString("N");
        int primary = Ports.Free();
        using var first = Start(cluster, primary, primary, service.Authority.Silo("first"), service.Authority.File);
        await first.StartAsync(Token);
        using var second = Start(cluster, primary, Ports.Free(), service.Authority.Silo("second"), service.Authority.File);
        await second.StartAsync(Token);
        var hosts = await second.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
        Assert.Equal(2, hosts.Count);

        var own = Doors.Check(new SiloSettings { Certificate = service.Foreign.Silo("third").Certificate, CertificateKey = service.Foreign.Silo("third").Key, CertificateAuthority = service.Authority.File });
        Assert.Contains("should be signed by", Assert.Single(own), StringComparison.Ordinal);
        using var third = Start(cluster, primary, Ports.Free(), service.Foreign.Silo("third"), service.Foreign.File);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        enough.CancelAfter(_quickly);
        await Assert.ThrowsAnyAsync<Exception>(() => third.StartAsync(enough.Token));
        hosts = await first.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts();
        Assert.Equal(2, hosts.Count);
        await second.StopAsync(Token);
        await first.StopAsync(Token);
    }

    private static IHost Start(string cluster, int primary, int port, (string Certificate, string Key) files, string authority)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, Ports.Free(), new IPEndPoint(IPAddress.Loopback, primary), Connection.DefaultCluster, cluster);
            silo.Configure<EndpointOptions>(options => options.AdvertisedIPAddress = IPAddress.Loopback);
            Doors.UseMutualTls(silo, new SiloSettings { Certificate = files.Certificate, CertificateKey = files.Key, CertificateAuthority = authority });
        });
        return builder.Build();
    }

    private async Task<UserErrorException> RefusedAsync(MutualTls? tls)
    {
        long began = Stopwatch.GetTimestamp();
        var error = await Assert.ThrowsAsync<UserErrorException>(() => Connection.OpenAsync([service.Settings.Gateway], Cluster, tls, Token));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, _quickly);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Stopwatch.GetElapsedTime(began)}: {error.Message}");
        return error;
    }
}
