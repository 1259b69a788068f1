using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

public class CutTableTests
{
    private static readonly SelectionCuts _cuts = new() { MinimumSnr = 5, LargestSizeAboveArcsec = 15 };

    [Fact]
    public void Of_ASelection_CountsDownFromTheCatalogueToWhatIsSelected()
    {
        var (_, selection) = Selection.Apply(Measurements(), rowsOutside: 2, rowsFailed: 1, _cuts);
        var table = CutTable.Of("Cuts", selection, _cuts);
        Assert.Equal(
            [
                ("Catalogue rows", "", 9), ("Outside all mosaics", 2, 7), ("In a mosaic that cannot be read", 1, 6), ("Incomplete coverage", 1, 5), ("Blanked pixels", 0, 5),
                ("Broken image", 1, 4), ("S/N below 5", 1, 3), ("Edge above 0.8 of the peak", 1, 2), ("Largest angular size up to 15 arcsec", 1, 1), ("Selected", (object)"", 1),
            ],
            table.Rows.Select(row => ((string)row[0], row[1], (int)row[2])));
        Assert.Contains("\\midrule\nSelected &  & 1 \\\\\n\\bottomrule", table.ToLatex(), StringComparison.Ordinal);
        Assert.Equal(table.Rows.Count, table.ToRecords().Count);
    }

    [Fact]
    public void Of_AnImport_KeepsItsReasonsInWords()
    {
        var table = CutTable.Of("Set", new SelectionTable { Rows = 3, Cutouts = 3, Removed = [new("balanced away", 1)], Selected = 2 }, null);
        Assert.Equal([["Images", "", 3], ["balanced away", 1, 2], ["Selected", "", 2]], table.Rows);
    }

    [Fact]
    public void RemovedBy_TheSameCuts_NamesEachRemovedRowOnce()
    {
        var measurements = Measurements();
        var (selected, table) = Selection.Apply(measurements, 0, 0, _cuts);
        var removed = Selection.RemovedBy(measurements, _cuts);
        Assert.Equal(table.Removed.Skip(1).Select(cut => (cut.Key, cut.Value)), removed.Select(cut => (cut.Key, cut.Value.Count)));
        Assert.Equal(Enumerable.Range(0, measurements.Length), removed.SelectMany(cut => cut.Value).Select(measurement => measurement.Row).Concat(selected).Order());
    }

    private static CutoutMeasurement[] Measurements()
    {
        CutoutMeasurement good = new()
        {
            Row = 0,
            SourceName = "",
            MosaicId = "A",
            RightAscension = 0,
            Declination = 0,
            SigmaSnr = 9,
            EdgeRelativeMaximum = 0.1,
            LargestAngularSizeArcsec = 20,
        };
        return
        [
            good,
            good with { Row = 1, Problem = true },
            good with { Row = 2, Broken = true, SigmaSnr = 1 },
            good with { Row = 3, SigmaSnr = double.NaN },
            good with { Row = 4, EdgeRelativeMaximum = 0.9 },
            good with { Row = 5, LargestAngularSizeArcsec = 15 },
        ];
    }
}
