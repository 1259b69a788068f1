using System.Buffers.Binary;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>The sum of big-endian 32-bit words with the carry brought round (ones' complement).</summary>
/// <remarks>FITS 4.0, appendix J.</remarks>
internal sealed class FitsChecksum
{
    private ulong _sum;
    private uint _partial;
    private int _partialBytes;

    public uint Value => Fold(_sum + ((ulong)_partial << (8 * (4 - _partialBytes)) & uint.MaxValue));

    public static uint Add(uint left, uint right) => Fold((ulong)left + right);

    /// <summary>Adds bytes; words may be split between calls.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (_partialBytes > 0 && bytes.Length > 0)
        {
            AppendByte(bytes[0]);
            bytes = bytes[1..];
        }
        ulong sum = 0;
        int words = bytes.Length / 4;
        for (int i = 0; i < words; i++)
            sum += BinaryPrimitives.ReadUInt32BigEndian(bytes.Slice(4 * i, 4));
        _sum = (ulong)Fold(_sum) + Fold(sum);
        foreach (byte last in bytes[(4 * words)..])
            AppendByte(last);
    }

    /// <summary>The text for CHECKSUM: with it in place of sixteen zeros, the sum over the HDU is all ones.</summary>
    /// <param name="sum">Of the HDU with CHECKSUM set to '0000000000000000'.</param>
    public static string Encode(uint sum)
    {
        uint complement = ~sum;
        Span<char> text = stackalloc char[16];
        Span<int> parts = stackalloc int[4];
        for (int place = 0; place < 4; place++)
        {
            int value = (int)(complement >> (24 - 8 * place)) & 0xff;
            parts.Fill(value / 4 + '0');
            parts[0] += value % 4;
            MakeAlphanumeric(parts);
            for (int i = 0; i < 4; i++)
                text[(4 * i + place + 1) % 16] = (char)parts[i];     // turned by one byte: the text begins in a word's last byte
        }
        return new string(text);
    }

    /// <summary>Replaces punctuation between digits and letters; the sum of each pair stays.</summary>
    private static void MakeAlphanumeric(Span<int> parts)
    {
        static bool IsPunctuation(int c) => c is > '9' and < 'A' or > 'Z' and < 'a';
        for (int i = 0; i < parts.Length; i += 2)
        {
            while (IsPunctuation(parts[i]) || IsPunctuation(parts[i + 1]))
            {
                parts[i]++;
                parts[i + 1]--;
            }
        }
    }

    private void AppendByte(byte value)
    {
        _partial = _partial << 8 | value;
        if (++_partialBytes < 4)
            return;
        _sum = (ulong)Fold(_sum) + _partial;
        (_partial, _partialBytes) = (0, 0);
    }

    private static uint Fold(ulong sum)
    {
        while (sum > uint.MaxValue)
            sum = (sum & uint.MaxValue) + (sum >> 32);
        return (uint)sum;
    }
}
