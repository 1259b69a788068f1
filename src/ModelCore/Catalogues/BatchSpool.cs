using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Batches in a temporary file, for a format that wants to know how many rows there are before the first one.</summary>
internal sealed class BatchSpool : IDisposable
{
    private readonly FileStream _file;
    private readonly IReadOnlyList<CatalogueColumn> _columns;
    private readonly List<(long FirstRow, long Offset)> _batches = [];
    private readonly int[] _widths;
    private readonly bool[] _anyMissing;
    private CatalogueBatch? _loaded;

    public BatchSpool(string path, IReadOnlyList<CatalogueColumn> columns)
    {
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        _columns = columns;
        _widths = new int[columns.Count];
        _anyMissing = new bool[columns.Count];
    }

    public long RowCount { get; private set; }

    /// <summary>Bytes of the longest text of a column.</summary>
    public int Width(int column) => _widths[column];

    public bool AnyMissing(int column) => _anyMissing[column];

    public void Add(CatalogueBatch batch)
    {
        if (batch.RowCount == 0)
            return;
        _batches.Add((RowCount, _file.Length));
        _file.Seek(0, SeekOrigin.End);
        Write(batch.RowCount);
        for (int i = 0; i < batch.Columns.Count; i++)
            Write(batch.Columns[i], i);
        RowCount += batch.RowCount;
    }

    /// <summary>The batch that holds a row, and the row's place in it.</summary>
    public CatalogueBatch BatchWith(long row, out int index)
    {
        if (_loaded == null || row < _loaded.FirstRow || row >= _loaded.FirstRow + _loaded.RowCount)
            _loaded = Load(Find(row));
        index = (int)(row - _loaded.FirstRow);
        return _loaded;
    }

    public void Dispose() => _file.Dispose();

    private int Find(long row)
    {
        int found = _batches.BinarySearch((row, long.MaxValue));
        return ~found - 1;
    }

    private CatalogueBatch Load(int number)
    {
        _file.Seek(_batches[number].Offset, SeekOrigin.Begin);
        int rows = Read();
        var columns = new ColumnValues[_columns.Count];
        for (int i = 0; i < columns.Length; i++)
            columns[i] = Read(_columns[i], rows);
        return new CatalogueBatch(_batches[number].FirstRow, columns);
    }

    private void Write(ColumnValues values, int column)
    {
        switch (values)
        {
            case TextValues texts:
                for (int row = 0; row < texts.Count; row++)
                {
                    Write(texts[row].Length);
                    _file.Write(texts[row]);
                    _widths[column] = Math.Max(_widths[column], texts[row].Length);
                }
                break;
            case IntegerValues integers:
                for (int row = 0; row < integers.Count; row++)
                {
                    _file.WriteByte(integers.IsMissing(row) ? (byte)1 : (byte)0);
                    _anyMissing[column] |= integers.IsMissing(row);
                }
                _file.Write(MemoryMarshal.AsBytes(integers.Values));
                break;
            case NumberValues numbers:
                _file.Write(MemoryMarshal.AsBytes(numbers.Values));
                break;
        }
    }

    private ColumnValues Read(CatalogueColumn column, int rows)
    {
        switch (column.Type)
        {
            case ColumnType.Text:
                var texts = new TextValues(column, rows);
                byte[] text = new byte[256];
                for (int row = 0; row < rows; row++)
                {
                    int length = Read();
                    if (length > text.Length)
                        text = new byte[length];
                    _file.ReadExactly(text, 0, length);
                    texts.Add(text.AsSpan(0, length));
                }
                return texts;
            case ColumnType.Integer:
                byte[] missing = new byte[rows];
                _file.ReadExactly(missing);
                long[] whole = new long[rows];
                _file.ReadExactly(MemoryMarshal.AsBytes(whole.AsSpan()));
                var integers = new IntegerValues(column, rows);
                for (int row = 0; row < rows; row++)
                {
                    if (missing[row] != 0)
                        integers.AddMissing();
                    else
                        integers.Add(whole[row]);
                }
                return integers;
            default:
                double[] numbers = new double[rows];
                _file.ReadExactly(MemoryMarshal.AsBytes(numbers.AsSpan()));
                return new NumberValues(column, numbers);
        }
    }

    private void Write(int number) => _file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in number)));

    private int Read()
    {
        int number = 0;
        _file.ReadExactly(MemoryMarshal.AsBytes(new Span<int>(ref number)));
        return number;
    }
}
