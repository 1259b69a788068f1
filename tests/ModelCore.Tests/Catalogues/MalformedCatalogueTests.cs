using System.IO.Compression;
using System.Text;
using RadioDiffusion.ModelCore.Catalogues;

namespace RadioDiffusion.ModelCore.Tests.Catalogues;

/// <summary>Files that are wrong: the message says where.</summary>
public sealed class MalformedCatalogueTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("RA,DEC\n1,2\n1,2,3\n", "line 3: a row should have 2 fields")]
    [InlineData("RA,DEC\n1,2\nx,3\n1,2\n", "line 3: column RA")]
    [InlineData("RA,DEC\n\"1\n\n\",2\n\"a\"b,3\n", "line 5: a quoted field")]
    [InlineData("RA,DEC\n1,2\n\"3,4\n5,6\n", "line 3: the quote that opens in field 1")]
    [InlineData("RA,DEC,Peak_flux\n1,2,3\n1,2,x\n", "column Peak_flux should be a number, but it is 'x'")]
    [InlineData("\n", "header line")]
    [InlineData("", "is empty")]
    public void Csv_ThatIsWrong_IsRefusedWithTheLine(string text, string expected) => Refused(Encoding.UTF8.GetBytes(text), expected);

    [Theory]
    [InlineData(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10 }, "a PNG image")]
    [InlineData(new byte[] { 0x89, (byte)'H', (byte)'D', (byte)'F', 13, 10, 26, 10 }, "an HDF5 file")]
    [InlineData(new byte[] { (byte)'P', (byte)'K', 3, 4, 0 }, "a ZIP archive")]
    [InlineData(new byte[] { 0xff, 0xfe, (byte)'R', 0 }, "UTF-16")]
    [InlineData(new byte[] { (byte)'R', (byte)'A', 0, 0 }, "a binary file")]
    [InlineData(new byte[] { 0x1f, 0x8b, 1, 2, 3 }, "gzip")]
    public void File_OfAnotherKind_IsRefusedByItsKind(byte[] bytes, string expected) => Refused(bytes, expected);

    [Theory]
    [InlineData("<html><body>404</body></html>", "an HTML page")]
    [InlineData("{\"a\": 1}", "a JSON document")]
    [InlineData("<VOTABLE><RESOURCE></RESOURCE></VOTABLE>", "there is none in this VOTable")]
    [InlineData("<!DOCTYPE VOTABLE [<!ENTITY a \"b\">]><VOTABLE/>", "DTD")]
    [InlineData("<VOTABLE><TABLE><FIELD name='RA' datatype='real'/></TABLE></VOTABLE>", "datatype of FIELD 'RA'")]
    [InlineData("<VOTABLE><TABLE><DATA><TABLEDATA/></DATA></TABLE></VOTABLE>", "FIELD elements before it")]
    [InlineData("<VOTABLE><TABLE><FIELD name='RA' datatype='double'/><FIELD name='DEC' datatype='double'/><DATA><TABLEDATA>\n<TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE></VOTABLE>", "line 2, column 17: TR 1 should have 2 TD")]
    [InlineData("<VOTABLE><TABLE><FIELD name='RA' datatype='double'/><FIELD name='DEC' datatype='double'/><DATA><TABLEDATA>\n<TR><TD>1</TD><TD>x</TD></TR></TABLEDATA></DATA></TABLE></VOTABLE>", "TD 2 ('DEC') of TR 1 should be a number, but it is 'x'")]
    [InlineData("<VOTABLE><TABLE nrows='2'><FIELD name='RA' datatype='double'/><FIELD name='DEC' datatype='double'/><DATA><TABLEDATA><TR><TD>1</TD><TD>2</TD></TR></TABLEDATA></DATA></TABLE></VOTABLE>", "announces 2 rows")]
    [InlineData("<VOTABLE><TABLE><FIELD name='RA' datatype='double'/><FIELD name='DEC' datatype='double'/><DATA><TABLEDATA><TR><TD>1</TD>", "no well-formed XML")]
    [InlineData("<VOTABLE><TABLE><FIELD name='RA' datatype='double'/><FIELD name='DEC' datatype='double'/><DATA><BINARY><STREAM encoding='base64'>AAAA</STREAM></BINARY></DATA></TABLE></VOTABLE>", "row 1: the STREAM ends within 'RA'")]
    [InlineData("<VOTABLE><TABLE><FIELD name='RA' datatype='double' arraysize='3y'/><DATA><TABLEDATA/></DATA></TABLE></VOTABLE>", "arraysize of FIELD 'RA'")]
    [InlineData("<VOTABLE><TABLE><FIELD name='RA' datatype='double'/><FIELD name='DEC' datatype='double'/><DATA><BINARY><STREAM href='http://x/y'/></BINARY></DATA></TABLE></VOTABLE>", "refers to")]
    [InlineData("<VOTABLE><TABLE><FIELD name='RA' datatype='double'/><FIELD name='DEC' datatype='double'/><DATA><FITS><STREAM/></FITS></DATA></TABLE></VOTABLE>", "holds FITS")]
    public void Xml_ThatIsWrong_IsRefusedWithTheElement(string text, string expected) => Refused(Encoding.UTF8.GetBytes(text), expected);

    [Fact]
    public void Votable_WithVariableAndManyDimensionalText_IsReadPastIt()
    {
        // BINARY: "2x*" words of two letters (count 2), then a double; then none and a double.
        byte[] bytes = [0, 0, 0, 2, .. "aabb"u8, .. BitConverter.GetBytes(1.5).Reverse(), 0, 0, 0, 0, .. BitConverter.GetBytes(2.5).Reverse()];
        string path = Written(Encoding.UTF8.GetBytes(
            $"<VOTABLE><TABLE><FIELD name='w' datatype='char' arraysize='2x*'/><FIELD name='x' datatype='double'/><DATA><BINARY><STREAM encoding='base64'>{Convert.ToBase64String(bytes)}</STREAM></BINARY></DATA></TABLE></VOTABLE>"));
        using var reader = CatalogueReader.Open(path);
        Assert.Equal([1.5, 2.5], CatalogueVectorTests.Numbers(Assert.Single(reader.Read([reader.Find("x")!])), 0));
    }

    [Fact]
    public void Parquet_DamagedAnywhere_IsRefusedOrReadButNeverCrashes()
    {
        byte[] whole = File.ReadAllBytes(CatalogueVectorTests.Vector("arrow-snappy.parquet"));
        var random = new RandomStream(3, "damage");
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = (byte[])whole.Clone();
            for (int k = 0; k < 3; k++)
                damaged[(int)random.NextDouble(4, damaged.Length)] = (byte)random.NextDouble(0, 256);
            string path = Written(damaged);
            try
            {
                using var reader = CatalogueReader.Open(path);
                foreach (var batch in reader.Read(reader.Columns))
                    Assert.InRange(batch.RowCount, 0, CatalogueReader.BatchRows);
            }
            catch (RadioDiffusionException error)
            {
                Assert.Contains(path, error.Message, StringComparison.Ordinal);
            }
        }
        Refused(whole[..^200], "damaged Parquet file");
    }

    [Fact]
    public void Csv_PackedWithGzip_IsRead()
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write("RA,DEC\n1,2\n"u8);
        Assert.Equal(1, Catalogue.Read(Written(packed.ToArray())).Count);
        Refused(packed.ToArray()[..^12], "");
    }

    [Theory]
    [InlineData("RA;DEC;name\n1;2;a\n")]
    [InlineData("RA\tDEC\tname\n1\t2\ta\n")]
    [InlineData("RA|DEC|name\r\n1|2|a\r\n")]
    [InlineData("  RA DEC   name\n  1   2 a\n")]
    [InlineData("# made by someone\n# RA DEC name\n1 2 a\n")]
    [InlineData("\ufeffRA,DEC,name\n\n1,2,a")]
    public void Csv_WithAnyDelimiter_IsRead(string text)
    {
        string path = Written(Encoding.UTF8.GetBytes(text));
        using var reader = CatalogueReader.Open(path);
        Assert.Equal(["RA", "DEC", "name"], reader.Columns.Select(column => column.Name));
        var batch = Assert.Single(reader.Read(reader.Columns));
        Assert.Equal(["1", "2", "a"], batch.Columns.Select(values => values.Text(0)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void DelimitedText_HandedOutInSmallPieces_IsTheSame(int piece)
    {
        const string Text = "a,\"b \"\"q\"\" \n x\",c\r\n,,\r\n\"\",é,\"\"\"\"";
        using var text = new DelimitedText(new Dribble(Encoding.UTF8.GetBytes(Text), piece), "x");
        var found = new List<string>();
        while (text.Read())
            found.Add($"{text.Line}:" + string.Join('|', Enumerable.Range(0, text.FieldCount).Select(i => Encoding.UTF8.GetString(text.Field(i)))));
        Assert.Equal(["1:a|b \"q\" \n x|c", "3:||", "4:|é|\""], found);
    }

    private void Refused(byte[] bytes, string expected)
    {
        string path = Written(bytes);
        var error = Assert.Throws<RadioDiffusionException>(() => Catalogue.Read(path));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private string Written(byte[] bytes)
    {
        string path = _folder.File("catalogue");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private sealed class Dribble(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, piece));
    }
}
