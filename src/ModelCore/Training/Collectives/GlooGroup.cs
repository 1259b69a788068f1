using System.Net;
using System.Net.NetworkInformation;

namespace RadioDiffusion.ModelCore.Training.Collectives;

/// <summary>One member's way into a group over Gloo. Everything but <see cref="Rank"/> and <see cref="Interface"/> is the same for all members.</summary>
public sealed record GlooGroup
{
    /// <summary>Whose group it is, such as "run/generation": what two generations write into one store does not meet.</summary>
    public required string Key { get; init; }

    /// <summary>Which member this is, 0 up to Size - 1. Rank 0 keeps the store where the members find each other.</summary>
    public required int Rank { get; init; }

    /// <summary>How many members the group has.</summary>
    public required int Size { get; init; }

    /// <summary>Rank 0's host name or address, as the others reach it.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Rank 0's port, 1 to 65535.</summary>
    public required int Port { get; init; }

    /// <summary>The network interface on which this member waits for the others, such as "eth0". Gloo knows neither passwords nor encryption, so it must be that of a private network.</summary>
    public string Interface { get; init; } = "lo";

    /// <summary>How long to wait for the other members.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The network interface that has an address of this machine.</summary>
    /// <exception cref="RadioDiffusionException">None has it.</exception>
    public static string InterfaceOf(IPAddress address)
    {
        var all = NetworkInterface.GetAllNetworkInterfaces();
        bool Has(NetworkInterface one) => one.GetIPProperties().UnicastAddresses.Any(its => its.Address.Equals(address));
        var found = all.FirstOrDefault(Has) ?? (IPAddress.IsLoopback(address) ? all.FirstOrDefault(one => one.NetworkInterfaceType == NetworkInterfaceType.Loopback) : null);
        return found?.Name ?? throw new RadioDiffusionException($"A trainer should be reached at an address of its own machine, but none of its network interfaces has {address}.");
    }

    /// <exception cref="RadioDiffusionException">Something is out of range.</exception>
    internal void Check()
    {
        Require(Key.Length > 0, nameof(Key), "not be empty", "empty");
        Require(Size >= 1, nameof(Size), "be at least 1", Size);
        Require(Rank >= 0 && Rank < Size, nameof(Rank), $"be 0 to {Size - 1}", Rank);
        Require(Port is >= 1 and <= 65535, nameof(Port), "be 1 to 65535", Port);
        Require(JoinTimeout > TimeSpan.Zero, nameof(JoinTimeout), "be positive", JoinTimeout);
        var interfaces = NetworkInterface.GetAllNetworkInterfaces().Select(one => one.Name).ToList();
        Require(interfaces.Contains(Interface), nameof(Interface), $"be one of {string.Join(", ", interfaces)}", $"'{Interface}'");
    }

    private static void Require(bool isMet, string name, string expected, object found)
    {
        if (!isMet)
            throw new RadioDiffusionException($"{name} of a group of trainers should {expected}, but it is {found}.");
    }
}
