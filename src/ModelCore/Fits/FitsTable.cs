using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>A binary or ASCII table.</summary>
/// <remarks>FITS 4.0, section 7. Reading is thread-safe.</remarks>
public sealed class FitsTable : FitsHdu
{
    private const double TwoTo63 = 9223372036854775808.0;
    private const int MostHeapUses = 4;
    private readonly int _rowLength;
    private readonly long _heapOffset;

    internal FitsTable(FitsData data, FitsHeader header)
        : base(data, header)
    {
        IsAscii = header.GetString("XTENSION") == "TABLE";
        FitsKeywords.Integer(header, "BITPIX", What, 8, 8);
        FitsKeywords.Integer(header, "NAXIS", What, 2, 2);
        _rowLength = (int)FitsKeywords.Integer(header, "NAXIS1", What, 0, int.MaxValue);
        RowCount = FitsKeywords.Integer(header, "NAXIS2", What, 0, int.MaxValue);
        if (header.Contains("GCOUNT"))
            FitsKeywords.Integer(header, "GCOUNT", What, 1, 1);
        if (_rowLength == 0 && RowCount > 0)
            throw new FitsException($"{What}: keyword NAXIS1 should be the bytes of a row, but it is 0 for {RowCount} rows.");
        long rows = _rowLength * RowCount;
        _heapOffset = header.Contains("THEAP") ? FitsKeywords.Integer(header, "THEAP", What, rows, data.Length) : rows;
        Columns = FitsColumn.Read(header, IsAscii, _rowLength, What);
    }

    /// <summary>XTENSION = TABLE: every field is text.</summary>
    public bool IsAscii { get; }

    public long RowCount { get; }

    public IReadOnlyList<FitsColumn> Columns { get; }

    /// <summary>NAXIS1: bytes in a row.</summary>
    internal int RowLength => _rowLength;

    /// <summary>Names of columns do not distinguish case.</summary>
    public bool HasColumn(string name) => Find(name) != null;

    /// <summary>Some rows as they are stored, in place.</summary>
    internal ReadOnlySpan<byte> RowBytes(long first, int count) => Data.Bytes(first * _rowLength, checked(count * _rowLength));

    /// <summary>First element of each row, scaled; NaN where TNULL says there is none, and for a logical value that is neither T nor F.</summary>
    public double[] ReadDoubles(string column)
    {
        var found = Column(column);
        double[] values = new double[RowCount];
        ReadDoubles(found, 0, values);
        return values;
    }

    /// <summary>As <see cref="ReadDoubles(string)"/>, of the rows from <paramref name="firstRow"/> (zero-based) on, as many as there is room for.</summary>
    public void ReadDoubles(string column, long firstRow, Span<double> destination)
    {
        CheckRows(firstRow, destination.Length);
        ReadDoubles(Column(column), firstRow, destination);
    }

    /// <summary>First element of each row of a column of whole numbers, scaled; a null is the stored number (TNULL), a logical one 0.</summary>
    public long[] ReadIntegers(string column)
    {
        var found = Column(column);
        long[] values = new long[RowCount];
        ReadIntegers(found, 0, values);
        return values;
    }

    /// <summary>As <see cref="ReadIntegers(string)"/>, of the rows from <paramref name="firstRow"/> (zero-based) on, as many as there is room for.</summary>
    public void ReadIntegers(string column, long firstRow, Span<long> destination)
    {
        CheckRows(firstRow, destination.Length);
        ReadIntegers(Column(column), firstRow, destination);
    }

    /// <summary>
    /// All elements of each row, scaled; NaN where TNULL says there is none. Bits and logical values are 0 and 1. Of an array of several
    /// dimensions (TDIM) the first index runs fastest. Arrays of variable length are read from the heap.
    /// </summary>
    public double[][] ReadArrays(string column)
    {
        var found = Column(column);
        double[][] values = new double[RowCount][];
        long used = 0;
        for (int row = 0; row < values.Length; row++)
        {
            var bytes = Array(found, row, out var element, out int count);
            used += bytes.Length;
            if (found.HeapType != null && used > MostHeapUses * Data.Length)
            {
                throw new FitsException($"{What}: the arrays of column '{column}' up to row {row + 1} have {used} bytes together, more than {MostHeapUses} times the whole data:"
                    + $" their descriptors overlap. If that is meant, read single rows ({nameof(ReadArray)}).");
            }
            values[row] = Elements(element, bytes, count, row);
        }
        return values;
    }

    /// <summary>The elements of one row (zero-based), as <see cref="ReadArrays"/> gives them.</summary>
    public double[] ReadArray(string column, long row)
    {
        CheckRows(row, 1);
        var bytes = Array(Column(column), row, out var element, out int count);
        return Elements(element, bytes, count, row);
    }

    /// <summary>Text without trailing blanks; numbers are written out, nulls are empty.</summary>
    public string[] ReadStrings(string column)
    {
        Column(column);
        string[] values = new string[RowCount];
        ReadStrings(column, 0, values);
        return values;
    }

