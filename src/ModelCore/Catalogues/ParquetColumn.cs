using Parquet;
using Parquet.Schema;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>The values of one column in one row group.</summary>
internal abstract class ParquetColumn(CatalogueColumn column)
{
    protected CatalogueColumn Column { get; } = column;

    public abstract ColumnValues Slice(int begin, int count);

    public static bool IsText(DataField field) => field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>);

    public static ParquetColumn Read(ParquetRowGroupReader group, DataField field, CatalogueColumn column)
    {
        int rows = checked((int)group.RowCount);
        var type = field.ClrType;
        if (IsText(field))
        {
            string?[] texts = new string?[rows];
            group.ReadAsync(field, texts.AsMemory()!).AsTask().GetAwaiter().GetResult();
            return new Texts(column, texts);
        }
        return type == typeof(double) ? Numbers<double>(group, field, column, rows, value => value)
            : type == typeof(float) ? Numbers<float>(group, field, column, rows, value => value)
            : type == typeof(decimal) ? Numbers<decimal>(group, field, column, rows, value => (double)value)
            : type == typeof(bool) ? Numbers<bool>(group, field, column, rows, value => value ? 1 : 0)
            : type == typeof(sbyte) ? Integers<sbyte>(group, field, column, rows, value => value)
            : type == typeof(byte) ? Integers<byte>(group, field, column, rows, value => value)
            : type == typeof(short) ? Integers<short>(group, field, column, rows, value => value)
            : type == typeof(ushort) ? Integers<ushort>(group, field, column, rows, value => value)
            : type == typeof(int) ? Integers<int>(group, field, column, rows, value => value)
            : type == typeof(uint) ? Integers<uint>(group, field, column, rows, value => value)
            : type == typeof(long) ? Integers<long>(group, field, column, rows, value => value)
            : Integers<ulong>(group, field, column, rows, value => checked((long)value));
    }

    private static Values<T, double> Numbers<T>(ParquetRowGroupReader group, DataField field, CatalogueColumn column, int rows, Func<T, double> convert)
        where T : unmanaged => new(column, ReadValues<T>(group, field, rows), convert, (values, number) => ((NumberValues)values).Add(number), values => ((NumberValues)values).Add(double.NaN));

    private static Values<T, long> Integers<T>(ParquetRowGroupReader group, DataField field, CatalogueColumn column, int rows, Func<T, long> convert)
        where T : unmanaged => new(column, ReadValues<T>(group, field, rows), convert, (values, number) => ((IntegerValues)values).Add(number), values => ((IntegerValues)values).AddMissing());

    private static T?[] ReadValues<T>(ParquetRowGroupReader group, DataField field, int rows)
        where T : unmanaged
    {
        var values = new T?[rows];
        if (field.IsNullable)
        {
            group.ReadAsync(field, values.AsMemory()).AsTask().GetAwaiter().GetResult();
            return values;
        }
        var present = new T[rows];
        group.ReadAsync(field, present.AsMemory()).AsTask().GetAwaiter().GetResult();
        for (int i = 0; i < rows; i++)
            values[i] = present[i];
        return values;
    }

    private sealed class Values<T, TResult>(CatalogueColumn column, T?[] values, Func<T, TResult> convert, Action<ColumnValues, TResult> add, Action<ColumnValues> addMissing)
        : ParquetColumn(column)
        where T : unmanaged
    {
        public override ColumnValues Slice(int begin, int count)
        {
            var slice = ColumnValues.Create(Column, count);
            foreach (var value in values.AsSpan(begin, count))
            {
                if (value is { } present)
                    add(slice, convert(present));
                else
                    addMissing(slice);
            }
            return slice;
        }
    }

    private sealed class Texts(CatalogueColumn column, string?[] texts) : ParquetColumn(column)
    {
        public override ColumnValues Slice(int begin, int count)
        {
            var slice = new TextValues(Column, count);
            foreach (string? text in texts.AsSpan(begin, count))
                slice.Add(text ?? "");
            return slice;
        }
    }
}
