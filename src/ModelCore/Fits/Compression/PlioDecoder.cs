using System.Buffers.Binary;

namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>PLIO_1: run lengths of IRAF pixel masks, instructions of 16 bits.</summary>
/// <remarks>FITS 4.0, section 10.4.3: four bits of operation, twelve bits of data; pixels from 0 to 2^24 - 1.</remarks>
internal static class PlioDecoder
{
    private const int OldHeader = 3, NewHeader = 7;

    /// <summary>Fills <paramref name="pixels"/>.</summary>
    /// <returns>Null, or what is wrong with the bytes.</returns>
    public static string? Decode(ReadOnlySpan<byte> bytes, Span<int> pixels)
    {
        int words = bytes.Length / 2;
        if (bytes.Length % 2 != 0 || words < OldHeader)
            return $"it should consist of 16-bit words, a header first, but it has {bytes.Length} bytes";
        // A positive third word is the length of a line list of the old form; otherwise the fourth and fifth give it.
        int third = Word(bytes, 2);
        if (third <= 0 && words < NewHeader)
            return "it ends inside its header";
        int length = third > 0 ? third : Word(bytes, 3) + (Word(bytes, 4) << 15);
        int first = third > 0 ? OldHeader : Word(bytes, 1);
        if (length > words || first < OldHeader || first > length)
            return $"its header announces instructions from word {first} to {length}, but it has {words} words";

        int done = 0, high = 1;
        for (int i = first; i < length; i++)
        {
            int word = Word(bytes, i), operation = (word >> 12) & 15, data = word & 0xfff;
            int written = 0;
            switch (operation)
            {
                case 0:                                      // zeros
                    written = Fill(pixels, done, data, 0);
                    break;
                case 4:                                      // the high value
                    written = Fill(pixels, done, data, high);
                    break;
                case 5:                                      // zeros, the last one is the high value
                    written = Fill(pixels, done, data, 0);
                    if (written > 0)
                        pixels[done + written - 1] = high;
                    break;
                case 1:                                      // set the high value, with 12 more bits in the next word
                    if (++i >= length)
                        return $"the instruction at word {i - 1} lacks its second word";
                    high = ((Word(bytes, i) & 0xfff) << 12) | data;
                    break;
                case 2:
                    high += data;
                    break;
                case 3:
                    high -= data;
                    break;
                case 6:                                      // change the high value and write one pixel
                    high += data;
                    written = Fill(pixels, done, 1, high);
                    break;
                case 7:
                    high -= data;
                    written = Fill(pixels, done, 1, high);
                    break;
                default:
                    return $"the operation {operation} at word {i} does not exist";
            }
            if (written < 0)
                return $"the instruction at word {i} runs past the tile's {pixels.Length} pixels";
            done += written;
        }
        pixels[done..].Clear();
        return null;
    }

    private static int Fill(Span<int> pixels, int start, int count, int value)
    {
        if (count > pixels.Length - start)
            return -1;
        pixels.Slice(start, count).Fill(value);
        return count;
    }

    private static int Word(ReadOnlySpan<byte> bytes, int index) => BinaryPrimitives.ReadInt16BigEndian(bytes[(2 * index)..]);
}
