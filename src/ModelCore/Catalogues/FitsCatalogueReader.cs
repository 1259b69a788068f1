using System.Buffers.Binary;
using System.Text;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Reads the first table of a FITS file, memory-mapped.</summary>
/// <remarks>FITS standard 4.0, sections 7.2 and 7.3. Columns of arrays, bits and complex numbers are left out.</remarks>
internal sealed class FitsCatalogueReader : CatalogueReader
{
    private const int MostBytes = 64 << 20;
    private readonly FitsFile _file;
    private readonly FitsTable _table;

    public FitsCatalogueReader(string path)
        : base(path)
    {
        _file = FitsFile.Open(path);
        try
        {
            _table = _file.FirstTable();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
        var columns = new List<CatalogueColumn>();
        var leftOut = new List<string>();
        for (int i = 0; i < _table.Columns.Count; i++)
        {
            var column = _table.Columns[i];
            if (_table.RowLength > 0 && TypeOf(column) is { } type)
                columns.Add(new CatalogueColumn(column.Name.Trim(), type) { Unit = Blank(column.Unit), Description = Blank(_table.Header.GetString($"TCOMM{i + 1}")), Position = i });
            else
                leftOut.Add($"{column.Name}: holds {column.Repeat} values of type {column.Type} in a row, one number or text is expected");
        }
        SetColumns(columns, leftOut);
    }

    public override CatalogueFormat Format => CatalogueFormat.Fits;

    public override long? RowCount => _table.RowCount;

    public override IEnumerable<CatalogueBatch> Read(IReadOnlyList<CatalogueColumn> columns, CancellationToken cancellationToken = default)
    {
        int rows = Math.Clamp(MostBytes / Math.Max(1, _table.RowLength), 1, BatchRows);
        for (long first = 0; first < _table.RowCount; first += rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = (int)Math.Min(rows, _table.RowCount - first);
            var values = Room(columns, count);
            foreach (var column in values)
                Fill(column, first, count);
            yield return new CatalogueBatch(first, values);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    /// <summary>Null for what is no single value.</summary>
    private static ColumnType? TypeOf(FitsColumn column) => column switch
    {
        { TextForm: 'I' or 'F' or 'E' or 'D' } => ColumnType.Double,
        { Type: 'A' } => ColumnType.Text,
        { Repeat: not 1 } => null,
        { Type: 'D' } => ColumnType.Double,
        { Type: 'E', Scale: 1, Zero: 0 } => ColumnType.Single,
        { Type: 'E' } => ColumnType.Double,
        { Type: 'L' } => ColumnType.Boolean,
        { Type: 'B' or 'I' or 'J' or 'K', Scale: 1 } => column.Zero == Math.Floor(column.Zero) && Math.Abs(column.Zero) <= 9223372036854775808.0 ? ColumnType.Integer : ColumnType.Double,
        { Type: 'B' or 'I' or 'J' or 'K' } => ColumnType.Double,
        _ => null,
    };

    private void Fill(ColumnValues values, long first, int count)
    {
        var column = _table.Columns[values.Column.Position];
        int step = _table.RowLength;
        var bytes = _table.RowBytes(first, count);
        for (int row = 0; row < count; row++)
        {
            var cell = bytes[(row * step + column.Offset)..];
            switch (values)
            {
                case TextValues texts:
                    AddText(texts, cell[..column.Repeat]);
                    break;
                case IntegerValues integers:
                    AddInteger(integers, column, Stored(column, cell), first + row);
                    break;
                case NumberValues numbers when column.TextForm != null:
                    numbers.Add(_table.Double(column, first + row));
                    break;
                case NumberValues numbers:
                    numbers.Add(Number(column, cell));
                    break;
            }
        }
    }

    private static void AddText(TextValues texts, ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        bytes = (end < 0 ? bytes : bytes[..end]).TrimEnd((byte)' ');
        if (Ascii.IsValid(bytes))
            texts.Add(bytes);
        else
            texts.Add(Encoding.Latin1.GetString(bytes));       // the standard allows ASCII only; what else there is, is most often this
    }

    private void AddInteger(IntegerValues integers, FitsColumn column, long stored, long row)
    {
        if (stored == column.Null)
        {
            integers.AddMissing();
            return;
        }
        var value = (Int128)stored + (Int128)column.Zero;
        if (value > long.MaxValue || value < long.MinValue)
            throw new FitsException($"{Path}, row {row}: column '{column.Name}' should be a whole number of 64 bits with sign, but it is {value}.");
        integers.Add((long)value);
    }

    private static double Number(FitsColumn column, ReadOnlySpan<byte> cell) => column.Type switch
    {
        'D' => column.Zero + column.Scale * BinaryPrimitives.ReadDoubleBigEndian(cell),
        'E' => column.Zero + column.Scale * BinaryPrimitives.ReadSingleBigEndian(cell),
        'L' => cell[0] switch
        {
            (byte)'T' => 1,
            (byte)'F' => 0,
            _ => double.NaN,
        },
        _ => Stored(column, cell) is var stored && stored == column.Null ? double.NaN : column.Zero + column.Scale * stored,
    };

    private static long Stored(FitsColumn column, ReadOnlySpan<byte> cell) => column.Type switch
    {
        'B' => cell[0],
        'I' => BinaryPrimitives.ReadInt16BigEndian(cell),
        'J' => BinaryPrimitives.ReadInt32BigEndian(cell),
        _ => BinaryPrimitives.ReadInt64BigEndian(cell),
    };
}
