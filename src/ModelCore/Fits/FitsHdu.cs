namespace RadioDiffusion.ModelCore.Fits;

/// <summary>A header with its data.</summary>
public abstract class FitsHdu
{
    private protected FitsHdu(FitsFile file, int index, FitsHeader header, string what, long dataOffset, long dataLength)
    {
        File = file;
        Index = index;
        Header = header;
        What = what;
        DataOffset = dataOffset;
        DataLength = dataLength;
    }

    /// <summary>0 for the primary HDU.</summary>
    public int Index { get; }

    public FitsHeader Header { get; }

    /// <summary>EXTNAME.</summary>
    public string? Name => Header.GetString("EXTNAME");

    private protected FitsFile File { get; }

    /// <summary>File and HDU, for messages.</summary>
    private protected string What { get; }

    private protected long DataOffset { get; }

    /// <summary>Without padding.</summary>
    private protected long DataLength { get; }

    /// <summary>Where the next HDU would begin.</summary>
    internal long End => DataOffset + (DataLength + FitsHeaderReader.BlockLength - 1) / FitsHeaderReader.BlockLength * FitsHeaderReader.BlockLength;

    internal static FitsHdu Create(FitsFile file, int index, FitsHeader header, string what, long dataOffset)
    {
        int bitpix = (int)Integer(header, "BITPIX", what, -64, 64);
        if (bitpix is not (8 or 16 or 32 or 64 or -32 or -64))
            throw new FitsException($"{what}: keyword BITPIX should be 8, 16, 32, 64, -32 or -64, but it is {bitpix}.");
        var axes = Axes(header, what);
        long elements = axes.Count == 0 ? 0 : 1;
        long parameters = header.Contains("PCOUNT") ? Integer(header, "PCOUNT", what, 0, long.MaxValue) : 0;
        long groups = header.Contains("GCOUNT") ? Integer(header, "GCOUNT", what, 0, long.MaxValue) : 1;
        long length;
        try
        {
            foreach (long axis in axes)
                elements = checked(elements * axis);
            length = checked((elements + parameters) * groups * (Math.Abs(bitpix) / 8));
        }
        catch (OverflowException)
        {
            throw new FitsException($"{what}: the axes {string.Join(" x ", axes)} of {Math.Abs(bitpix)} bits are more than any file can hold.");
        }
        if (dataOffset + length > file.Length)
        {
            throw new FitsException(
                $"{what}: the data should have {length} bytes from byte {dataOffset} on, but the file ends at byte {file.Length}: it is cut off, or a size in its header is wrong.");
        }
        return header.GetString("XTENSION") == "BINTABLE"
            ? new FitsTable(file, index, header, what, dataOffset, length)
            : new FitsImage(file, index, header, what, dataOffset, length, bitpix, axes);
    }

    private protected static long Integer(FitsHeader header, string keyword, string what, long least, long most)
    {
        if (!header.Contains(keyword))
            throw new FitsException($"{what}: keyword {keyword} is missing.");
        long? value = header.GetInteger(keyword);
        return value >= least && value <= most
            ? value.Value
            : throw new FitsException($"{what}: keyword {keyword} should be a whole number from {least} to {most}, but it is '{header.Cards.First(card => card.Keyword == keyword).Value}'.");
    }

    private static List<long> Axes(FitsHeader header, string what)
    {
        int count = (int)Integer(header, "NAXIS", what, 0, 999);
        return [.. Enumerable.Range(1, count).Select(i => Integer(header, $"NAXIS{i}", what, 0, long.MaxValue))];
    }
}
