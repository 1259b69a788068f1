using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RadioDiffusion.Grains.Interfaces.Security;

/// <summary>Reads certificates from files.</summary>
public static class Certificates
{
    private const string PemBegin = "-----BEGIN";

    /// <summary>A certificate with its private key.</summary>
    /// <param name="path">PEM, or PFX without a password.</param>
    /// <param name="keyPath">PEM file of the key, without a password; null where <paramref name="path"/> has it.</param>
    /// <exception cref="UserErrorException">It cannot be read, or key and certificate do not belong together.</exception>
    public static X509Certificate2 Load(string path, string? keyPath)
    {
        try
        {
            if (!IsPem(path))
                return WithKey(X509CertificateLoader.LoadPkcs12FromFile(path, null), path);
            using var read = X509Certificate2.CreateFromPemFile(path, keyPath);
            // A key straight from PEM is one that Windows cannot use for TLS.
            return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            string where = keyPath == null ? $"The certificate '{path}'" : $"The certificate '{path}' with the key '{keyPath}'";
            throw new UserErrorException(ErrorKind.Invalid, path,
                $"{where} cannot be read: {error.Message} Expected is PEM, with the key in the same file or one of its own, or PFX; both without a password.");
        }
    }

    /// <summary>All certificates of a PEM file.</summary>
    /// <exception cref="UserErrorException">It cannot be read, or has none.</exception>
    public static X509Certificate2Collection LoadAll(string path)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(path);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UserErrorException(ErrorKind.Invalid, path, $"The certificates in '{path}' cannot be read: {error.Message} Expected is PEM.");
        }
        return certificates.Count > 0 ? certificates : throw new UserErrorException(ErrorKind.Invalid, path, $"There is no certificate in '{path}': expected is PEM.");
    }

    /// <summary>Whether a file is text; else it is PFX.</summary>
    public static bool IsPem(string path)
    {
        using var reader = new StreamReader(path);
        char[] beginning = new char[4096];
        int length = reader.ReadBlock(beginning);
        return beginning.AsSpan(0, length).IndexOf(PemBegin) >= 0;
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, string path)
    {
        if (certificate.HasPrivateKey)
            return certificate;
        certificate.Dispose();
        throw new UserErrorException(ErrorKind.Invalid, path, $"The certificate '{path}' has no private key.");
    }
}
