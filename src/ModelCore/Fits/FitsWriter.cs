using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>A column to write; all columns of a table have equally many values.</summary>
public abstract record FitsColumnData(string Name, string? Unit)
{
    internal abstract int Count { get; }

    internal abstract string Form { get; }

    internal abstract int Width { get; }

    internal abstract void WriteCell(int row, Span<byte> cell);
}

public sealed record FitsDoubleColumn(string Name, string? Unit, double[] Values) : FitsColumnData(Name, Unit)
{
    internal override int Count => Values.Length;

    internal override string Form => "D";

    internal override int Width => 8;

    internal override void WriteCell(int row, Span<byte> cell) => BinaryPrimitives.WriteDoubleBigEndian(cell, Values[row]);
}

public sealed record FitsFloatColumn(string Name, string? Unit, float[] Values) : FitsColumnData(Name, Unit)
{
    internal override int Count => Values.Length;

    internal override string Form => "E";

    internal override int Width => 4;

    internal override void WriteCell(int row, Span<byte> cell) => BinaryPrimitives.WriteSingleBigEndian(cell, Values[row]);
}

public sealed record FitsIntegerColumn(string Name, string? Unit, long[] Values) : FitsColumnData(Name, Unit)
{
    internal override int Count => Values.Length;

    internal override string Form => "K";

    internal override int Width => 8;

    internal override void WriteCell(int row, Span<byte> cell) => BinaryPrimitives.WriteInt64BigEndian(cell, Values[row]);
}

/// <summary>ASCII text; other characters become question marks.</summary>
public sealed record FitsStringColumn(string Name, string? Unit, string[] Values) : FitsColumnData(Name, Unit)
{
    internal override int Count => Values.Length;

    internal override string Form => $"{Width}A";

    internal override int Width => Math.Max(1, Values.Length == 0 ? 1 : Values.Max(value => value.Length));

    internal override void WriteCell(int row, Span<byte> cell)
    {
        cell.Fill((byte)' ');
        Encoding.ASCII.GetBytes(Values[row], cell);
    }
}

/// <summary>Writes images and tables strictly by the standard (FITS 4.0): cards of 80 and blocks of 2880 bytes.</summary>
public static class FitsWriter
{
    private const int CardLength = FitsHeaderReader.CardLength;
    private const int BlockLength = FitsHeaderReader.BlockLength;
    private static readonly string[] _structural = ["SIMPLE", "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "EXTEND", "PCOUNT", "GCOUNT", "TFIELDS", "EXTNAME", "END"];

    /// <summary>A float32 image as the primary HDU.</summary>
    /// <param name="stream">Where to write.</param>
    /// <param name="pixels">(height, width), first row first.</param>
    /// <param name="width">NAXIS1.</param>
    /// <param name="height">NAXIS2.</param>
    /// <param name="cards">Further keywords; structural ones among them are left out.</param>
    public static void WriteImage(Stream stream, ReadOnlySpan<float> pixels, int width, int height, FitsHeader? cards = null)
    {
        if (pixels.Length != width * height)
            throw new ArgumentException($"{width} x {height} pixels were announced, but there are {pixels.Length}.");
        var header = new HeaderText();
        header.Add("SIMPLE", true, "conforms to FITS standard");
        header.Add("BITPIX", -32L, "32 bit floating point");
        header.Add("NAXIS", 2L, null);
        header.Add("NAXIS1", (long)width, null);
        header.Add("NAXIS2", (long)height, null);
        header.AddAll(cards);
        header.WriteTo(stream);
        Span<byte> row = new byte[width * 4];
        for (int y = 0; y < height; y++)
        {
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, uint>(pixels.Slice(y * width, width)), MemoryMarshal.Cast<byte, uint>(row));
            stream.Write(row);
        }
        Pad(stream, pixels.Length * 4L, 0);
    }

