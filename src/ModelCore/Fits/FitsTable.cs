using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>A column of a binary table.</summary>
/// <param name="Name">TTYPE.</param>
/// <param name="Type">The letter of TFORM: L, X, B, I, J, K, A, E, D, C, M, P or Q.</param>
/// <param name="Repeat">Elements in a row.</param>
/// <param name="Unit">TUNIT.</param>
/// <param name="Offset">Bytes from the row's start.</param>
/// <param name="Scale">TSCAL.</param>
/// <param name="Zero">TZERO.</param>
/// <param name="Null">TNULL.</param>
/// <param name="HeapType">The letter of what lies in the heap, for the descriptors P and Q.</param>
public sealed record FitsColumn(string Name, char Type, int Repeat, string? Unit, int Offset, double Scale, double Zero, long? Null, char? HeapType = null);

/// <summary>A binary table.</summary>
public sealed class FitsTable : FitsHdu
{
    private readonly int _rowLength;

    internal FitsTable(FitsFile file, int index, FitsHeader header, string what, long dataOffset, long dataLength)
        : base(file, index, header, what, dataOffset, dataLength)
    {
        _rowLength = (int)Integer(header, "NAXIS1", what, 0, int.MaxValue);
        RowCount = Integer(header, "NAXIS2", what, 0, int.MaxValue);
        Columns = ReadColumns();
    }

    public long RowCount { get; }

    public IReadOnlyList<FitsColumn> Columns { get; }

    /// <summary>NAXIS1: bytes in a row.</summary>
    internal int RowLength => _rowLength;

