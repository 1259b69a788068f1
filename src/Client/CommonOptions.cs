using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Security;
using RadioDiffusion.Silo;

namespace RadioDiffusion.Client;

/// <summary>The options that commands share.</summary>
internal static class CommonOptions
{
    public static readonly Option<bool> Json = new("--json") { Description = "One JSON document on standard output; messages on standard error." };

    public static readonly Option<string?> Store = new("--store")
    {
        Description = "The artifact store: a folder, or a connection string of Azure Blob Storage. Default: $RADIODIFFUSION_STORE, else a folder of the user's data.",
        HelpName = "PATH|CONNECTION",
    };

    public static readonly Option<string?> Connect = new("--connect")
    {
        Description = "Address and gateway port of a running silo, such as 127.0.0.1:30000; several silos of a cluster joined by commas. Default: work in this process.",
        HelpName = "ENDPOINT",
    };

    public static readonly Option<string?> Certificate = new("--certificate")
    {
        Description = "PEM or PFX file: the certificate that a silo with TLS is shown. Default: $RADIODIFFUSION_CERTIFICATE.",
        HelpName = "FILE",
    };

    public static readonly Option<string?> CertificateKey = new("--certificate-key")
    {
        Description = "PEM file of the certificate's key, unless its own file has it. Default: $RADIODIFFUSION_CERTIFICATE_KEY.",
        HelpName = "FILE",
    };

    public static readonly Option<string?> CertificateAuthority = new("--certificate-authority")
    {
        Description = "PEM file of the authority that signed the certificates of silos and clients. Default: $RADIODIFFUSION_CERTIFICATE_AUTHORITY.",
        HelpName = "FILE",
    };

    public static readonly Option<ulong> Seed = new("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 42 };

    public static readonly Option<bool> Verbose = new("--verbose") { Description = "The silo's log on standard error." };

    /// <summary>For processes that another one starts: end like on Ctrl-C when whoever holds the other end of standard input is gone.</summary>
    public static readonly Option<bool> UntilInputEnds = new("--until-input-ends") { Hidden = true };

    /// <exception cref="UserErrorException">It is a connection string that cannot be understood; the message does not repeat it.</exception>
    public static string StorePath(this ParseResult parsed)
    {
        string store = parsed.GetValue(Store)
            ?? Environment.GetEnvironmentVariable("RADIODIFFUSION_STORE")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "radiodiffusion");
        return StoreRegistration.FaultOf(store) is { } fault ? throw new UserErrorException(ErrorKind.Invalid, "--store", $"--store (or RADIODIFFUSION_STORE) {fault}") : store;
    }

    public static Task<Session> OpenSessionAsync(this ParseResult parsed, CancellationToken cancellationToken) =>
        Session.OpenAsync(parsed.StorePath(), parsed.GetValue(Connect), parsed.MutualTls(), parsed.GetValue(Verbose), cancellationToken);

    /// <summary>A command that works with grains: here, in the process that owns the store, or in the silo that --connect names.</summary>
    public static Command With(this Command command, params Symbol[] symbols) =>
        command.WithoutConnect([.. symbols, Connect, Certificate, CertificateKey, CertificateAuthority]);

    /// <summary>A command that is about this process and its store.</summary>
    public static Command WithoutConnect(this Command command, params Symbol[] symbols)
    {
        foreach (var symbol in symbols)
        {
            if (symbol is Option option)
                command.Options.Add(option);
            else if (symbol is Argument argument)
                command.Arguments.Add(argument);
        }
        foreach (Option option in new Option[] { Json, Store, Verbose })
            command.Options.Add(option);
        return command;
    }

    /// <summary>The certificates for silos that ask for them; null where none are named.</summary>
    public static MutualTls? MutualTls(this ParseResult parsed)
    {
        string? certificate = parsed.GetValue(Certificate) ?? Environment.GetEnvironmentVariable("RADIODIFFUSION_CERTIFICATE");
        string? key = parsed.GetValue(CertificateKey) ?? Environment.GetEnvironmentVariable("RADIODIFFUSION_CERTIFICATE_KEY");
        string? authority = parsed.GetValue(CertificateAuthority) ?? Environment.GetEnvironmentVariable("RADIODIFFUSION_CERTIFICATE_AUTHORITY");
        if (certificate != null && authority != null)
            return Grains.Interfaces.Security.MutualTls.ForClient(certificate, key, authority);
        if (certificate == null && key == null && authority == null)
            return null;
        string missing = string.Join(" and ", new[] { certificate == null ? "--certificate" : null, authority == null ? "--certificate-authority" : null }.Where(option => option != null));
        throw new UserErrorException(ErrorKind.Invalid, missing,
            $"--certificate and --certificate-authority belong together, but {missing} (or its environment variable) is missing.");
    }
}
