namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Finds the narrowest type that holds all cells of each column: truth values, whole numbers, numbers, else text.</summary>
internal sealed class CsvColumnTypes(int columns)
{
    private readonly Cells[] _cells = [.. Enumerable.Repeat(Cells.None, columns)];

    [Flags]
    private enum Cells
    {
        None = 0,
        Seen = 1,
        NoBoolean = 2,
        NoInteger = 4,
        NoNumber = 8,
    }

    public void Look(DelimitedText text)
    {
        for (int i = 0; i < _cells.Length; i++)
        {
            if ((_cells[i] & Cells.NoNumber) != 0 && (_cells[i] & Cells.NoBoolean) != 0)
                continue;
            var cell = CellText.Trim(text.Field(i));
            if (!CellText.IsMissing(cell))
                _cells[i] |= Cells.Seen | Kind(cell);
        }
    }

    /// <summary>A column without any value is text.</summary>
    public ColumnType this[int column] => _cells[column] switch
    {
        Cells.None => ColumnType.Text,
        var cells when (cells & Cells.NoBoolean) == 0 => ColumnType.Boolean,
        var cells when (cells & Cells.NoInteger) == 0 => ColumnType.Integer,
        var cells when (cells & Cells.NoNumber) == 0 => ColumnType.Double,
        _ => ColumnType.Text,
    };

    private static Cells Kind(ReadOnlySpan<byte> cell)
    {
        var kind = Cells.None;
        if (cell.Length < 4 || !CellText.TryBoolean(cell, out _))
            kind |= Cells.NoBoolean;                             // only the whole words: T, F, 0 and 1 mean other things too
        if (!CellText.TryInteger(cell, out _) || HasLeadingZero(cell))
            kind |= Cells.NoInteger;
        if (!CellText.TryNumber(cell, out _) || HasLeadingZero(cell))
            kind |= Cells.NoNumber;
        return kind;
    }

    /// <summary>007 is a label: as a number it would lose its zeros.</summary>
    private static bool HasLeadingZero(ReadOnlySpan<byte> cell) => cell.Length > 1 && cell[0] == '0' && !cell.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
