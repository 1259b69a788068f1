using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Catalogues;

/// <summary>How columns are found, converted and checked.</summary>
public sealed class CatalogueTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Source_Name,RA,DEC,E_RA_tot,Peak_flux,Isl_id", "lotss-dr1")]
    [InlineData("Source_Name,RA,DEC,Peak_flux,Total_flux,LAS,Mosaic_ID,optRA,optDec", "lotss-dr2")]
    [InlineData("Source_Name,RA,DEC,Peak_flux,Number_Pointings,Masked_Fraction", "lotss-dr2")]
    [InlineData("Source_id,Isl_id,RA,E_RA,DEC,Peak_flux,Isl_Total_flux,S_Code", "pybdsf-srl")]
    [InlineData("RA,DEC,SIDEPROB,FPEAK,FINT,RMS,MAJOR,MINOR,POSANG,FITTED_MAJOR", "first")]
    [InlineData("FIRST,RAJ2000,DEJ2000,p(S),Fpeak,Fint,Rms,Maj,Min,PA", "first")]
    public void Mapping_OfASurvey_IsFoundByTheColumns(string header, string mapping)
    {
        var catalogue = Read(header, string.Join(',', header.Split(',').Select(_ => "1")));
        Assert.Equal((mapping, true), (catalogue.Report.Mapping, catalogue.Report.MappingDetected));
        Assert.Equal(mapping == "pybdsf-srl" ? 1000 : 1, catalogue.Rows[0].PeakFluxMilliJansky);
    }

    [Fact]
    public void Mapping_OfTheUser_NamesColumnsAndUnits()
    {
        string path = _folder.File("mine.json");
        File.WriteAllText(path, """
            { "name": "mine", "fields": {
                "name": { "columns": ["id"] },
                "rightAscension": { "columns": ["alpha"], "unit": "rad" },
                "declination": { "columns": ["delta"], "unit": "arcmin" },
                "totalFlux": { "columns": ["nothing", "S"], "unit": "uJy" },
                "largestAngularSize": { "columns": ["size"], "unit": "deg" } } }
            """);
        var catalogue = Catalogue.Read(Written("id,alpha,delta,S,size", ["x,1,60,2500,0.5"]), path);
        var row = Assert.Single(catalogue.Rows);
        Assert.Equal(180 / Math.PI, row.Position.RightAscension, 1e-12);
        Assert.Equal((1.0, 2.5, 1800.0, "x"), (row.Position.Declination, row.TotalFluxMilliJansky, row.LargestAngularSizeArcsec, row.SourceName));
        Assert.Equal("mine", catalogue.Report.Mapping);
    }

    [Theory]
    [InlineData("{ \"name\": \"x\" }", "fields")]
    [InlineData("{ \"name\": \"x\", \"fields\": { \"flux\": { \"columns\": [\"a\"] } } }", "peakFlux")]
    [InlineData("{ \"name\": \"x\", \"fields\": { \"rightAscension\": { \"columns\": [\"a\"] } } }", "declination")]
    [InlineData("{ \"name\": \"x\", \"fields\": { \"rightAscension\": { \"columns\": [\"a\"], \"unit\": \"Jy\" }, \"declination\": { \"columns\": [\"b\"] } } }", "arcsec")]
    [InlineData("not JSON", "JSON")]
    public void MappingFile_ThatIsWrong_IsRefusedByName(string json, string named)
    {
        string path = _folder.File("mine.json");
        File.WriteAllText(path, json);
        var error = Assert.Throws<RadioDiffusionException>(() => ColumnMapping.Open(path));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Jy", 1000)]
    [InlineData("mJy", 1)]
    [InlineData("uJy", 0.001)]
    [InlineData("Jy/beam", 1000)]
    [InlineData("JY/BEAM", 1000)]
    [InlineData("beam-1 mJy", 1)]
    [InlineData("mJy.beam**-1", 1)]
    [InlineData("Jy / beam", 1000)]
    [InlineData("uJy beam^-1", 0.001)]
    public void Unit_OfFlux_IsConverted(string unit, double milliJansky)
    {
        Assert.True(CatalogueUnit.TryParse(unit, Quantity.MilliJansky, out var found));
        Assert.Equal(milliJansky, found.Convert(1), 1e-15);
    }

    [Theory]
    [InlineData("W/m2/Hz")]
    [InlineData("mag")]
    [InlineData("Jy beam")]
    [InlineData("Jy2")]
    [InlineData("beam/Jy")]
    [InlineData("0.1 Jy")]
    [InlineData("MJY")]
    [InlineData("")]
    public void Unit_ThatIsNoFlux_IsRefused(string unit) => Assert.False(CatalogueUnit.TryParse(unit, Quantity.MilliJansky, out _));

    [Theory]
    [InlineData("deg", 3600)]
    [InlineData("arcmin", 60)]
    [InlineData("arcsec", 1)]
    [InlineData("mas", 0.001)]
    [InlineData("rad", 206264.80624709636)]
    [InlineData("hourangle", 54000)]
    public void Unit_OfAngle_IsConverted(string unit, double arcsec)
    {
        Assert.True(CatalogueUnit.TryParse(unit, Quantity.Arcsec, out var small));
        Assert.Equal(arcsec, small.Convert(1), arcsec * 1e-15);
        Assert.True(CatalogueUnit.TryParse(unit, Quantity.Degrees, out var large));
        Assert.Equal(arcsec / 3600, large.Convert(1), arcsec / 3600 * 1e-15);
    }

    [Theory]
    [InlineData("12 34 56.7", 12 + 34 / 60.0 + 56.7 / 3600)]
    [InlineData("-00:30:00", -0.5)]
    [InlineData("+08d16m44s", 8 + 16 / 60.0 + 44 / 3600.0)]
    [InlineData("12h30m", 12.5)]
    public void Sexagesimal_InAnySpelling_IsRead(string text, double expected)
    {
        Assert.True(Sexagesimal.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out double found));
        Assert.Equal(expected, found, 1e-13);
    }

    [Theory]
    [InlineData("12 60 00")]
    [InlineData("12:34:56:78")]
    [InlineData("12:xx:00")]
    [InlineData("J1234")]
    [InlineData("12")]
    [InlineData("")]
    public void Sexagesimal_ThatIsNone_IsRefused(string text) => Assert.False(Sexagesimal.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Positions_InHours_AreTurnedIntoDegrees()
    {
        var catalogue = Read("name,RA,DEC", "a,12 30 00,-10 30 00", "b,01:00:00.0,+5:15:00");
        Assert.Equal([new SkyCoordinate(187.5, -10.5), new SkyCoordinate(15, 5.25)], catalogue.Rows.Select(row => row.Position));
    }

    [Fact]
    public void Rows_ThatAreNotAsTheyShouldBe_AreCounted()
    {
        var catalogue = Read("Source_Name,RA,DEC", "a,10,5", "b,-10,5", "a,370,5", ",nan,5", "c,10,", "d,10,91", "e,9999,0", "f,360,-90", "a,1,2", ",5,5");
        var report = catalogue.Report;
        Assert.Equal((10, 2, 2, 3, 2), (report.Rows, report.RowsWithoutPosition, report.RowsOutOfRange, report.RowsWrapped, report.DuplicateNames));
        Assert.Equal((5, "a"), (report.FirstRowOutOfRange, report.FirstDuplicateName));
        Assert.Equal(new SkyCoordinate(350, 5), catalogue.Rows[1].Position);
        Assert.Equal(new SkyCoordinate(10, 5), catalogue.Rows[2].Position);
        Assert.Equal(new SkyCoordinate(0, -90), catalogue.Rows[7].Position);
        Assert.True(double.IsNaN(catalogue.Rows[5].Position.Declination));
        Assert.Equal("row 3", catalogue.Rows[3].SourceName);
        Assert.Equal(4, report.Problems().Count());
    }

    [Fact]
    public void Columns_BeyondTheFields_AreReadByName()
    {
        var catalogue = Read("Source_Name,RA,DEC,Isl_rms,Resolved,z_best,Remark", "a,1,2,0.5,True,0.7,x", "b,3,4,,False,,y");
        Assert.Equal([0.5, double.NaN], catalogue.Numbers("Isl_rms"));
        Assert.Equal([0.7, double.NaN], catalogue.Numbers(CatalogueField.Redshift));
        Assert.Equal([1, 0], catalogue.Numbers(CatalogueField.Resolved));
        Assert.True(catalogue.Has(CatalogueField.Redshift));
        Assert.False(catalogue.Has(CatalogueField.PeakFlux));
        Assert.Contains("Remark", Assert.Throws<RadioDiffusionException>(() => catalogue.Numbers("Remark")).Message, StringComparison.Ordinal);
        Assert.Contains("Isl_rms", Assert.Throws<RadioDiffusionException>(() => catalogue.Numbers("nothing")).Message, StringComparison.Ordinal);
        File.AppendAllText(catalogue.Path, "c,1,2,3,True,1,z\n");
        File.SetLastWriteTimeUtc(catalogue.Path, DateTime.UtcNow.AddMinutes(1));
        Assert.Contains("changed", Assert.Throws<RadioDiffusionException>(() => catalogue.Numbers("Isl_rms")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Catalogue_WithoutPosition_NamesWhatWasTriedAndWhatIsThere()
    {
        var error = Assert.Throws<RadioDiffusionException>(() => Read("id,alpha,DEC", "1,2,3"));
        foreach (string part in new[] { "should have a column RA,", "RAJ2000", "id, alpha, DEC", "--columns", "lotss-dr2" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unit_ThatIsUnknown_IsRefusedForThePositionAndReportedForTheRest()
    {
        string path = Written(new CatalogueColumn("RA", ColumnType.Double) { Unit = "furlong" }, new CatalogueColumn("DEC", ColumnType.Double));
        var error = Assert.Throws<RadioDiffusionException>(() => Catalogue.Read(path));
        foreach (string part in new[] { "RA", "furlong", "hourangle", "--columns" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        path = Written(new CatalogueColumn("RA", ColumnType.Double), new CatalogueColumn("DEC", ColumnType.Double), new CatalogueColumn("Peak_flux", ColumnType.Double) { Unit = "ADU" });
        var catalogue = Catalogue.Read(path);
        Assert.True(double.IsNaN(catalogue.Rows[0].PeakFluxMilliJansky));
        Assert.Contains("ADU", Assert.Single(catalogue.Report.LeftOut), StringComparison.Ordinal);
    }

    [Fact]
    public void EqualRows_OfAnyFormat_AreEqual()
    {
        var fromCsv = Read("Source_Name,RA,DEC,Peak_flux", "a,0.1,-20.000000000000004,3.3", "b,nan,1,");
        foreach (string name in new[] { "x.fits", "x.vot", "x.parquet", "x.ecsv" })
        {
            CatalogueCopy.Convert(fromCsv.Path, _folder.File(name));
            Assert.Equal(fromCsv.Rows, Catalogue.Read(_folder.File(name)).Rows);
        }
    }

    private Catalogue Read(string header, params string[] rows) => Catalogue.Read(Written(header, rows));

    private string Written(string header, string[] rows)
    {
        string path = _folder.File("catalogue.csv");
        File.WriteAllText(path, string.Join('\n', [header, .. rows]) + "\n");
        return path;
    }

    private string Written(params CatalogueColumn[] columns)
    {
        string path = _folder.File("catalogue.vot");
        using var writer = CatalogueWriter.Create(path, columns);
        writer.Write(new CatalogueBatch(0, [.. columns.Select(column => new NumberValues(column, [1.0]))]));
        writer.Complete();
        return path;
    }
}
