using System.Net;
using RadioDiffusion.Grains.Interfaces;

namespace RadioDiffusion.Silo;

/// <summary>What a silo needs to know: the section "RadioDiffusion" of its configuration (see <see cref="SiloConfiguration"/>).</summary>
public sealed class SiloSettings
{
    /// <summary>The artifact store and grain state: a folder, which belongs to one process, or a connection string of Azure Blob Storage.</summary>
    public string Store { get; set; } = "";

    /// <summary>One slot for each: cpu, cuda:0, ...; the default is one on the CPU. A silo without any takes no training and no sampling.</summary>
    public IReadOnlyList<string> Devices { get; set; } = ["cpu"];

    /// <summary>Whether a trainer that trains alone has a process of its own too, as those who train together always have.</summary>
    public bool TrainsInProcesses { get; set; }

    /// <summary>The cluster's ID: clients and silos that name another one are refused.</summary>
    public string Cluster { get; set; } = Connection.DefaultCluster;

    /// <summary>StackExchange.Redis connection string of the cluster's membership and reminders; without one the silo is alone.</summary>
    public string? Redis { get; set; }

    /// <summary>Agree on the death of a silo within some two seconds instead of fifteen: for tests and small, quiet networks.</summary>
    public bool FastFailureDetection { get; set; }

    /// <summary>Shortest period of reminders, which wake what was running when a silo died.</summary>
    public TimeSpan ReminderPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>IP address that silo, gateway and HTTP ports listen at, and that other silos are told.</summary>
    public string Address { get; set; } = IPAddress.Loopback.ToString();

    /// <summary>Port between silos; a free one where 0.</summary>
    public int SiloPort { get; set; }

    /// <summary>Port for clients; a free one where 0.</summary>
    public int GatewayPort { get; set; }

    /// <summary>Port of the HTTP API and the pages of a service; a free one where 0.</summary>
    public int HttpPort { get; set; }

    /// <summary>How long a request for a sample waits before it is told to come again: 8 s, so that no call takes 10.</summary>
    public TimeSpan LongestWait { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>Certificate of HTTPS and, with an authority, of the silo and gateway ports: PEM, or PFX without a password.</summary>
    public string? Certificate { get; set; }

    /// <summary>PEM file of the certificate's key; none where the certificate's file has it.</summary>
    public string? CertificateKey { get; set; }

    /// <summary>PEM file of the authority that signed the certificates of all silos and clients: both sides show one then.</summary>
    public string? CertificateAuthority { get; set; }

    /// <summary>Keys of the HTTP API, each <c>name:scope+scope:SHA-256</c> with the scopes read, submit and admin; without any, everybody may do everything.</summary>
    public IReadOnlyList<string> ApiKeys { get; set; } = [];

    /// <summary>Folders whose files requests may name. Without any, HTTP requests may name none, and grain calls all.</summary>
    public IReadOnlyList<string> Roots { get; set; } = [];

    /// <summary>Listen at an address that others reach without certificates or keys.</summary>
    public bool Insecure { get; set; }

    /// <summary>Whether studies may start programs (targets of kind exec): whoever reaches the silo's gateway can then run any on its machine. A command's own silo always may.</summary>
    public bool AllowPrograms { get; set; }

    public IPAddress IPAddress => IPAddress.Parse(Address);

    public IPEndPoint Gateway => new(IPAddress, GatewayPort);
}
