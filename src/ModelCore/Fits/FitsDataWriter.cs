using System.Globalization;
using System.Text;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>Writes the data of one HDU behind its header, and puts DATASUM and CHECKSUM into the header at the end.</summary>
internal sealed class FitsDataWriter : Stream
{
    private const int ValueOffset = 11;                      // of a string in its card, behind the quote
    private const string ChecksumZeros = "0000000000000000";
    private const int DatasumDigits = 10;

    private readonly Stream _stream;
    private readonly FitsChecksum _sum = new();
    private readonly byte[] _header;
    private readonly long _headerPosition;
    private readonly int _checksumCard;
    private long _length;

    /// <summary>Writes the header.</summary>
    /// <param name="stream">Must be able to seek.</param>
    /// <param name="header">Complete but for the checksums.</param>
    public FitsDataWriter(Stream stream, FitsHeaderWriter header)
    {
        _stream = stream;
        _headerPosition = stream.Position;
        _checksumCard = header.Length;
        header.Add("CHECKSUM", ChecksumZeros, "checksum of the HDU");
        header.Add("DATASUM", "0".PadLeft(DatasumDigits), "checksum of the data");
        _header = header.ToBytes();
        stream.Write(_header);
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position { get => _length; set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _sum.Append(buffer);
        _length += buffer.Length;
        _stream.Write(buffer);
    }

    /// <summary>Pads the data and completes the header; the stream stands at the end of the HDU then.</summary>
    public void Finish(byte padding)
    {
        const int Block = FitsHeaderReader.BlockLength;
        byte[] missing = new byte[(Block - _length % Block) % Block];
        missing.AsSpan().Fill(padding);
        Write(missing);
        uint dataSum = _sum.Value;
        Put(_checksumCard + FitsHeaderReader.CardLength, dataSum.ToString(CultureInfo.InvariantCulture).PadRight(DatasumDigits));
        var whole = new FitsChecksum();
        whole.Append(_header);
        Put(_checksumCard, FitsChecksum.Encode(FitsChecksum.Add(whole.Value, dataSum)));
        long end = _stream.Position;
        _stream.Position = _headerPosition;
        _stream.Write(_header);
        _stream.Position = end;
    }

    public override void Flush() => _stream.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Put(int card, string value) => Encoding.ASCII.GetBytes(value, _header.AsSpan(card + ValueOffset));
}
