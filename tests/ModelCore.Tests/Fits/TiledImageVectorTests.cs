using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Tests.Fits;

/// <summary>Images packed by CFITSIO's fpack against what its funpack makes of them; tests/Vectors/fits/README.md has the calls.</summary>
public sealed class TiledImageVectorTests
{
    public static TheoryData<string> Packed => [.. Directory.GetFiles(Folder, "*.fits.fz").Select(file => Path.GetFileName(file)[..^8]).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(TestFiles.RepositoryRoot, "tests", "Vectors", "fits");

    [Theory]
    [MemberData(nameof(Packed))]
    public void PackedImage_HasThePixelsThatFunpackGives(string name)
    {
        using var packed = FitsFile.Open(Path.Combine(Folder, name + ".fits.fz"));
        using var unpacked = FitsFile.Open(Unpacked(name));
        var (image, expected) = (packed.FirstImage(), unpacked.FirstImage());
        Assert.Equal(expected.AxisLengths, image.AxisLengths);
        Assert.Equal(expected.Bitpix, image.Bitpix);
        Assert.NotNull(image.TileTable);
        double[] found = new double[image.Width * image.Height], wanted = new double[found.Length];
        float[] single = new float[found.Length];
        for (long plane = 0; plane < image.PlaneCount; plane++)
        {
            image.ReadPixels(plane, 0, 0, image.Width, image.Height, found);
            image.ReadPixels(plane, 0, 0, image.Width, image.Height, single);
            expected.ReadPixels(plane, 0, 0, image.Width, image.Height, wanted);
            Assert.Equal(wanted, found);                     // the same arithmetic in double, rounded once: equal to the last bit
            Assert.Equal(wanted.Select(value => (float)value), single);
        }
    }

    [Fact]
    public void PackedCube_ReadInParts_EqualsTheWhole()
    {
        using var file = FitsFile.Open(Path.Combine(Folder, "cube_rice.fits.fz"));
        var image = file.FirstImage();
        float[] whole = new float[image.Width * image.Height], part = new float[9 * 5];
        for (long plane = image.PlaneCount - 1; plane >= 0; plane--)
        {
            image.ReadPixels(plane, 0, 0, image.Width, image.Height, whole);
            image.ReadPixels(plane, 5, 4, 9, 5, part);
            Assert.Equal(Enumerable.Range(0, part.Length).Select(i => whole[(4 + i / 9) * image.Width + 5 + i % 9]), part);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => image.ReadPixels(image.PlaneCount, 0, 0, 1, 1, part));
    }

    [Fact]
    public void PackedImage_ReadByManyThreads_IsTheSame()
    {
        using var file = FitsFile.Open(Path.Combine(Folder, "i16_hcompress_tiles.fits.fz"));
        var image = file.FirstImage();
        float[] whole = new float[image.Width * image.Height];
        image.ReadPixels(0, 0, image.Width, image.Height, whole);
        using var again = FitsFile.Open(file.Path);
        var shared = again.FirstImage();
        Parallel.For(0, 64, i =>
        {
            float[] pixels = new float[whole.Length];
            shared.ReadPixels(0, 0, shared.Width, shared.Height, pixels);
            Assert.Equal(whole, pixels);
        });
    }

    /// <summary>Where packing lost nothing, the image before packing.</summary>
    private static string Unpacked(string name)
    {
        string own = Path.Combine(Folder, name + ".unpacked.fits.gz");
        return File.Exists(own) ? own : Path.Combine(Folder, name.Split('_')[0] + ".fits.gz");
    }
}