    /// <summary>Names of columns do not distinguish case.</summary>
    public bool HasColumn(string name) => Columns.Any(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Some rows as they are stored, in place.</summary>
    internal ReadOnlySpan<byte> RowBytes(long first, int count) => File.Bytes(DataOffset + first * _rowLength, checked(count * _rowLength));

    /// <summary>First element of each row, scaled; NaN where TNULL says there is none.</summary>
    public double[] ReadDoubles(string column)
    {
        var found = Column(column);
        double[] values = new double[RowCount];
        for (int row = 0; row < values.Length; row++)
            values[row] = Double(found, Cell(found, row));
        return values;
    }

    /// <summary>First element of each row of a column of whole numbers, scaled.</summary>
    public long[] ReadIntegers(string column)
    {
        var found = Column(column);
        if (found.Type is not ('B' or 'I' or 'J' or 'K' or 'L'))
            throw new FitsException($"{What}: column '{column}' should hold whole numbers, but its TFORM is {found.Type}.");
        long[] values = new long[RowCount];
        for (int row = 0; row < values.Length; row++)
            values[row] = (long)found.Zero + (long)found.Scale * Stored(found, Cell(found, row));
        return values;
    }

    /// <summary>
    /// All elements of each row, scaled; NaN where TNULL says there is none. Bits and logical values are 0 and 1. Of an array of several
    /// dimensions (TDIM) the first index runs fastest. Arrays of variable length are read from the heap.
    /// </summary>
    public double[][] ReadArrays(string column)
    {
        var found = Column(column);
        double[][] values = new double[RowCount][];
        for (int row = 0; row < values.Length; row++)
        {
            var cell = Cell(found, row);
            if (found.HeapType is { } type)
            {
                cell = HeapArray(found, cell, type, out int length);
                values[row] = Elements(found with { Type = type }, cell, length);
            }
            else
            {
                values[row] = Elements(found, cell, found.Repeat);
            }
        }
        return values;
    }

    /// <summary>Text without trailing blanks; numbers are written out.</summary>
    public string[] ReadStrings(string column)
    {
        var found = Column(column);
        string[] values = new string[RowCount];
        for (int row = 0; row < values.Length; row++)
        {
            var cell = Cell(found, row);
            values[row] = found.Type == 'A' ? Text(cell[..found.Repeat]) : Double(found, cell).ToString("R", CultureInfo.InvariantCulture);
        }
        return values;
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]).TrimEnd();
    }

    private double[] Elements(FitsColumn column, ReadOnlySpan<byte> bytes, int count)
    {
        double[] values = new double[count];
        int size = SizeOf(column.Type);
        for (int i = 0; i < count; i++)
            values[i] = column.Type == 'X' ? (bytes[i / 8] >> (7 - i % 8)) & 1 : Double(column with { Repeat = 1 }, bytes[(i * size)..]);
        return values;
    }

    /// <summary>Where a descriptor points: into the heap, which follows the rows.</summary>
    private ReadOnlySpan<byte> HeapArray(FitsColumn column, ReadOnlySpan<byte> descriptor, char type, out int length)
    {
        var (count, offset) = column.Type == 'P'
            ? (BinaryPrimitives.ReadInt32BigEndian(descriptor), BinaryPrimitives.ReadInt32BigEndian(descriptor[4..]))
            : (BinaryPrimitives.ReadInt64BigEndian(descriptor), BinaryPrimitives.ReadInt64BigEndian(descriptor[8..]));
        long begin = (Header.GetInteger("THEAP") ?? _rowLength * RowCount) + offset;
        long bytes = type == 'X' ? (count + 7) / 8 : count * SizeOf(type);
        if (count < 0 || count > DataLength || offset < 0 || begin < 0 || begin > DataLength - bytes)
            throw new FitsException($"{What}: column '{column.Name}' points to {count} elements at byte {begin} of the data, but those have {DataLength} bytes.");
        length = (int)count;
        return File.Bytes(DataOffset + begin, (int)bytes);
    }

    private double Double(FitsColumn column, ReadOnlySpan<byte> cell)
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
                return double.TryParse(Text(cell[..column.Repeat]), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : double.NaN;
            case 'B' or 'I' or 'J' or 'K' or 'L':
                long stored = Stored(column, cell);
                return stored == column.Null ? double.NaN : column.Zero + column.Scale * stored;
            default:
                throw new FitsException($"{What}: column '{column.Name}' should hold numbers, but its TFORM is {column.Type}.");
        }
    }

    private static long Stored(FitsColumn column, ReadOnlySpan<byte> cell) => column.Type switch
    {
        'L' => cell[0] == 'T' ? 1 : 0,
        'B' => cell[0],
        'I' => BinaryPrimitives.ReadInt16BigEndian(cell),
        'J' => BinaryPrimitives.ReadInt32BigEndian(cell),
        _ => BinaryPrimitives.ReadInt64BigEndian(cell),
    };

    private ReadOnlySpan<byte> Cell(FitsColumn column, int row) =>
        File.Bytes(DataOffset + (long)row * _rowLength + column.Offset, _rowLength - column.Offset);

    private FitsColumn Column(string name) => Columns.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new FitsException($"{What}: there is no column '{name}'; there are {string.Join(", ", Columns.Select(column => column.Name))}.");

    private List<FitsColumn> ReadColumns()
    {
        var columns = new List<FitsColumn>();
        long offset = 0;
        int count = (int)Integer(Header, "TFIELDS", What, 0, 999);
        for (int i = 1; i <= count; i++)
        {
            var (type, repeat, heapType) = ParseForm(Header.GetString($"TFORM{i}"), i);
            columns.Add(new FitsColumn(Header.GetString($"TTYPE{i}") ?? $"col{i}", type, repeat, Header.GetString($"TUNIT{i}"), (int)offset,
                Header.GetDouble($"TSCAL{i}") ?? 1, Header.GetDouble($"TZERO{i}") ?? 0, Header.GetInteger($"TNULL{i}"), heapType));
            offset += type == 'X' ? (repeat + 7L) / 8 : (long)repeat * SizeOf(type);
            if (offset > _rowLength)
                throw new FitsException($"{What}: the columns up to {i} need {offset} bytes, but a row (NAXIS1) has {_rowLength}.");
        }
        return columns;
    }

    private (char Type, int Repeat, char? HeapType) ParseForm(string? form, int column)
    {
        string text = (form ?? "").Trim();
        int digits = text.TakeWhile(char.IsAsciiDigit).Count();
        bool known = digits < text.Length && SizeOf(text[digits]) > 0;
        char? heapType = null;
        if (known && text[digits] is ('P' or 'Q'))
        {
            heapType = digits + 1 < text.Length ? text[digits + 1] : ' ';
            known = SizeOf(heapType.Value) > 0 && heapType is not ('P' or 'Q');
        }
        int repeat = 1;
        if (!known || (digits > 0 && !int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out repeat)))
            throw new FitsException($"{What}: keyword TFORM{column} should be a count and one of L X B I J K A E D C M P Q, but it is '{form}'.");
        return (text[digits], repeat, heapType);
    }

    private static int SizeOf(char type) => type switch
    {
        'L' or 'X' or 'B' or 'A' => 1,
        'I' => 2,
        'J' or 'E' => 4,
        'K' or 'D' or 'C' or 'P' => 8,
        'M' or 'Q' => 16,
        _ => 0,
    };
}
