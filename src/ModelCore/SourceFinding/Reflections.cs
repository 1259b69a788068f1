using System.Numerics;
using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>The two loops that a fit spends its time in: reflections of columns and rotations of rows.</summary>
internal static class Reflections
{
    /// <summary>Reflects columns at a mirror: Householder's step of a factorisation.</summary>
    /// <param name="mirror">The normal, scaled so that its square is twice its first value.</param>
    /// <param name="columns">Each as long as the mirror; changed.</param>
    /// <param name="stride">From one column to the next.</param>
    /// <param name="count">Of the columns.</param>
    public static void Apply(ReadOnlySpan<double> mirror, Span<double> columns, int stride, int count)
    {
        int k = 0;
        for (; k + 4 <= count; k += 4)                // four at a time, so that the mirror is read once for them
            Apply(mirror, columns[(k * stride)..], columns[((k + 1) * stride)..], columns[((k + 2) * stride)..], columns[((k + 3) * stride)..]);
        for (; k < count; k++)
            Apply(mirror, columns.Slice(k * stride, mirror.Length));
    }

    /// <summary>Turns two rows against each other: Givens' step.</summary>
    public static void Rotate(Span<double> upper, Span<double> lower, double cos, double sin)
    {
        ref double one = ref MemoryMarshal.GetReference(upper);
        ref double other = ref MemoryMarshal.GetReference(lower);
        int i = 0, width = Vector<double>.Count;
        for (; i + width <= lower.Length; i += width)
        {
            var a = Vector.LoadUnsafe(ref one, (nuint)i);
            var b = Vector.LoadUnsafe(ref other, (nuint)i);
            ((a * cos) + (b * sin)).StoreUnsafe(ref one, (nuint)i);
            ((b * cos) - (a * sin)).StoreUnsafe(ref other, (nuint)i);
        }
        for (; i < lower.Length; i++)
            (upper[i], lower[i]) = ((cos * upper[i]) + (sin * lower[i]), (cos * lower[i]) - (sin * upper[i]));
    }

    private static void Apply(ReadOnlySpan<double> mirror, Span<double> column)
    {
        ref double m = ref MemoryMarshal.GetReference(mirror);
        ref double c = ref MemoryMarshal.GetReference(column);
        int width = Vector<double>.Count, i = 0;
        var sum = Vector<double>.Zero;
        for (; i + width <= mirror.Length; i += width)
            sum += Vector.LoadUnsafe(ref m, (nuint)i) * Vector.LoadUnsafe(ref c, (nuint)i);
        double share = Vector.Sum(sum);
        for (; i < mirror.Length; i++)
            share += mirror[i] * column[i];
        share /= -mirror[0];
        for (i = 0; i + width <= mirror.Length; i += width)
            (Vector.LoadUnsafe(ref c, (nuint)i) + (Vector.LoadUnsafe(ref m, (nuint)i) * share)).StoreUnsafe(ref c, (nuint)i);
        for (; i < mirror.Length; i++)
            column[i] += share * mirror[i];
    }

    private static void Apply(ReadOnlySpan<double> mirror, Span<double> one, Span<double> two, Span<double> three, Span<double> four)
    {
        ref double m = ref MemoryMarshal.GetReference(mirror);
        ref double a = ref MemoryMarshal.GetReference(one);
        ref double b = ref MemoryMarshal.GetReference(two);
        ref double c = ref MemoryMarshal.GetReference(three);
        ref double d = ref MemoryMarshal.GetReference(four);
        int width = Vector<double>.Count, i = 0;
        Vector<double> sumA = default, sumB = default, sumC = default, sumD = default;
        for (; i + width <= mirror.Length; i += width)
        {
            var v = Vector.LoadUnsafe(ref m, (nuint)i);
            sumA += v * Vector.LoadUnsafe(ref a, (nuint)i);
            sumB += v * Vector.LoadUnsafe(ref b, (nuint)i);
            sumC += v * Vector.LoadUnsafe(ref c, (nuint)i);
            sumD += v * Vector.LoadUnsafe(ref d, (nuint)i);
        }
        double shareA = Vector.Sum(sumA), shareB = Vector.Sum(sumB), shareC = Vector.Sum(sumC), shareD = Vector.Sum(sumD);
        for (; i < mirror.Length; i++)
        {
            double v = mirror[i];
            (shareA, shareB, shareC, shareD) = (shareA + (v * one[i]), shareB + (v * two[i]), shareC + (v * three[i]), shareD + (v * four[i]));
        }
        double scale = -1 / mirror[0];
        (shareA, shareB, shareC, shareD) = (shareA * scale, shareB * scale, shareC * scale, shareD * scale);
        for (i = 0; i + width <= mirror.Length; i += width)
        {
            var v = Vector.LoadUnsafe(ref m, (nuint)i);
            (Vector.LoadUnsafe(ref a, (nuint)i) + (v * shareA)).StoreUnsafe(ref a, (nuint)i);
            (Vector.LoadUnsafe(ref b, (nuint)i) + (v * shareB)).StoreUnsafe(ref b, (nuint)i);
            (Vector.LoadUnsafe(ref c, (nuint)i) + (v * shareC)).StoreUnsafe(ref c, (nuint)i);
            (Vector.LoadUnsafe(ref d, (nuint)i) + (v * shareD)).StoreUnsafe(ref d, (nuint)i);
        }
        for (; i < mirror.Length; i++)
        {
            double v = mirror[i];
            one[i] += v * shareA;
            two[i] += v * shareB;
            three[i] += v * shareC;
            four[i] += v * shareD;
        }
    }
}
