using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>Turns a row of the table into the pixels of its tile. Thread-safe.</summary>
/// <remarks>FITS 4.0, sections 10.1 to 10.4. What the bytes cannot hold is refused before room is made for it.</remarks>
internal sealed class TileDecoder
{
    private const int ZeroValue = -2147483646;               // a pixel of exactly 0 under SUBTRACTIVE_DITHER_2
    private const int BestGzipRatio = 1032;
    private const int PixelsAtOnce = 1024;

    private readonly FitsTable _table;
    private readonly int _bitpix;
    private readonly PixelScaling _scaling;
    private readonly TileCompression _compression;
    private readonly FitsColumn? _compressed, _gzipped, _plain, _scales, _zeros, _blanks;
    private readonly double? _scale, _zero;
    private readonly long? _blank;

    public TileDecoder(FitsTable table, int bitpix, PixelScaling scaling)
    {
        _table = table;
        _bitpix = bitpix;
        _scaling = scaling;
        _compression = TileCompression.Read(table.Header, What);
        _compressed = table.Find("COMPRESSED_DATA");
        _gzipped = table.Find("GZIP_COMPRESSED_DATA");
        _plain = table.Find("UNCOMPRESSED_DATA");
        _scales = table.Find("ZSCALE");
        _zeros = table.Find("ZZERO");
        _blanks = table.Find("ZBLANK");
        _scale = table.Header.GetDouble("ZSCALE");
        _zero = table.Header.GetDouble("ZZERO");
        _blank = table.Header.GetInteger("ZBLANK");
        Check();
    }

    private string What => _table.Data.What;

    /// <summary>Whether pixels are floating-point numbers that were quantised to whole ones.</summary>
    private bool IsQuantized => _bitpix < 0 && (_scales != null || _scale != null);

