using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>RICE_1: differences of neighbouring pixels, split into a unary and a binary part.</summary>
/// <remarks>FITS 4.0, section 10.4.1; Rice, Yeh and Miller (1993).</remarks>
internal static class RiceDecoder
{
    /// <summary>Whether so many bytes can hold so many pixels at all: a block takes no less than its code.</summary>
    public static bool CanHold(int byteCount, long pixelCount, int blockSize, int bytesPerPixel) =>
        byteCount >= bytesPerPixel && pixelCount <= ((byteCount - bytesPerPixel) * 8L / CodeBits(bytesPerPixel) + 1) * blockSize;

    /// <summary>Fills <paramref name="pixels"/>.</summary>
    /// <param name="bytes">The compressed tile.</param>
    /// <param name="pixels">One byte a pixel is unsigned, two and four are signed.</param>
    /// <param name="blockSize">ZVAL of BLOCKSIZE, pixels.</param>
    /// <param name="bytesPerPixel">ZVAL of BYTEPIX: 1, 2 or 4.</param>
    /// <returns>Null, or what is wrong with the bytes.</returns>
    public static string? Decode(ReadOnlySpan<byte> bytes, Span<int> pixels, int blockSize, int bytesPerPixel)
    {
        if (bytes.Length < bytesPerPixel)
            return "it ends inside its first pixel";
        int bits = 8 * bytesPerPixel, codeBits = CodeBits(bytesPerPixel), rawCode = RawCode(bytesPerPixel);
        uint last = bytesPerPixel switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            _ => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        };
        var reader = new BitReader(bytes[bytesPerPixel..]);
        for (int start = 0; start < pixels.Length; start += blockSize)
        {
            var block = pixels.Slice(start, Math.Min(blockSize, pixels.Length - start));
            int split = (int)reader.Take(codeBits) - 1;
            if (split < 0)
                block.Fill((int)last);
            else if (split == rawCode)
                ReadRaw(ref reader, block, bits, ref last);
            else if (split > rawCode)
                return $"the code {split + 1} of the block at pixel {start} does not exist";
            else if (!ReadSplit(ref reader, block, split, ref last))
                return $"it ends inside the block at pixel {start}";
            if (reader.IsPastEnd)
                return $"it ends inside the block at pixel {start}";
        }
        Narrow(pixels, bytesPerPixel);
        return reader.UntouchedBytes > bytesPerPixel ? $"{reader.UntouchedBytes} bytes are left over" : null;
    }

    private static void ReadRaw(ref BitReader reader, Span<int> block, int bits, ref uint last)
    {
        for (int i = 0; i < block.Length; i++)
        {
            last += Unfold(reader.Take(bits));
            block[i] = (int)last;
        }
    }

    private static bool ReadSplit(ref BitReader reader, Span<int> block, int split, ref uint last)
    {
        var folded = MemoryMarshal.Cast<int, uint>(block);
        for (int i = reader.TakeSplit(folded, split); i < folded.Length; i++)
        {
            int high = reader.TakeZeros();
            if (high < 0)
                return false;
            folded[i] = ((uint)high << split) | reader.Take(split);
        }
        uint sum = last;
        for (int i = 0; i < folded.Length; i++)
        {
            sum += Unfold(folded[i]);
            folded[i] = sum;
        }
        last = sum;
        return true;
    }

    /// <summary>0, 1, 2, 3, 4 stand for the differences 0, -1, 1, -2, 2.</summary>
    private static uint Unfold(uint folded) => (folded >> 1) ^ (0u - (folded & 1));

    /// <summary>Sums were made modulo 2^32; those of smaller pixels count modulo 2^8 or 2^16.</summary>
    private static void Narrow(Span<int> pixels, int bytesPerPixel)
    {
        if (bytesPerPixel == 4)
            return;
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = bytesPerPixel == 1 ? (byte)pixels[i] : (short)pixels[i];
    }

    private static int CodeBits(int bytesPerPixel) => bytesPerPixel switch { 1 => 3, 2 => 4, _ => 5 };

    /// <summary>The code, less one, of a block whose differences are not split.</summary>
    private static int RawCode(int bytesPerPixel) => bytesPerPixel switch { 1 => 6, 2 => 14, _ => 25 };
}
