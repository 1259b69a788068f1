using System.Buffers.Binary;
using System.Numerics;

namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>Bits of a byte string, the most significant one of each byte first. Beyond the end come zeros, and <see cref="IsPastEnd"/> says so.</summary>
internal ref struct BitReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;                                   // of the next byte to load
    private ulong _window;                                   // loaded bits, left-aligned
    private int _loaded;
    private int _missing;                                    // bits loaded from beyond the end

    /// <summary>Whether more bits were taken than there are.</summary>
    public readonly bool IsPastEnd => _missing > _loaded;

    /// <summary>Bytes that no bit has been taken from.</summary>
    public readonly int UntouchedBytes => _bytes.Length - _position + Math.Max(0, _loaded - _missing) / 8;

    /// <summary>The next bits as a number; up to 32.</summary>
    public uint Take(int count)
    {
        if (count == 0)
            return 0;
        if (_loaded < count)
            Load();
        uint value = (uint)(_window >> (64 - count));
        _window <<= count;
        _loaded -= count;
        return value;
    }

    /// <summary>The next six bits, which stay.</summary>
    public int Peek6()
    {
        if (_loaded < 6)
            Load();
        return (int)(_window >> 58);
    }

    /// <summary>The number of zeros before the next one, which is taken too; -1 where the bits end first.</summary>
    public int TakeZeros()
    {
        int zeros = 0;
        while (_window == 0)
        {
            zeros += _loaded;
            _loaded = 0;
            if (_position >= _bytes.Length)
                return -1;
            Load();
        }
        int here = BitOperations.LeadingZeroCount(_window);
        _window = _window << here << 1;
        _loaded -= here + 1;
        return zeros + here;
    }

    /// <summary>
    /// Numbers of a unary part (zeros before a one) and a binary part of <paramref name="split"/> bits, as far as whole words can be loaded
    /// and no number is longer than a word; the rest is left to <see cref="TakeZeros"/> and <see cref="Take"/>.
    /// </summary>
    /// <returns>How many numbers were taken.</returns>
    public int TakeSplit(Span<uint> numbers, int split)
    {
        // In local variables, which the compiler keeps in registers: this loop takes most of the time of reading a mosaic.
        ulong window = _window;
        int loaded = _loaded, position = _position, taken = 0;
        for (; taken < numbers.Length && position + 8 <= _bytes.Length; taken++)
        {
            // Bits beyond whole bytes are loaded too, and once more later: they are the same.
            window |= BinaryPrimitives.ReadUInt64BigEndian(_bytes[position..]) >> loaded;
            int whole = (63 - loaded) >> 3;
            position += whole;
            loaded += whole << 3;
            int zeros = BitOperations.LeadingZeroCount(window), length = zeros + 1 + split;
            if (length > loaded)
                break;
            ulong binary = window << zeros << 1 >> 1 >> (63 - split);
            numbers[taken] = ((uint)zeros << split) | (uint)binary;
            window <<= length;
            loaded -= length;
        }
        _window = loaded == 0 ? 0 : window & (ulong.MaxValue << (64 - loaded));
        (_loaded, _position) = (loaded, position);
        return taken;
    }

    /// <summary>Goes on at the next whole byte.</summary>
    public void AlignToByte()
    {
        int rest = _loaded & 7;
        _window <<= rest;
        _loaded -= rest;
    }

    private void Load()
    {
        if (_position + 8 <= _bytes.Length)
        {
            // Fill up to 56 bits or more at once; what is read beyond whole bytes is read again next time.
            _window |= BinaryPrimitives.ReadUInt64BigEndian(_bytes[_position..]) >> _loaded;
            int whole = (64 - _loaded) / 8;
            _position += whole;
            _loaded += whole * 8;
            if (_loaded < 64)
                _window &= ulong.MaxValue << (64 - _loaded);
            return;
        }
        while (_loaded <= 56)
        {
            if (_position < _bytes.Length)
                _window |= (ulong)_bytes[_position++] << (56 - _loaded);
            else
                _missing += 8;
            _loaded += 8;
        }
    }
}
