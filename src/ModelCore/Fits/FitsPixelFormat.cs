using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>How pixels are stored: physical value = Zero + Scale * stored, and Blank stands for NaN.</summary>
/// <param name="Bitpix">8 (unsigned), 16, 32, -32 or -64.</param>
/// <param name="Scale">BSCALE; 1 for floating point.</param>
/// <param name="Zero">BZERO; 0 for floating point.</param>
/// <param name="Blank">BLANK, of whole numbers only.</param>
/// <remarks>FITS 4.0, sections 4.4.2.5 and 5.2.</remarks>
public sealed record FitsPixelFormat(int Bitpix, double Scale = 1, double Zero = 0, long? Blank = null)
{
    public static FitsPixelFormat Float32 { get; } = new(-32);

    public static FitsPixelFormat Float64 { get; } = new(-64);

    public static FitsPixelFormat Int32 { get; } = new(32);

    public static FitsPixelFormat Int16 { get; } = new(16);

    public static FitsPixelFormat UInt16 { get; } = new(16, 1, 32768);

    public static FitsPixelFormat UInt8 { get; } = new(8);

    internal int Size => Math.Abs(Bitpix) / 8;

    private (double Least, double Most) Range => Bitpix switch
    {
        8 => (0, byte.MaxValue),
        16 => (short.MinValue, short.MaxValue),
        _ => (int.MinValue, int.MaxValue),
    };

    internal void Check()
    {
        if (Bitpix is not (8 or 16 or 32 or -32 or -64))
            throw new ArgumentException($"BITPIX should be 8, 16, 32, -32 or -64 to be written, but it is {Bitpix}.");
        if (!double.IsFinite(Scale) || Scale == 0 || !double.IsFinite(Zero))
            throw new ArgumentException($"BSCALE should be finite and not 0, BZERO finite, but they are {Scale} and {Zero}.");
        if (Bitpix < 0 && (Scale != 1 || Zero != 0 || Blank != null))
            throw new ArgumentException("Floating-point pixels are stored as they are: without BSCALE, BZERO and BLANK.");
        if (Blank < Range.Least || Blank > Range.Most)
            throw new ArgumentException($"BLANK should be a stored value, from {Range.Least} to {Range.Most}, but it is {Blank}.");
    }

    /// <summary>Pixels as big-endian bytes.</summary>
    internal void Encode<T>(ReadOnlySpan<T> pixels, Span<byte> bytes)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float) && Bitpix == -32)
        {
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<T, uint>(pixels), MemoryMarshal.Cast<byte, uint>(bytes));
            return;
        }
        for (int i = 0; i < pixels.Length; i++)
        {
            double value = typeof(T) == typeof(float) ? (float)(object)pixels[i] : (double)(object)pixels[i];
            var target = bytes.Slice(i * Size, Size);
            switch (Bitpix)
            {
                case -64:
                    BinaryPrimitives.WriteDoubleBigEndian(target, value);
                    break;
                case -32:
                    BinaryPrimitives.WriteSingleBigEndian(target, (float)value);
                    break;
                case 32:
                    BinaryPrimitives.WriteInt32BigEndian(target, (int)Stored(value));
                    break;
                case 16:
                    BinaryPrimitives.WriteInt16BigEndian(target, (short)Stored(value));
                    break;
                default:
                    target[0] = (byte)Stored(value);
                    break;
            }
        }
    }

    private double Stored(double value)
    {
        if (double.IsNaN(value))
            return Blank ?? throw new ArgumentException("There is a pixel without value (NaN), but no BLANK to store it as.");
        double stored = Math.Round((value - Zero) / Scale);
        return stored >= Range.Least && stored <= Range.Most && stored != Blank
            ? stored
            : throw new ArgumentException($"The pixel value {value} would be stored as {stored}, which should lie from {Range.Least} to {Range.Most} and not be BLANK: choose other BSCALE and BZERO.");
    }
}
