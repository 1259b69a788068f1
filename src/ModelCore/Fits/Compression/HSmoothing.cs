namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>Replaces differences that quantisation set to zero by what neighbouring sums suggest, within half the scale and without new extrema.</summary>
/// <remarks>White, Postman and Lattanzi (1992), on smoothing during the inverse transform; ZVAL SMOOTH of FITS 4.0, section 10.4.4.</remarks>
internal static class HSmoothing
{
    /// <summary>Changes the differences of interleaved squares [h0 hy; hx hc] in place.</summary>
    public static void Apply(Span<long> values, int stride, int columns, int rows, long most)
    {
        Slopes(values, stride, columns, rows, most);
        Curvatures(values, stride, columns, rows, most);
    }

    private static void Slopes(Span<long> values, int stride, int columns, int rows, long most)
    {
        for (int row = 2; row < rows - 2; row += 2)
        {
            for (int column = 0; column < columns; column += 2)
                AdjustSlope(values, row * stride + column, 2 * stride, stride, most);
        }
        for (int row = 0; row < rows; row += 2)
        {
            for (int column = 2; column < columns - 2; column += 2)
                AdjustSlope(values, row * stride + column, 2, 1, most);
        }
    }

    private static void AdjustSlope(Span<long> values, int at, int neighbour, int difference, long most)
    {
        long before = values[at - neighbour], sum = values[at], after = values[at + neighbour];
        long largest = Math.Max(Math.Min(after - sum, sum - before), 0) << 2;
        long smallest = Math.Min(Math.Max(after - sum, sum - before), 0) << 2;
        if (smallest < largest)
            values[at + difference] += Change(values[at + difference], Math.Max(Math.Min(after - before, largest), smallest), 3, most);
    }

    private static void Curvatures(Span<long> values, int stride, int columns, int rows, long most)
    {
        for (int row = 2; row < rows - 2; row += 2)
        {
            for (int column = 2; column < columns - 2; column += 2)
                AdjustCurvature(values, row * stride + column, stride, most);
        }
    }

    private static void AdjustCurvature(Span<long> values, int at, int stride, long most)
    {
        long sum = values[at];
        long mm = values[at - 2 * stride - 2], pm = values[at + 2 * stride - 2], mp = values[at - 2 * stride + 2], pp = values[at + 2 * stride + 2];
        long hx2 = values[at + stride] << 1, hy2 = values[at + 1] << 1;
        long largest = Math.Min(
            Math.Min(Math.Max(pp - sum, 0) - hx2 - hy2, Math.Max(sum - pm, 0) + hx2 - hy2),
            Math.Min(Math.Max(sum - mp, 0) - hx2 + hy2, Math.Max(mm - sum, 0) + hx2 + hy2)) << 4;
        long smallest = Math.Max(
            Math.Max(Math.Min(pp - sum, 0) - hx2 - hy2, Math.Min(sum - pm, 0) + hx2 - hy2),
            Math.Max(Math.Min(sum - mp, 0) - hx2 + hy2, Math.Min(mm - sum, 0) + hx2 + hy2)) << 4;
        if (smallest < largest)
        {
            int difference = at + stride + 1;
            values[difference] += Change(values[difference], Math.Max(Math.Min(pp + mm - mp - pm, largest), smallest), 6, most);
        }
    }

    /// <summary>From a difference to the wanted one, given 2^bits times as large, towards zero and at most so far.</summary>
    private static long Change(long difference, long wanted, int bits, long most)
    {
        long change = wanted - (difference << bits);
        change = change >= 0 ? change >> bits : (change + (1L << bits) - 1) >> bits;
        return Math.Clamp(change, -most, most);
    }
}
