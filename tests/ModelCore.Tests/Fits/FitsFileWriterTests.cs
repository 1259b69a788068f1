using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Tests.Fits;

/// <summary>What is written can be read, carries right checksums, and passes NASA's fitsverify.</summary>
public sealed class FitsFileWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task FileOfEveryKindOfHdu_PassesFitsverify()
    {
        AptInstallation.SkipUnless(await AptInstallation.HasAsync(["fitsverify"], "-h", "fitsverify"), "Needs the program 'fitsverify': install the package 'fitsverify'.");
        string path = Written();
        var (_, output) = await AptInstallation.RunAsync(_folder.Path, "fitsverify", "-H", path);
        Assert.True(output.Contains("found 0 warning(s) and 0 error(s)", StringComparison.Ordinal), output);
    }

    [Fact]
    public async Task SmallWriters_PassFitsverify()
    {
        AptInstallation.SkipUnless(await AptInstallation.HasAsync(["fitsverify"], "-h", "fitsverify"), "Needs the program 'fitsverify': install the package 'fitsverify'.");
        FitsWriter.WriteImage(_folder.File("image.fits"), [1, 2, 3, float.NaN, 5, 6], 3, 2, Cards());
        FitsWriter.WriteTable(_folder.File("table.fits"), [new FitsDoubleColumn("RA", "deg", [1, 2, 3])], null, "CATALOGUE");
        FitsWriter.WriteTable(_folder.File("empty.fits"), [new FitsDoubleColumn("RA", "deg", [])], null, "CATALOGUE");
        foreach (string name in new[] { "image.fits", "table.fits", "empty.fits" })
        {
            var (_, output) = await AptInstallation.RunAsync(_folder.Path, "fitsverify", "-H", _folder.File(name));
            Assert.True(output.Contains("found 0 warning(s) and 0 error(s)", StringComparison.Ordinal), output);
        }
    }

    [Fact]
    public void Checksums_OfWhatIsWritten_AreValid()
    {
        using var file = FitsFile.Open(Written());
        Assert.Equal(0, file.TrailingBytes);
        Assert.All(file.VerifyChecksums(), sums => Assert.Equal((FitsChecksumState.Valid, FitsChecksumState.Valid), (sums.Data, sums.Whole)));
        Assert.Equal(8, file.Hdus.Count);
    }

    [Fact]
    public void Checksums_OfAFileByFpack_AreValid()
    {
        string path = Path.Combine(TestFiles.RepositoryRoot, "tests", "Vectors", "fits", "u8_rice.fits.fz");
        using var file = FitsFile.Open(path);
        Assert.Equal(2, file.Hdus.Count);
        Assert.All(file.VerifyChecksums(), sums => Assert.Equal((FitsChecksumState.Valid, FitsChecksumState.Valid), (sums.Data, sums.Whole)));
    }

    [Fact]
    public void Checksums_OfAnyChangedByte_AreWrong()
    {
        byte[] bytes = File.ReadAllBytes(Written());
        string path = _folder.File("changed.fits");
        using (var file = FitsFile.Open(Written()))
        {
            // One byte in the data of each HDU that has any.
            foreach (var hdu in file.Hdus.Where(hdu => hdu is FitsTable or FitsImage { Width: > 0 }))
            {
                long place = hdu.Index + 1 < file.Hdus.Count ? PositionOf(bytes, hdu.Index + 1) - 2880 : bytes.Length - 2880;
                byte[] changed = (byte[])bytes.Clone();
                changed[place] ^= 0x10;
                File.WriteAllBytes(path, changed);
                using var other = FitsFile.Open(path);
                var sums = other.VerifyChecksums();
                Assert.Equal((FitsChecksumState.Wrong, FitsChecksumState.Wrong), (sums[hdu.Index].Data, sums[hdu.Index].Whole));
                Assert.All(sums.Where(other => other.Hdu != hdu.Index), good => Assert.Equal(FitsChecksumState.Valid, good.Whole));
            }
        }
    }

    [Fact]
    public void Images_InEveryFormat_ReadAsTheyWereWritten()
    {
        using var file = FitsFile.Open(Written());
        double[] wanted = Ramp();
        foreach (var (hdu, tolerance) in new[] { (0, 0.0), (1, 0.0), (2, 0.005), (3, 1e-8), (4, 0.5) })
        {
            var image = Assert.IsType<FitsImage>(file.Hdus[hdu]);
            double[] found = new double[12];
            image.ReadPixels(0, 0, 4, 3, found);
            for (int i = 0; i < found.Length; i++)
                Assert.True(double.IsNaN(wanted[i]) ? double.IsNaN(found[i]) : Math.Abs(found[i] - wanted[i]) <= tolerance, $"HDU {hdu}, pixel {i}: {found[i]} for {wanted[i]}");
        }
        Assert.Equal("SECOND", file.Hdus[1].Name);
        Assert.Equal(-999, file.Hdus[2].Header.GetInteger("BLANK"));
    }

    [Fact]
    public void Cube_WrittenPlaneByPlane_HasItsPlanes()
    {
        using var file = FitsFile.Open(Written());
        var cube = Assert.IsType<FitsImage>(file.Hdus[5]);
        Assert.Equal([3L, 2L, 5L], cube.AxisLengths);
        Assert.Equal(5, cube.PlaneCount);
        float[] plane = new float[6];
        for (int i = 0; i < 5; i++)
        {
            cube.ReadPixels(i, 0, 0, 3, 2, plane);
            Assert.Equal(Enumerable.Range(0, 6).Select(k => 10f * i + k), plane);
        }
    }

    [Fact]
    public void Table_OfEveryKindOfColumn_ReadsAsItWasWritten()
    {
        using var file = FitsFile.Open(Written());
        var table = Assert.IsType<FitsTable>(file.Hdus[6]);
        Assert.Equal(["one", "O'Neill", ""], table.ReadStrings("Name"));
        Assert.Equal([1.5, double.NaN, -2], table.ReadDoubles("Double"));
        Assert.Equal([1.5, 2.5, 3.5], table.ReadDoubles("Single"));
        Assert.Equal([long.MaxValue, long.MinValue, 0], table.ReadIntegers("Long"));
        Assert.Equal([$"{long.MaxValue}", $"{long.MinValue}", "0"], table.ReadStrings("Long"));
        Assert.Equal([int.MaxValue, int.MinValue, 7], table.ReadIntegers("Int"));
        Assert.Equal([1, 0, double.NaN], table.ReadDoubles("Flag"));
        Assert.Equal([[1.25, 2.25], [], [3.25]], table.ReadArrays("First"));
        Assert.Equal([[], [4, 5, 6], [double.NaN]], table.ReadArrays("Second"));
        Assert.Equal([4, 5, 6], table.ReadArray("Second", 1));
        double[] part = new double[2];
        table.ReadDoubles("Single", 1, part);
        Assert.Equal([2.5, 3.5], part);
    }

    [Fact]
    public void Header_WithLongAndUnusualKeywords_ReadsAsItWasWritten()
    {
        using var file = FitsFile.Open(Written());
        var (written, read) = (Cards(), file.Hdus[0].Header);
        foreach (var card in written.Cards.Where(card => card.Keyword is not ("COMMENT" or "HISTORY" or "UNICODE")))
            Assert.Equal(card.Value, read.Cards.Single(found => found.Keyword == card.Keyword).Value);
        Assert.Equal("tab? and letter ?", read.GetString("UNICODE"));
        Assert.Equal(2, read.Cards.Count(card => card.Keyword == "HISTORY"));
    }

    /// <summary>Keywords of a scaled, compressed or larger image must not come along into another one.</summary>
    [Fact]
    public void Image_WithKeywordsOfOtherData_IsNotRescaledByThem()
    {
        var cards = new FitsHeader();
        cards.Set("BSCALE", 2.0);
        cards.Set("BZERO", 5.0);
        cards.Set("BLANK", -1L);
        cards.Set("NAXIS3", 7L);
        cards.Set("CHECKSUM", "aaaaaaaaaaaaaaaa");
        cards.Set("OBJECT", "stays");
        string path = _folder.File("plain.fits");
        FitsWriter.WriteImage(path, [1, 2], 2, 1, cards);
        using var file = FitsFile.Open(path);
        float[] pixels = new float[2];
        file.FirstImage().ReadPixels(0, 0, 2, 1, pixels);
        Assert.Equal([1, 2], pixels);
        Assert.Equal("stays", file.Hdus[0].Header.GetString("OBJECT"));
        Assert.False(file.Hdus[0].Header.Contains("NAXIS3"));
        Assert.Equal(FitsChecksumState.Valid, file.VerifyChecksums()[0].Whole);
    }

    [Fact]
    public void Writer_WithPixelsThatDoNotFit_SaysSo()
    {
        string path = _folder.File("bad.fits");
        using (var writer = FitsFileWriter.Create(path))
        {
            Assert.Contains("BLANK", Assert.Throws<ArgumentException>(() => writer.AddImage([float.NaN], FitsPixelFormat.Int16, [1])).Message, StringComparison.Ordinal);
        }
        using (var writer = FitsFileWriter.Create(path))
        {
            Assert.Contains("40000", Assert.Throws<ArgumentException>(() => writer.AddImage([40000f], FitsPixelFormat.Int16, [1])).Message, StringComparison.Ordinal);
        }
        using (var writer = FitsFileWriter.Create(path))
        {
            Assert.Throws<InvalidOperationException>(() => writer.AddImage([1f], FitsPixelFormat.Float32, [2]));
            Assert.Throws<InvalidOperationException>(writer.Complete);
        }
        using (var writer = FitsFileWriter.Create(path))
            Assert.Throws<ArgumentException>(() => writer.AddImage([1f], new FitsPixelFormat(-32, 2), [1]));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void WriteImage_ToAStreamThatCannotSeek_WritesTheSameBytes()
    {
        FitsWriter.WriteImage(_folder.File("file.fits"), [1, 2, 3], 3, 1);
        using var memory = new MemoryStream();
        using (var pipe = new System.IO.Compression.GZipStream(memory, System.IO.Compression.CompressionMode.Compress, leaveOpen: true))
            FitsWriter.WriteImage(pipe, [1, 2, 3], 3, 1);
        File.WriteAllBytes(_folder.File("file.fits.gz"), memory.ToArray());
        memory.Position = 0;
        using var unpacked = new System.IO.Compression.GZipStream(memory, System.IO.Compression.CompressionMode.Decompress);
        byte[] bytes = File.ReadAllBytes(_folder.File("file.fits")), other = new byte[bytes.Length];
        unpacked.ReadExactly(other);
        Assert.Equal(bytes, other);
    }

    private string Written() => WriteEverything(_folder.File("everything.fits"));

    /// <summary>A file with every kind of HDU that can be written.</summary>
    internal static string WriteEverything(string path)
    {
        double[] ramp = Ramp();
        using var writer = FitsFileWriter.Create(path);
        writer.AddImage(Array.ConvertAll(ramp, value => (float)value), FitsPixelFormat.Float32, [4, 3], Cards());
        writer.AddImage(ramp, FitsPixelFormat.Float64, [4, 3], null, "SECOND");
        writer.AddImage(ramp, new FitsPixelFormat(16, 0.01, 20, -999), [4, 3]);
        writer.AddImage(ramp, new FitsPixelFormat(32, 1e-8, 0, int.MinValue), [4, 3], null, "INT32");
        writer.AddImage(ramp, new FitsPixelFormat(8, 1, 0, 255), [4, 3], null, "BYTES");
        using (var cube = writer.BeginImage(FitsPixelFormat.Float32, [3, 2, 5], null, "CUBE"))
        {
            for (int i = 0; i < 5; i++)
                cube.Write([.. Enumerable.Range(0, 6).Select(k => 10f * i + k)]);
            cube.Finish();
        }
        writer.AddTable(
        [
            new FitsStringColumn("Name", null, ["one", "O'Neill", ""]),
            new FitsDoubleColumn("Double", "deg", [1.5, double.NaN, -2]),
            new FitsFloatColumn("Single", "mJy/beam", [1.5f, 2.5f, 3.5f]),
            new FitsIntegerColumn("Long", null, [long.MaxValue, long.MinValue, 0]),
            new FitsInt32Column("Int", null, [int.MaxValue, int.MinValue, 7]),
            new FitsBooleanColumn("Flag", [true, false, null]),
            new FitsVariableColumn("First", "Jy", [[1.25, 2.25], [], [3.25]]),
            new FitsVariableColumn("Second", null, [[], [4, 5, 6], [double.NaN]]),
        ], null, "TABLE");
        writer.AddImage([1f, 2f], FitsPixelFormat.UInt16, [2, 1], null, "LAST");
        writer.Complete();
        return path;
    }

    private static double[] Ramp() => [1, 2, 3, double.NaN, 0.5, 0, 0.25, 1.5, 2, 2, 1, 1.75];

    private static FitsHeader Cards()
    {
        var cards = new FitsHeader();
        cards.Set("OBJECT", "3C 31", "short text");
        cards.Set("LONGTEXT", string.Concat(Enumerable.Range(0, 40).Select(i => $"piece {i} with 'quotes' ''' and & signs, ")).TrimEnd(), "goes on");
        cards.Set("QUOTES", new string('\'', 100));
        cards.Set("ESO TEL AMBI TEMP", 12.5, "degrees");
        cards.Set("ESO TEL LONG NAME", new string('x', 90) + " " + new string('y', 90));
        cards.Set("LONGKEYWORD", 42L);
        cards.Set("TRUE", true);
        cards.Set("SMALL", 1.2345678901234567e-300);
        cards.Set("UNICODE", "tab\t and letter \u03b1");
        cards.AddHistory("a line");
        cards.AddHistory("another line");
        cards.AddComment(new string('c', 100));
        return cards;
    }

    /// <summary>Where the header of an extension begins.</summary>
    private static long PositionOf(byte[] bytes, int extension)
    {
        int found = 0;
        for (int position = 2880; ; position += 2880)
        {
            if (bytes.AsSpan(position, 9).SequenceEqual("XTENSION="u8) && ++found == extension)
                return position;
        }
    }
}
