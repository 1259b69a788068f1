using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Evaluation;

namespace RadioDiffusion.ModelCore.Tests.Evaluation;

public class LossTableTests
{
    [Fact]
    public void Parquet_ReadBack_HasARowForEachIterationWithALoss()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("losses.parquet");
        LossTable.Write(path, new LossCurve
        {
            Training = [new(1, 0.5), new(2, 1.0 / 3)],
            ValidationOfWeights = [new(2, 0.25), new(3, 0.2)],
            Validation = [new(2, 1e-300), new(3, double.NaN)],
        });
        using var reader = CatalogueReader.Open(path);
        Assert.Equal(["iteration", "loss", "val_loss", "ema_loss"], reader.Columns.Select(column => column.Name));
        double[][] columns = Columns(reader);
        Assert.Equal([1, 2, 3], columns[0]);
        Assert.Equal([0.5, 1.0 / 3, double.NaN], columns[1]);
        Assert.Equal([double.NaN, 0.25, 0.2], columns[2]);
        Assert.Equal([double.NaN, 1e-300, double.NaN], columns[3]);
    }

    private static double[][] Columns(CatalogueReader reader)
    {
        var batch = reader.Read(reader.Columns).Single();
        return [.. batch.Columns.Select(values => Enumerable.Range(0, batch.RowCount).Select(values.Number).ToArray())];
    }
}
