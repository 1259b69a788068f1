using System.Buffers.Binary;
using System.Text;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Writes a FITS binary table. Its header needs the number of rows and the texts' widths, so the rows wait in a temporary file until the end.</summary>
/// <remarks>FITS standard 4.0, section 7.3: a missing whole number is TNULL, a missing truth value a zero byte, a missing real number NaN. TCOMMn is the usual place for descriptions.</remarks>
internal sealed class FitsCatalogueWriter : CatalogueWriter
{
    private const long NoInteger = long.MinValue;
    private readonly BatchSpool _spool;

    public FitsCatalogueWriter(string path, IReadOnlyList<CatalogueColumn> columns)
        : base(path, columns)
    {
        foreach (var column in columns)
        {
            foreach (string? text in new[] { column.Name, column.Unit, column.Description })
                CheckAscii(text, $"column '{column.Name}': name, unit and description");
        }
        _spool = new BatchSpool(TemporaryPath + ".rows", columns);
    }

    private protected override void WriteRows(CatalogueBatch batch)
    {
        foreach (var texts in batch.Columns.OfType<TextValues>())
        {
            for (int row = 0; row < texts.Count; row++)
            {
                if (texts[row].ContainsAnyExceptInRange((byte)' ', (byte)'~'))
                    CheckAscii(texts.Text(row), $"row {RowCount + row}, column '{texts.Column.Name}'");
            }
        }
        _spool.Add(batch);
    }

    private protected override void End()
    {
        if (_spool.RowCount > int.MaxValue)
            throw new RadioDiffusionException($"{Path}: a FITS table should have at most {int.MaxValue} rows here, but it would have {_spool.RowCount}: write Parquet.");
        var cards = new FitsHeader();
        for (int i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Description is { } description)
                cards.Set($"TCOMM{i + 1}", description);
        }
        FitsWriter.WriteTable(Stream, [.. Columns.Select((column, i) => new SpooledColumn(_spool, column, i))], cards);
    }

    protected override void Dispose(bool disposing)
    {
        _spool?.Dispose();
        base.Dispose(disposing);
    }

    private void CheckAscii(string? text, string what)
    {
        if (text != null && text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            Dispose();
            throw new RadioDiffusionException($"{Path}: {what} should be printable ASCII in a FITS file, but it is '{text}': write VOTable, Parquet or CSV instead.");
        }
    }

    /// <summary>A column whose cells come from the temporary file, row after row.</summary>
    private sealed record SpooledColumn(BatchSpool Spool, CatalogueColumn Column, int Number) : FitsColumnData(Column.Name, Column.Unit)
    {
        internal override int Count => (int)Spool.RowCount;

        internal override long? Null => Spool.AnyMissing(Number) ? NoInteger : null;

        internal override (string Form, int Width) Layout(bool isLargeHeap) => Column.Type switch
        {
            ColumnType.Double => ("D", 8),
            ColumnType.Single => ("E", 4),
            ColumnType.Integer => ("K", 8),
            ColumnType.Boolean => ("L", 1),
            _ => ($"{Math.Max(1, Spool.Width(Number))}A", Math.Max(1, Spool.Width(Number))),
        };

        internal override void WriteCell(int row, Span<byte> cell, FitsHeapPosition heap)
        {
            switch (Spool.BatchWith(row, out int index).Columns[Number])
            {
                case TextValues texts:
                    cell.Fill((byte)' ');
                    texts[index].CopyTo(cell);
                    break;
                case IntegerValues integers:
                    BinaryPrimitives.WriteInt64BigEndian(cell, integers.IsMissing(index) ? NoInteger : integers.Values[index]);
                    break;
                case NumberValues { Column.Type: ColumnType.Boolean } truths:
                    cell[0] = truths.IsMissing(index) ? (byte)0 : truths.Number(index) != 0 ? (byte)'T' : (byte)'F';
                    break;
                case NumberValues { Column.Type: ColumnType.Single } numbers:
                    BinaryPrimitives.WriteSingleBigEndian(cell, (float)numbers.Number(index));
                    break;
                case NumberValues numbers:
                    BinaryPrimitives.WriteDoubleBigEndian(cell, numbers.Number(index));
                    break;
            }
        }
    }
}