    /// <inheritdoc cref="WriteImage(Stream, ReadOnlySpan{float}, int, int, FitsHeader?)"/>
    /// <remarks>The file is there whole or not at all: temporary name, flush, rename.</remarks>
    public static void WriteImage(string path, ReadOnlySpan<float> pixels, int width, int height, FitsHeader? cards = null)
    {
        string temporary = path + ".tmp";
        using (var stream = File.Create(temporary))
        {
            WriteImage(stream, pixels, width, height, cards);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>An empty primary HDU and a binary table.</summary>
    public static void WriteTable(Stream stream, IReadOnlyList<FitsColumnData> columns, FitsHeader? cards = null, string? name = null)
    {
        int rows = columns.Count == 0 ? 0 : columns[0].Count;
        if (columns.Any(column => column.Count != rows))
            throw new ArgumentException("The columns of a table should have equally many values.");
        var primary = new HeaderText();
        primary.Add("SIMPLE", true, "conforms to FITS standard");
        primary.Add("BITPIX", 8L, null);
        primary.Add("NAXIS", 0L, null);
        primary.Add("EXTEND", true, null);
        primary.WriteTo(stream);

        int rowLength = columns.Sum(column => column.Width);
        var header = new HeaderText();
        header.Add("XTENSION", "BINTABLE", "binary table");
        header.Add("BITPIX", 8L, null);
        header.Add("NAXIS", 2L, null);
        header.Add("NAXIS1", (long)rowLength, "bytes in a row");
        header.Add("NAXIS2", (long)rows, "rows");
        header.Add("PCOUNT", 0L, null);
        header.Add("GCOUNT", 1L, null);
        header.Add("TFIELDS", (long)columns.Count, "columns");
        if (name != null)
            header.Add("EXTNAME", name, null);
        for (int i = 0; i < columns.Count; i++)
        {
            header.Add($"TTYPE{i + 1}", columns[i].Name, null);
            header.Add($"TFORM{i + 1}", columns[i].Form, null);
            if (columns[i].Unit is { } unit)
                header.Add($"TUNIT{i + 1}", unit, null);
        }
        header.AddAll(cards);
        header.WriteTo(stream);
        byte[] row = new byte[rowLength];
        for (int i = 0; i < rows; i++)
        {
            int offset = 0;
            foreach (var column in columns)
            {
                column.WriteCell(i, row.AsSpan(offset, column.Width));
                offset += column.Width;
            }
            stream.Write(row);
        }
        Pad(stream, (long)rowLength * rows, 0);
    }

    /// <inheritdoc cref="WriteTable(Stream, IReadOnlyList{FitsColumnData}, FitsHeader?, string?)"/>
    /// <remarks>The file is there whole or not at all: temporary name, flush, rename.</remarks>
    public static void WriteTable(string path, IReadOnlyList<FitsColumnData> columns, FitsHeader? cards = null, string? name = null)
    {
        string temporary = path + ".tmp";
        using (var stream = File.Create(temporary))
        {
            WriteTable(stream, columns, cards, name);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    private static void Pad(Stream stream, long length, byte with)
    {
        int missing = (int)((BlockLength - length % BlockLength) % BlockLength);
        byte[] padding = new byte[missing];
        padding.AsSpan().Fill(with);
        stream.Write(padding);
    }

    private sealed class HeaderText
    {
        private readonly StringBuilder _text = new();

        public void AddAll(FitsHeader? cards)
        {
            foreach (var card in cards?.Cards ?? [])
            {
                if (card.Keyword is "COMMENT" or "HISTORY")
                    AddText(card.Keyword, card.Value as string ?? "");
                else if (!_structural.Contains(card.Keyword) && card.Keyword.Length > 0)
                    Add(card.Keyword, card.Value, card.Comment);
            }
        }

        public void Add(string keyword, object? value, string? comment)
        {
            if (keyword.Length > 8 || keyword.Any(c => !char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_')))
                throw new ArgumentException($"A FITS keyword should be up to 8 of A-Z, 0-9, '-' and '_', but it is '{keyword}'.");
            if (value is string text)
            {
                AddString(keyword, text, comment);
                return;
            }
            string number = value switch
            {
                null => "",
                bool truth => truth ? "T" : "F",
                long whole => whole.ToString(CultureInfo.InvariantCulture),
                double real when double.IsFinite(real) => Real(real),
                double => throw new ArgumentException($"Keyword {keyword} cannot hold a number that is not finite."),
                _ => throw new ArgumentException($"Keyword {keyword} cannot hold a {value.GetType().Name}."),
            };
            AddCard($"{keyword,-8}= {number,20}{Remark(comment)}");
        }

        public void WriteTo(Stream stream)
        {
            AddCard("END");
            stream.Write(Encoding.ASCII.GetBytes(_text.ToString()));
            Pad(stream, _text.Length, (byte)' ');
        }

        /// <summary>A text of more than 68 characters goes on in CONTINUE cards (FITS 4.0, section 4.2.1.2).</summary>
        private void AddString(string keyword, string text, string? comment)
        {
            string escaped = text.Replace("'", "''", StringComparison.Ordinal);
            if (escaped.Length <= 68)
            {
                AddCard($"{keyword,-8}= {$"'{escaped,-8}'",-20}{Remark(comment)}");
                return;
            }
            string start = $"{keyword,-8}= ";
            while (escaped.Length > 67)
            {
                int cut = escaped[66] == '\'' && escaped[65] != '\'' ? 66 : 67;
                AddCard($"{start}'{escaped[..cut]}&'");
                escaped = escaped[cut..];
                start = "CONTINUE  ";
            }
            AddCard($"{start}'{escaped}'{Remark(comment)}");
        }

        private void AddText(string keyword, string text)
        {
            for (int start = 0; start == 0 || start < text.Length; start += CardLength - 8)
                AddCard($"{keyword,-8}{text.AsSpan(start, Math.Min(CardLength - 8, text.Length - start))}");
        }

        private void AddCard(string card) => _text.Append((card.Length > CardLength ? card[..CardLength] : card).PadRight(CardLength));

        private static string Remark(string? comment) => string.IsNullOrEmpty(comment) ? "" : $" / {comment}";

        private static string Real(double value)
        {
            string text = value.ToString("R", CultureInfo.InvariantCulture);
            return text.Contains('.') || text.Contains('E') ? text : text + ".0";
        }
    }
}
