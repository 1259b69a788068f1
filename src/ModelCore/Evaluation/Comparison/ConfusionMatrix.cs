namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>How often a classifier takes images of one class for those of another.</summary>
/// <param name="Classes">Names, in the order of their labels.</param>
/// <param name="Counts">[true class][predicted class].</param>
/// <remarks>Paper, Sects. 5.3 and 6.3.</remarks>
public sealed record ConfusionMatrix(IReadOnlyList<string> Classes, long[][] Counts)
{
    /// <param name="classes">Names.</param>
    /// <param name="labels">The true class of each image, or the one that it was asked to be of.</param>
    /// <param name="predicted">The class that each is taken for.</param>
    public static ConfusionMatrix Of(IReadOnlyList<string> classes, IReadOnlyList<int> labels, IReadOnlyList<int> predicted)
    {
        if (labels.Count != predicted.Count)
            throw new ArgumentException($"Each of {labels.Count} images should have a predicted class, but {predicted.Count} have.", nameof(predicted));
        long[][] counts = [.. classes.Select(_ => new long[classes.Count])];
        for (int i = 0; i < labels.Count; i++)
            counts[labels[i]][predicted[i]]++;
        return new ConfusionMatrix(classes, counts);
    }

    public long Images => Counts.Sum(row => row.Sum());

    /// <summary>Share of the images that are taken for what they are; NaN without images.</summary>
    public double Accuracy => (double)Counts.Select((row, i) => row[i]).Sum() / Images;

    /// <summary>Standard error of the accuracy (binomial).</summary>
    public double AccuracyError => Math.Sqrt(Accuracy * (1 - Accuracy) / Images);

    /// <summary>Share of a class's images that are taken for it; NaN for a class without images.</summary>
    public double Recall(int label) => (double)Counts[label][label] / Counts[label].Sum();

    /// <summary>Share of what is taken for a class that is of it; NaN if nothing is.</summary>
    public double Precision(int label) => (double)Counts[label][label] / Counts.Sum(row => row[label]);
}
