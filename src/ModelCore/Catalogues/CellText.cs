using System.Globalization;
using System.Text;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>What the text of a cell means.</summary>
internal static class CellText
{
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> cell) => cell.Trim(" \t"u8);

    /// <summary>Blank, or one of the usual words for no value.</summary>
    public static bool IsMissing(ReadOnlySpan<byte> cell) =>
        cell.IsEmpty || Ascii.EqualsIgnoreCase(cell, "nan"u8) || Ascii.EqualsIgnoreCase(cell, "null"u8) || cell.SequenceEqual("--"u8);

    public static bool TryBoolean(ReadOnlySpan<byte> cell, out bool value)
    {
        value = Ascii.EqualsIgnoreCase(cell, "true"u8) || Ascii.EqualsIgnoreCase(cell, "t"u8) || cell.SequenceEqual("1"u8);
        return value || Ascii.EqualsIgnoreCase(cell, "false"u8) || Ascii.EqualsIgnoreCase(cell, "f"u8) || cell.SequenceEqual("0"u8);
    }

    public static bool TryInteger(ReadOnlySpan<byte> cell, out long value) => long.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    public static bool TryNumber(ReadOnlySpan<byte> cell, out double value) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out value) || TryInfinity(cell, out value);

    /// <summary>Adds the value of a cell; false if the text is no value of the column's type.</summary>
    public static bool TryAdd(ColumnValues values, ReadOnlySpan<byte> cell)
    {
        if (values is TextValues texts)
        {
            texts.Add(cell);
            return true;
        }
        cell = Trim(cell);
        switch (values)
        {
            case IntegerValues integers when IsMissing(cell):
                integers.AddMissing();
                return true;
            case IntegerValues integers:
                bool whole = TryInteger(cell, out long integer);
                integers.Add(integer);
                return whole;
            case NumberValues numbers when IsMissing(cell):
                numbers.Add(double.NaN);
                return true;
            case NumberValues { Column.Type: ColumnType.Boolean } numbers:
                bool known = TryBoolean(cell, out bool truth);
                numbers.Add(truth ? 1 : 0);
                return known;
            case NumberValues numbers:
                bool real = TryNumber(cell, out double number);
                numbers.Add(numbers.Column.Type == ColumnType.Single ? (float)number : number);
                return real;
            default:
                return false;
        }
    }

    public static string Name(ColumnType type) => type switch
    {
        ColumnType.Integer => "a whole number",
        ColumnType.Boolean => "true or false",
        ColumnType.Text => "a text",
        _ => "a number",
    };

    private static bool TryInfinity(ReadOnlySpan<byte> cell, out double value)
    {
        value = cell is [(byte)'-', ..] ? double.NegativeInfinity : double.PositiveInfinity;
        return Ascii.EqualsIgnoreCase(cell is [(byte)'-' or (byte)'+', ..] ? cell[1..] : cell, "inf"u8);
    }
}
