using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>NumPy's file format, version 1.0, for float32 arrays in C order, little-endian.</summary>
/// <remarks>NEP 1: magic, version, length of the header, the header as a Python dictionary, padded with spaces to a multiple of 64 bytes; then the numbers.</remarks>
public static class NpyFile
{
    private const int Alignment = 64;
    private const int Preamble = 10;

    /// <param name="values">In C order: the last axis varies fastest.</param>
    /// <param name="shape">Axes from the slowest on.</param>
    public static byte[] Write(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape)
    {
        string axes = shape.Length == 1 ? $"{shape[0]}," : string.Join(", ", shape.ToArray());
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({axes}), }}";
        int length = (Preamble + header.Length + 1 + Alignment - 1) / Alignment * Alignment - Preamble;
        byte[] file = new byte[Preamble + length + values.Length * sizeof(float)];
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];
        magic.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), (ushort)length);
        Encoding.ASCII.GetBytes(header.PadRight(length - 1) + "\n", file.AsSpan(Preamble));
        var numbers = MemoryMarshal.Cast<byte, int>(file.AsSpan(Preamble + length));
        for (int i = 0; i < values.Length; i++)
            numbers[i] = BitConverter.IsLittleEndian ? BitConverter.SingleToInt32Bits(values[i]) : BinaryPrimitives.ReverseEndianness(BitConverter.SingleToInt32Bits(values[i]));
        return file;
    }
}
