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
public sealed record FitsColumn(string Name, char Type, int Repeat, string? Unit, int Offset, double Scale, double Zero, long? Null);

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

    /// <summary>Names of columns do not distinguish case.</summary>
    public bool HasColumn(string name) => Columns.Any(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

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
            var (type, repeat) = ParseForm(Header.GetString($"TFORM{i}"), i);
            columns.Add(new FitsColumn(Header.GetString($"TTYPE{i}") ?? $"col{i}", type, repeat, Header.GetString($"TUNIT{i}"), (int)offset,
                Header.GetDouble($"TSCAL{i}") ?? 1, Header.GetDouble($"TZERO{i}") ?? 0, Header.GetInteger($"TNULL{i}")));
            offset += type == 'X' ? (repeat + 7L) / 8 : (long)repeat * SizeOf(type);
            if (offset > _rowLength)
                throw new FitsException($"{What}: the columns up to {i} need {offset} bytes, but a row (NAXIS1) has {_rowLength}.");
        }
        return columns;
    }

    private (char Type, int Repeat) ParseForm(string? form, int column)
    {
        string text = (form ?? "").Trim();
        int digits = text.TakeWhile(char.IsAsciiDigit).Count();
        bool known = digits < text.Length && SizeOf(text[digits]) > 0;
        int repeat = 1;
        if (!known || (digits > 0 && !int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out repeat)))
            throw new FitsException($"{What}: keyword TFORM{column} should be a count and one of L X B I J K A E D C M P Q, but it is '{form}'.");
        return (text[digits], repeat);
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
