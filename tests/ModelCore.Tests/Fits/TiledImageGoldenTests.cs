using System.Text.Json;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Tests.Fits;

/// <summary>Tile-compressed images against what astropy reads, or against the standard where astropy 5.2 is wrong (see case.json).</summary>
[Trait("Category", "Golden")]
public sealed class TiledImageGoldenTests
{
    private const string Tensors = "compressed.safetensors";
    private readonly GoldenCase _case = new("fits-wcs");

    [Fact]
    public void CompressedImages_OfEveryKind_HaveTheExpectedPixels()
    {
        foreach (var expected in Files())
        {
            string name = expected.GetProperty("file").GetString()!, tensor = Path.GetFileNameWithoutExtension(name);
            using var file = FitsFile.Open(_case.File(name));
            var image = file.FirstImage();
            Assert.Equal(_case.Json.GetProperty("compressed").GetProperty("hdu").GetInt32(), image.Index);
            if (_case.TypeOf(Tensors, tensor) == "I64")
            {
                double[] found = new double[image.Width * image.Height];
                image.ReadPixels(0, 0, image.Width, image.Height, found);
                Assert.Equal(_case.Doubles(Tensors, tensor), found);
                continue;
            }
            float[] pixels = new float[image.Width * image.Height], wanted = _case.Values<float>(Tensors, tensor);
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

    [Fact]
    public void CompressedImages_HaveTheHeaderOfTheImageAndKeepTheirTable()
    {
        foreach (var expected in Files())
        {
            using var file = FitsFile.Open(_case.File(expected.GetProperty("file").GetString()!));
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

    [Fact]
    public void CompressedImage_ReadInParts_EqualsTheWhole()
    {
        foreach (var expected in Files())
        {
            using var file = FitsFile.Open(_case.File(expected.GetProperty("file").GetString()!));
            var image = file.FirstImage();
            float[] whole = new float[image.Width * image.Height];
            image.ReadPixels(0, 0, image.Width, image.Height, whole);
            double[] part = new double[25 * 22];
            image.ReadPixels(13, 11, 25, 22, part);
            for (int i = 0; i < part.Length; i++)
                Assert.Equal(whole[(11 + i / 25) * image.Width + 13 + i % 25], (float)part[i]);
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

    private JsonElement.ArrayEnumerator Files() => _case.Json.GetProperty("compressed").GetProperty("files").EnumerateArray();
}
