using System.Buffers.Binary;
using System.Text;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Tests.Fits;

/// <summary>Structure of files: several HDUs, INHERIT, sizes beyond 4 GiB and beyond 64 bits, HDUs of other kinds, headers.</summary>
public sealed class FitsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The file has more than 4 GiB but takes a few kilobytes of disk: all but the last rows is a hole.</summary>
    [Fact]
    public void MosaicOfMoreThanFourGibibytes_ReadsAtItsFarEnd()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs a file system with holes.");
        const int Width = 40000, Height = 30000;
        string path = _folder.File("large.fits");
        byte[] header = HandmadeFits.Header("SIMPLE  =                    T", "BITPIX  =                  -32", "NAXIS   =                    2", $"NAXIS1  = {Width}", $"NAXIS2  = {Height}");
        long end = header.Length + 4L * Width * Height, length = (end + 2879) / 2880 * 2880;
        using (var stream = File.Create(path))
        {
            stream.SetLength(length);
            stream.Write(header);
            byte[] pixels = new byte[4 * 3];
            for (int i = 0; i < 3; i++)
                BinaryPrimitives.WriteSingleBigEndian(pixels.AsSpan(4 * i), i + 0.5f);
            stream.Position = end - pixels.Length;
            stream.Write(pixels);
        }
        using var file = FitsFile.Open(path);
        Assert.True(new FileInfo(path).Length > 1L << 32);
        var image = file.FirstImage();
        float[] found = new float[5];
        image.ReadPixels(Width - 5, Height - 1, 5, 1, found);
        Assert.Equal([0, 0, 0.5f, 1.5f, 2.5f], found);
        double[] corner = new double[1];
        image.ReadPixels(Width - 1, Height - 1, 1, 1, corner);
        Assert.Equal(2.5, corner[0]);
        Assert.Equal(0, file.TrailingBytes);
    }

    [Fact]
    public void Extension_WithInherit_TakesKeywordsOfAnEmptyPrimaryHeaderButNotItsStructure()
    {
        string[] image = ["XTENSION= 'IMAGE   '", "BITPIX  =                    8", "NAXIS   =                    2", "NAXIS1  =                    2", "NAXIS2  =                    1",
            "PCOUNT  =                    0", "GCOUNT  =                    1", "CRVAL1  =                 12.5"];
        string path = HandmadeFits.Write(_folder, "inherit.fits",
            HandmadeFits.EmptyPrimary("CTYPE1  = 'RA---SIN'", "CRVAL1  =                  1.0", "BSCALE  =                  3.0", "EXTNAME = 'PRIMARY '"),
            HandmadeFits.Header([.. image, "INHERIT =                    T"]), HandmadeFits.Data(7, 8),
            HandmadeFits.Header([.. image, "INHERIT =                    F"]), HandmadeFits.Data(7, 8));
        using var file = FitsFile.Open(path);
        var (with, without) = (file.Hdus[1].Header, file.Hdus[2].Header);
        Assert.Equal("RA---SIN", with.GetString("CTYPE1"));
        Assert.True(with.Contains("CTYPE1"));
        Assert.Equal(12.5, with.GetDouble("CRVAL1"));
        Assert.Null(with.GetDouble("BSCALE"));
        Assert.Null(file.Hdus[1].Name);
        Assert.DoesNotContain(with.Cards, card => card.Keyword == "CTYPE1");
        Assert.Null(without.GetString("CTYPE1"));
        Assert.Same(file.Hdus[1], file.FirstImage());
    }

    [Fact]
    public void HdusOfOtherKinds_AreSteppedOver()
    {
        string path = HandmadeFits.Write(_folder, "kinds.fits",
            // Random groups: two groups of one parameter and 3 x 2 values.
            HandmadeFits.Header("SIMPLE  =                    T", "BITPIX  =                   16", "NAXIS   =                    3", "NAXIS1  =                    0", "NAXIS2  =                    3",
                "NAXIS3  =                    2", "GROUPS  =                    T", "PCOUNT  =                    1", "GCOUNT  =                    2"), HandmadeFits.Data(new byte[28]),
            HandmadeFits.Header("XTENSION= 'FOREIGN '", "BITPIX  =                    8", "NAXIS   =                    1", "NAXIS1  =                 3000", "PCOUNT  =                    0", "GCOUNT  =                    1"),
            HandmadeFits.Data(new byte[3000]),
            HandmadeFits.Header("XTENSION= 'IMAGE   '", "BITPIX  =                    8", "NAXIS   =                    2", "NAXIS1  =                    2", "NAXIS2  =                    1", "PCOUNT  =                    0", "GCOUNT  =                    1"),
            HandmadeFits.Data(7, 8));
        using var file = FitsFile.Open(path);
        Assert.IsType<FitsOtherHdu>(file.Hdus[0]);
        Assert.IsType<FitsOtherHdu>(file.Hdus[1]);
        float[] pixels = new float[2];
        file.FirstImage().ReadPixels(0, 0, 2, 1, pixels);
        Assert.Equal([7, 8], pixels);
        Assert.Equal(2, file.FirstImage().Index);
    }

    [Theory]
    [InlineData("9223372036854775800", "1", "8")]               // data + header overflow 64 bits
    [InlineData("4611686018427387904", "4", "-32")]
    [InlineData("3000000000", "0", "8")]                        // no data, but no image that could be addressed
    public void AxesBeyondTheFile_AreRefused(string columns, string rows, string bitpix)
    {
        string path = HandmadeFits.Write(_folder, "huge.fits", HandmadeFits.Header("SIMPLE  =                    T", $"BITPIX  = {bitpix}", "NAXIS   = 2", $"NAXIS1  = {columns}", $"NAXIS2  = {rows}"));
        Assert.Contains(path, Assert.Throws<FitsException>(() => FitsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UnsignedSixtyFourBitPixels_KeepSmallValues()
    {
        byte[] pixels = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(pixels, long.MinValue + 5);
        BinaryPrimitives.WriteInt64BigEndian(pixels.AsSpan(8), -1);
        string path = HandmadeFits.Write(_folder, "unsigned.fits", HandmadeFits.Header("SIMPLE  =                    T", "BITPIX  =                   64", "NAXIS   =                    2", "NAXIS1  =                    2",
            "NAXIS2  =                    1", "BZERO   =  9223372036854775808", "BSCALE  =                    1"), HandmadeFits.Data(pixels));
        using var file = FitsFile.Open(path);
        double[] found = new double[2];
        file.FirstImage().ReadPixels(0, 0, 2, 1, found);
        Assert.Equal([5, 9223372036854775807.0], found);
    }

    [Fact]
    public void RadioCubeOfFourAxes_HasItsPlanesInOrder()
    {
        byte[] pixels = new byte[2 * 1 * 3 * 2];
        for (byte i = 0; i < pixels.Length; i++)
            pixels[i] = i;
        string path = HandmadeFits.Write(_folder, "cube.fits", HandmadeFits.Header("SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    4", "NAXIS1  =                    2",
            "NAXIS2  =                    1", "NAXIS3  =                    3", "NAXIS4  =                    2"), HandmadeFits.Data(pixels));
        using var file = FitsFile.Open(path);
        Assert.Equal(6, file.FirstImage().PlaneCount);
        float[] plane = new float[2];
        for (int i = 0; i < 6; i++)
        {
            file.FirstImage().ReadPixels(i, 0, 0, 2, 1, plane);
            Assert.Equal([2 * i, 2 * i + 1], plane);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => file.FirstImage().ReadPixels(6, 0, 0, 2, 1, plane));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.FirstImage().ReadPixels(-1, 0, 0, 2, 1, plane));
    }

    [Fact]
    public void Values_ThatAreNoFitsNumbers_StayText()
    {
        string path = HandmadeFits.Write(_folder, "values.fits", HandmadeFits.EmptyPrimary("A       =                  NaN", "B       =             Infinity", "C       =               1.0D-3",
            "D       =                1E400", "E       =                 DEAD", "F       = 99999999999999999999", "G       = 'It''s &'            / not continued", "H       = 'no end",
            "I       = 'one&'               / first", "CONTINUE  'two&'               / second", "CONTINUE  ''", "CONTINUE  'stray'"));
        using var file = FitsFile.Open(path);
        var header = file.Hdus[0].Header;
        Assert.Null(header.GetDouble("A"));
        Assert.Equal("NaN", header.GetString("A"));
        Assert.Null(header.GetDouble("B"));
        Assert.Equal(1e-3, header.GetDouble("C"));
        Assert.Null(header.GetDouble("D"));
        Assert.Equal("DEAD", header.GetString("E"));
        Assert.Equal(1e20, header.GetDouble("F"));
        Assert.Equal("It's &", header.GetString("G"));
        Assert.Equal("no end", header.GetString("H"));
        Assert.Equal("onetwo", header.GetString("I"));
        Assert.Equal("first second", header.Cards.Single(card => card.Keyword == "I").Comment);
    }

    /// <summary>Images of the FIRST survey have tabs in their COMMENT cards.</summary>
    [Fact]
    public void StrayCharacters_BehindAKeyword_AreOverlookedButMakeNoNumber()
    {
        byte[] header = HandmadeFits.EmptyPrimary("COMMENT with a tab, here: _", "NUMBER  =                  1_2", "OBJECT  = 'a_b     '", "CRVAL1  =                  1.5");
        for (int i = 80 * 3; i < header.Length; i++)
            header[i] = header[i] == '_' ? (byte)'\t' : header[i];
        using var file = FitsFile.Open(HandmadeFits.Write(_folder, "stray.fits", header));
        Assert.Null(file.Hdus[0].Header.GetDouble("NUMBER"));
        Assert.Equal("a?b", file.Hdus[0].Header.GetString("OBJECT"));
        Assert.Equal(1.5, file.Hdus[0].Header.GetDouble("CRVAL1"));
    }

    /// <summary>All real survey files that are at hand open and are read to their end.</summary>
    [Fact]
    public void RealFiles_OfEverySurvey_AreReadToTheirEnd()
    {
        string[] paths = Directory.GetFiles(TestFiles.RealData(""), "*.fits", SearchOption.AllDirectories);
        Assert.NotEmpty(paths);
        foreach (string path in paths)
        {
            using var file = FitsFile.Open(path);
            foreach (var hdu in file.Hdus)
            {
                if (hdu is FitsImage { PlaneCount: > 0 } image)
                    image.ReadPixels(image.PlaneCount - 1, 0, 0, image.Width, image.Height, new float[image.Width * image.Height]);
                foreach (var column in hdu is FitsTable table ? table.Columns : [])
                    Assert.Equal(((FitsTable)hdu).RowCount, column.Type == 'A' ? ((FitsTable)hdu).ReadStrings(column.Name).Length : ((FitsTable)hdu).ReadArrays(column.Name).Length);
            }
            Assert.DoesNotContain(file.VerifyChecksums(), sums => sums.Data == FitsChecksumState.Wrong || sums.Whole == FitsChecksumState.Wrong);
        }
    }

    /// <summary>Joining a text card by card took time with the square of its length.</summary>
    [Fact]
    public void TextOfVeryManyCards_IsReadInOnePass()
    {
        string[] cards = ["LONG    = 'x&'", .. Enumerable.Repeat($"CONTINUE  '{new string('y', 60)}&'", 100_000)];
        string path = HandmadeFits.Write(_folder, "long.fits", HandmadeFits.EmptyPrimary(cards));
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var file = FitsFile.Open(path);
        Assert.Equal(6_000_002, file.Hdus[0].Header.GetString("LONG")!.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000_000);
    }

    [Fact]
    public void LostExtension_ShowsAsTrailingBytes()
    {
        string path = HandmadeFits.Write(_folder, "lost.fits", HandmadeFits.EmptyPrimary(), Encoding.ASCII.GetBytes("XTENSJON= 'IMAGE   '".PadRight(2880)));
        using var file = FitsFile.Open(path);
        Assert.Single(file.Hdus);
        Assert.Equal(2880, file.TrailingBytes);
    }
}
