using MathNet.Numerics.Statistics;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>How sure a classifier is of each image, and how evenly its classes come: 1 (never sure, or always the same class) to the number of classes.</summary>
/// <remarks>Salimans et al. (2016): exp of the mean Kullback-Leibler divergence of each image's class probabilities from their mean.</remarks>
/// <param name="Score">Of all images.</param>
/// <param name="Error">From the bootstrap.</param>
public readonly record struct InceptionScore(double Score, double Error)
{
    private const int Resamplings = 100;

    /// <param name="probabilities">(images, classes).</param>
    /// <param name="seed">Of the bootstrap.</param>
    public static InceptionScore Of(IReadOnlyList<IReadOnlyList<double>> probabilities, ulong seed)
    {
        int[] all = [.. Enumerable.Range(0, probabilities.Count)];
        double[] drawn = [.. Enumerable.Range(0, Resamplings).Select(i =>
        {
            var stream = new RandomStream(seed, "inception score", i);
            return ScoreOf(probabilities, [.. all.Select(_ => stream.NextInt32(all.Length))]);
        })];
        return new InceptionScore(ScoreOf(probabilities, all), drawn.StandardDeviation());
    }

    private static double ScoreOf(IReadOnlyList<IReadOnlyList<double>> probabilities, int[] images)
    {
        int classes = probabilities[0].Count;
        double[] marginal = new double[classes];
        foreach (int i in images)
        {
            for (int c = 0; c < classes; c++)
                marginal[c] += probabilities[i][c] / images.Length;
        }
        double divergence = 0;
        foreach (int i in images)
        {
            for (int c = 0; c < classes; c++)
            {
                double p = probabilities[i][c];
                if (p > 0)
                    divergence += p * Math.Log(p / marginal[c]);
            }
        }
        return Math.Exp(divergence / images.Length);
    }
}
