using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>HCOMPRESS_1: the H-transform's coefficients, bit plane by bit plane as quadtrees.</summary>
/// <remarks>FITS 4.0, section 10.4.4; White, Postman and Lattanzi (1992).</remarks>
internal static class HcompressDecoder
{
    private const int HeaderLength = 25;
    private const int MostBitPlanes = 62;

    /// <summary>
    /// Huffman codes of up to 6 bits for four bits of a quadtree's node, indexed by the next 6 bits: value and length of the code.
    /// </summary>
    private static readonly (byte Value, byte Length)[] _codes = MakeCodes();

    /// <summary>Fills <paramref name="pixels"/>.</summary>
    /// <param name="bytes">The compressed tile.</param>
    /// <param name="pixels">(height, width).</param>
    /// <param name="width">Of the tile; the bytes must say the same.</param>
    /// <param name="height">Of the tile; the bytes must say the same.</param>
    /// <param name="smooth">ZVAL of SMOOTH: whether to even out what a scale above 1 has lost.</param>
    /// <returns>Null, or what is wrong with the bytes.</returns>
    public static string? Decode(ReadOnlySpan<byte> bytes, Span<int> pixels, int width, int height, bool smooth)
    {
        if (Announce(bytes, width, height) is { } problem)
            return problem;
        long[] rented = ArrayPool<long>.Shared.Rent(pixels.Length);
        try
        {
            var coefficients = rented.AsSpan(0, pixels.Length);
            coefficients.Clear();
            int scale = BinaryPrimitives.ReadInt32BigEndian(bytes[10..]);
            problem = ReadCoefficients(bytes, coefficients, width, height);
            if (problem != null)
                return problem;
            if (scale > 1)
            {
                foreach (ref long coefficient in coefficients)
                    coefficient *= scale;
            }
            HTransform.Invert(coefficients, width, height, smooth ? scale : 0);
            return Narrow(coefficients, pixels);
        }
        finally
        {
            ArrayPool<long>.Shared.Return(rented);
        }
    }

    /// <summary>Whether the bytes announce a tile of this size; checked before anything is allocated.</summary>
    public static string? Announce(ReadOnlySpan<byte> bytes, int width, int height)
    {
        if (bytes.Length < HeaderLength)
            return $"it should begin with {HeaderLength} bytes of header, but it has {bytes.Length}";
        if (bytes[0] != 0xdd || bytes[1] != 0x99)
            return $"it should begin with the bytes DD 99, but it begins with {bytes[0]:X2} {bytes[1]:X2}";
        int rows = BinaryPrimitives.ReadInt32BigEndian(bytes[2..]), columns = BinaryPrimitives.ReadInt32BigEndian(bytes[6..]);
        if (rows != height || columns != width)
            return $"it should hold {width} x {height} pixels, but it announces {columns} x {rows}";
        if (BinaryPrimitives.ReadInt32BigEndian(bytes[10..]) < 0)
            return "its scale is negative";
        return bytes[22] <= MostBitPlanes && bytes[23] <= MostBitPlanes && bytes[24] <= MostBitPlanes
            ? null
            : $"it should have up to {MostBitPlanes} bit planes, but it announces {bytes[22]}, {bytes[23]} and {bytes[24]}";
    }

    private static string? ReadCoefficients(ReadOnlySpan<byte> bytes, Span<long> coefficients, int width, int height)
    {
        long sum = BinaryPrimitives.ReadInt64BigEndian(bytes[14..]);
        int left = (width + 1) / 2, top = (height + 1) / 2;          // the quadrant of sums; the others hold differences
        var reader = new BitReader(bytes[HeaderLength..]);
        byte[] nodes = ArrayPool<byte>.Shared.Rent(Math.Max(1, ((left + 1) / 2) * ((top + 1) / 2)));
        try
        {
            bool read = ReadQuadrant(ref reader, coefficients, width, left, top, bytes[22], nodes)
                && ReadQuadrant(ref reader, coefficients[Math.Min(left, coefficients.Length)..], width, width / 2, top, bytes[23], nodes)
                && ReadQuadrant(ref reader, coefficients[Math.Min(width * top, coefficients.Length)..], width, left, height / 2, bytes[23], nodes)
                && ReadQuadrant(ref reader, coefficients[Math.Min(width * top + left, coefficients.Length)..], width, width / 2, height / 2, bytes[24], nodes);
            if (!read)
                return reader.IsPastEnd ? "it ends inside its bit planes" : "a bit plane has an unknown form";
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(nodes);
        }
        if (reader.Take(4) != 0)
            return "its bit planes do not end where they should";
        reader.AlignToByte();
        foreach (ref long coefficient in coefficients)
        {
            if (coefficient != 0 && reader.Take(1) != 0)
                coefficient = -coefficient;
        }
        coefficients[0] = sum;
        return reader.IsPastEnd ? "it ends inside its signs" : null;
    }

