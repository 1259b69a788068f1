using System.Globalization;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>What a checksum says.</summary>
public enum FitsChecksumState
{
    /// <summary>The header has none.</summary>
    Absent,

    /// <summary>It agrees.</summary>
    Valid,

    /// <summary>It does not agree: the HDU was changed or damaged.</summary>
    Wrong,
}

/// <summary>The checksums of one HDU.</summary>
/// <param name="Hdu">Its number, from 0.</param>
/// <param name="Data">DATASUM: of the data alone.</param>
/// <param name="Whole">CHECKSUM: of header and data.</param>
/// <remarks>FITS 4.0, section 4.4.2.7 and appendix J.</remarks>
public sealed record FitsChecksums(int Hdu, FitsChecksumState Data, FitsChecksumState Whole)
{
    private const int PieceLength = 1 << 20;

    internal static FitsChecksums Of(FitsFile file, FitsHdu hdu)
    {
        var data = hdu.Data;
        uint dataSum = Sum(file, data.Offset, data.End);
        uint whole = FitsChecksum.Add(Sum(file, data.HeaderOffset, data.Offset), dataSum);
        var cards = hdu is FitsImage { TileTable: { } tiles } ? tiles.Header.Cards : hdu.Header.Cards;
        var stated = cards.FirstOrDefault(card => card.Keyword == "DATASUM");
        return new(hdu.Index,
            stated == null ? FitsChecksumState.Absent : State((stated.Value as string)?.Trim() == dataSum.ToString(CultureInfo.InvariantCulture)),
            cards.Any(card => card.Keyword == "CHECKSUM") ? State(whole is 0 or uint.MaxValue) : FitsChecksumState.Absent);
    }

    private static FitsChecksumState State(bool valid) => valid ? FitsChecksumState.Valid : FitsChecksumState.Wrong;

    /// <summary>Padding that the file lacks counts as zeros.</summary>
    private static uint Sum(FitsFile file, long begin, long end)
    {
        var sum = new FitsChecksum();
        end = Math.Min(end, file.Length);
        for (long offset = begin; offset < end; offset += PieceLength)
            sum.Append(file.Bytes(offset, (int)Math.Min(PieceLength, end - offset)));
        return sum.Value;
    }
}
