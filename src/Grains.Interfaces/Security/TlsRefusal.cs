using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace RadioDiffusion.Grains.Interfaces.Security;

/// <summary>Finds out whether certificates are why a gateway and a client do not come together: a broken connection alone does not say it.</summary>
internal static class TlsRefusal
{
    private const string HowTo = "Give --certificate, --certificate-key and --certificate-authority (or RADIODIFFUSION_CERTIFICATE and so on); deploy/SECURITY.md shows how to make them.";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    /// <summary>What is wrong and what to do, or null where it is something else.</summary>
    public static async Task<string?> ExplainAsync(IPEndPoint gateway, MutualTls? tls, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(_patience);
        string? distrusted = null;
        bool isTls = false;
        try
        {
            using var client = new TcpClient(gateway.AddressFamily);
            await client.ConnectAsync(gateway, enough.Token);
            await using var stream = new SslStream(client.GetStream());
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = Connection.DefaultCluster,
                ClientCertificates = tls == null ? null : [tls.Certificate],
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    isTls = true;
                    distrusted = certificate is X509Certificate2 silo ? tls?.FaultOfSilo(silo) : null;
                    return distrusted == null;
                },
            };
            await stream.AuthenticateAsClientAsync(options, enough.Token);
            if (tls != null && await stream.ReadAsync(new byte[1], enough.Token) > 0)
                return null;
        }
        catch (OperationCanceledException)
        {
            return null;                                      // it waits for us: the certificate was taken
        }
        catch (Exception error) when (error is AuthenticationException or IOException or SocketException)
        {
            // What was learnt until here says what it is.
        }
        if (distrusted != null)
            return $"The silo at {gateway} shows a certificate that --certificate-authority does not vouch for: {distrusted} Name the authority that signed the silo's certificate.";
        if (isTls)
            return tls == null ? $"The silo at {gateway} asks for TLS with a certificate. {HowTo}" : $"The silo at {gateway} refuses the certificate {tls.Certificate.Subject}: it should be signed by the authority that the silo names. {HowTo}";
        return tls == null ? null : $"The silo at {gateway} does not speak TLS: leave --certificate and --certificate-authority out, or give them to 'radiodiffusion serve' too.";
    }
}
