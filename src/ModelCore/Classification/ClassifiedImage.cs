namespace RadioDiffusion.ModelCore.Classification;

/// <summary>What a classifier makes of an image.</summary>
/// <param name="Logits">One for each class, in the order of the model's <see cref="Training.SnapshotDescription.Classes"/>.</param>
/// <param name="Features">The encoder's output, averaged over all pixels: 512 values with the paper's network. Images that look alike lie close together.</param>
public sealed record ClassifiedImage(IReadOnlyList<float> Logits, IReadOnlyList<float> Features)
{
    /// <summary>The most probable class, from 0; the first of several.</summary>
    public int Label => Enumerable.Range(0, Logits.Count).MaxBy(i => Logits[i]);

    /// <summary>Softmax of the logits: 0 to 1, with the sum 1.</summary>
    public IReadOnlyList<double> Probabilities
    {
        get
        {
            double largest = Logits.Max();
            double[] weights = [.. Logits.Select(logit => Math.Exp(logit - largest))];
            double sum = weights.Sum();
            return [.. weights.Select(weight => weight / sum)];
        }
    }
}
