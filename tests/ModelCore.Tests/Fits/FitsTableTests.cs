using System.Buffers.Binary;
using System.Text;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Tests.Fits;

/// <summary>Tables that the golden case lacks: ASCII, unsigned and scaled whole numbers, damaged descriptors.</summary>
public sealed class FitsTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AsciiTable_IsReadByItsFields()
    {
        using var file = FitsFile.Open(WriteAscii(_folder));
        var table = file.FirstTable();
        Assert.True(table.IsAscii);
        Assert.Equal(["NGC 1265", "3C 84", ""], table.ReadStrings("Name"));
        Assert.Equal([12, -3, 0], table.ReadIntegers("Count"));
        Assert.Equal([25, 5, double.NaN], table.ReadDoubles("Flux"));
        Assert.Equal([12.34, 0.07, -5], table.ReadDoubles("Implied"));
        Assert.Equal([-99, 1, -1], table.ReadIntegers("Last"));
        Assert.Equal([[12.34], [0.07], [-5]], table.ReadArrays("Implied"));
        Assert.Throws<FitsException>(() => table.ReadDoubles("Nothing"));
    }

    [Fact]
    public void WholeNumbers_OfUnsignedAndScaledColumns_AreExactOrRefused()
    {
        byte[] row = new byte[8 + 2 + 2];
        BinaryPrimitives.WriteInt64BigEndian(row, long.MinValue + 3);
        BinaryPrimitives.WriteInt16BigEndian(row.AsSpan(8), -32768);
        BinaryPrimitives.WriteInt16BigEndian(row.AsSpan(10), 5);
        using var file = FitsFile.Open(HandmadeFits.Write(_folder, "whole.fits", HandmadeFits.EmptyPrimary(), HandmadeFits.Header([.. TableStart(12, 1, 0, 3),
            "TTYPE1  = 'Big     '", "TFORM1  = 'K       '", "TZERO1  =  9223372036854775808", "TTYPE2  = 'Small   '", "TFORM2  = 'I       '", "TZERO2  =                32768",
            "TTYPE3  = 'Tenths  '", "TFORM3  = 'I       '", "TSCAL3  =                  0.1"]), HandmadeFits.Data(row)));
        var table = file.FirstTable();
        Assert.Equal([3], table.ReadIntegers("big"));
        Assert.Equal([3.0], table.ReadDoubles("Big"));
        Assert.Equal(["3"], table.ReadStrings("Big"));
        Assert.Equal([0], table.ReadIntegers("Small"));
        Assert.Equal([0.5], table.ReadDoubles("Tenths"));
        Assert.Contains("TSCAL", Assert.Throws<FitsException>(() => table.ReadIntegers("Tenths")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WideDescriptors_AndArraysOfBitsAndText_AreRead()
    {
        byte[] data = new byte[16 + 8 + 8 + 6];
        BinaryPrimitives.WriteInt64BigEndian(data, 1);           // Q: one int16 at byte 0 of the heap
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(16), 11);   // P: eleven bits at byte 2
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(20), 2);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(24), 2);    // P: two characters at byte 4
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(28), 4);
        new byte[] { 0xff, 0xfe, 0x80, 0x20, (byte)'o', (byte)'k' }.CopyTo(data, 32);
        using var file = FitsFile.Open(HandmadeFits.Write(_folder, "wide.fits", HandmadeFits.EmptyPrimary(), HandmadeFits.Header([.. TableStart(32, 1, 6, 3),
            "TTYPE1  = 'Wide    '", "TFORM1  = '1QI(1)  '", "TTYPE2  = 'Bits    '", "TFORM2  = 'PX      '", "TTYPE3  = 'Text    '", "TFORM3  = '1PA(2)  '"]), HandmadeFits.Data(data)));
        var table = file.FirstTable();
        Assert.Equal([[-2]], table.ReadArrays("Wide"));
        Assert.Equal([[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]], table.ReadArrays("Bits"));
        Assert.Equal(["ok"], table.ReadStrings("Text"));
        Assert.Contains("ReadArrays", Assert.Throws<FitsException>(() => table.ReadDoubles("Wide")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 0)]                                           // beyond the heap
    [InlineData(-1, 0)]
    [InlineData(1, -4)]
    [InlineData(1, int.MaxValue)]
    [InlineData(int.MaxValue, 0)]
    public void Descriptor_OutsideTheHeap_IsRefusedWithItsRow(int count, int offset)
    {
        byte[] data = new byte[16];
        BinaryPrimitives.WriteInt32BigEndian(data, count);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(4), offset);
        string path = HandmadeFits.Write(_folder, "heap.fits", HandmadeFits.EmptyPrimary(), HandmadeFits.Header([.. TableStart(8, 1, 8, 1), "TTYPE1  = 'Array   '", "TFORM1  = '1PE(1)  '"]), HandmadeFits.Data(data));
        using var file = FitsFile.Open(path);
        string message = Assert.Throws<FitsException>(() => file.FirstTable().ReadArrays("Array")).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains("'Array', row 1", message, StringComparison.Ordinal);
    }

    /// <summary>A thousand rows that all point to the same large array would unpack to a thousand times the file.</summary>
    [Fact]
    public void Descriptors_ThatShareTheirArray_AreReadRowByRowOnly()
    {
        byte[] data = new byte[1000 * 8 + 8000];
        for (int row = 0; row < 1000; row++)
            BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(8 * row), 1000);
        string path = HandmadeFits.Write(_folder, "shared.fits", HandmadeFits.EmptyPrimary(), HandmadeFits.Header([.. TableStart(8, 1000, 8000, 1), "TTYPE1  = 'Array   '", "TFORM1  = '1PD     '"]), HandmadeFits.Data(data));
        using var file = FitsFile.Open(path);
        Assert.Contains("overlap", Assert.Throws<FitsException>(() => file.FirstTable().ReadArrays("Array")).Message, StringComparison.Ordinal);
        Assert.Equal(1000, file.FirstTable().ReadArray("Array", 999).Length);
    }

    [Theory]
    [InlineData("2147483647D")]
    [InlineData("99999999999D")]
    [InlineData("3PD")]
    [InlineData("PP")]
    [InlineData("")]
    public void Form_ThatNoRowHolds_IsRefused(string form)
    {
        string path = HandmadeFits.Write(_folder, "form.fits", HandmadeFits.EmptyPrimary(), HandmadeFits.Header([.. TableStart(8, 1, 0, 1), $"TFORM1  = '{form,-8}'"]), HandmadeFits.Data(new byte[8]));
        Assert.Contains(path, Assert.Throws<FitsException>(() => FitsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dimensions_ThatAreNotThere_AreRefused()
    {
        string path = HandmadeFits.Write(_folder, "dim.fits", HandmadeFits.EmptyPrimary(), HandmadeFits.Header([.. TableStart(8, 1, 0, 1), "TFORM1  = '2E      '", "TDIM1   = '(3,2)   '"]), HandmadeFits.Data(new byte[8]));
        Assert.Contains("TDIM1", Assert.Throws<FitsException>(() => FitsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    /// <summary>A table of text fields of every form.</summary>
    internal static string WriteAscii(TemporaryFolder folder)
    {
        string rows = "NGC 1265    12  1.25E1  1234-99" + "3C 84       -3   2.5D0     7  1" + "                  NULL  -500 -1";
        return HandmadeFits.Write(folder, "ascii.fits", HandmadeFits.EmptyPrimary(), HandmadeFits.Header(
            "XTENSION= 'TABLE   '", "BITPIX  =                    8", "NAXIS   =                    2", "NAXIS1  =                   31", "NAXIS2  =                    3", "PCOUNT  =                    0",
            "GCOUNT  =                    1", "TFIELDS =                    5", "TTYPE1  = 'Name    '", "TBCOL1  =                    1", "TFORM1  = 'A8      '", "TTYPE2  = 'Count   '",
            "TBCOL2  =                    9", "TFORM2  = 'I6      '", "TTYPE3  = 'Flux    '", "TBCOL3  =                   15", "TFORM3  = 'E8.2    '", "TNULL3  = 'NULL    '", "TSCAL3  =                  2.0",
            "TTYPE4  = 'Implied '", "TBCOL4  =                   23", "TFORM4  = 'F6.2    '", "TTYPE5  = 'Last    '", "TBCOL5  =                   29", "TFORM5  = 'I3      '"),
            HandmadeFits.Data(Encoding.ASCII.GetBytes(rows)));
    }

    private static string[] TableStart(int rowLength, int rows, int heap, int fields) =>
    [
        "XTENSION= 'BINTABLE'", "BITPIX  =                    8", "NAXIS   =                    2", $"NAXIS1  = {rowLength}", $"NAXIS2  = {rows}", $"PCOUNT  = {heap}", "GCOUNT  =                    1", $"TFIELDS = {fields}",
    ];
}
