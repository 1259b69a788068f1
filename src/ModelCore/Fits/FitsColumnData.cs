using System.Buffers.Binary;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>A column to write; all columns of a table have equally many values.</summary>
public abstract record FitsColumnData(string Name, string? Unit)
{
    internal abstract int Count { get; }

    /// <summary>TNULL: the whole number that stands for no value.</summary>
    internal virtual long? Null => null;

    /// <summary>Bytes that go into the heap behind the rows.</summary>
    internal virtual long HeapLength => 0;

    /// <summary>TFORM, and the bytes that it takes in a row.</summary>
    /// <param name="isLargeHeap">Whether 32 bits cannot address the heap.</param>
    internal abstract (string Form, int Width) Layout(bool isLargeHeap);

    internal abstract void WriteCell(int row, Span<byte> cell, FitsHeapPosition heap);

    internal virtual void WriteHeap(Stream stream)
    {
    }
}

/// <summary>Where in the heap the next array begins, while rows are written.</summary>
internal sealed class FitsHeapPosition(bool isLarge)
{
    public bool IsLarge { get; } = isLarge;

    public long Bytes { get; set; }
}

public sealed record FitsDoubleColumn(string Name, string? Unit, double[] Values) : FitsColumnData(Name, Unit)
{
    internal override int Count => Values.Length;

    internal override (string Form, int Width) Layout(bool isLargeHeap) => ("D", 8);

    internal override void WriteCell(int row, Span<byte> cell, FitsHeapPosition heap) => BinaryPrimitives.WriteDoubleBigEndian(cell, Values[row]);
}

public sealed record FitsFloatColumn(string Name, string? Unit, float[] Values) : FitsColumnData(Name, Unit)
{
    internal override int Count => Values.Length;

    internal override (string Form, int Width) Layout(bool isLargeHeap) => ("E", 4);

    internal override void WriteCell(int row, Span<byte> cell, FitsHeapPosition heap) => BinaryPrimitives.WriteSingleBigEndian(cell, Values[row]);
}

/// <summary>Whole numbers of 64 bits.</summary>
public sealed record FitsIntegerColumn(string Name, string? Unit, long[] Values) : FitsColumnData(Name, Unit)
{
    /// <summary>TFORM: K, or 1K, which means the same.</summary>
    internal string Form { get; init; } = "K";

    internal override int Count => Values.Length;

    internal override (string Form, int Width) Layout(bool isLargeHeap) => (Form, 8);

    internal override void WriteCell(int row, Span<byte> cell, FitsHeapPosition heap) => BinaryPrimitives.WriteInt64BigEndian(cell, Values[row]);
}

/// <summary>Whole numbers of 32 bits.</summary>
public sealed record FitsInt32Column(string Name, string? Unit, int[] Values) : FitsColumnData(Name, Unit)
{
    internal override int Count => Values.Length;

    internal override (string Form, int Width) Layout(bool isLargeHeap) => ("J", 4);

    internal override void WriteCell(int row, Span<byte> cell, FitsHeapPosition heap) => BinaryPrimitives.WriteInt32BigEndian(cell, Values[row]);
}

/// <summary>Logical values; null is written as the standard's null.</summary>
public sealed record FitsBooleanColumn(string Name, bool?[] Values) : FitsColumnData(Name, null)
{
    internal override int Count => Values.Length;

    internal override (string Form, int Width) Layout(bool isLargeHeap) => ("L", 1);

    internal override void WriteCell(int row, Span<byte> cell, FitsHeapPosition heap) => cell[0] = Values[row] switch { true => (byte)'T', false => (byte)'F', null => 0 };
}

/// <summary>Printable ASCII text; other characters become question marks.</summary>
public sealed record FitsStringColumn(string Name, string? Unit, string[] Values) : FitsColumnData(Name, Unit)
{
    internal override int Count => Values.Length;

    internal override (string Form, int Width) Layout(bool isLargeHeap)
    {
        int width = Math.Max(1, Values.Select(value => value.Length).DefaultIfEmpty().Max());
        return ($"{width}A", width);
    }

    internal override void WriteCell(int row, Span<byte> cell, FitsHeapPosition heap)
    {
        cell.Fill((byte)' ');
        for (int i = 0; i < Values[row].Length; i++)
            cell[i] = Values[row][i] is >= ' ' and <= '~' and var c ? (byte)c : (byte)'?';
    }
}

/// <summary>An array of another length in every row, kept in the table's heap: column by column, row by row.</summary>
/// <remarks>FITS 4.0, section 7.3.5.</remarks>
public sealed record FitsVariableColumn(string Name, string? Unit, double[][] Values) : FitsColumnData(Name, Unit)
{
    internal override int Count => Values.Length;

    internal override long HeapLength => Values.Sum(array => 8L * array.Length);

    /// <summary>Descriptors of 64 bits (Q) where 32 bits (P) cannot reach.</summary>
    internal override (string Form, int Width) Layout(bool isLargeHeap)
    {
        int longest = Values.Select(array => array.Length).DefaultIfEmpty().Max();
        return isLargeHeap ? ($"1QD({longest})", 16) : ($"1PD({longest})", 8);
    }

    internal override void WriteCell(int row, Span<byte> cell, FitsHeapPosition heap)
    {
        if (heap.IsLarge)
        {
            BinaryPrimitives.WriteInt64BigEndian(cell, Values[row].Length);
            BinaryPrimitives.WriteInt64BigEndian(cell[8..], heap.Bytes);
        }
        else
        {
            BinaryPrimitives.WriteInt32BigEndian(cell, Values[row].Length);
            BinaryPrimitives.WriteInt32BigEndian(cell[4..], (int)heap.Bytes);
        }
        heap.Bytes += 8L * Values[row].Length;
    }

    internal override void WriteHeap(Stream stream)
    {
        byte[] bytes = new byte[8 * Values.Select(array => array.Length).DefaultIfEmpty().Max()];
        foreach (double[] array in Values)
        {
            for (int i = 0; i < array.Length; i++)
                BinaryPrimitives.WriteDoubleBigEndian(bytes.AsSpan(8 * i), array[i]);
            stream.Write(bytes, 0, 8 * array.Length);
        }
    }
}
