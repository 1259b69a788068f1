using System.Globalization;
using System.Text;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>The values of one column in some consecutive rows.</summary>
public abstract class ColumnValues(CatalogueColumn column)
{
    public CatalogueColumn Column { get; } = column;

    public int Count { get; protected set; }

    /// <summary>Room for values of the column's type.</summary>
    internal static ColumnValues Create(CatalogueColumn column, int capacity) => column.Type switch
    {
        ColumnType.Text => new TextValues(column, capacity),
        ColumnType.Integer => new IntegerValues(column, capacity),
        _ => new NumberValues(column, capacity),
    };

    /// <summary>The value as a number; NaN where there is none or it is no number.</summary>
    public abstract double Number(int row);

    /// <summary>The value written out, numbers as the shortest text that reads back equal; empty where there is none.</summary>
    public abstract string Text(int row);

    public abstract bool IsMissing(int row);
}

/// <summary>Real numbers and truth values (0 and 1); NaN where there is none.</summary>
public sealed class NumberValues : ColumnValues
{
    private double[] _values;

    public NumberValues(CatalogueColumn column, int capacity)
        : base(column) => _values = new double[capacity];

    public NumberValues(CatalogueColumn column, double[] values)
        : base(column) => (_values, Count) = (values, values.Length);

    public ReadOnlySpan<double> Values => _values.AsSpan(0, Count);

    public override double Number(int row) => Values[row];

    public override bool IsMissing(int row) => double.IsNaN(Values[row]);

    public override string Text(int row) => Values[row] switch
    {
        double.NaN => "",
        var value when Column.Type == ColumnType.Boolean => value != 0 ? "True" : "False",
        var value when Column.Type == ColumnType.Single => ((float)value).ToString("R", CultureInfo.InvariantCulture),
        var value => value.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>One spelling of NaN, so that equal rows are equal bytes later.</summary>
    internal void Add(double value)
    {
        if (Count == _values.Length)
            Array.Resize(ref _values, Math.Max(16, Count * 2));
        _values[Count++] = double.IsNaN(value) ? double.NaN : value;
    }
}

/// <summary>Whole numbers.</summary>
public sealed class IntegerValues : ColumnValues
{
    private long[] _values;
    private bool[]? _missing;

    public IntegerValues(CatalogueColumn column, int capacity)
        : base(column) => _values = new long[capacity];

    public IntegerValues(CatalogueColumn column, long[] values)
        : base(column) => (_values, Count) = (values, values.Length);

    /// <summary>0 where there is no value.</summary>
    public ReadOnlySpan<long> Values => _values.AsSpan(0, Count);

    public override double Number(int row) => IsMissing(row) ? double.NaN : Values[row];

    public override bool IsMissing(int row) => _missing != null && _missing[row];

    public override string Text(int row) => IsMissing(row) ? "" : Values[row].ToString(CultureInfo.InvariantCulture);

    internal void Add(long value)
    {
        if (Count == _values.Length)
            Grow();
        _values[Count++] = value;
    }

    internal void AddMissing()
    {
        if (Count == _values.Length)
            Grow();
        _missing ??= new bool[_values.Length];
        _missing[Count] = true;
        _values[Count++] = 0;
    }

    private void Grow()
    {
        int capacity = Math.Max(16, Count * 2);
        Array.Resize(ref _values, capacity);
        if (_missing != null)
            Array.Resize(ref _missing, capacity);
    }
}

/// <summary>Texts as UTF-8, one after the other in one buffer.</summary>
public sealed class TextValues(CatalogueColumn column, int capacity) : ColumnValues(column)
{
    private byte[] _bytes = [];
    private int[] _ends = new int[capacity];

    /// <summary>The UTF-8 bytes of a text.</summary>
    public ReadOnlySpan<byte> this[int row] => _bytes.AsSpan(Begin(row), _ends.AsSpan(0, Count)[row] - Begin(row));

    public override double Number(int row) => double.TryParse(this[row], NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : double.NaN;

    public override string Text(int row) => Encoding.UTF8.GetString(this[row]);

    public override bool IsMissing(int row) => this[row].IsEmpty;

    public void Add(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Add(bytes.AsSpan());
    }

    public void Add(ReadOnlySpan<byte> utf8)
    {
        if (Count == _ends.Length)
            Array.Resize(ref _ends, Math.Max(16, Count * 2));
        int begin = Begin(Count);
        int end = checked(begin + utf8.Length);
        if (end > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(end, Math.Max(_ends.Length * 8L, _bytes.Length * 2L))));
        utf8.CopyTo(_bytes.AsSpan(begin));
        _ends[Count++] = end;
    }

    /// <summary>Gives back what was not needed.</summary>
    internal void Trim()
    {
        Array.Resize(ref _bytes, Begin(Count));
        Array.Resize(ref _ends, Count);
    }

    private int Begin(int row) => row == 0 ? 0 : _ends[row - 1];
}
