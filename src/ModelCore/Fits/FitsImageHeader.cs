using System.IO.Compression;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>The header of a file's first image; of a file compressed with gzip no more is unpacked than that.</summary>
public sealed record FitsImageHeader(FitsHeader Header, int Width, int Height)
{
    private const int LongestHeader = 4 << 20;

    /// <summary>Reads the header. Whether the data of a compressed file are whole is seen only when <see cref="FitsFile.Open"/> unpacks them.</summary>
    /// <exception cref="FitsException">The file holds no image.</exception>
    public static FitsImageHeader Read(string path)
    {
        if (ReadPacked(path) is { } found)
            return found;
        using var file = FitsFile.Open(path);
        var image = file.FirstImage();
        return new FitsImageHeader(image.Header, image.Width, image.Height);
    }

    /// <summary>An image in the primary HDU, or in the first extension behind an empty one; null where the whole file has to say more.</summary>
    private static FitsImageHeader? ReadPacked(string path)
    {
        using var stored = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (!GzipFile.IsGzip(stored))
            return null;
        using var stream = new GZipStream(stored, CompressionMode.Decompress);
        try
        {
            if (ReadHeader(stream, path, 0) is not { } primary || primary.GetBoolean("SIMPLE") == null)
                return null;
            var axes = FitsKeywords.Axes(primary, "NAXIS", path);
            if (axes.Count > 0)
                return FitsKeywords.IsRandomGroups(primary, axes) ? null : Of(primary, axes);
            return ReadHeader(stream, path, 1) is { } extension && extension.GetString("XTENSION") == "IMAGE" && extension.GetBoolean("INHERIT") != true
                ? Of(extension, FitsKeywords.Axes(extension, "NAXIS", path))
                : null;
        }
        catch (Exception error) when (error is InvalidDataException or FitsException)
        {
            return null;                                     // FitsFile.Open says what is wrong, and where
        }
    }

    private static FitsImageHeader? Of(FitsHeader header, List<long> axes) =>
        axes.Count >= 2 && axes[0] is > 0 and <= int.MaxValue && axes[1] is > 0 and <= int.MaxValue ? new FitsImageHeader(header, (int)axes[0], (int)axes[1]) : null;

    /// <summary>Blocks up to the one with the END card; null if the file ends first.</summary>
    private static FitsHeader? ReadHeader(Stream stream, string path, int index)
    {
        using var bytes = new MemoryStream();
        byte[] block = new byte[FitsHeaderReader.BlockLength];
        while (bytes.Length < LongestHeader && stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false) == block.Length)
        {
            bytes.Write(block);
            if (HasEnd(block))
                return FitsHeaderReader.Read(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), $"{path}, HDU {index}", 0, out _);
        }
        return null;
    }

    private static bool HasEnd(ReadOnlySpan<byte> block)
    {
        for (int card = 0; card < block.Length; card += FitsHeaderReader.CardLength)
        {
            if (block.Slice(card, FitsHeaderReader.CardLength).TrimEnd((byte)' ').SequenceEqual("END"u8))
                return true;
        }
        return false;
    }
}
