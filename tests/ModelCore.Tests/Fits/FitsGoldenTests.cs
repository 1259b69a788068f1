using System.Text.Json;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Tests.Fits;

/// <summary>Images, headers, tables and damaged files against what astropy reads.</summary>
[Trait("Category", "Golden")]
public sealed class FitsGoldenTests : IDisposable
{
    private readonly GoldenCase _case = new("fits-wcs");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_OfEveryKind_HaveTheExpectedPixels()
    {
        foreach (var expected in _case.Json.GetProperty("image_files").EnumerateArray())
        {
            string name = expected.GetProperty("file").GetString()!;
            using var file = FitsFile.Open(expected.TryGetProperty("scaling", out var scaling) ? WithScaling(name, scaling) : _case.File(name));
            var image = Assert.IsType<FitsImage>(file.Hdus[expected.GetProperty("hdu").GetInt32()]);
            Assert.Equal(expected.GetProperty("BITPIX").GetInt32(), image.Bitpix);
            Assert.Equal(expected.GetProperty("naxis").EnumerateArray().Select(axis => axis.GetInt64()), image.AxisLengths);

            string tensor = Path.GetFileNameWithoutExtension(name) + ".data";
            if (_case.TypeOf("images.safetensors", tensor) == "F32")
            {
                float[] found = new float[image.Width * image.Height];
                image.ReadPixels(0, 0, image.Width, image.Height, found);
                Assert.Equal(_case.Values<float>("images.safetensors", tensor), found);
            }
            else
            {
                double[] found = new double[image.Width * image.Height];
                image.ReadPixels(0, 0, image.Width, image.Height, found);
                double[] pixels = _case.Values<double>("images.safetensors", tensor);
                double tolerance = scaling.ValueKind == JsonValueKind.Object ? 1e-12 : 0;
                for (int i = 0; i < pixels.Length; i++)
                    Assert.True(double.IsNaN(pixels[i]) ? double.IsNaN(found[i]) : Math.Abs(found[i] - pixels[i]) <= tolerance * Math.Abs(pixels[i]), $"{name}, pixel {i}: {found[i]} for {pixels[i]}");
            }
        }
    }

    [Fact]
    public void Image_ReadInParts_EqualsTheWhole()
    {
        using var file = FitsFile.Open(_case.File("sin_cdelt_f32.fits"));
        var image = file.FirstImage();
        float[] whole = new float[image.Width * image.Height];
        image.ReadPixels(0, 0, image.Width, image.Height, whole);
        float[] part = new float[5 * 3];
        image.ReadPixels(7, 11, 5, 3, part);
        Assert.Equal(Enumerable.Range(0, 15).Select(i => whole[(11 + i / 5) * image.Width + 7 + i % 5]), part);
        Assert.Throws<ArgumentOutOfRangeException>(() => image.ReadPixels(image.Width - 4, 0, 5, 3, part));
    }

    [Fact]
    public void Header_WithUnusualCards_HasTheExpectedValues()
    {
        var expected = _case.Json.GetProperty("header_file");
        using var file = FitsFile.Open(_case.File(expected.GetProperty("file").GetString()!));
        var header = file.Hdus[0].Header;
        foreach (var value in expected.GetProperty("values").EnumerateObject())
        {
            Assert.True(header.Contains(value.Name), value.Name);
            switch (value.Value.ValueKind)
            {
                case JsonValueKind.Null:
                    Assert.Null(header.Cards.First(card => card.Keyword == value.Name).Value);
                    break;
                case JsonValueKind.True or JsonValueKind.False:
                    Assert.Equal(value.Value.GetBoolean(), header.GetBoolean(value.Name));
                    break;
                case JsonValueKind.Number:
                    Assert.Equal(value.Value.GetDouble(), header.GetDouble(value.Name));
                    break;
                default:
                    string text = value.Value.GetString()!;
                    Assert.Equal(text, header.GetString(value.Name) ?? header.GetInteger(value.Name)?.ToString());
                    break;
            }
        }
        foreach (var comment in expected.GetProperty("comments").EnumerateObject())
            Assert.Equal(comment.Value.GetString(), header.Cards.First(card => card.Keyword == comment.Name).Comment);
        Assert.Equal(expected.GetProperty("history").EnumerateArray().Select(text => text.GetString()), header.Cards.Where(card => card.Keyword == "HISTORY").Select(card => card.Value));
        Assert.Equal(expected.GetProperty("comment_cards").EnumerateArray().Select(text => text.GetString()), header.Cards.Where(card => card.Keyword == "COMMENT").Select(card => card.Value));
        Assert.Equal(expected.GetProperty("dup_first").GetInt64(), header.GetInteger("DUP"));
    }

