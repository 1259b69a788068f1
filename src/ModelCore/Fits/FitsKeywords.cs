namespace RadioDiffusion.ModelCore.Fits;

/// <summary>The keywords that say how an HDU is built, checked (FITS 4.0, section 4.4.1).</summary>
internal static class FitsKeywords
{
    /// <summary>A whole number that must be there and lie in a range.</summary>
    public static long Integer(FitsHeader header, string keyword, string what, long least, long most)
    {
        if (!header.Contains(keyword))
            throw new FitsException($"{what}: keyword {keyword} is missing.");
        long? value = header.GetInteger(keyword);
        return value >= least && value <= most
            ? value.Value
            : throw new FitsException($"{what}: keyword {keyword} should be a whole number from {least} to {most}, but it is '{header.Text(keyword)}'.");
    }

    public static int Bitpix(FitsHeader header, string keyword, string what)
    {
        int bitpix = (int)Integer(header, keyword, what, -64, 64);
        return bitpix is 8 or 16 or 32 or 64 or -32 or -64
            ? bitpix
            : throw new FitsException($"{what}: keyword {keyword} should be 8, 16, 32, 64, -32 or -64, but it is {bitpix}.");
    }

    /// <summary>NAXIS1, NAXIS2, and so on; of tile-compressed images ZNAXIS1, ZNAXIS2, and so on.</summary>
    public static List<long> Axes(FitsHeader header, string keyword, string what)
    {
        int count = (int)Integer(header, keyword, what, 0, 999);
        return [.. Enumerable.Range(1, count).Select(i => Integer(header, $"{keyword}{i}", what, 0, long.MaxValue))];
    }

    /// <summary>NAXIS1 = 0 and GROUPS = T: visibilities, for example (section 6).</summary>
    public static bool IsRandomGroups(FitsHeader header, List<long> axes) => axes.Count > 1 && axes[0] == 0 && header.GetBoolean("GROUPS") == true;

    /// <summary>Bytes without padding: |BITPIX| / 8 * GCOUNT * (PCOUNT + NAXIS1 * NAXIS2 * ...).</summary>
    /// <remarks>Equations 1, 2 and 4.</remarks>
    public static long DataLength(FitsHeader header, int bitpix, List<long> axes, string what)
    {
        long parameters = header.Contains("PCOUNT") ? Integer(header, "PCOUNT", what, 0, long.MaxValue) : 0;
        long groups = header.Contains("GCOUNT") ? Integer(header, "GCOUNT", what, 0, long.MaxValue) : 1;
        try
        {
            long elements = axes.Count == 0 ? 0 : 1;
            foreach (long axis in IsRandomGroups(header, axes) ? axes.Skip(1) : axes)
                elements = checked(elements * axis);
            return checked((elements + parameters) * groups * (Math.Abs(bitpix) / 8));
        }
        catch (OverflowException)
        {
            throw new FitsException($"{what}: the axes {string.Join(" x ", axes)} of {Math.Abs(bitpix)} bits are more than any file can hold.");
        }
    }
}