    /// <summary>The tile's physical values, NaN where there are none.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="tile">Its row and size.</param>
    /// <exception cref="FitsException">The tile is damaged.</exception>
    public T[] Decode<T>(Tile tile)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (Bytes(_compressed, tile) is { Length: > 0 } bytes)
        {
            return _compression.Algorithm switch
            {
                TileAlgorithm.None => FromBytes<T>(bytes, tile, IsQuantized),
                TileAlgorithm.Gzip or TileAlgorithm.GzipShuffled => FromGzip<T>(bytes, tile, IsQuantized, _compression.Algorithm == TileAlgorithm.GzipShuffled),
                _ => FromIntegers<T>(bytes, tile),
            };
        }
        if (Bytes(_gzipped, tile) is { Length: > 0 } gzipped)
            return FromGzip<T>(gzipped, tile, isQuantized: false, isShuffled: false);
        if (Bytes(_plain, tile) is { Length: > 0 } plain)
            return FromBytes<T>(plain, tile, isQuantized: false);
        throw Damaged(tile, "none of its columns holds any bytes");
    }

    private T[] FromIntegers<T>(ReadOnlySpan<byte> bytes, Tile tile)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (CannotHold(bytes, tile) is { } reason)
            throw Damaged(tile, reason);
        int[] rented = ArrayPool<int>.Shared.Rent(tile.PixelCount);
        try
        {
            var integers = rented.AsSpan(0, tile.PixelCount);
            string? problem = _compression.Algorithm switch
            {
                TileAlgorithm.Rice => RiceDecoder.Decode(bytes, integers, _compression.RiceBlockSize, _compression.RiceBytesPerPixel),
                TileAlgorithm.Hcompress => HcompressDecoder.Decode(bytes, integers, tile.Width, tile.Height, _compression.Smooth),
                _ => PlioDecoder.Decode(bytes, integers),
            };
            if (problem != null)
                throw Damaged(tile, problem);
            T[] pixels = GC.AllocateUninitializedArray<T>(tile.PixelCount);
            if (IsQuantized)
                Dequantize<T>(integers, pixels, tile);
            else
                Scale<T>(integers, pixels, tile);
            return pixels;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }

    /// <summary>Why the bytes cannot be a tile of this size; null if they can.</summary>
    private string? CannotHold(ReadOnlySpan<byte> bytes, Tile tile) => _compression.Algorithm switch
    {
        TileAlgorithm.Rice when !RiceDecoder.CanHold(bytes.Length, tile.PixelCount, _compression.RiceBlockSize, _compression.RiceBytesPerPixel) =>
            $"{bytes.Length} bytes cannot hold {tile.PixelCount} pixels",
        TileAlgorithm.Hcompress when tile.Sections != 1 => "HCOMPRESS_1 takes tiles of two axes",
        TileAlgorithm.Hcompress => HcompressDecoder.Announce(bytes, tile.Width, tile.Height),
        _ => null,
    };

    private T[] FromGzip<T>(ReadOnlySpan<byte> bytes, Tile tile, bool isQuantized, bool isShuffled)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int length = UnpackedLength(bytes, tile);
        if (length < 0)
            throw Damaged(tile, $"its {bytes.Length} gzip bytes do not end with the length of {tile.PixelCount} pixels");
        byte[] unpacked = ArrayPool<byte>.Shared.Rent(length);
        byte[] ordered = isShuffled ? ArrayPool<byte>.Shared.Rent(length) : unpacked;
        try
        {
            Gunzip(bytes, unpacked.AsSpan(0, length), tile);
            if (isShuffled)
                Unshuffle(unpacked.AsSpan(0, length), ordered, length / tile.PixelCount);
            return FromBytes<T>(ordered.AsSpan(0, length), tile, isQuantized);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(unpacked);
            if (isShuffled)
                ArrayPool<byte>.Shared.Return(ordered);
        }
    }

    /// <summary>gzip ends with the unpacked length, which must be that of the tile; -1 if it is not.</summary>
    /// <remarks>RFC 1952, section 2.3.1 (ISIZE).</remarks>
    private static int UnpackedLength(ReadOnlySpan<byte> bytes, Tile tile)
    {
        const int LeastGzip = 18;
        long length = bytes.Length < LeastGzip ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]);
        if (length == 0 || length % tile.PixelCount != 0 || length / tile.PixelCount is not (1 or 2 or 4 or 8) || length > int.MaxValue)
            return -1;
        return length <= (long)bytes.Length * BestGzipRatio ? (int)length : -1;
    }

    private unsafe void Gunzip(ReadOnlySpan<byte> bytes, Span<byte> unpacked, Tile tile)
    {
        try
        {
            fixed (byte* start = bytes)
            {
                using var stream = new UnmanagedMemoryStream(start, bytes.Length);
                using var gzip = new GZipStream(stream, CompressionMode.Decompress);
                int read = gzip.ReadAtLeast(unpacked, unpacked.Length, throwOnEndOfStream: false);
                if (read < unpacked.Length || gzip.ReadByte() >= 0)
                    throw Damaged(tile, $"its gzip bytes should unpack to {unpacked.Length} bytes, but they hold {(read < unpacked.Length ? "fewer" : "more")}");
                if (Crc32.HashToUInt32(unpacked) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^8..]))
                    throw Damaged(tile, "the checksum of its gzip bytes is wrong");
            }
        }
        catch (InvalidDataException error)
        {
            throw Damaged(tile, $"its gzip bytes are damaged ({error.Message})");
        }
    }

    /// <summary>GZIP_2: first bytes of all pixels, then second bytes, and so on.</summary>
    private static void Unshuffle(ReadOnlySpan<byte> shuffled, Span<byte> ordered, int size)
    {
        int count = shuffled.Length / size;
        for (int place = 0; place < size; place++)
        {
            var bytes = shuffled.Slice(place * count, count);
            for (int i = 0; i < bytes.Length; i++)
                ordered[i * size + place] = bytes[i];
        }
    }

    private T[] FromBytes<T>(ReadOnlySpan<byte> bytes, Tile tile, bool isQuantized)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int size = bytes.Length % tile.PixelCount == 0 ? bytes.Length / tile.PixelCount : 0;
        bool fits = isQuantized ? size == sizeof(int) : _bitpix < 0 ? size == -_bitpix / 8 : size is 1 or 2 or 4 or 8;
        if (!fits)
            throw Damaged(tile, $"its {bytes.Length} bytes should be {tile.PixelCount} pixels of {(isQuantized ? 32 : Math.Abs(_bitpix))} bits");
        T[] pixels = GC.AllocateUninitializedArray<T>(tile.PixelCount);
        if (isQuantized)
        {
            int[] integers = ArrayPool<int>.Shared.Rent(pixels.Length);
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, int>(bytes), integers);
            Dequantize<T>(integers.AsSpan(0, pixels.Length), pixels, tile);
            ArrayPool<int>.Shared.Return(integers);
            return pixels;
        }
        var scaling = _bitpix < 0 ? _scaling : _scaling with { Blank = Blank(tile) };
        Span<double> buffer = stackalloc double[PixelsAtOnce];
        for (int done = 0; done < pixels.Length;)
        {
            var part = buffer[..Math.Min(PixelsAtOnce, pixels.Length - done)];
            scaling.Convert(_bitpix < 0 ? _bitpix : 8 * size, bytes[(done * size)..], part);
            foreach (double value in part)
                pixels[done++] = T.CreateTruncating(value);
        }
        return pixels;
    }

    private void Scale<T>(ReadOnlySpan<int> integers, Span<T> pixels, Tile tile)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var scaling = _scaling with { Blank = Blank(tile) };
        for (int i = 0; i < integers.Length; i++)
            pixels[i] = T.CreateTruncating(scaling.Apply(integers[i]));
    }

    /// <summary>ZZERO + ZSCALE * (stored - random + 0.5), without the random number where there is no dithering.</summary>
    /// <remarks>FITS 4.0, section 10.2, equation 8.</remarks>
    private void Dequantize<T>(ReadOnlySpan<int> integers, Span<T> pixels, Tile tile)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double scale = Number(_scales, _scale, tile, "ZSCALE"), zero = Number(_zeros, _zero, tile, "ZZERO");
        if (scale == 0)
            throw Damaged(tile, "its ZSCALE is 0");
        long blank = Blank(tile) ?? long.MinValue;           // which no pixel can be
        var (bscale, bzero) = (_scaling.Scale, _scaling.Zero);
        if (_compression.Dither == TileDither.None)
        {
            for (int i = 0; i < integers.Length; i++)
                pixels[i] = integers[i] == blank ? T.NaN : T.CreateTruncating(bzero + bscale * (integers[i] * scale + zero));
            return;
        }
        long exactZero = _compression.Dither == TileDither.SubtractiveWithZeros ? ZeroValue : long.MinValue;
        int start = (int)((tile.Index + _compression.DitherStart - 1) % DitherSequence.Length), next = DitherSequence.Start(start);
        var random = DitherSequence.Numbers;
        for (int i = 0; i < integers.Length; i++)
        {
            int stored = integers[i];
            if (stored == blank)
                pixels[i] = T.NaN;
            else if (stored == exactZero)
                pixels[i] = T.CreateTruncating(bzero);
            else
                pixels[i] = T.CreateTruncating(bzero + bscale * ((stored - (double)random[next] + 0.5) * scale + zero));
            if (++next == random.Length)
            {
                start = (start + 1) % DitherSequence.Length;
                next = DitherSequence.Start(start);
            }
        }
    }

    /// <summary>ZBLANK of the tile, of all tiles, or BLANK of the image.</summary>
    private long? Blank(Tile tile)
    {
        if (_blanks == null)
            return _blank ?? _scaling.Blank;
        double blank = _table.Double(_blanks, tile.Index);
        return double.IsNaN(blank) ? null : (long)blank;
    }

    private double Number(FitsColumn? column, double? keyword, Tile tile, string name)
    {
        double number = column != null ? _table.Double(column, tile.Index) : keyword ?? (name == "ZZERO" ? 0 : double.NaN);
        return double.IsFinite(number) ? number : throw Damaged(tile, $"its {name} is no number");
    }

    private ReadOnlySpan<byte> Bytes(FitsColumn? column, Tile tile) => column == null ? [] : _table.Array(column, tile.Index, out _, out _);

    private void Check()
    {
        if (_compressed == null && _plain == null && _gzipped == null)
            throw new FitsException($"{What}: a tile-compressed image should have a column COMPRESSED_DATA, but there is none.");
        if (_table.Find("NULL_PIXEL_MASK") != null)
            throw new FitsException($"{What}: the image has masks of its null pixels (NULL_PIXEL_MASK), which this reader does not know: unpack it with funpack.");
        if (_bitpix > 0 && (_scales != null || _scale != null))
            throw new FitsException($"{What}: ZSCALE should go with floating-point pixels, but ZBITPIX is {_bitpix}.");
        bool takesIntegers = _compression.Algorithm is TileAlgorithm.Rice or TileAlgorithm.Hcompress or TileAlgorithm.Plio;
        if (takesIntegers && _bitpix == 64)
            throw new FitsException($"{What}: {_table.Header.Text("ZCMPTYPE")} should go with up to 32 bits a pixel, but ZBITPIX is 64.");
        if (takesIntegers && _bitpix < 0 && !IsQuantized && _compressed != null)
            throw new FitsException($"{What}: {_table.Header.Text("ZCMPTYPE")} takes whole numbers, but ZBITPIX is {_bitpix} and there is no ZSCALE.");
    }

    private FitsException Damaged(Tile tile, string problem) =>
        new($"{What}: tile {tile.Index + 1}, of {tile.Width} x {tile.Height} pixels from column {tile.FirstColumn}, row {tile.FirstRow} on, is damaged: {problem}.");
}
