using System.Buffers.Binary;
using System.Text;

namespace RadioDiffusion.TestSupport;

/// <summary>One event of a TensorBoard file: a figure, a picture, or (both null) the version of the file under its tag.</summary>
public sealed record ReadEvent(double WallTime, long Step, string Tag, float? Value, byte[]? Png, int Width, int Height);

/// <summary>Reads TensorBoard event files, written from the description of the format alone: it shares no code with the writer.</summary>
public static class EventFileReader
{
    private const uint ReversedPolynomial = 0x82f63b78;      // Castagnoli's, RFC 3720

    /// <exception cref="InvalidDataException">A check sum is wrong, or the file ends within a record.</exception>
    public static IReadOnlyList<ReadEvent> Read(byte[] file)
    {
        var events = new List<ReadEvent>();
        for (int at = 0; at < file.Length;)
        {
            if (file.Length - at < 16)
                throw new InvalidDataException($"The file ends within the record at byte {at}.");
            CheckSum(file.AsSpan(at, 8), file.AsSpan(at + 8, 4), at);
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            if (file.Length - at - 16 < length)
                throw new InvalidDataException($"The file ends within the record at byte {at}.");
            CheckSum(file.AsSpan(at + 12, length), file.AsSpan(at + 12 + length, 4), at);
            events.Add(ParseEvent(file[(at + 12)..(at + 12 + length)]));
            at += 16 + length;
        }
        return events;
    }

    /// <summary>CRC-32C, bit by bit.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xffffffff;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ ReversedPolynomial : crc >> 1;
        }
        return ~crc;
    }

    private static void CheckSum(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> stored, int at)
    {
        uint crc = Crc32C(bytes);
        uint masked = unchecked((crc >> 15 | crc << 17) + 0xa282ead8);
        if (masked != BinaryPrimitives.ReadUInt32LittleEndian(stored))
            throw new InvalidDataException($"The record at byte {at} has a wrong check sum.");
    }

    private static ReadEvent ParseEvent(byte[] bytes)
    {
        var fields = Fields(bytes);
        double time = BitConverter.ToDouble((byte[])fields[1]);
        long step = fields.TryGetValue(2, out object? number) ? (long)(ulong)number : 0;
        if (fields.TryGetValue(3, out object? version))
            return new ReadEvent(time, step, Encoding.UTF8.GetString((byte[])version), null, null, 0, 0);
        var value = Fields((byte[])Fields((byte[])fields[5])[1]);
        string tag = Encoding.UTF8.GetString((byte[])value[1]);
        if (value.TryGetValue(2, out object? scalar))
            return new ReadEvent(time, step, tag, BitConverter.ToSingle((byte[])scalar), null, 0, 0);
        var image = Fields((byte[])value[4]);
        return new ReadEvent(time, step, tag, null, (byte[])image[4], (int)(ulong)image[2], (int)(ulong)image[1]);
    }

    /// <summary>Number of a field to its value: ulong, or the bytes.</summary>
    private static Dictionary<int, object> Fields(byte[] bytes)
    {
        var fields = new Dictionary<int, object>();
        for (int at = 0; at < bytes.Length;)
        {
            ulong key = Number(bytes, ref at);
            int length = (key & 7) switch { 0 => 0, 1 => 8, 5 => 4, 2 => (int)Number(bytes, ref at), _ => throw new InvalidDataException($"A field of kind {key & 7}.") };
            fields.Add((int)(key >> 3), (key & 7) == 0 ? Number(bytes, ref at) : bytes[at..(at += length)]);
        }
        return fields;
    }

    private static ulong Number(byte[] bytes, ref int at)
    {
        ulong number = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = bytes[at++];
            number |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return number;
        }
    }
}
