using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>
/// Loads the rows of a mosaic that the next cut-outs need while the present ones are measured: a thread of its own waits for the disk then. Only where cut-outs
/// lie so densely that most of the mosaic is read; else their own pages are loaded one by one.
/// </summary>
internal sealed class RowsAhead : IDisposable
{
    private const long BytesAhead = 64 << 20;
    private const int StripsAhead = 16;
    private const int LeastShare = 8;                        // an eighth of the mosaic is read
    private readonly FitsImage _image;
    private readonly int _rows;                              // at most so many rows ahead
    private readonly Thread? _thread;
    private readonly AutoResetEvent _moved = new(false);
    private int _reached;
    private volatile bool _ends;

    /// <param name="file">The mosaic's file.</param>
    /// <param name="image">The mosaic.</param>
    /// <param name="firstRow">Where the first cut-out begins.</param>
    /// <param name="pixelsToRead">Of all cut-outs.</param>
    public RowsAhead(FitsFile file, FitsImage image, int firstRow, long pixelsToRead)
    {
        _image = image;
        _reached = Math.Max(0, firstRow);
        _rows = (int)Math.Clamp(BytesAhead / Math.Max(1, (long)image.Width * Math.Abs(image.Bitpix) / 8), 1, image.Height);
        if (pixelsToRead < (long)image.Width * image.Height / LeastShare || file.IsMostlyInMemory())
            return;
        _thread = new Thread(LoadToTheEnd) { IsBackground = true, Name = "rows ahead" };
        _thread.Start();
    }

    /// <summary>A cut-out begins here; those that follow do not begin before.</summary>
    public void Reach(int row)
    {
        if (_thread == null || row <= _reached)
            return;
        Volatile.Write(ref _reached, row);
        _moved.Set();
    }

    public void Dispose()
    {
        _ends = true;
        _moved.Set();
        _thread?.Join();
        _moved.Dispose();
    }

    private void LoadToTheEnd()
    {
        int strip = Math.Max(1, _rows / StripsAhead);
        for (int row = _reached; row < _image.Height && !_ends; row += strip)
        {
            while (row - Volatile.Read(ref _reached) > _rows && !_ends)
                _moved.WaitOne();
            _image.Load(row, Math.Min(strip, _image.Height - row));
        }
    }
}