    /// <summary>All bit planes of one quadrant, the highest first.</summary>
    private static bool ReadQuadrant(ref BitReader reader, Span<long> quadrant, int stride, int width, int height, int bitPlanes, byte[] nodes)
    {
        const uint Direct = 0, Quadtree = 15;
        if (width == 0 || height == 0)
        {
            // A tile of one row or column has empty quadrants: their planes are empty too.
            for (int plane = 0; plane < bitPlanes; plane++)
            {
                uint empty = reader.Take(4);
                if ((empty != Direct && (empty != Quadtree || TakeNode(ref reader) != 0)) || reader.IsPastEnd)
                    return false;
            }
            return true;
        }
        for (int plane = bitPlanes - 1; plane >= 0; plane--)
        {
            uint form = reader.Take(4);
            if (form == Direct)
            {
                for (int i = 0; i < (width + 1) / 2 * ((height + 1) / 2); i++)
                    nodes[i] = (byte)reader.Take(4);
            }
            else if (form == Quadtree)
            {
                ReadQuadtree(ref reader, nodes, width, height);
            }
            else
            {
                return false;
            }
            if (reader.IsPastEnd)
                return false;
            AddPlane(quadrant, stride, width, height, nodes, plane);
        }
        return true;
    }

    /// <summary>Reads the nodes of the lowest level: from the root, every level has twice as many along each side.</summary>
    private static void ReadQuadtree(ref BitReader reader, byte[] nodes, int width, int height)
    {
        int levels = BitOperations.Log2((uint)Math.Max(width, height) * 2 - 1);
        nodes[0] = TakeNode(ref reader);
        for (int level = levels - 1; level >= 1; level--)
        {
            int columns = Halved(width, level), rows = Halved(height, level);
            Split(nodes, columns, rows);
            for (int i = columns * rows - 1; i >= 0; i--)
            {
                if (nodes[i] != 0)
                    nodes[i] = TakeNode(ref reader);
            }
            if (reader.IsPastEnd)
                return;
        }
    }

    /// <summary>A side after so many halvings, each rounded up.</summary>
    private static int Halved(int length, int times) => (int)((length + (1L << times) - 1) >> times);

    /// <summary>Turns the nodes of (rows + 1) / 2 by (columns + 1) / 2 into their four bits each: 0 or 1 per node of the next level.</summary>
    private static void Split(byte[] nodes, int columns, int rows)
    {
        int parents = (columns + 1) / 2;
        for (int row = (rows + 1) / 2 - 1; row >= 0; row--)  // from the end: the children need more room than their parents
        {
            for (int column = parents - 1; column >= 0; column--)
            {
                byte node = nodes[row * parents + column];
                int child = 2 * row * columns + 2 * column;
                bool right = 2 * column + 1 < columns, below = 2 * row + 1 < rows;
                if (right && below)
                    nodes[child + columns + 1] = (byte)(node & 1);
                if (below)
                    nodes[child + columns] = (byte)((node >> 1) & 1);
                if (right)
                    nodes[child + 1] = (byte)((node >> 2) & 1);
                nodes[child] = (byte)((node >> 3) & 1);
            }
        }
    }

    private static void AddPlane(Span<long> quadrant, int stride, int width, int height, byte[] nodes, int plane)
    {
        int index = 0;
        for (int row = 0; row < height; row += 2)
        {
            for (int column = 0; column < width; column += 2)
            {
                long node = nodes[index++];
                if (node == 0)
                    continue;
                int first = row * stride + column;
                bool right = column + 1 < width, below = row + 1 < height;
                quadrant[first] |= ((node >> 3) & 1) << plane;
                if (right)
                    quadrant[first + 1] |= ((node >> 2) & 1) << plane;
                if (below)
                    quadrant[first + stride] |= ((node >> 1) & 1) << plane;
                if (right && below)
                    quadrant[first + stride + 1] |= (node & 1) << plane;
            }
        }
    }

    private static byte TakeNode(ref BitReader reader)
    {
        var (value, length) = _codes[reader.Peek6()];
        reader.Take(length);
        return value;
    }

    /// <summary>The fixed code of White et al. (1992): nodes with one bit set are the most frequent ones.</summary>
    private static (byte Value, byte Length)[] MakeCodes()
    {
        string[] codes =
        [
            "111110", "000", "001", "1000", "010", "1001", "11010", "11011",
            "011", "11100", "1010", "11101", "1011", "11110", "111111", "1100",
        ];
        var table = new (byte, byte)[64];
        for (byte value = 0; value < codes.Length; value++)
        {
            int free = 6 - codes[value].Length, first = Convert.ToInt32(codes[value], 2) << free;
            for (int i = 0; i < 1 << free; i++)
                table[first + i] = (value, (byte)codes[value].Length);
        }
        return table;
    }

    private static string? Narrow(ReadOnlySpan<long> values, Span<int> pixels)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] != (int)values[i])
                return $"pixel {i} comes out as {values[i]}, which is beyond 32 bits";
            pixels[i] = (int)values[i];
        }
        return null;
    }
}
