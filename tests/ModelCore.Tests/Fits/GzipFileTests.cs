using System.IO.Compression;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Tests.Fits;

/// <summary>FITS files compressed as a whole: unpacked once, refused when damaged, and never left behind.</summary>
public sealed class GzipFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("image.fits.gz")]
    [InlineData("no-suffix")]
    public void GzippedImage_OfAnyName_ReadsAsTheImageAndLeavesNoFile(string name)
    {
        File.WriteAllBytes(_folder.File(name), Gzip(Image()));
        string temporary = Directory.CreateDirectory(_folder.File("tmp")).FullName;
        using (var file = FitsFile.Open(_folder.File(name), new GzipLimits { TemporaryDirectory = temporary }))
        {
            Assert.Equal(_folder.File(name), file.Path);
            float[] pixels = new float[6];
            file.FirstImage().ReadPixels(0, 0, 3, 2, pixels);
            Assert.Equal([1, 2, 3, 4, 5, 6], pixels);
            if (!OperatingSystem.IsWindows())
                Assert.Empty(Directory.GetFiles(temporary));  // it has no name any more, so that a crash leaves nothing
        }
        Assert.Empty(Directory.GetFiles(temporary));
    }

    [Fact]
    public void GzippedImage_OpenTwice_IsUnpackedOnceAndAnewWhenItWasWrittenAnew()
    {
        string path = _folder.File("image.fits.gz");
        byte[] packed = Gzip(Image());
        File.WriteAllBytes(path, packed);
        var written = File.GetLastWriteTimeUtc(path);
        var first = FitsFile.Open(path);
        File.WriteAllBytes(path, [.. packed[..10], .. new byte[packed.Length - 10]]);        // damaged, but neither length nor time tell
        File.SetLastWriteTimeUtc(path, written);
        using (var second = FitsFile.Open(path))
        {
            first.Dispose();
            float[] pixels = new float[6];
            second.FirstImage().ReadPixels(0, 0, 3, 2, pixels);
            Assert.Equal([1, 2, 3, 4, 5, 6], pixels);
            File.SetLastWriteTimeUtc(path, written.AddSeconds(1));
            Assert.Throws<FitsException>(() => FitsFile.Open(path));
        }
        File.SetLastWriteTimeUtc(path, written);
        Assert.Throws<FitsException>(() => FitsFile.Open(path));              // nobody has it open any more
    }

    [Fact]
    public async Task GzippedImage_OpenedByManyThreads_ReadsTheSameInAll()
    {
        string path = _folder.File("image.fits.gz");
        File.WriteAllBytes(path, Gzip(Image()));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() =>
        {
            using var file = FitsFile.Open(path);
            float[] pixels = new float[6];
            file.FirstImage().ReadPixels(0, 0, 3, 2, pixels);
            Assert.Equal([1, 2, 3, 4, 5, 6], pixels);
        })));
    }

    [Fact]
    public void Header_OfAGzippedImage_IsReadWithoutItsData()
    {
        byte[] image = Image();
        File.WriteAllBytes(_folder.File("whole.fits.gz"), Gzip(image));
        File.WriteAllBytes(_folder.File("header.fits.gz"), Gzip(image[..2880]));
        foreach (string name in new[] { "whole.fits.gz", "header.fits.gz" })
        {
            var header = FitsImageHeader.Read(_folder.File(name));
            Assert.Equal((3, 2, -32L), (header.Width, header.Height, header.Header.GetInteger("BITPIX")!.Value));
        }
        File.WriteAllBytes(_folder.File("half.fits.gz"), Gzip(image[..2000]));
        Assert.Contains("cut off", Assert.Throws<FitsException>(() => FitsImageHeader.Read(_folder.File("half.fits.gz"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GzippedImage_OfSeveralMembers_ReadsAsTheImage()
    {
        byte[] image = Image();
        File.WriteAllBytes(_folder.File("two.fits.gz"), [.. Gzip(image[..2000]), .. Gzip(image[2000..])]);
        using var file = FitsFile.Open(_folder.File("two.fits.gz"));
        Assert.Equal(3, file.FirstImage().Width);
    }

    [Fact]
    public void GzippedImage_CutOffAnywhere_IsRefusedByName()
    {
        byte[] whole = Gzip(Image());
        string path = _folder.File("cut.fits.gz");
        for (int length = 2; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            var error = Assert.Throws<FitsException>(() => FitsFile.Open(path));
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void GzippedImage_WithAChangedByte_IsRefusedOrReadsTheSame()
    {
        byte[] whole = Gzip(Image());
        string path = _folder.File("changed.fits.gz");
        int refused = 0;
        for (int place = 0; place < whole.Length; place++)
        {
            byte[] changed = (byte[])whole.Clone();
            changed[place] ^= 0x41;
            File.WriteAllBytes(path, changed);
            try
            {
                using var file = FitsFile.Open(path);
                float[] pixels = new float[6];
                file.FirstImage().ReadPixels(0, 0, 3, 2, pixels);
                Assert.Equal([1, 2, 3, 4, 5, 6], pixels);     // a byte that says nothing, the time of packing for example
            }
            catch (FitsException error)
            {
                Assert.Contains(path, error.Message, StringComparison.Ordinal);
                refused++;
            }
        }
        Assert.InRange(refused, whole.Length - 10, whole.Length);
    }

    [Fact]
    public void Bomb_BeyondTheLimits_IsRefusedEarly()
    {
        string path = _folder.File("bomb.fits.gz");
        using (var gzip = new GZipStream(File.Create(path), CompressionLevel.SmallestSize))
        {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 32; i++)
                gzip.Write(zeros);
        }
        var error = Assert.Throws<FitsException>(() => FitsFile.Open(path, new GzipLimits { BytesAtAnyRatio = 1 << 20 }));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains("unpack to more than", error.Message, StringComparison.Ordinal);
        Assert.Contains("unpack to more than 4194304", Assert.Throws<FitsException>(() => FitsFile.Open(path, new GzipLimits { MaximumBytes = 4 << 20 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingTemporaryFolder_IsNamed()
    {
        File.WriteAllBytes(_folder.File("image.fits.gz"), Gzip(Image()));
        var error = Assert.Throws<FitsException>(() => FitsFile.Open(_folder.File("image.fits.gz"), new GzipLimits { TemporaryDirectory = _folder.File("none") }));
        Assert.Contains(_folder.File("none"), error.Message, StringComparison.Ordinal);
    }

    private static byte[] Image()
    {
        using var stream = new MemoryStream();
        FitsWriter.WriteImage(stream, [1, 2, 3, 4, 5, 6], 3, 2);
        return stream.ToArray();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionMode.Compress))
            gzip.Write(bytes);
        return stream.ToArray();
    }
}
