using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using RadioDiffusion.Grains.Interfaces;

namespace RadioDiffusion.Silo.Security;

/// <summary>What a key of the HTTP API opens.</summary>
[Flags]
public enum ApiScopes
{
    None = 0,

    /// <summary>Lists, states, and samples that are stored.</summary>
    Read = 1,

    /// <summary>Whatever makes the cluster compute or changes what is there.</summary>
    Submit = 2,

    /// <summary>Everything, the dashboard too.</summary>
    Admin = 4,
}

/// <summary>
/// A key of the HTTP API as the settings have it: <c>name:scope+scope:SHA-256</c>. A key is 256 random bits, so its plain hash gives nothing
/// away and needs no salt.
/// </summary>
public sealed class ApiKey
{
    private const string Prefix = "rd_";
    private const int KeyBytes = 32;
    private readonly byte[] _hash;

    private ApiKey(string name, ApiScopes scopes, byte[] hash) => (Name, Scopes, _hash) = (name, scopes, hash);

    public string Name { get; }

    public ApiScopes Scopes { get; }

    /// <summary>The line of the settings.</summary>
    public string Setting => $"{Name}:{Describe(Scopes)}:{Convert.ToHexStringLower(_hash)}";

    /// <summary>A new key.</summary>
    /// <returns>The secret, which is nowhere else, and what the settings keep.</returns>
    /// <exception cref="UserErrorException">The name is none.</exception>
    public static (string Secret, ApiKey Key) Create(string name, ApiScopes scopes)
    {
        string secret = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));
        return (secret, new ApiKey(Names.Check(name, "a key"), scopes, HashOf(secret)));
    }

    /// <param name="setting">name:scope+scope:SHA-256.</param>
    /// <param name="key">What it says.</param>
    /// <param name="fault">What is wrong; does not repeat the setting, since somebody may have written the key itself there.</param>
    public static bool TryParse(string setting, [NotNullWhen(true)] out ApiKey? key, out string fault)
    {
        string[] parts = setting.Split(':');
        var scopes = ApiScopes.None;
        if (parts.Length != 3)
            fault = $"has {parts.Length} parts";
        else if (parts[0].Length == 0)
            fault = "has no name";
        else if (!TryParseScopes(parts[1].Split('+'), out scopes))
            fault = "has another scope";
        else if (parts[2].Length != 2 * SHA256.HashSizeInBytes || !parts[2].All(char.IsAsciiHexDigit))
            fault = $"has something else than {2 * SHA256.HashSizeInBytes} hexadecimal digits at the end";
        else
            fault = "";
        key = fault.Length == 0 ? new ApiKey(parts[0], scopes, Convert.FromHexString(parts[2])) : null;
        return key != null;
    }

    /// <summary>Of read, submit and admin, at least one.</summary>
    public static bool TryParseScopes(IEnumerable<string> names, out ApiScopes scopes)
    {
        scopes = ApiScopes.None;
        foreach (string name in names)
        {
            switch (name)
            {
                case "read": scopes |= ApiScopes.Read; break;
                case "submit": scopes |= ApiScopes.Submit; break;
                case "admin": scopes |= ApiScopes.Admin; break;
                default: return false;
            }
        }
        return scopes != ApiScopes.None;
    }

    /// <summary>read+submit, for example.</summary>
    public static string Describe(ApiScopes scopes) => string.Join('+', Enum.GetValues<ApiScopes>()
        .Where(scope => scope != ApiScopes.None && scopes.HasFlag(scope)).Select(scope => scope.ToString().ToLowerInvariant()));

    public bool Allows(ApiScopes scope) => Scopes.HasFlag(ApiScopes.Admin) || (Scopes & scope) == scope;

    /// <summary>The key that a secret is, if any; takes the same time whichever it is.</summary>
    public static ApiKey? Find(IReadOnlyList<ApiKey> keys, string secret)
    {
        byte[] hash = HashOf(secret);
        ApiKey? found = null;
        foreach (var key in keys)
        {
            if (CryptographicOperations.FixedTimeEquals(key._hash, hash))
                found = key;
        }
        return found;
    }

    private static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
