using System.Security.Cryptography;
using System.Text.Json;

namespace RadioDiffusion.Grains.Storage;

/// <summary>
/// One grain's state in a file: a line of JSON (grain, version, digest of the rest), then the serialised state. The digest tells
/// a whole record from a torn one, and the name tells 'x' from 'X' where the file system does not.
/// </summary>
internal sealed record GrainRecord(string Grain, string ETag, ReadOnlyMemory<byte> State)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>A record with a version that no record had before.</summary>
    public static GrainRecord Create(string grain, ReadOnlyMemory<byte> state) => new(grain, Guid.NewGuid().ToString("N"), state);

    public byte[] ToBytes()
    {
        byte[] header = JsonSerializer.SerializeToUtf8Bytes(new Header(Grain, ETag, DigestOf(State.Span)), Json);
        return [.. header, (byte)'\n', .. State.Span];
    }

    /// <summary>The record in a file; null if the file's bytes are not a whole one.</summary>
    public static GrainRecord? Parse(byte[] bytes)
    {
        int end = Array.IndexOf(bytes, (byte)'\n');
        if (end < 0)
            return null;
        try
        {
            var header = JsonSerializer.Deserialize<Header>(bytes.AsSpan(0, end), Json);
            var state = bytes.AsMemory(end + 1);
            return header is { Grain: not null, ETag: not null } && header.Sha256 == DigestOf(state.Span) ? new(header.Grain, header.ETag, state) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string DigestOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private sealed record Header(string Grain, string ETag, string Sha256);
}
