using RadioDiffusion.ModelCore.Catalogues;

namespace RadioDiffusion.ModelCore.Tests.Catalogues;

/// <summary>Files that astropy and Apache Arrow wrote (tests/Vectors/catalogues has the scripts).</summary>
public sealed class CatalogueVectorTests
{
    private static readonly double[] _ra = [10.5, 359.9999999999, 0, double.NaN, 1.0 / 3];
    private static readonly double[] _flux = [0.0015f, 1e-5f, double.NaN, 2.5, 3e38f];

    public static string Vector(string name) => Path.Combine(TestFiles.RepositoryRoot, "tests", "Vectors", "catalogues", name);

    [Theory]
    [InlineData("tabledata.vot", CatalogueFormat.Votable)]
    [InlineData("tabledata.vot.gz", CatalogueFormat.Votable)]
    [InlineData("binary.vot", CatalogueFormat.Votable)]
    [InlineData("binary2.vot", CatalogueFormat.Votable)]
    [InlineData("table.fits", CatalogueFormat.Fits)]
    [InlineData("table.ecsv", CatalogueFormat.Ecsv)]
    [InlineData("blanks.ecsv", CatalogueFormat.Ecsv)]
    public void File_OfAstropy_HasTheExpectedColumns(string name, CatalogueFormat format)
    {
        using var reader = CatalogueReader.Open(Vector(name));
        Assert.Equal(format, reader.Format);
        Assert.Empty(reader.LeftOut);
        Assert.Equal(["Source_Name", "RA", "DEC", "Peak_flux", "Big", "Count", "Flag"], reader.Columns.Select(column => column.Name));
        Assert.Equal(
            [ColumnType.Text, ColumnType.Double, ColumnType.Double, ColumnType.Single, ColumnType.Integer, ColumnType.Integer, ColumnType.Boolean],
            reader.Columns.Select(column => column.Type));
        Assert.Equal("deg", reader.Columns[1].Unit);
        Assert.Null(reader.Columns[4].Unit);
        var batch = Assert.Single(reader.Read(reader.Columns));
        Assert.Equal(["ILTJ1", "ILTJ2", "a, \"b\"", "", "ILTJ5"], Texts(batch, 0));
        Assert.Equal(_ra, Numbers(batch, 1));
        Assert.Equal([-90, 45.25, 1e-12, 5, 89.5], Numbers(batch, 2));
        Assert.Equal(_flux, Numbers(batch, 3));
        Assert.Equal(["9007199254740993", "-9007199254740993", "0", "1", "2"], Texts(batch, 4));
        Assert.Equal([1, double.NaN, 3, 4, 5], Numbers(batch, 5));
        Assert.Equal([1, 0, 1, 0, 1], Numbers(batch, 6));
        Assert.True(CatalogueUnit.TryParse(reader.Columns[3].Unit!, Quantity.MilliJansky, out var unit));
        Assert.Equal(1500, unit.Convert(1.5));
    }

    [Theory]
    [InlineData("arrays-tabledata.vot")]
    [InlineData("arrays-binary.vot")]
    [InlineData("arrays-binary2.vot")]
    public void Votable_WithArraysBetween_IsReadPastThem(string name)
    {
        using var reader = CatalogueReader.Open(Vector(name));
        Assert.Equal(["first", "text", "last"], reader.Columns.Select(column => column.Name));
        Assert.Equal(3, reader.LeftOut.Count);
        var batch = Assert.Single(reader.Read(reader.Columns));
        Assert.Equal([1, 2, 3], Numbers(batch, 0));
        Assert.Equal(["é", "日本", ""], Texts(batch, 1));
        Assert.Equal([1.5, -2.5, double.PositiveInfinity], Numbers(batch, 2));
    }

    [Theory]
    [InlineData("snappy")]
    [InlineData("zstd")]
    [InlineData("gzip")]
    [InlineData("plain")]
    public void File_OfArrow_HasTheExpectedColumns(string compression)
    {
        using var reader = CatalogueReader.Open(Vector($"arrow-{compression}.parquet"));
        Assert.Equal(CatalogueFormat.Parquet, reader.Format);
        Assert.Equal(5, reader.RowCount);
        Assert.StartsWith("Several", Assert.Single(reader.LeftOut), StringComparison.Ordinal);
        var batches = reader.Read(reader.Columns).ToArray();
        Assert.Equal([0, 3], batches.Select(batch => batch.FirstRow));
        Assert.Equal(["ILTJ1", "ILTJ2", "a, \"b\"", "", "日本"], batches.SelectMany(batch => Texts(batch, 0)));
        Assert.Equal(_ra, batches.SelectMany(batch => Numbers(batch, 1)));
        Assert.Equal([-90, 45.25, double.NaN, 5, 89.5], batches.SelectMany(batch => Numbers(batch, 2)));
        Assert.Equal(_flux, batches.SelectMany(batch => Numbers(batch, 3)));
        Assert.Equal(["9007199254740993", "-9007199254740993", "0", "1", "2"], batches.SelectMany(batch => Texts(batch, 4)));
        Assert.Equal(["1", "", "3", "4", "5"], batches.SelectMany(batch => Texts(batch, 5)));
        Assert.Equal([1, 0, double.NaN, 0, 1], batches.SelectMany(batch => Numbers(batch, 6)));
    }

    internal static string[] Texts(CatalogueBatch batch, int column) => [.. Enumerable.Range(0, batch.RowCount).Select(batch.Columns[column].Text)];

    internal static double[] Numbers(CatalogueBatch batch, int column) => [.. Enumerable.Range(0, batch.RowCount).Select(batch.Columns[column].Number)];
}
