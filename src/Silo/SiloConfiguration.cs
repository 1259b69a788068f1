using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Silo.Security;
using StackExchange.Redis;

namespace RadioDiffusion.Silo;

/// <summary>
/// The settings of a silo from appsettings.json of the current folder, a file that is named, the environment (RADIODIFFUSION__REDIS and so on) and
/// flags; what comes later counts. All faults are told at once, each with the option's full name.
/// </summary>
public static partial class SiloConfiguration
{
    public const string Section = "RadioDiffusion";

    private static readonly TimeSpan _longestCall = TimeSpan.FromSeconds(10);

    /// <param name="file">A JSON file beside appsettings.json; null for none.</param>
    /// <param name="store">The store where no setting names one.</param>
    /// <param name="defaults">Values by the name of their property in <see cref="SiloSettings"/>, for what nothing else sets; lists joined by commas.</param>
    /// <param name="flags">Values that count more than all others.</param>
    /// <exception cref="UserErrorException">Something is wrong; the message lists everything that is.</exception>
    public static SiloSettings Read(string? file, string store, IReadOnlyDictionary<string, string?> defaults, IReadOnlyDictionary<string, string?> flags)
    {
        var section = Build(file, defaults, flags).GetSection(Section);
        var settings = new SiloSettings { Store = store };
        List<string> faults = [.. Bind(section, settings)];
        if (faults.Count == 0)
            faults.AddRange(Check(settings));
        return faults.Count == 0 ? settings : throw new UserErrorException(ErrorKind.Invalid, Section,
            faults.Count == 1 ? faults[0] : $"{faults.Count} settings are wrong:{string.Concat(faults.Select(fault => "\n  " + fault))}");
    }

    private static IConfigurationRoot Build(string? file, IReadOnlyDictionary<string, string?> defaults, IReadOnlyDictionary<string, string?> flags)
    {
        try
        {
            var builder = new ConfigurationBuilder().SetBasePath(Environment.CurrentDirectory).AddInMemoryCollection(InSection(defaults)).AddJsonFile("appsettings.json", optional: true);
            if (file != null)
                builder.AddJsonFile(Path.GetFullPath(file), optional: false);
            return builder.AddEnvironmentVariables().AddInMemoryCollection(InSection(flags)).Build();
        }
        catch (Exception error) when (error is InvalidDataException or IOException or FormatException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ErrorKind.Invalid, file ?? "appsettings.json", $"The configuration cannot be read: {error.InnerException?.Message ?? error.Message}");
        }
    }

    private static IEnumerable<KeyValuePair<string, string?>> InSection(IReadOnlyDictionary<string, string?> values) =>
        values.Select(value => KeyValuePair.Create($"{Section}:{value.Key}", value.Value));

    private static IEnumerable<string> Bind(IConfigurationSection section, SiloSettings settings)
    {
        var properties = typeof(SiloSettings).GetProperties().Where(property => property.CanWrite).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var given in section.GetChildren())
        {
            if (!properties.TryGetValue(given.Key, out var property))
            {
                yield return $"{given.Path} is not a setting: there are {string.Join(", ", properties.Keys.Order(StringComparer.Ordinal))}.";
                continue;
            }
            string? fault = null;
            try
            {
                if (property.PropertyType == typeof(IReadOnlyList<string>))
                    property.SetValue(settings, ListOf(given));
                else
                    property.SetValue(settings, TypeDescriptor.GetConverter(property.PropertyType).ConvertFromString(null, CultureInfo.InvariantCulture, given.Value ?? ""));
            }
            catch (Exception error) when (error is ArgumentException or FormatException or NotSupportedException)
            {
                fault = $"{given.Path} should be {Describe(property.PropertyType)}, but it is '{given.Value}'.";
            }
            if (fault != null)
                yield return fault;
        }
    }

    /// <summary>["a", "b"] of a file, or "a,b" of the environment.</summary>
    private static string[] ListOf(IConfigurationSection given) => given.Value is { } joined
        ? joined.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        : [.. given.GetChildren().Select(child => child.Value ?? "")];

    private static string Describe(Type type) => (Nullable.GetUnderlyingType(type) ?? type).Name switch
    {
        nameof(Int32) => "a whole number",
        nameof(Boolean) => "true or false",
        nameof(TimeSpan) => "a time such as 00:00:08",
        _ => "a text",
    };

    private static IEnumerable<string> Check(SiloSettings settings)
    {
        if (settings.Store.Length == 0)
            yield return $"{Section}:Store should be a folder or a connection string of Azure Blob Storage, but it is empty.";
        if (StoreRegistration.FaultOf(settings.Store) is { } wrong)
            yield return $"{Section}:Store {wrong}";
        if (!ClusterName().IsMatch(settings.Cluster))
            yield return $"{Section}:Cluster should be letters, digits, '-' and '_', but it is '{settings.Cluster}'.";
        foreach (string device in settings.Devices.Where(device => !DeviceName().IsMatch(device)))
            yield return $"{Section}:Devices should be cpu, cuda:0, cuda:1, ..., but one is '{device}'.";
        if (!IPAddress.TryParse(settings.Address, out var address))
            yield return $"{Section}:Address should be an IP address of this machine, but it is '{settings.Address}'.";
        else if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            yield return $"{Section}:Address is told to other silos, so it should be one address of this machine, but it is '{settings.Address}'.";
        foreach (string fault in CheckPorts(settings))
            yield return fault;
        if (settings.LongestWait <= TimeSpan.Zero || settings.LongestWait >= _longestCall)
            yield return $"{Section}:LongestWait should be above 0 and under {_longestCall.TotalSeconds:0} s, but it is {settings.LongestWait}.";
        foreach (string fault in Doors.Check(settings))
            yield return fault;
        if (settings.ReminderPeriod <= TimeSpan.Zero)
            yield return $"{Section}:ReminderPeriod should be above 0, but it is {settings.ReminderPeriod}.";
        if (settings.Redis == null)
            yield break;
        if (!IsRedis(settings.Redis))
            yield return $"{Section}:Redis should be a connection string such as 'localhost:6379', but it cannot be understood.";    // it may hold a password
        if (settings.Store.Length > 0 && !StoreRegistration.IsAzure(settings.Store) && StoreRegistration.FaultOf(settings.Store) == null)
            yield return $"{Section}:Store should be a connection string of Azure Blob Storage where {Section}:Redis joins several silos, but it is the folder '{settings.Store}', which belongs to one process.";
    }

    private static IEnumerable<string> CheckPorts(SiloSettings settings)
    {
        (string Name, int Port)[] ports = [("SiloPort", settings.SiloPort), ("GatewayPort", settings.GatewayPort), ("HttpPort", settings.HttpPort)];
        foreach (var (name, port) in ports.Where(port => port.Port is < 0 or > IPEndPoint.MaxPort))
            yield return $"{Section}:{name} should be 0 (a free one) to {IPEndPoint.MaxPort}, but it is {port}.";
        foreach (var same in ports.Where(port => port.Port != 0).GroupBy(port => port.Port).Where(group => group.Count() > 1))
            yield return $"{string.Join(" and ", same.Select(port => $"{Section}:{port.Name}"))} should be different ports, but they are all {same.Key}.";
    }

    private static bool IsRedis(string connection)
    {
        try
        {
            return ConfigurationOptions.Parse(connection).EndPoints.Count > 0;
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            return false;
        }
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$")]
    private static partial Regex ClusterName();

    [GeneratedRegex("^(cpu|cuda:[0-9]+)$")]
    private static partial Regex DeviceName();
}
