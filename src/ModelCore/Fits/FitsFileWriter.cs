namespace RadioDiffusion.ModelCore.Fits;

/// <summary>Writes a FITS file HDU by HDU, with CHECKSUM and DATASUM; images of any size go through piece by piece.</summary>
/// <remarks>FITS standard 4.0. The file is there whole or not at all: temporary name, flush, and a rename by <see cref="Complete"/>.</remarks>
public sealed class FitsFileWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly string? _path, _temporary;
    private FitsImageWriter? _open;
    private int _hdus;
    private bool _completed;

    private FitsFileWriter(Stream stream, string? path, string? temporary)
    {
        _stream = stream;
        _path = path;
        _temporary = temporary;
    }

    /// <summary>A new file; one that is there is replaced when all is written.</summary>
    public static FitsFileWriter Create(string path)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        return new(new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20), path, temporary);
    }

    /// <summary>Writes to a stream that can seek, from where it stands; it stays open.</summary>
    public static FitsFileWriter To(Stream stream) => stream.CanSeek
        ? new(stream, null, null)
        : throw new ArgumentException("FITS checksums stand before the data that they are of: the stream must be able to seek.");

    /// <summary>A whole image: the primary HDU if it is the first, otherwise an IMAGE extension.</summary>
    /// <param name="pixels">Physical values, the first axis running fastest.</param>
    /// <param name="format">How they are stored.</param>
    /// <param name="axes">NAXIS1 (columns), NAXIS2 (rows), and so on.</param>
    /// <param name="cards">Further keywords; those that describe other data (structure, scaling, checksums) are left out.</param>
    /// <param name="name">EXTNAME.</param>
    public void AddImage(ReadOnlySpan<float> pixels, FitsPixelFormat format, IReadOnlyList<long> axes, FitsHeader? cards = null, string? name = null)
    {
        using var image = BeginImage(format, axes, cards, name);
        image.Write(pixels);
        image.Finish();
    }

    /// <inheritdoc cref="AddImage(ReadOnlySpan{float}, FitsPixelFormat, IReadOnlyList{long}, FitsHeader?, string?)"/>
    public void AddImage(ReadOnlySpan<double> pixels, FitsPixelFormat format, IReadOnlyList<long> axes, FitsHeader? cards = null, string? name = null)
    {
        using var image = BeginImage(format, axes, cards, name);
        image.Write(pixels);
        image.Finish();
    }

    /// <summary>An image that comes piece by piece, a cube plane by plane for example; the next HDU may begin when it is finished.</summary>
    /// <inheritdoc cref="AddImage(ReadOnlySpan{float}, FitsPixelFormat, IReadOnlyList{long}, FitsHeader?, string?)"/>
    public FitsImageWriter BeginImage(FitsPixelFormat format, IReadOnlyList<long> axes, FitsHeader? cards = null, string? name = null)
    {
        format.Check();
        CheckReady();
        if (axes.Count is 0 or > 999 || axes.Any(length => length < 0))
            throw new ArgumentException($"An image should have from 1 to 999 axes of 0 or more pixels, but they are {string.Join(" x ", axes)}.");
        long count = axes.Aggregate(1L, (product, length) => checked(product * length));
        var header = new FitsHeaderWriter();
        AddStart(header, "IMAGE", "image extension", format.Bitpix, axes);
        if (format.Scale != 1 || format.Zero != 0)
        {
            header.Add("BSCALE", format.Scale, "physical value = BZERO + BSCALE * stored");
            header.Add("BZERO", format.Zero, null);
        }
        if (format.Blank is { } blank)
            header.Add("BLANK", blank, "stored where there is no value");
        if (name != null)
            header.Add("EXTNAME", name, null);
        header.AddAll(cards);
        _hdus++;
        return _open = new FitsImageWriter(new FitsDataWriter(_stream, header), format, count);
    }

    /// <summary>A binary table; an empty primary HDU goes before it where it is the first.</summary>
    /// <param name="columns">Equally long columns.</param>
    /// <param name="cards">Further keywords; those that describe other data are left out.</param>
    /// <param name="name">EXTNAME.</param>
    public void AddTable(IReadOnlyList<FitsColumnData> columns, FitsHeader? cards = null, string? name = null)
    {
        CheckReady();
        int rows = columns.Count == 0 ? 0 : columns[0].Count;
        if (columns.FirstOrDefault(column => column.Count != rows) is { } other)
            throw new ArgumentException($"The columns of a table should have equally many values, but '{columns[0].Name}' has {rows} and '{other.Name}' has {other.Count}.");
        if (_hdus == 0)
            AddEmptyPrimary();
        long heapLength = columns.Sum(column => column.HeapLength);
        var layouts = columns.Select(column => column.Layout(heapLength > int.MaxValue)).ToArray();
        long rowLength = layouts.Sum(layout => (long)layout.Width);
        var header = new FitsHeaderWriter();
        AddStart(header, "BINTABLE", "binary table", 8, [rowLength, rows], heapLength);
        header.Add("TFIELDS", (long)columns.Count, "columns");
        if (name != null)
            header.Add("EXTNAME", name, null);
        for (int i = 0; i < columns.Count; i++)
        {
            header.Add($"TTYPE{i + 1}", columns[i].Name, null);
            header.Add($"TFORM{i + 1}", layouts[i].Form, null);
            if (!string.IsNullOrEmpty(columns[i].Unit))
                header.Add($"TUNIT{i + 1}", columns[i].Unit, null);
            if (columns[i].Null is { } none)
                header.Add($"TNULL{i + 1}", none, "no value");
        }
        header.AddAll(cards);
        _hdus++;
        using var data = new FitsDataWriter(_stream, header);
        WriteRows(data, columns, layouts, rows, checked((int)rowLength), new FitsHeapPosition(heapLength > int.MaxValue));
        foreach (var column in columns)
            column.WriteHeap(data);
        data.Finish(padding: 0);
    }

    /// <summary>Flushes, and gives the file its name.</summary>
    public void Complete()
    {
        CheckReady();
        if (_hdus == 0)
            AddEmptyPrimary();
        _stream.Flush();
        _completed = true;
        if (_stream is not FileStream file || _path == null)
            return;
        file.Flush(flushToDisk: true);
        file.Dispose();
        File.Move(_temporary!, _path, overwrite: true);
    }

    /// <summary>Closes; a file that was not completed is removed.</summary>
    public void Dispose()
    {
        if (_path == null)
            return;
        _stream.Dispose();
        if (!_completed)
            File.Delete(_temporary!);
    }

    private void AddEmptyPrimary()
    {
        var header = new FitsHeaderWriter();
        AddStart(header, "", "", 8, []);
        _hdus++;
        using var data = new FitsDataWriter(_stream, header);
        data.Finish(padding: 0);
    }

    /// <summary>The keywords that an HDU must begin with (section 4.4.1).</summary>
    private void AddStart(FitsHeaderWriter header, string extension, string remark, int bitpix, IReadOnlyList<long> axes, long heapLength = 0)
    {
        if (_hdus == 0)
            header.Add("SIMPLE", true, "conforms to FITS standard");
        else
            header.Add("XTENSION", extension, remark);
        header.Add("BITPIX", (long)bitpix, bitpix == -32 ? "32 bit floating point" : null);
        header.Add("NAXIS", (long)axes.Count, null);
        for (int i = 0; i < axes.Count; i++)
            header.Add($"NAXIS{i + 1}", axes[i], extension != "BINTABLE" ? null : i == 0 ? "bytes in a row" : "rows");
        if (_hdus == 0)
        {
            header.Add("EXTEND", true, null);
            return;
        }
        header.Add("PCOUNT", heapLength, null);
        header.Add("GCOUNT", 1L, null);
    }

    private static void WriteRows(FitsDataWriter data, IReadOnlyList<FitsColumnData> columns, (string Form, int Width)[] layouts, int rows, int rowLength, FitsHeapPosition heap)
    {
        const int BytesAtOnce = 1 << 16;
        int rowsAtOnce = Math.Max(1, BytesAtOnce / Math.Max(1, rowLength));
        byte[] buffer = new byte[(long)rowLength * Math.Min(rowsAtOnce, rows)];
        long[] heapStarts = new long[columns.Count];
        for (int i = 1; i < heapStarts.Length; i++)
            heapStarts[i] = heapStarts[i - 1] + columns[i - 1].HeapLength;
        for (int first = 0; first < rows; first += rowsAtOnce)
        {
            int count = Math.Min(rowsAtOnce, rows - first);
            for (int row = 0; row < count; row++)
            {
                int offset = row * rowLength;
                for (int i = 0; i < columns.Count; i++)
                {
                    heap.Bytes = heapStarts[i];
                    columns[i].WriteCell(first + row, buffer.AsSpan(offset, layouts[i].Width), heap);
                    heapStarts[i] = heap.Bytes;
                    offset += layouts[i].Width;
                }
            }
            data.Write(buffer.AsSpan(0, count * rowLength));
        }
    }

    private void CheckReady()
    {
        if (_completed)
            throw new InvalidOperationException("The FITS file is complete already.");
        if (_open is { IsFinished: false })
            throw new InvalidOperationException("The last image of the FITS file is not finished.");
    }
}