    /// <summary>As <see cref="ReadStrings(string)"/>, of the rows from <paramref name="firstRow"/> (zero-based) on, as many as there is room for.</summary>
    public void ReadStrings(string column, long firstRow, Span<string> destination)
    {
        CheckRows(firstRow, destination.Length);
        var found = Column(column);
        for (int i = 0; i < destination.Length; i++)
            destination[i] = Written(found, Cell(found, firstRow + i), firstRow + i);
    }

    /// <summary>The stored bytes of one row's array (zero-based), with its element type and count; empty where there is none.</summary>
    internal ReadOnlySpan<byte> Array(FitsColumn column, long row, out FitsColumn element, out int count)
    {
        var cell = Cell(column, row);
        count = column.Repeat;
        element = column;
        if (column.TextForm != null)
            count = 1;
        if (column.HeapType is not { } type)
            return cell[..(column.Type == 'X' ? (column.Repeat + 7) / 8 : column.Repeat * FitsColumn.SizeOf(column.Type))];
        element = column with { Type = type, Repeat = 1, HeapType = null };
        return HeapArray(column, cell, type, row, out count);
    }

    internal FitsColumn? Find(string name) => Columns.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    internal double Double(FitsColumn column, long row) => Double(column, Cell(column, row), row);

    private void ReadDoubles(FitsColumn column, long firstRow, Span<double> values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = Double(column, Cell(column, firstRow + i), firstRow + i);
    }

    private void ReadIntegers(FitsColumn column, long firstRow, Span<long> values)
    {
        if (column.Type is not ('B' or 'I' or 'J' or 'K' or 'L') && column.TextForm != 'I')
            throw new FitsException($"{What}: column '{column.Name}' should hold whole numbers, but its TFORM is {column.TextForm ?? column.Type}.");
        if (column.Scale != Math.Floor(column.Scale) || column.Zero != Math.Floor(column.Zero) || Math.Abs(column.Scale) >= TwoTo63 || Math.Abs(column.Zero) > TwoTo63)
            throw new FitsException($"{What}: column '{column.Name}' should hold whole numbers, but TSCAL is {column.Scale} and TZERO is {column.Zero}: read it as floating point.");
        for (int i = 0; i < values.Length; i++)
            values[i] = Integer(column, Cell(column, firstRow + i), firstRow + i);
    }

    private long Integer(FitsColumn column, ReadOnlySpan<byte> cell, long row)
    {
        if (column.Repeat == 0)
            throw new FitsException($"{What}: column '{column.Name}' has no elements (TFORM {column.Repeat}{column.Type}).");
        Int128 value = (Int128)column.Zero + (Int128)column.Scale * (column.Type == 'A' ? Whole(column, cell, row) : Stored(column, cell));
        return value >= long.MinValue && value <= long.MaxValue
            ? (long)value
            : throw new FitsException($"{What}: column '{column.Name}', row {row + 1} holds {value}, which is beyond 64 bits: read it as floating point.");
    }

    private double[] Elements(FitsColumn column, ReadOnlySpan<byte> bytes, int count, long row)
    {
        if (column is { Type: 'A', TextForm: null })
            throw new FitsException($"{What}: column '{column.Name}' holds text: read it with {nameof(ReadStrings)}.");
        double[] values = new double[count];
        int size = FitsColumn.SizeOf(column.Type);
        for (int i = 0; i < count; i++)
            values[i] = column.Type == 'X' ? Bit(bytes, i) : Double(column, bytes[(i * size)..], row);
        return values;
    }

    private ReadOnlySpan<byte> HeapArray(FitsColumn column, ReadOnlySpan<byte> cell, char type, long row, out int length)
    {
        length = 0;
        if (column.Repeat == 0)
            return [];
        long count = column.Type == 'P' ? BinaryPrimitives.ReadInt32BigEndian(cell) : BinaryPrimitives.ReadInt64BigEndian(cell);
        long begin = column.Type == 'P' ? BinaryPrimitives.ReadInt32BigEndian(cell[4..]) : BinaryPrimitives.ReadInt64BigEndian(cell[8..]);
        if (count == 0)
            return [];
        long room = Data.Length - _heapOffset - begin;
        long most = begin < 0 || room < 0 ? -1 : type == 'X' ? Math.Min(room, long.MaxValue / 8) * 8 : room / FitsColumn.SizeOf(type);
        if (count < 0 || count > most || count > System.Array.MaxLength)
        {
            throw new FitsException($"{What}: column '{column.Name}', row {row + 1} points to {count} elements of type {type} at byte {begin} of the heap,"
                + $" but the heap has {Data.Length - _heapOffset} bytes.");
        }
        length = (int)count;
        long bytes = type == 'X' ? (count + 7) / 8 : count * FitsColumn.SizeOf(type);
        if (bytes > int.MaxValue)
            throw new FitsException($"{What}: column '{column.Name}', row {row + 1} holds an array of {bytes} bytes, but this reader takes {int.MaxValue} at most.");
        return Data.Bytes(_heapOffset + begin, (int)bytes);
    }

