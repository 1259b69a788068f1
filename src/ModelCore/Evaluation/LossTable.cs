using RadioDiffusion.ModelCore.Catalogues;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>The losses of a training as one table: a row an iteration that has any.</summary>
public static class LossTable
{
    /// <summary>Writes iteration, loss, val_loss and ema_loss; NaN where an iteration was not validated. The name says the format (.parquet).</summary>
    public static void Write(string path, LossCurve losses)
    {
        var training = losses.Training.ToDictionary(point => point.Iteration, point => point.Loss);
        var validation = losses.ValidationOfWeights.ToDictionary(point => point.Iteration, point => point.Loss);
        var average = losses.Validation.ToDictionary(point => point.Iteration, point => point.Loss);
        long[] iterations = [.. training.Keys.Union(validation.Keys).Union(average.Keys).Order()];
        CatalogueColumn iteration = new("iteration", ColumnType.Integer) { Description = "Optimiser steps done" };
        double[] Of(Dictionary<long, double> values) => [.. iterations.Select(i => values.GetValueOrDefault(i, double.NaN))];
        ColumnValues[] columns =
        [
            new IntegerValues(iteration, iterations),
            new NumberValues(Column("loss", "Training loss of the iteration"), Of(training)),
            new NumberValues(Column("val_loss", "Validation loss of the weights"), Of(validation)),
            new NumberValues(Column("ema_loss", "Validation loss of the averaged weights (EMA)"), Of(average)),
        ];
        using var writer = CatalogueWriter.Create(path, [.. columns.Select(column => column.Column)]);
        writer.Write(new CatalogueBatch(0, columns));
        writer.Complete();
    }

    private static CatalogueColumn Column(string name, string description) => new(name, ColumnType.Double) { Description = description };
}
