namespace RadioDiffusion.ModelCore.Fits;

/// <summary>Which keywords belong to the data of one HDU and must not go to another one with its other keywords.</summary>
internal static class FitsHeaderRules
{
    private static readonly HashSet<string> _ofData = new(StringComparer.Ordinal)
    {
        "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "EXTEND", "PCOUNT", "GCOUNT", "GROUPS", "BLOCKED", "TFIELDS", "THEAP", "BSCALE", "BZERO", "BLANK",
        "EXTNAME", "EXTVER", "EXTLEVEL", "INHERIT", "CHECKSUM", "DATASUM", "DATAMIN", "DATAMAX", "END", "LONGSTRN",
        "ZIMAGE", "ZTABLE", "ZSIMPLE", "ZTENSION", "ZEXTEND", "ZBLOCKED", "ZPCOUNT", "ZGCOUNT", "ZHECKSUM", "ZDATASUM",
        "ZBITPIX", "ZNAXIS", "ZCMPTYPE", "ZMASKCMP", "ZQUANTIZ", "ZDITHER0", "ZBLANK", "ZSCALE", "ZZERO", "ZTILELEN", "ZTHEAP",
    };

    private static readonly string[] _numbered =
        ["NAXIS", "TTYPE", "TFORM", "TUNIT", "TNULL", "TSCAL", "TZERO", "TDISP", "TDIM", "TBCOL", "ZNAXIS", "ZTILE", "ZNAME", "ZVAL", "ZFORM", "ZCTYP"];

    /// <summary>Structure, scaling, names and checksums: what does not hold for other data.</summary>
    public static bool DescribesData(string keyword) => _ofData.Contains(keyword)
        || _numbered.Any(name => keyword.Length > name.Length && keyword.StartsWith(name, StringComparison.Ordinal) && keyword.AsSpan(name.Length).IndexOfAnyExceptInRange('0', '9') < 0);
}
