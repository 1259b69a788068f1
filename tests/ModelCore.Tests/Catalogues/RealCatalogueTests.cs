using RadioDiffusion.ModelCore.Catalogues;

namespace RadioDiffusion.ModelCore.Tests.Catalogues;

/// <summary>Catalogues as the surveys and VizieR give them.</summary>
public sealed class RealCatalogueTests
{
    [Theory]
    [InlineData("lotss-dr1/catalogue-P205+55.srl.fits", "lotss-dr1", 6709)]
    [InlineData("lotss-dr1/P205+55-mosaic.sources.csv", "lotss-dr2", 27)]
    [InlineData("lotss-dr1-som/labels.csv", "lotss-dr2", 246)]
    [InlineData("catalogues/mingo2019-lotss-dr1-morphology.fits", "lotss-dr1", 2903)]
    [InlineData("catalogues/ugmrt-147MHz-02h-pybdsf.fits", "pybdsf-srl", 640)]
    [InlineData("catalogues/quasars-first.csv", "first", 75)]
    [InlineData("other-fields/pybdsf-reference/srl.fits", "pybdsf-srl", 43)]
    [InlineData("other-fields/pybdsf-reference/srl.txt", "pybdsf-srl", 43)]
    [InlineData("sdc1-simulated/B1_1000h-east.pybdsf.srl.txt", "pybdsf-srl", 1007)]
    [InlineData("other-fields/parkes-multibeam/1904_comp.fits", "aegean", 51)]
    public void Catalogue_OfASurvey_IsUnderstood(string file, string mapping, int rows)
    {
        var catalogue = Catalogue.Read(TestFiles.RealData(file));
        Assert.Equal(mapping, catalogue.Report.Mapping);
        Assert.Equal(rows, catalogue.Count);
        Assert.Empty(catalogue.Report.LeftOut);
        Assert.Equal(0, catalogue.Report.RowsWithoutPosition + catalogue.Report.RowsOutOfRange + catalogue.Report.RowsWrapped);
        Assert.All(catalogue.Rows, row => Assert.InRange(row.Position.Declination, -90, 90));
    }

    [Fact]
    public void TruthOfTheDataChallenge_WithNegativeRightAscensions_IsUnderstoodInJansky()
    {
        var catalogue = Catalogue.Read(TestFiles.RealData("sdc1-simulated/B1_1000h-east.truth.csv"));
        Assert.Equal("sdc1-truth", catalogue.Report.Mapping);
        Assert.Equal(catalogue.Count, catalogue.Report.RowsWrapped);
        Assert.Equal(359.74359477, catalogue.Rows[0].Position.RightAscension, 1e-9);
        Assert.Equal(0.0889212, catalogue.Rows[0].TotalFluxMilliJansky, 1e-9);
    }

    [Fact]
    public void Pybdsf_AsFitsAndAsText_IsTheSame()
    {
        var fits = Catalogue.Read(TestFiles.RealData("other-fields/pybdsf-reference/srl.fits"));
        var text = Catalogue.Read(TestFiles.RealData("other-fields/pybdsf-reference/srl.txt"));
        Assert.Equal(fits.Count, text.Count);
        for (int i = 0; i < fits.Count; i++)
        {
            Assert.Equal(fits.Rows[i].SourceName, text.Rows[i].SourceName);
            Assert.True(fits.Rows[i].Position.SeparationTo(text.Rows[i].Position) < 1e-12);
            Assert.Equal(fits.Rows[i].PeakFluxMilliJansky, text.Rows[i].PeakFluxMilliJansky, 1e-10);     // 14 decimals of Jy in the text
        }
    }

    [Fact]
    public void Lotss_WithItsPeaksInMilliJansky_AgreesWithTheListOfTheSameSky()
    {
        var survey = Catalogue.Read(TestFiles.RealData("lotss-dr1/catalogue-P205+55.srl.fits"));
        var byName = survey.Rows.ToDictionary(row => row.SourceName, row => row.PeakFluxMilliJansky);
        var names = Catalogue.Read(TestFiles.RealData("lotss-dr1/P205+55-mosaic.sources.csv"));
        double[] peaks = names.Numbers("Peak_flux_mJy");
        for (int i = 0; i < names.Count; i++)
            Assert.Equal(byName[names.Rows[i].SourceName], peaks[i], 5e-5);      // the list has four decimals
    }

    [Fact]
    public void RadioGalaxyZoo_WithListsInItsCells_IsRefusedWithAdvice()
    {
        var error = Assert.Throws<RadioDiffusionException>(() => Catalogue.Read(TestFiles.RealData("catalogues/radio-galaxy-zoo-first.csv")));
        Assert.Contains("cpnts_ras", error.Message, StringComparison.Ordinal);
        Assert.Contains("--columns", error.Message, StringComparison.Ordinal);
    }
}
