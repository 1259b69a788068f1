using System.Globalization;
using System.Numerics;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>How a FITS file keeps the cells of a MOC.</summary>
public enum MocPackaging
{
    /// <summary>NUNIQ: a number for each cell; every program reads it.</summary>
    Cells,

    /// <summary>RANGE, new in MOC 2.0: two numbers for each range of cells of order 29; shorter for what has a long border.</summary>
    Ranges,
}

/// <summary>MOCs as FITS files.</summary>
/// <remarks>MOC 2.0 (IVOA 2022), "Binary serialization" and "FITS keywords". MOC 1.0 and 1.1 (NUNIQ, MOCORDER) are read as well.</remarks>
public static class MocFits
{
    /// <summary>uniq = 4 * 4^order + pixel begins at 4 and ends before this.</summary>
    private const long UniqEnd = 16L << (2 * Healpix.LastOrder);

    /// <param name="path">The file; it is there whole or not at all.</param>
    /// <param name="moc">What is written.</param>
    /// <param name="packaging">How.</param>
    /// <param name="name">EXTNAME.</param>
    public static void Write(string path, Moc moc, MocPackaging packaging = MocPackaging.Cells, string name = "MOC") =>
        FitsWriter.WriteTable(path, [Column(moc, packaging)], Cards(moc, packaging), name);

    /// <inheritdoc cref="Write(string, Moc, MocPackaging, string)"/>
    public static void Write(Stream stream, Moc moc, MocPackaging packaging = MocPackaging.Cells, string name = "MOC") =>
        FitsWriter.WriteTable(stream, [Column(moc, packaging)], Cards(moc, packaging), name);

    /// <exception cref="FitsException">It is no FITS file, or its first table is no MOC of the sky in the ICRS.</exception>
    public static Moc Read(string path)
    {
        using var file = FitsFile.Open(path);
        var table = file.FirstTable();
        string what = $"{path}, HDU {table.Index}";
        Expect(table.Header, "MOCDIM", "SPACE", "a MOC of the sky", what);
        Expect(table.Header, "PIXTYPE", "HEALPIX", "HEALPix cells", what);
        Expect(table.Header, "COORDSYS", "C", "the ICRS", what);
        int order = Order(table.Header, what);
        if (table.Columns is not [{ Repeat: 1 } column])
        {
            throw new FitsException($"{what}: a MOC should be a table of one column with one number in a row, but it has "
                + $"{table.Columns.Count} columns{(table.Columns.Count == 1 ? $" with {table.Columns[0].Repeat} numbers" : "")}.");
        }
        long[] numbers = table.ReadIntegers(column.Name);
        string ordering = (table.Header.GetString("ORDERING") ?? "").Trim().ToUpperInvariant();
        return ordering switch
        {
            "NUNIQ" => Moc.FromCells(numbers.Select((uniq, row) => Cell(uniq, $"{what}, row {row + 1}")), order),
            "RANGE" => Moc.FromRanges(Ranges(numbers, what), order),
            _ => throw new FitsException($"{what}: keyword ORDERING should be NUNIQ or RANGE in a MOC, but it is '{ordering}'."),
        };
    }

    private static FitsIntegerColumn Column(Moc moc, MocPackaging packaging)
    {
        const string form = "1K";                                            // as in the standard's example: some readers know no other spelling of K
        return packaging == MocPackaging.Cells
            ? new FitsIntegerColumn("UNIQ", null, [.. moc.Cells.Select(cell => (4L << (2 * cell.Order)) + cell.Pixel).Order()]) { Form = form }
            : new FitsIntegerColumn("RANGE", null, [.. moc.Ranges.SelectMany(range => (long[])[range.Start, range.End])]) { Form = form };
    }

    private static FitsHeader Cards(Moc moc, MocPackaging packaging)
    {
        var header = new FitsHeader();
        header.Set("MOCVERS", "2.0", "MOC standard version");
        header.Set("MOCDIM", "SPACE", "physical dimension");
        header.Set("ORDERING", packaging == MocPackaging.Cells ? "NUNIQ" : "RANGE", "coding of the cells");
        header.Set("COORDSYS", "C", "ICRS reference frame");
        header.Set("MOCORD_S", (long)moc.Order, "MOC resolution (best order)");
        header.Set("MOCORDER", (long)moc.Order, "the same for readers of MOC 1");
        header.Set("MOCTOOL", "RadioDiffusion", "name of the MOC generator");
        return header;
    }

    /// <summary>The first standard asks for a keyword, later ones take it for granted.</summary>
    private static void Expect(FitsHeader header, string keyword, string expected, string meaning, string what)
    {
        if (header.Contains(keyword) && !expected.Equals(header.GetString(keyword)?.Trim(), StringComparison.OrdinalIgnoreCase))
            throw new FitsException($"{what}: keyword {keyword} should be {expected} ({meaning}), but it is '{header.Text(keyword)}'.");
    }

    /// <summary>0 if the file does not say: the cells do.</summary>
    private static int Order(FitsHeader header, string what)
    {
        string keyword = header.Contains("MOCORD_S") ? "MOCORD_S" : "MOCORDER";
        if (!header.Contains(keyword))
            return 0;
        return int.TryParse(header.Text(keyword).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int order) && order <= Healpix.LastOrder    // MOCPy writes it as text
            ? order
            : throw new FitsException($"{what}: keyword {keyword} should be a whole number from 0 to {Healpix.LastOrder}, but it is '{header.Text(keyword)}'.");
    }

    private static HealpixCell Cell(long uniq, string where)
    {
        if (uniq is < 4 or >= UniqEnd)
            throw new FitsException($"{where}: a cell (4 * 4^order + pixel) should be 4 to {UniqEnd - 1}, but it is {uniq}.");
        int order = BitOperations.Log2((ulong)uniq) / 2 - 1;
        return new HealpixCell(order, uniq - (4L << (2 * order)));
    }

    private static List<MocRange> Ranges(long[] numbers, string what)
    {
        if (numbers.Length % 2 != 0)
            throw new FitsException($"{what}: ranges should have two rows each, but there are {numbers.Length} rows.");
        var ranges = new List<MocRange>(numbers.Length / 2);
        for (int row = 0; row < numbers.Length; row += 2)
        {
            var (start, end) = (numbers[row], numbers[row + 1]);
            if (start < 0 || start >= end || end > MocRange.AllSky.End)
                throw new FitsException($"{what}, rows {row + 1} and {row + 2}: a range should begin at 0 or more and end after that, at {MocRange.AllSky.End} at most, but it goes from {start} to {end}.");
            ranges.Add(new MocRange(start, end));
        }
        return ranges;
    }
}
