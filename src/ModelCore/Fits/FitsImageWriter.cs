using System.Buffers;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>Takes the pixels of one image piece by piece; made by <see cref="FitsFileWriter.BeginImage"/>.</summary>
public sealed class FitsImageWriter : IDisposable
{
    private const int PixelsAtOnce = 1 << 16;
    private readonly FitsDataWriter _data;
    private readonly FitsPixelFormat _format;
    private readonly long _pixels;
    private byte[] _buffer;
    private long _written;

    internal FitsImageWriter(FitsDataWriter data, FitsPixelFormat format, long pixels)
    {
        _data = data;
        _format = format;
        _pixels = pixels;
        _buffer = ArrayPool<byte>.Shared.Rent(PixelsAtOnce * format.Size);
    }

    internal bool IsFinished { get; private set; }

    /// <summary>The next pixels, physical values; the first axis runs fastest.</summary>
    public void Write(ReadOnlySpan<float> pixels) => WriteAny(pixels);

    /// <inheritdoc cref="Write(ReadOnlySpan{float})"/>
    public void Write(ReadOnlySpan<double> pixels) => WriteAny(pixels);

    /// <summary>Ends the image; it must have as many pixels as its axes say.</summary>
    public void Finish()
    {
        ObjectDisposedException.ThrowIf(IsFinished, this);
        if (_written != _pixels)
            throw new InvalidOperationException($"The axes announce {_pixels} pixels, but {_written} were written.");
        _data.Finish(padding: 0);
        IsFinished = true;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _data.Dispose();
    }

    private void WriteAny<T>(ReadOnlySpan<T> pixels)
        where T : unmanaged
    {
        if (pixels.Length > _pixels - _written)
            throw new ArgumentException($"The axes announce {_pixels} pixels, but there are {_written + pixels.Length}.");
        for (; pixels.Length > 0; pixels = pixels[Math.Min(PixelsAtOnce, pixels.Length)..])
        {
            var part = pixels[..Math.Min(PixelsAtOnce, pixels.Length)];
            var bytes = _buffer.AsSpan(0, part.Length * _format.Size);
            _format.Encode(part, bytes);
            _data.Write(bytes);
            _written += part.Length;
        }
    }
}