    private double Double(FitsColumn column, ReadOnlySpan<byte> cell, long row)
    {
        if (column.Repeat == 0)
            return double.NaN;
        switch (column.Type)
        {
            case 'D':
                return column.Zero + column.Scale * BinaryPrimitives.ReadDoubleBigEndian(cell);
            case 'E':
                return column.Zero + column.Scale * BinaryPrimitives.ReadSingleBigEndian(cell);
            case 'A':
                return column.TextForm is null or 'A' ? FitsNumber.TryParse(Text(cell[..column.Repeat]), out double number) ? number : double.NaN : Parsed(column, cell, row);
            case 'L':
                return cell[0] switch { (byte)'T' => 1, (byte)'F' => 0, _ => double.NaN };
            case 'X':
                return Bit(cell, 0);
            case 'B' or 'I' or 'J' or 'K':
                long stored = Stored(column, cell);
                if (stored == column.Null)
                    return double.NaN;
                return column.Zero == TwoTo63 && column.Scale == 1 ? (ulong)stored ^ (1UL << 63) : column.Zero + column.Scale * stored;
            default:
                throw new FitsException($"{What}: column '{column.Name}' should hold numbers, but its TFORM is {column.Type}{column.HeapType}"
                    + (column.HeapType is null ? "." : $": read it with {nameof(ReadArrays)}."));
        }
    }

    /// <summary>A number of an ASCII table: TNULL is NaN, blanks are 0, a missing decimal point is implied by the format.</summary>
    private double Parsed(FitsColumn column, ReadOnlySpan<byte> cell, long row)
    {
        string text = Text(cell[..column.Repeat]).Trim();
        if (text == column.NullText)
            return double.NaN;
        if (text.Length == 0)
            return column.Zero;
        if (!FitsNumber.TryParse(text, out double number))
            throw new FitsException($"{What}: column '{column.Name}', row {row + 1} should hold a number, but it holds '{text}'.");
        if (column.TextForm != 'I' && column.ImpliedDecimals > 0 && !text.Contains('.'))
            number /= Math.Pow(10, column.ImpliedDecimals);
        return column.Zero + column.Scale * number;
    }

    private long Whole(FitsColumn column, ReadOnlySpan<byte> cell, long row)
    {
        string text = Text(cell[..column.Repeat]).Trim();
        if (text.Length == 0)
            return 0;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)
            ? whole
            : throw new FitsException($"{What}: column '{column.Name}', row {row + 1} should hold a whole number, but it holds '{text}'.");
    }

    /// <summary>A cell as text; whole numbers in full, not by way of floating point.</summary>
    private string Written(FitsColumn column, ReadOnlySpan<byte> cell, long row)
    {
        if (column.Type == 'A')
            return Text(cell[..column.Repeat]);
        if (column.HeapType == 'A')
            return Text(HeapArray(column, cell, 'A', row, out _));
        if (column is { Type: 'B' or 'I' or 'J' or 'K', Repeat: > 0 } && column.Scale == 1 && column.Zero == Math.Floor(column.Zero) && Math.Abs(column.Zero) <= TwoTo63)
            return Stored(column, cell) == column.Null ? "" : ((Int128)column.Zero + Stored(column, cell)).ToString(CultureInfo.InvariantCulture);
        double number = Double(column, cell, row);
        return double.IsNaN(number) ? "" : number.ToString("R", CultureInfo.InvariantCulture);
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]).TrimEnd();
    }

    /// <summary>Bits are counted from the most significant one.</summary>
    private static int Bit(ReadOnlySpan<byte> bytes, int index) => (bytes[index / 8] >> (7 - index % 8)) & 1;

    private static long Stored(FitsColumn column, ReadOnlySpan<byte> cell) => column.Type switch
    {
        'L' => cell[0] == 'T' ? 1 : 0,
        'B' => cell[0],
        'I' => BinaryPrimitives.ReadInt16BigEndian(cell),
        'J' => BinaryPrimitives.ReadInt32BigEndian(cell),
        _ => BinaryPrimitives.ReadInt64BigEndian(cell),
    };

    private ReadOnlySpan<byte> Cell(FitsColumn column, long row) => Data.Bytes(row * _rowLength + column.Offset, _rowLength - column.Offset);

    private FitsColumn Column(string name)
    {
        var found = Find(name) ?? throw new FitsException($"{What}: there is no column '{name}'; there are {string.Join(", ", Columns.Select(column => column.Name))}.");
        return Header.GetBoolean("ZTABLE") == true
            ? throw new FitsException($"{What} is a tile-compressed table (ZTABLE), which this reader does not unpack: unpack it with funpack.")
            : found;
    }

    private void CheckRows(long first, long count)
    {
        if (first < 0 || count > RowCount - first)
            throw new ArgumentOutOfRangeException(nameof(first), $"{What}: rows {first} to {first + count - 1} (from 0) were asked for, but there are {RowCount}.");
    }
}
