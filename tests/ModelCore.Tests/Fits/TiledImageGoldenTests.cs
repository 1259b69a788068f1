using System.Text.Json;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Tests.Fits;

/// <summary>Tile-compressed images against what astropy reads, or against the standard where astropy 5.2 is wrong (see case.json).</summary>
[Trait("Category", "Golden")]
public sealed class TiledImageGoldenTests
{
    private const string Tensors = "compressed.safetensors";

    public static TheoryData<string> Cases => TestFiles.GoldenCases("compressed", "fits-wcs");

    [Theory]
    [MemberData(nameof(Cases))]
    public void CompressedImages_OfEveryKind_HaveTheExpectedPixels(string caseName)
    {
        var golden = new GoldenCase(caseName);
        foreach (var expected in Files(golden))
        {
            string name = expected.GetProperty("file").GetString()!, tensor = Path.GetFileNameWithoutExtension(name);
            using var file = FitsFile.Open(golden.File(name));
            var image = file.FirstImage();
            Assert.Equal(golden.Json.GetProperty("compressed").GetProperty("hdu").GetInt32(), image.Index);
            if (golden.TypeOf(Tensors, tensor) == "I64")
            {
                double[] found = new double[image.Width * image.Height];
                image.ReadPixels(0, 0, image.Width, image.Height, found);
                Assert.Equal(golden.Doubles(Tensors, tensor), found);
                continue;
            }
            float[] pixels = new float[image.Width * image.Height], wanted = golden.Values<float>(Tensors, tensor);
            image.ReadPixels(0, 0, image.Width, image.Height, pixels);
            Assert.Equal(wanted.Length, pixels.Length);
            bool exact = expected.GetProperty("lossless").GetBoolean();
            for (int i = 0; i < wanted.Length; i++)
            {
                double allowed = exact ? 0 : 1e-12 + 2e-7 * Math.Abs(wanted[i]);     // case.json: one unit in the last place
                Assert.True(float.IsNaN(wanted[i]) ? float.IsNaN(pixels[i]) : Math.Abs(pixels[i] - wanted[i]) <= allowed, $"{name}, pixel {i}: {pixels[i]} for {wanted[i]}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void CompressedImages_HaveTheHeaderOfTheImageAndKeepTheirTable(string caseName)
    {
        var golden = new GoldenCase(caseName);
        foreach (var expected in Files(golden))
        {
            using var file = FitsFile.Open(golden.File(expected.GetProperty("file").GetString()!));
            var image = file.FirstImage();
            var keywords = expected.GetProperty("Z_keywords");
            Assert.Equal(keywords.GetProperty("ZBITPIX").GetInt32(), image.Bitpix);
            Assert.Equal(image.Bitpix, image.Header.GetInteger("BITPIX"));
            Assert.Equal(image.AxisLengths, [image.Header.GetInteger("NAXIS1")!.Value, image.Header.GetInteger("NAXIS2")!.Value]);
            Assert.DoesNotContain(image.Header.Cards, card => card.Keyword.StartsWith('Z') || card.Keyword.StartsWith("TFORM", StringComparison.Ordinal));
            foreach (var keyword in keywords.EnumerateObject().Where(keyword => keyword.Name != "columns"))
                AssertEqual(keyword, image.TileTable!.Header);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void CompressedImage_ReadInParts_EqualsTheWhole(string caseName)
    {
        var golden = new GoldenCase(caseName);
        foreach (var expected in Files(golden))
        {
            using var file = FitsFile.Open(golden.File(expected.GetProperty("file").GetString()!));
            var image = file.FirstImage();
            float[] whole = new float[image.Width * image.Height];
            image.ReadPixels(0, 0, image.Width, image.Height, whole);
            var (column, row, width, height) = (image.Width / 4, image.Height / 4, image.Width / 2, image.Height / 2);
            double[] part = new double[width * height];
            image.ReadPixels(column, row, width, height, part);
            for (int i = 0; i < part.Length; i++)
                Assert.Equal(whole[(row + i / width) * image.Width + column + i % width], (float)part[i]);
        }
    }

    private static void AssertEqual(JsonProperty expected, FitsHeader header)
    {
        if (expected.Value.ValueKind == JsonValueKind.Number)
            Assert.Equal(expected.Value.GetDouble(), header.GetDouble(expected.Name));
        else if (expected.Value.ValueKind == JsonValueKind.String)
            Assert.Equal(expected.Value.GetString(), header.GetString(expected.Name));
        else
            Assert.Equal(expected.Value.GetBoolean(), header.GetBoolean(expected.Name));
    }

    private static JsonElement.ArrayEnumerator Files(GoldenCase golden) => golden.Json.GetProperty("compressed").GetProperty("files").EnumerateArray();
}
