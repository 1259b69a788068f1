using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Security;

namespace RadioDiffusion.Silo.Security;

/// <summary>Who may come in at the ports of a silo: rules of the settings, and what they turn on. deploy/SECURITY.md explains them.</summary>
internal static partial class Doors
{
    private const string Section = SiloConfiguration.Section;

    /// <summary>What is wrong with the settings of certificates, keys and roots, and what is missing where others reach the address.</summary>
    public static IEnumerable<string> Check(SiloSettings settings) => [.. CheckFiles(settings), .. CheckKeys(settings), .. CheckRoots(settings), .. Missing(settings)];

    /// <exception cref="UserErrorException">Others reach the address, and something that keeps them out is missing.</exception>
    public static void RefuseIfOpen(SiloSettings settings)
    {
        string[] missing = [.. Missing(settings)];
        if (missing.Length > 0)
            throw new UserErrorException(ErrorKind.Invalid, Section, string.Join("\n  ", missing));
    }

    public static IEnumerable<ApiKey> KeysOf(SiloSettings settings)
    {
        foreach (string setting in settings.ApiKeys)
        {
            if (!ApiKey.TryParse(setting, out var key, out string fault))
                throw new UserErrorException(ErrorKind.Invalid, Section, $"One of {Section}:ApiKeys {fault}.");
            yield return key;
        }
    }

    public static void UseHttps(ListenOptions listen, SiloSettings settings)
    {
        if (settings.Certificate is not { } certificate)
            return;
        var loaded = Certificates.Load(certificate, settings.CertificateKey);
        var options = new HttpsConnectionAdapterOptions { ServerCertificate = loaded };
        if (Certificates.IsPem(certificate))
            options.ServerCertificateChain = Certificates.LoadAll(certificate);
        listen.UseHttps(options);
    }

    public static void UseMutualTls(ISiloBuilder silo, SiloSettings settings)
    {
        if (settings is not { Certificate: { } certificate, CertificateAuthority: { } authority })
            return;
        var tls = MutualTls.ForSilo(certificate, settings.CertificateKey, authority);
        silo.Configure<SiloConnectionOptions>(options =>
        {
            options.ConfigureSiloInboundConnection(connection => connection.UseServerTls(tls.FromSilos()));
            options.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(tls.Outgoing()));
            options.ConfigureGatewayInboundConnection(connection => connection.UseServerTls(tls.FromClients()));
        });
    }

    /// <summary>Whoever runs an open service should see it in the log.</summary>
    public static void Warn(SiloSettings settings, ILogger log)
    {
        if (settings.Insecure && !IPAddress.IsLoopback(settings.IPAddress))
            LogInsecure(log, settings.Address);
    }

    private static IEnumerable<string> CheckFiles(SiloSettings settings)
    {
        if (settings.Certificate == null)
        {
            if (settings.CertificateKey != null)
                yield return $"{Section}:CertificateKey is given without {Section}:Certificate (--certificate FILE).";
            if (settings.CertificateAuthority != null)
                yield return $"{Section}:CertificateAuthority is given without {Section}:Certificate (--certificate FILE), which others are to be shown.";
            yield break;
        }
        string? fault = null;
        try
        {
            if (settings.CertificateAuthority is { } authority)
                MutualTls.ForSilo(settings.Certificate, settings.CertificateKey, authority).Dispose();
            else
                Certificates.Load(settings.Certificate, settings.CertificateKey).Dispose();
        }
        catch (UserErrorException error)
        {
            fault = error.Message;
        }
        if (fault != null)
            yield return $"{Section}:Certificate with {Section}:CertificateKey and {Section}:CertificateAuthority: {fault}";
    }

    private static IEnumerable<string> CheckKeys(SiloSettings settings)
    {
        for (int i = 0; i < settings.ApiKeys.Count; i++)
        {
            if (!ApiKey.TryParse(settings.ApiKeys[i], out _, out string fault))
                yield return $"{Section}:ApiKeys:{i} should be name:scope+scope:SHA-256 with the scopes read, submit and admin, as 'radiodiffusion key new' prints it, but it {fault}.";
        }
    }

    private static IEnumerable<string> CheckRoots(SiloSettings settings) => settings.Roots
        .Where(root => !Path.IsPathFullyQualified(root) || !Directory.Exists(root))
        .Select(root => $"{Section}:Roots (--root) should be full paths of folders, but one is '{root}', which is {(Path.IsPathFullyQualified(root) ? "not there" : "no full path")}.");

    private static IEnumerable<string> Missing(SiloSettings settings)
    {
        if (settings.Insecure || !IPAddress.TryParse(settings.Address, out var address) || IPAddress.IsLoopback(address))
            yield break;
        string reached = $"{Section}:Address (--address) is {settings.Address}, which others reach, so";
        string orInsecure = $"deploy/SECURITY.md shows how to make it. {Section}:Insecure (--insecure) does without, on a network whose every user may do everything.";
        if (settings.Certificate == null)
            yield return $"{reached} {Section}:Certificate (--certificate FILE, with --certificate-key FILE) is needed for HTTPS and between silos: {orInsecure}";
        if (settings.CertificateAuthority == null)
            yield return $"{reached} {Section}:CertificateAuthority (--certificate-authority FILE) is needed to know the silos and clients that may come in: {orInsecure}";
        if (settings.ApiKeys.Count == 0)
            yield return $"{reached} {Section}:ApiKeys needs at least one key of the HTTP API: 'radiodiffusion key new --name NAME --scope read,submit' makes one. {Section}:Insecure (--insecure) does without, on a network whose every user may do everything.";
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Insecure: whoever reaches {Address} may do everything that the settings do not guard with certificates and keys.")]
    private static partial void LogInsecure(ILogger log, string address);
}
