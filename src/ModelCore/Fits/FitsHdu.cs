using RadioDiffusion.ModelCore.Fits.Compression;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>A header with its data.</summary>
public abstract class FitsHdu
{
    private protected FitsHdu(FitsData data, FitsHeader header)
    {
        Data = data;
        Header = header;
    }

    /// <summary>0 for the primary HDU.</summary>
    public int Index => Data.Index;

    /// <summary>The keywords; of a tile-compressed image those of the image, not those of the table that holds it.</summary>
    public FitsHeader Header { get; }

    /// <summary>EXTNAME.</summary>
    public string? Name => Header.GetString("EXTNAME");

    /// <summary>Where the next HDU would begin.</summary>
    internal long End => Data.End;

    internal FitsData Data { get; }

    /// <summary>File and HDU, for messages.</summary>
    private protected string What => Data.What;

    internal static FitsHdu Create(FitsFile file, int index, FitsHeader header, string what, long headerOffset, long dataOffset)
    {
        int bitpix = FitsKeywords.Bitpix(header, "BITPIX", what);
        var axes = FitsKeywords.Axes(header, "NAXIS", what);
        long length = FitsKeywords.DataLength(header, bitpix, axes, what);
        if (length > file.Length - dataOffset)
        {
            throw new FitsException(
                $"{what}: the data should have {length} bytes from byte {dataOffset} on, but the file ends at byte {file.Length}: it is cut off, or a size in its header is wrong.");
        }
        var data = new FitsData(file, index, what, headerOffset, dataOffset, length);
        if (index == 0)
            return FitsKeywords.IsRandomGroups(header, axes) ? new FitsOtherHdu(data, header) : new FitsImage(data, header, bitpix, axes);
        return header.GetString("XTENSION") switch
        {
            "BINTABLE" or "A3DTABLE" when header.GetBoolean("ZIMAGE") == true => TiledImage.Open(new FitsTable(data, header)),
            "BINTABLE" or "A3DTABLE" or "TABLE" => new FitsTable(data, header),
            "IMAGE" or "IUEIMAGE" => new FitsImage(data, header, bitpix, axes),
            _ => new FitsOtherHdu(data, header),
        };
    }
}

/// <summary>An HDU whose data this reader does not interpret: random groups or an extension of another kind.</summary>
public sealed class FitsOtherHdu : FitsHdu
{
    internal FitsOtherHdu(FitsData data, FitsHeader header)
        : base(data, header)
    {
    }
}

/// <summary>Where the data of an HDU lie in its file.</summary>
/// <param name="File">The file.</param>
/// <param name="Index">Number of the HDU, from 0.</param>
/// <param name="What">File and HDU, for messages.</param>
/// <param name="HeaderOffset">Byte of the file at which the header begins.</param>
/// <param name="Offset">Byte of the file at which the data begin.</param>
/// <param name="Length">Bytes, without padding; the file has them.</param>
internal sealed record FitsData(FitsFile File, int Index, string What, long HeaderOffset, long Offset, long Length)
{
    /// <summary>Byte of the file after the padding, at which the next HDU would begin.</summary>
    public long End => Offset + (Length + FitsHeaderReader.BlockLength - 1) / FitsHeaderReader.BlockLength * FitsHeaderReader.BlockLength;

    /// <summary>Bytes of the data, in place.</summary>
    public ReadOnlySpan<byte> Bytes(long offset, int count)
    {
        if (offset < 0 || count < 0 || count > Length - offset)
            throw new FitsException($"{What}: {count} bytes from byte {offset} of the data on were asked for, but those have {Length}.");
        return File.Bytes(Offset + offset, count);
    }
}
