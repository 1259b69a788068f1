using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>Writes a TensorBoard event file: figures and pictures of a training, each at its step.</summary>
/// <remarks>
/// A TFRecord file ("TFRecords Format Details" in TensorFlow's documentation): each record is its length (uint64), a check sum of that, its
/// bytes and a check sum of these, all little-endian. A record is an Event message of event.proto and summary.proto (TensorFlow), in the
/// encoding of protocol buffers.
/// </remarks>
/// <param name="stream">Where to write; stays open.</param>
/// <param name="time">When it happened, the same for all events: a run keeps no time of its steps.</param>
public sealed class EventFileWriter(Stream stream, DateTimeOffset time)
{
    /// <summary>TensorBoard takes a file for its own by these parts of the name.</summary>
    public const string NameStart = "events.out.tfevents.";

    private const string Version = "brain.Event:2";
    private const int Rgb = 3;                               // Summary.Image.colorspace

    /// <summary>The first record, which says what the file is.</summary>
    public void Begin() => Write(Event(0).Text(3, Version));

    /// <summary>One figure at a step; what is not finite is left out, since there is nothing to draw.</summary>
    public void Scalar(string tag, long step, double value)
    {
        if (double.IsFinite(value))
            Write(Event(step).Nested(5, new Message().Nested(1, new Message().Text(1, tag).Single(2, (float)value))));
    }

    /// <summary>One picture at a step.</summary>
    public void Image(string tag, long step, byte[] png)
    {
        // Width and height stand at bytes 16 and 20 of every PNG (IHDR).
        int width = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), height = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20));
        Write(Event(step).Nested(5, new Message().Nested(1, new Message().Text(1, tag)
            .Nested(4, new Message().Integer(1, height).Integer(2, width).Integer(3, Rgb).Bytes(4, png)))));
    }

    /// <summary>CRC-32C (Castagnoli, RFC 3720), turned by 15 bits and shifted, so that a check sum of check sums is one too.</summary>
    internal static uint MaskedChecksum(ReadOnlySpan<byte> bytes) => BitOperations.RotateRight(Checksum(bytes), 15) + 0xa282ead8u;

    internal static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    private Message Event(long step) => new Message().Double(1, (time - DateTimeOffset.UnixEpoch).TotalSeconds).Integer(2, step);

    private void Write(Message message)
    {
        byte[] bytes = message.ToArray();
        Span<byte> start = stackalloc byte[12], end = stackalloc byte[4];
        BinaryPrimitives.WriteUInt64LittleEndian(start, (ulong)bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(start[8..], MaskedChecksum(start[..8]));
        BinaryPrimitives.WriteUInt32LittleEndian(end, MaskedChecksum(bytes));
        stream.Write(start);
        stream.Write(bytes);
        stream.Write(end);
    }

    /// <summary>A message in the encoding of protocol buffers, field by field: the number and the kind of each, then its value.</summary>
    private sealed class Message
    {
        private const int VariableLength = 0, EightBytes = 1, Counted = 2, FourBytes = 5;
        private readonly MemoryStream _bytes = new();

        public byte[] ToArray() => _bytes.ToArray();

        public Message Integer(int field, long value) => Key(field, VariableLength).Number((ulong)value);

        public Message Double(int field, double value)
        {
            Span<byte> bytes = stackalloc byte[sizeof(double)];
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
            return Key(field, EightBytes).Append(bytes);
        }

        public Message Single(int field, float value)
        {
            Span<byte> bytes = stackalloc byte[sizeof(float)];
            BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
            return Key(field, FourBytes).Append(bytes);
        }

        public Message Bytes(int field, ReadOnlySpan<byte> value) => Key(field, Counted).Number((ulong)value.Length).Append(value);

        public Message Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

        public Message Nested(int field, Message value) => Bytes(field, value.ToArray());

        private Message Key(int field, int kind) => Number((ulong)(field << 3 | kind));

        /// <summary>Seven bits a byte, the lowest first; the high bit says that more follow.</summary>
        private Message Number(ulong value)
        {
            for (; value >= 0x80; value >>= 7)
                _bytes.WriteByte((byte)(value | 0x80));
            _bytes.WriteByte((byte)value);
            return this;
        }

        private Message Append(ReadOnlySpan<byte> bytes)
        {
            _bytes.Write(bytes);
            return this;
        }
    }
}