    [Fact]
    public void Table_WithEveryKindOfColumn_HasTheExpectedValues()
    {
        var expected = _case.Json.GetProperty("table");
        using var file = FitsFile.Open(_case.File(expected.GetProperty("file").GetString()!));
        var table = Assert.IsType<FitsTable>(file.Hdus[expected.GetProperty("hdu").GetInt32()]);
        Assert.Equal(expected.GetProperty("header").GetProperty("NAXIS2").GetInt64(), table.RowCount);
        foreach (var column in expected.GetProperty("columns").EnumerateArray())
        {
            string name = column.GetProperty("name").GetString()!;
            Assert.True(table.HasColumn(name), name);
            if (column.TryGetProperty("TUNIT", out var unit))
                Assert.Equal(unit.GetString(), table.Columns.Single(candidate => candidate.Name == name).Unit);
            if (expected.GetProperty("strings").TryGetProperty(name, out var strings))
            {
                Assert.Equal(strings.EnumerateArray().Select(text => text.GetString()), table.ReadStrings(name));
                continue;
            }
            double[] values = _case.Doubles("table.safetensors", name);
            int[] nullRows = column.TryGetProperty("null_rows", out var rows) ? [.. rows.EnumerateArray().Select(row => row.GetInt32())] : [];
            foreach (int row in nullRows)
                values[row] = double.NaN;
            double[][] found = table.ReadArrays(name);
            Assert.Equal(values, found.SelectMany(array => array));
            if (column.TryGetProperty("lengths", out var lengths))
                Assert.Equal(lengths.EnumerateArray().Select(length => length.GetInt32()), found.Select(array => array.Length));
            else if (column.GetProperty("shape").GetArrayLength() == 1)
                Assert.Equal(values, table.ReadDoubles(name));
            if (_case.TypeOf("table.safetensors", name) == "I64" && column.GetProperty("shape").GetArrayLength() == 1)
                Assert.Equal(_case.Values<long>("table.safetensors", name), table.ReadIntegers(name));
        }
    }

    [Fact]
    public void DamagedFiles_ThatNobodyCanRead_AreRefusedByName()
    {
        var malformed = _case.Json.GetProperty("malformed");
        foreach (var bad in malformed.GetProperty("must_fail").EnumerateObject())
        {
            string path = Path.Combine(_case.File(malformed.GetProperty("folder").GetString()!), bad.Name);
            var error = Assert.Throws<FitsException>(() => ReadAll(path));
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void DamagedFiles_WithWholeData_AreRead()
    {
        var malformed = _case.Json.GetProperty("malformed");
        foreach (var good in malformed.GetProperty("must_read").EnumerateObject())
            Assert.Equal(40 * 44, ReadAll(Path.Combine(_case.File(malformed.GetProperty("folder").GetString()!), good.Name)));
    }

    /// <summary>
    /// The file with the scaling that case.json gives. The file as it is may lack BSCALE and BZERO (astropy drops them when it has applied
    /// them); they are added then, so that the stored integers mean what the case says.
    /// </summary>
    private string WithScaling(string name, JsonElement scaling)
    {
        const int Card = 80;
        byte[] bytes = File.ReadAllBytes(_case.File(name));
        string header = System.Text.Encoding.ASCII.GetString(bytes, 0, 2880);
        if (header.Contains("BSCALE  =", StringComparison.Ordinal))
            return _case.File(name);
        int end = Enumerable.Range(0, 36).First(card => header.AsSpan(card * Card, Card).TrimEnd() is "END");
        foreach (string keyword in new[] { "BSCALE", "BZERO" })
            System.Text.Encoding.ASCII.GetBytes($"{keyword,-8}= {scaling.GetProperty(keyword).GetRawText(),20}".PadRight(Card)).CopyTo(bytes, Card * end++);
        System.Text.Encoding.ASCII.GetBytes("END".PadRight(Card)).CopyTo(bytes, Card * end);
        string path = _folder.File(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static int ReadAll(string path)
    {
        using var file = FitsFile.Open(path);
        int pixels = 0;
        foreach (var hdu in file.Hdus)
        {
            if (hdu is FitsImage image)
            {
                float[] values = new float[image.Width * image.Height];
                image.ReadPixels(0, 0, image.Width, image.Height, values);
                pixels += values.Length;
            }
            else if (hdu is FitsTable table)
            {
                foreach (var column in table.Columns.Where(column => column.Type != 'A'))
                    table.ReadArrays(column.Name);
            }
        }
        return pixels;
    }
}
