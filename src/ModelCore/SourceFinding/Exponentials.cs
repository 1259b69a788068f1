using System.Numerics;
using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>
/// Exponentials of many numbers out of + and * alone. Those of TensorPrimitives differ in their last bit before and after the runtime has compiled them for the processor (which multiplies and adds in one step, or in two), and
/// a fit that stands on an edge then falls to one side today and to the other tomorrow.
/// </summary>
internal static class Exponentials
{
    private const double Log2E = 1.4426950408889634, Ln2High = 6.93147180369123816490e-01, Ln2Low = 1.90821492927058770002e-10;     // the sum of the last two is ln 2; the first has 32 bits
    private const double Largest = 708, Rounding = 6755399441055744;         // 3 * 2^51: a number added to it is rounded to a whole one, which stands in its last bits

    /// <summary>1/k! for k from 13 to 0: the rest of the series is below 1e-17 of it for arguments up to ln 2 / 2.</summary>
    private static readonly double[] _series = [.. Enumerable.Range(0, 14).Select(k => 1 / Enumerable.Range(1, k).Aggregate(1.0, (product, i) => product * i)).Reverse()];

    /// <summary>e to each of the values, in their place; values beyond +-708 count as +-708. Right to some 1e-16.</summary>
    public static void Replace(Span<double> values)
    {
        ref double first = ref MemoryMarshal.GetReference(values);
        int i = 0, width = Vector<double>.Count;
        for (; i + width <= values.Length; i += width)
            Of(Vector.LoadUnsafe(ref first, (nuint)i)).StoreUnsafe(ref first, (nuint)i);
        if (i == values.Length)
            return;
        Span<double> rest = stackalloc double[width];
        rest.Clear();
        values[i..].CopyTo(rest);
        Of(Vector.LoadUnsafe(ref rest[0])).StoreUnsafe(ref rest[0]);
        rest[..(values.Length - i)].CopyTo(values[i..]);
    }

    /// <summary>x = n ln 2 + r: a power of two, and a short series.</summary>
    private static Vector<double> Of(Vector<double> x)
    {
        x = Vector.Min(Vector.Max(x, new Vector<double>(-Largest)), new Vector<double>(Largest));
        var shifted = (x * Log2E) + new Vector<double>(Rounding);
        var n = shifted - new Vector<double>(Rounding);
        var r = x - (n * Ln2High) - (n * Ln2Low);
        var sum = new Vector<double>(_series[0]);
        for (int k = 1; k < _series.Length; k++)
            sum = (sum * r) + new Vector<double>(_series[k]);
        var power = Vector.ShiftLeft(Vector.AsVectorInt64(shifted) + new Vector<long>(1023), 52);
        return sum * Vector.AsVectorDouble(power);
    }
}
