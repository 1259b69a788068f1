using RadioDiffusion.ModelCore.Catalogues;

namespace RadioDiffusion.ModelCore.Tests.Catalogues;

/// <summary>Every format there and back.</summary>
public sealed class CatalogueRoundTripTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly CatalogueColumn[] _columns =
    [
        new("Source_Name", ColumnType.Text) { Description = "the source's name" },
        new("RA", ColumnType.Double) { Unit = "deg" },
        new("Peak_flux", ColumnType.Single) { Unit = "mJy/beam" },
        new("Big", ColumnType.Integer),
        new("Flag", ColumnType.Boolean),
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a.fits", 4)]
    [InlineData("a.csv", 4)]
    [InlineData("a.ecsv", 4)]
    [InlineData("a.vot", 4)]
    [InlineData("a.parquet", 4)]
    [InlineData("b.fits", 1)]
    [InlineData("b.csv", 1)]
    [InlineData("b.ecsv", 1)]
    [InlineData("b.vot", 1)]
    [InlineData("b.parquet", 1)]
    [InlineData("c.fits", 0)]
    [InlineData("c.csv", 0)]
    [InlineData("c.ecsv", 0)]
    [InlineData("c.vot", 0)]
    [InlineData("c.parquet", 0)]
    public void Catalogue_WrittenAndRead_IsTheSame(string name, int rows)
    {
        var batch = Rows(rows, ascii: name.EndsWith("fits", StringComparison.Ordinal));
        string path = Write(name, batch);
        Assert.Single(Directory.GetFiles(_folder.Path));
        using var reader = CatalogueReader.Open(path, long.MaxValue);
        Assert.Equal(_columns.Select(column => column.Name), reader.Columns.Select(column => column.Name));
        if (reader.Format != CatalogueFormat.Csv)
        {
            Assert.Equal(_columns.Select(column => column.Type), reader.Columns.Select(column => column.Type));
            Assert.Equal(_columns.Select(column => column.Unit), reader.Columns.Select(column => column.Unit));
            Assert.Equal(_columns.Select(column => column.Description), reader.Columns.Select(column => column.Description));
        }
        var found = reader.Read(reader.Columns).ToArray();
        Assert.Equal(rows, found.Sum(part => part.RowCount));
        for (int column = 0; column < _columns.Length && rows > 0; column++)
            Assert.Equal(CatalogueVectorTests.Texts(batch, column), CatalogueVectorTests.Texts(found[0], column));
    }

    [Theory]
    [InlineData("fits")]
    [InlineData("csv")]
    [InlineData("vot")]
    [InlineData("parquet")]
    public void Catalogue_OfSeveralBatches_KeepsTheOrder(string extension)
    {
        const int Count = CatalogueReader.BatchRows + 1234;
        var columns = new[] { new CatalogueColumn("name", ColumnType.Text), new CatalogueColumn("x", ColumnType.Double) };
        string path = _folder.File($"long.{extension}");
        using (var writer = CatalogueWriter.Create(path, columns))
        {
            for (int first = 0; first < Count; first += 10_000)
            {
                int rows = Math.Min(10_000, Count - first);
                var names = new TextValues(columns[0], rows);
                for (int i = 0; i < rows; i++)
                    names.Add($"source {first + i}");
                writer.Write(new CatalogueBatch(first, [names, new NumberValues(columns[1], [.. Enumerable.Range(first, rows).Select(i => i / 7.0)])]));
            }
            writer.Complete();
            Assert.Equal(Count, writer.RowCount);
        }
        using var reader = CatalogueReader.Open(path);
        int row = 0;
        foreach (var batch in reader.Read([reader.Find("X")!, reader.Find("name")!]))
        {
            Assert.Equal(row, batch.FirstRow);
            for (int i = 0; i < batch.RowCount; i++, row++)
            {
                Assert.Equal(row / 7.0, batch.Columns[0].Number(i));
                Assert.Equal($"source {row}", batch.Columns[1].Text(i));
            }
        }
        Assert.Equal(Count, row);
    }

    [Theory]
    [InlineData("fits")]
    [InlineData("csv")]
    [InlineData("vot")]
    [InlineData("parquet")]
    public void Writer_ThatIsNotCompleted_LeavesNothingAndKeepsTheOldFile(string extension)
    {
        string path = _folder.File($"a.{extension}");
        File.WriteAllText(path, "old");
        using (var writer = CatalogueWriter.Create(path, _columns))
            writer.Write(Rows(4, ascii: true));
        Assert.Equal("old", File.ReadAllText(Assert.Single(Directory.GetFiles(_folder.Path))));
    }

    [Fact]
    public void Fits_WithTextBeyondAscii_IsRefusedWithRowAndColumn()
    {
        using var writer = CatalogueWriter.Create(_folder.File("a.fits"), _columns);
        var error = Assert.Throws<RadioDiffusionException>(() => writer.Write(Rows(4, ascii: false)));
        Assert.Contains("row 1, column 'Source_Name'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Copy_FromFormatToFormat_KeepsEveryCell()
    {
        string path = Write("1.parquet", Rows(4, ascii: true));
        foreach (string name in new[] { "2.vot", "3.fits", "4.ecsv", "5.csv" })
        {
            var (rows, leftOut) = CatalogueCopy.Convert(path, _folder.File(name));
            Assert.Equal((4, 0), (rows, leftOut.Count));
            path = _folder.File(name);
        }
        using var reader = CatalogueReader.Open(path, long.MaxValue);
        var found = Assert.Single(reader.Read(reader.Columns));
        var expected = Rows(4, ascii: true);
        for (int column = 0; column < _columns.Length; column++)
            Assert.Equal(CatalogueVectorTests.Texts(expected, column), CatalogueVectorTests.Texts(found, column));
    }

    [Fact]
    public void RowFile_OfEqualRows_HasEqualBytesAndReadsBack()
    {
        CatalogueRow[] rows =
        [
            new() { Index = 3, SourceName = "ILTJ1", Position = new(1.5, -2), OpticalPosition = new(1.6, -2.1), MosaicId = "P1", PeakFluxMilliJansky = 4, LargestAngularSizeArcsec = 9 },
            new() { Index = 2_000_000_000, SourceName = "日本", Position = new(double.NaN, double.NaN) },
            new() { Index = 0, SourceName = "", Position = new(0, 90), MosaicId = "P1" },
        ];
        CatalogueRowFile.Write(_folder.File("a"), rows);
        CatalogueRowFile.Write(_folder.File("b"), [.. rows.Select(row => row with { TotalFluxMilliJansky = BitConverter.UInt64BitsToDouble(0x7ff8000000000123) })]);
        Assert.Equal(File.ReadAllBytes(_folder.File("a")), File.ReadAllBytes(_folder.File("b")));
        Assert.Equal(rows, CatalogueRowFile.Read(_folder.File("a")));
        CatalogueRowFile.Write(_folder.File("c"), []);
        Assert.Empty(CatalogueRowFile.Read(_folder.File("c")));
    }

    private string Write(string name, CatalogueBatch batch)
    {
        string path = _folder.File(name);
        using var writer = CatalogueWriter.Create(path, _columns);
        writer.Write(batch);
        writer.Complete();
        return path;
    }

    private static CatalogueBatch Rows(int count, bool ascii)
    {
        var names = new TextValues(_columns[0], 4);
        var numbers = new IntegerValues(_columns[3], 4);
        string[] texts = ["plain", ascii ? "x" : "日本 é", "a, \"b\" <&> #", ""];
        for (int i = 0; i < count; i++)
        {
            names.Add(texts[i]);
            if (i == 2)
                numbers.AddMissing();
            else
                numbers.Add(long.MaxValue - i);
        }
        return new CatalogueBatch(0,
        [
            names,
            new NumberValues(_columns[1], new[] { 1.0 / 3, double.NaN, 5e-324, -0.1 }[..count]),
            new NumberValues(_columns[2], new double[] { 0.1f, 3e38f, double.NaN, -1 }[..count]),
            numbers,
            new NumberValues(_columns[4], new[] { 1, 0, double.NaN, 1 }[..count]),
        ]);
    }
}
