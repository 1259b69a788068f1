using System.Globalization;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>A column of a table.</summary>
/// <param name="Name">TTYPE.</param>
/// <param name="Type">The letter of TFORM: L, X, B, I, J, K, A, E, D, C, M, P or Q; A for every column of an ASCII table.</param>
/// <param name="Repeat">Elements in a row; characters of an ASCII table's field.</param>
/// <param name="Unit">TUNIT.</param>
/// <param name="Offset">Bytes from the row's start.</param>
/// <param name="Scale">TSCAL.</param>
/// <param name="Zero">TZERO.</param>
/// <param name="Null">TNULL of whole numbers.</param>
/// <param name="HeapType">The letter of what lies in the heap, for the descriptors P and Q.</param>
public sealed record FitsColumn(string Name, char Type, int Repeat, string? Unit, int Offset, double Scale, double Zero, long? Null, char? HeapType = null)
{
    /// <summary>TDIM, the index that runs fastest first; otherwise the number of elements alone.</summary>
    public IReadOnlyList<int> Dimensions { get; init; } = [Repeat];

    /// <summary>The letter of an ASCII table's field: A, I, F, E or D; null in binary tables.</summary>
    public char? TextForm { get; init; }

    /// <summary>Digits after a decimal point that an ASCII table's field leaves out.</summary>
    internal int ImpliedDecimals { get; init; }

    /// <summary>TNULL of an ASCII table, without blanks around it.</summary>
    internal string? NullText { get; init; }

    /// <summary>Bytes of an element of a type; 0 for an unknown type.</summary>
    internal static int SizeOf(char type) => type switch
    {
        'L' or 'X' or 'B' or 'A' => 1,
        'I' => 2,
        'J' or 'E' => 4,
        'K' or 'D' or 'C' or 'P' => 8,
        'M' or 'Q' => 16,
        _ => 0,
    };

    /// <summary>The columns of a table, checked to lie inside its rows.</summary>
    internal static List<FitsColumn> Read(FitsHeader header, bool isAscii, int rowLength, string what)
    {
        var columns = new List<FitsColumn>();
        long offset = 0;
        int count = (int)FitsKeywords.Integer(header, "TFIELDS", what, 0, 999);
        for (int i = 1; i <= count; i++)
        {
            var column = isAscii ? ReadAscii(header, i, what) : ReadBinary(header, i, offset, what);
            offset = column.Offset + (column.Type == 'X' ? (column.Repeat + 7L) / 8 : (long)column.Repeat * SizeOf(column.Type));
            if (offset > rowLength)
                throw new FitsException($"{what}: column {i} ends at byte {offset} of a row, but a row (NAXIS1) has {rowLength}.");
            columns.Add(column);
        }
        return columns;
    }

    private static FitsColumn ReadBinary(FitsHeader header, int i, long offset, string what)
    {
        string form = (header.GetString($"TFORM{i}") ?? "").Trim();
        int digits = form.TakeWhile(char.IsAsciiDigit).Count();
        bool known = digits < form.Length && SizeOf(form[digits]) > 0;
        char? heapType = null;
        if (known && form[digits] is ('P' or 'Q'))
        {
            heapType = digits + 1 < form.Length ? form[digits + 1] : ' ';
            known = SizeOf(heapType.Value) > 0 && heapType is not ('P' or 'Q');
        }
        int repeat = 1;
        if (!known || (digits > 0 && !int.TryParse(form[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out repeat)))
            throw new FitsException($"{what}: keyword TFORM{i} should be a count and one of L X B I J K A E D C M P Q, but it is '{form}'.");
        if (heapType != null && repeat > 1)
            throw new FitsException($"{what}: keyword TFORM{i} should have 0 or 1 descriptor of a variable-length array, but it is '{form}'.");
        var column = Common(header, i, form[digits], repeat, (int)offset, what) with { Null = header.GetInteger($"TNULL{i}"), HeapType = heapType };
        return column with { Dimensions = Dimensioned(header, i, column, what) };
    }

    private static FitsColumn ReadAscii(FitsHeader header, int i, string what)
    {
        string form = (header.GetString($"TFORM{i}") ?? "").Trim();
        string[] widths = form.Length > 1 ? form[1..].Split('.') : [];
        int decimals = 0;
        if (form.Length == 0 || form[0] is not ('A' or 'I' or 'F' or 'E' or 'D') || widths.Length is 0 or > 2
            || !int.TryParse(widths[0], NumberStyles.None, CultureInfo.InvariantCulture, out int width)
            || (widths.Length == 2 && !int.TryParse(widths[1], NumberStyles.None, CultureInfo.InvariantCulture, out decimals)))
        {
            throw new FitsException($"{what}: keyword TFORM{i} of an ASCII table should be Aw, Iw, Fw.d, Ew.d or Dw.d, but it is '{form}'.");
        }
        int start = (int)FitsKeywords.Integer(header, $"TBCOL{i}", what, 1, int.MaxValue);
        return Common(header, i, 'A', width, start - 1, what) with
        {
            TextForm = form[0],
            ImpliedDecimals = decimals,
            NullText = header.GetString($"TNULL{i}")?.Trim(),
        };
    }

    private static FitsColumn Common(FitsHeader header, int i, char type, int repeat, int offset, string what)
    {
        double scale = header.GetDouble($"TSCAL{i}") ?? 1;
        if (scale == 0)
            throw new FitsException($"{what}: keyword TSCAL{i} should not be 0: every value would be the same.");
        return new(header.GetString($"TTYPE{i}") ?? $"col{i}", type, repeat, header.GetString($"TUNIT{i}"), offset, scale, header.GetDouble($"TZERO{i}") ?? 0, null);
    }

    /// <summary>TDIMn, whose product is the number of elements at most (FITS 4.0, section 7.3.2).</summary>
    private static IReadOnlyList<int> Dimensioned(FitsHeader header, int i, FitsColumn column, string what)
    {
        if (header.GetString($"TDIM{i}") is not { } text || column.HeapType != null)
            return column.Dimensions;
        var sizes = new List<int>();
        long product = 1;
        foreach (string part in text.Trim().Trim('(', ')').Split(','))
        {
            if (!int.TryParse(part, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int size) || size < 0 || (product *= size) > column.Repeat)
                throw new FitsException($"{what}: keyword TDIM{i} should be sizes like '(3,2)' for up to {column.Repeat} elements, but it is '{text}'.");
            sizes.Add(size);
        }
        return sizes;
    }
}
