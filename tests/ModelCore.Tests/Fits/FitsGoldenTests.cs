using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Tests.Fits;

/// <summary>Images, headers, tables and damaged files against what astropy reads.</summary>
[Trait("Category", "Golden")]
public sealed partial class FitsGoldenTests : IDisposable
{
    private const string Images = "images.safetensors";
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Cases => TestFiles.GoldenCases("image_files", "fits-wcs");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Images_OfEveryKind_HaveTheExpectedPixels(string caseName)
    {
        var golden = new GoldenCase(caseName);
        foreach (var expected in golden.Json.GetProperty("image_files").EnumerateArray())
        {
            string name = expected.GetProperty("file").GetString()!, tensor = Path.GetFileNameWithoutExtension(name);
            bool isScaled = expected.TryGetProperty("scaling", out var scaling);
            using var file = FitsFile.Open(isScaled ? WithScaling(golden, name, scaling) : golden.File(name));
            var image = Assert.IsType<FitsImage>(file.Hdus[expected.GetProperty("hdu").GetInt32()]);
            Assert.Equal(expected.GetProperty("naxis").EnumerateArray().Select(axis => axis.GetInt64()), image.AxisLengths);
            foreach (var card in expected.EnumerateObject().Where(property => !property.Name.Any(char.IsLower)))
                AssertCard(image.Header, card);

            double[] found = new double[image.Width * image.Height], wanted = golden.Doubles(Images, tensor + ".data");
            image.ReadPixels(0, 0, image.Width, image.Height, found);
            Assert.Equal(expected.GetProperty("nan_count").GetInt32(), found.Count(double.IsNaN));
            // case.json: float data bit-exact, integers exact, scaled integers to 1e-12 in float64 and 2e-7 in float32.
            AssertPixels(wanted, found, isScaled ? 1e-12 : 0, name);
            float[] rounded = new float[found.Length];
            image.ReadPixels(0, 0, image.Width, image.Height, rounded);
            AssertPixels([.. wanted.Select(pixel => (double)(float)pixel)], [.. rounded.Select(pixel => (double)pixel)], isScaled ? 2e-7 : 0, name);
            if (golden.Tensors(Images).Contains(tensor + ".raw"))
                AssertPixels([.. golden.Doubles(Images, tensor + ".raw").Select(stored => Scaled(stored, scaling))], found, 1e-12, name + ", stored integers");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Image_ReadInParts_EqualsTheWhole(string caseName)
    {
        var golden = new GoldenCase(caseName);
        foreach (var expected in golden.Json.GetProperty("image_files").EnumerateArray())
        {
            using var file = FitsFile.Open(golden.File(expected.GetProperty("file").GetString()!));
            var image = Assert.IsType<FitsImage>(file.Hdus[expected.GetProperty("hdu").GetInt32()]);
            float[] whole = new float[image.Width * image.Height];
            image.ReadPixels(0, 0, image.Width, image.Height, whole);
            var (column, row, width, height) = (image.Width / 4, image.Height / 3, image.Width / 2, image.Height / 2);
            float[] part = new float[width * height];
            image.ReadPixels(column, row, width, height, part);
            Assert.Equal(Enumerable.Range(0, part.Length).Select(i => whole[(row + i / width) * image.Width + column + i % width]), part);
            Assert.Throws<ArgumentOutOfRangeException>(() => image.ReadPixels(image.Width - width + 1, row, width, height, part));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Header_WithUnusualCards_HasTheExpectedValues(string caseName)
    {
        var golden = new GoldenCase(caseName);
        var expected = golden.Json.GetProperty("header_file");
        using var file = FitsFile.Open(golden.File(expected.GetProperty("file").GetString()!));
        var header = file.Hdus[0].Header;
        foreach (var value in expected.GetProperty("values").EnumerateObject())
            AssertCard(header, value);
        foreach (var comment in expected.GetProperty("comments").EnumerateObject())
            Assert.Equal(comment.Value.GetString(), header.Cards.First(card => card.Keyword == comment.Name).Comment);
        Assert.Equal(expected.GetProperty("history").EnumerateArray().Select(text => text.GetString()), header.Cards.Where(card => card.Keyword == "HISTORY").Select(card => card.Value));
        Assert.Equal(expected.GetProperty("comment_cards").EnumerateArray().Select(text => text.GetString()), header.Cards.Where(card => card.Keyword == "COMMENT").Select(card => card.Value));
        if (expected.TryGetProperty("dup_first", out var first))
            Assert.Equal(first.GetInt64(), header.GetInteger("DUP"));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Table_WithEveryKindOfColumn_HasTheExpectedValues(string caseName)
    {
        var golden = new GoldenCase(caseName);
        var expected = golden.Json.GetProperty("table");
        using var file = FitsFile.Open(golden.File(expected.GetProperty("file").GetString()!));
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
            double[] values = golden.Doubles("table.safetensors", name);
            int[] nullRows = column.TryGetProperty("null_rows", out var rows) ? [.. rows.EnumerateArray().Select(row => row.GetInt32())] : [];
            foreach (int row in nullRows)
                values[row] = double.NaN;
            double[][] found = table.ReadArrays(name);
            Assert.Equal(values, found.SelectMany(array => array));
            if (column.TryGetProperty("lengths", out var lengths))
                Assert.Equal(lengths.EnumerateArray().Select(length => length.GetInt32()), found.Select(array => array.Length));
            else if (column.GetProperty("shape").GetArrayLength() == 1)
                Assert.Equal(values, table.ReadDoubles(name));
            if (golden.TypeOf("table.safetensors", name) == "I64" && column.GetProperty("shape").GetArrayLength() == 1)
                Assert.Equal(golden.Values<long>("table.safetensors", name), table.ReadIntegers(name));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void DamagedFiles_ThatNobodyCanRead_AreRefusedByName(string caseName)
    {
        var golden = new GoldenCase(caseName);
        var malformed = golden.Json.GetProperty("malformed");
        foreach (var bad in malformed.GetProperty("must_fail").EnumerateObject())
        {
            string path = Path.Combine(golden.File(malformed.GetProperty("folder").GetString()!), bad.Name);
            var error = Assert.Throws<FitsException>(() => ReadAll(path));
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void DamagedFiles_WithWholeData_AreRead(string caseName)
    {
        var golden = new GoldenCase(caseName);
        var malformed = golden.Json.GetProperty("malformed");
        foreach (var good in malformed.GetProperty("must_read").EnumerateObject())
        {
            string path = Path.Combine(golden.File(malformed.GetProperty("folder").GetString()!), good.Name);
            var shape = FloatImage().Match(good.Value.GetProperty("astropy").GetString()!);
            if (!shape.Success)
            {
                ReadAll(path);
                continue;
            }
            var (height, width) = (int.Parse(shape.Groups["height"].Value, CultureInfo.InvariantCulture), int.Parse(shape.Groups["width"].Value, CultureInfo.InvariantCulture));
            using var file = FitsFile.Open(path);
            var image = file.FirstImage();
            Assert.Equal((width, height), (image.Width, image.Height));
            float[] found = new float[width * height];
            image.ReadPixels(0, 0, width, height, found);
            // The standard's data unit: big-endian numbers from the first block after the card END.
            byte[] bytes = File.ReadAllBytes(path);
            int end = Enumerable.Range(0, bytes.Length / 80).First(card => bytes.AsSpan(card * 80, 80).TrimEnd((byte)' ').SequenceEqual("END"u8));
            int data = (end / 36 + 1) * 2880;
            Assert.Equal(Enumerable.Range(0, found.Length).Select(i => BinaryPrimitives.ReadSingleBigEndian(bytes.AsSpan(data + 4 * i))), found);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void DamagedFiles_ThatMayFail_AreReadOrRefusedByName(string caseName)
    {
        var golden = new GoldenCase(caseName);
        var malformed = golden.Json.GetProperty("malformed");
        foreach (var doubtful in malformed.GetProperty("may_fail").EnumerateObject())
        {
            string path = Path.Combine(golden.File(malformed.GetProperty("folder").GetString()!), doubtful.Name);
            try
            {
                ReadAll(path);
            }
            catch (FitsException error)
            {
                Assert.Contains(path, error.Message, StringComparison.Ordinal);
            }
        }
    }

    private static void AssertPixels(double[] wanted, double[] found, double tolerance, string name)
    {
        Assert.Equal(wanted.Length, found.Length);
        for (int i = 0; i < wanted.Length; i++)
        {
            bool same = wanted[i].Equals(found[i]) || Math.Abs(found[i] - wanted[i]) <= tolerance * Math.Abs(wanted[i]);
            Assert.True(same, $"{name}, pixel {i}: {found[i]} for {wanted[i]}");
        }
    }

    private static double Scaled(double stored, JsonElement scaling) => scaling.TryGetProperty("BLANK", out var blank) && stored == blank.GetDouble()
        ? double.NaN
        : scaling.GetProperty("BZERO").GetDouble() + scaling.GetProperty("BSCALE").GetDouble() * stored;

    private static void AssertCard(FitsHeader header, JsonProperty expected)
    {
        string name = expected.Name;
        Assert.True(header.Contains(name), name);
        switch (expected.Value.ValueKind)
        {
            case JsonValueKind.Null:
                Assert.Null(header.Cards.First(card => card.Keyword == name).Value);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                Assert.Equal(expected.Value.GetBoolean(), header.GetBoolean(name));
                break;
            case JsonValueKind.Number:
                Assert.Equal(expected.Value.GetDouble(), header.GetDouble(name));
                break;
            default:
                Assert.Equal(expected.Value.GetString(), header.GetString(name) ?? header.GetInteger(name)?.ToString(CultureInfo.InvariantCulture));
                break;
        }
    }

    /// <summary>
    /// The file with the scaling that case.json gives. The file as it is may lack BSCALE and BZERO (astropy drops them when it has applied
    /// them); they are added then, so that the stored integers mean what the case says.
    /// </summary>
    private string WithScaling(GoldenCase golden, string name, JsonElement scaling)
    {
        const int Card = 80;
        byte[] bytes = File.ReadAllBytes(golden.File(name));
        string header = System.Text.Encoding.ASCII.GetString(bytes, 0, 2880);
        if (header.Contains("BSCALE  =", StringComparison.Ordinal))
            return golden.File(name);
        int end = Enumerable.Range(0, 36).First(card => header.AsSpan(card * Card, Card).TrimEnd() is "END");
        foreach (string keyword in new[] { "BSCALE", "BZERO" })
            System.Text.Encoding.ASCII.GetBytes($"{keyword,-8}= {scaling.GetProperty(keyword).GetRawText(),20}".PadRight(Card)).CopyTo(bytes, Card * end++);
        System.Text.Encoding.ASCII.GetBytes("END".PadRight(Card)).CopyTo(bytes, Card * end);
        string path = _folder.File(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    [GeneratedRegex(@"^float32 \((?<height>\d+), (?<width>\d+)\)$")]
    private static partial Regex FloatImage();

    private static void ReadAll(string path)
    {
        using var file = FitsFile.Open(path);
        foreach (var hdu in file.Hdus)
        {
            if (hdu is FitsImage image)
            {
                float[] values = new float[image.Width * image.Height];
                image.ReadPixels(0, 0, image.Width, image.Height, values);
            }
            else if (hdu is FitsTable table)
            {
                foreach (var column in table.Columns.Where(column => column.Type != 'A'))
                    table.ReadArrays(column.Name);
            }
        }
    }
}
