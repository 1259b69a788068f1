using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RadioDiffusion.TestSupport;

/// <summary>A certificate authority that lives as long as a test, with its files in a folder: what deploy/SECURITY.md makes with openssl.</summary>
public sealed class TestAuthority : IDisposable
{
    private const string Server = "1.3.6.1.5.5.7.3.1", Client = "1.3.6.1.5.5.7.3.2";
    private readonly string _folder;
    private readonly X509Certificate2 _authority;

    public TestAuthority(string folder, string name)
    {
        _folder = folder;
        File = Path.Combine(folder, $"{name}.pem");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(1));
        System.IO.File.WriteAllText(File, _authority.ExportCertificatePem());
    }

    /// <summary>PEM file of the authority.</summary>
    public string File { get; }

    /// <summary>For servers and clients, of the loopback addresses.</summary>
    public (string Certificate, string Key) Silo(string name) => Issue(name, DateTimeOffset.UtcNow.AddHours(12), Server, Client);

    public (string Certificate, string Key) ForClient(string name) => Issue(name, DateTimeOffset.UtcNow.AddHours(12), Client);

    public (string Certificate, string Key) ExpiredSilo(string name) => Issue(name, DateTimeOffset.UtcNow.AddDays(-1), Server, Client);

    public void Dispose() => _authority.Dispose();

    private (string Certificate, string Key) Issue(string name, DateTimeOffset end, params string[] usages)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. usages.Select(usage => new Oid(usage))], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(_authority, end.AddDays(-2), end, RandomNumberGenerator.GetBytes(16));
        var files = (Path.Combine(_folder, $"{name}.pem"), Path.Combine(_folder, $"{name}.key"));
        System.IO.File.WriteAllText(files.Item1, certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(files.Item2, key.ExportPkcs8PrivateKeyPem());
        return files;
    }
}
