using System.Net;

namespace RadioDiffusion.Silo;

/// <summary>What a silo needs to know.</summary>
public sealed class SiloSettings
{
    /// <summary>The artifact store and grain state: a folder, or a connection string of Azure Blob Storage.</summary>
    public required string Store { get; set; }

    /// <summary>One slot for each: cpu, cuda:0, ...; the default is one on the CPU.</summary>
    public IReadOnlyList<string> Devices { get; set; } = ["cpu"];

    /// <summary>The cluster's ID: clients that name another one are refused.</summary>
    public required string Cluster { get; set; }

    /// <summary>Port between silos, loopback only; a free one where 0.</summary>
    public int SiloPort { get; set; }

    /// <summary>Port for clients, loopback only; a free one where 0.</summary>
    public int GatewayPort { get; set; }

    /// <summary>Port of the HTTP API and the pages of a service, loopback only; a free one where 0.</summary>
    public int HttpPort { get; set; }

    /// <summary>How long a request for a sample waits before it is told to come again: 8 s, so that no call takes 10.</summary>
    public TimeSpan LongestWait { get; set; } = TimeSpan.FromSeconds(8);

    public IPEndPoint Gateway => new(IPAddress.Loopback, GatewayPort);
}
