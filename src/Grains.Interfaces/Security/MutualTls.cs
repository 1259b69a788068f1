using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;

namespace RadioDiffusion.Grains.Interfaces.Security;

/// <summary>
/// TLS in which both sides show a certificate of the cluster's own authority. Names in certificates are not compared with addresses, since
/// silos move: what counts is the authority, the dates, and what a certificate is for (extended key usage, RFC 5280, 4.2.1.12). A client's
/// certificate is for clients, a silo's for servers and clients, so a client cannot pose as a silo.
/// </summary>
public sealed class MutualTls : IDisposable
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1", ClientUsage = "1.3.6.1.5.5.7.3.2";
    private static readonly TimeSpan _longestHandshake = TimeSpan.FromSeconds(5);
    private readonly X509Certificate2Collection _authority;

    private MutualTls(X509Certificate2 certificate, X509Certificate2Collection authority)
    {
        Certificate = certificate;
        _authority = authority;
    }

    /// <summary>What this process shows to others.</summary>
    internal X509Certificate2 Certificate { get; }

    /// <param name="certificate">PEM or PFX file.</param>
    /// <param name="key">PEM file of its key; null where the certificate's file has it.</param>
    /// <param name="authority">PEM file of the authority that signed the certificates of all silos and clients, and of intermediate ones.</param>
    /// <exception cref="UserErrorException">A file cannot be read, or the certificate is none that a silo would take from a client.</exception>
    public static MutualTls ForClient(string certificate, string? key, string authority) => Load(certificate, key, authority, ClientUsage);

    /// <inheritdoc cref="ForClient"/>
    /// <exception cref="UserErrorException">A file cannot be read, or the certificate is none that others would take from a silo.</exception>
    public static MutualTls ForSilo(string certificate, string? key, string authority) => Load(certificate, key, authority, ServerUsage, ClientUsage);

    /// <summary>Of connections to a silo, by a client or another silo.</summary>
    public TlsOptions Outgoing() => Options(ServerUsage);

    /// <summary>Of connections from clients.</summary>
    public TlsOptions FromClients() => Options(ClientUsage);

    /// <summary>Of connections from other silos.</summary>
    public TlsOptions FromSilos() => Options(ServerUsage, ClientUsage);

    public void Dispose()
    {
        Certificate.Dispose();
        foreach (var certificate in _authority)
            certificate.Dispose();
    }

    /// <summary>Why a silo's certificate is not believed, or null where it is.</summary>
    internal string? FaultOfSilo(X509Certificate2 certificate) => FaultOf(certificate, null, ServerUsage);

    private static MutualTls Load(string certificate, string? key, string authority, params string[] usages)
    {
        var tls = new MutualTls(Certificates.Load(certificate, key), Certificates.LoadAll(authority));
        foreach (string usage in usages)
        {
            if (tls.FaultOf(tls.Certificate, null, usage) is { } fault)
            {
                throw new UserErrorException(ErrorKind.Invalid, certificate,
                    $"The certificate '{certificate}' ({tls.Certificate.Subject}) should be signed by '{authority}', valid now, and for {(usage == ServerUsage ? "servers (serverAuth)" : "clients (clientAuth)")}, but: {fault}");
            }
        }
        return tls;
    }

    private TlsOptions Options(params string[] usages)
    {
        var options = new TlsOptions
        {
            LocalCertificate = Certificate,
            RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
            ClientCertificateMode = RemoteCertificateMode.RequireCertificate,
            RemoteCertificateValidation = (certificate, sent, _) => usages.All(usage => FaultOf(certificate, sent, usage) == null),
            HandshakeTimeout = _longestHandshake,
        };
        // Sent as it is and not compared: see the summary.
        options.OnAuthenticateAsClient = (_, client) => client.TargetHost = Connection.DefaultCluster;
        return options;
    }

    private string? FaultOf(X509Certificate2 certificate, X509Chain? sent, string usage)
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.ApplicationPolicy.Add(new Oid(usage));
        foreach (var own in _authority)
            (IsRoot(own) ? policy.CustomTrustStore : policy.ExtraStore).Add(own);
        if (sent != null)
            policy.ExtraStore.AddRange(sent.ChainElements.Select(element => element.Certificate).ToArray());
        bool built = chain.Build(certificate);
        string? fault = built ? null : string.Join(" ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct());
        foreach (var element in chain.ChainElements)
            element.Certificate.Dispose();
        return fault;
    }

    private static bool IsRoot(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
