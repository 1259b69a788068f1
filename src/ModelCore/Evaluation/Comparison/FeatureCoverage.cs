using System.Numerics.Tensors;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>How the features of two sets lie among each other, by the distances to the k nearest of their own set.</summary>
/// <remarks>Precision and recall: Kynkäänniemi et al. (2019); density and coverage, which outliers move less: Naeem et al. (2020), whose k = 5 is the default.</remarks>
/// <param name="Precision">Share of the generated images within the neighbourhood of a real one: are they real?</param>
/// <param name="Recall">Share of the real images within the neighbourhood of a generated one: is anything left out?</param>
/// <param name="Density">Mean number of neighbourhoods of real images that a generated one lies in, over k; 1 for equal sets, and more where generated ones crowd.</param>
/// <param name="Coverage">Share of the real images whose neighbourhood holds a generated one.</param>
public readonly record struct FeatureCoverage(double Precision, double Recall, double Density, double Coverage)
{
    /// <param name="real">(images, features); more than <paramref name="neighbours"/> images.</param>
    /// <param name="generated">As many features; more than <paramref name="neighbours"/> images.</param>
    /// <param name="neighbours">k.</param>
    /// <param name="ct">Stops it.</param>
    public static FeatureCoverage Of(IReadOnlyList<float[]> real, IReadOnlyList<float[]> generated, int neighbours = 5, CancellationToken ct = default)
    {
        if (Math.Min(real.Count, generated.Count) <= neighbours)
            throw new ArgumentException($"Both sets should have more than {neighbours} images, but they have {real.Count} and {generated.Count}.", nameof(real));
        double[] realRadii = Radii(real, neighbours, ct), generatedRadii = Radii(generated, neighbours, ct);
        int[] within = new int[generated.Count];             // neighbourhoods of real images that a generated one lies in
        bool[] isRecalled = new bool[real.Count], isCovered = new bool[real.Count];
        Parallel.For(0, real.Count, new ParallelOptions { CancellationToken = ct }, i =>
        {
            for (int j = 0; j < generated.Count; j++)
            {
                double distance = TensorPrimitives.Distance(real[i], generated[j]);
                if (distance <= realRadii[i])
                {
                    Interlocked.Increment(ref within[j]);
                    isCovered[i] = true;
                }
                isRecalled[i] |= distance <= generatedRadii[j];
            }
        });
        return new FeatureCoverage(
            (double)within.Count(number => number > 0) / generated.Count,
            (double)isRecalled.Count(one => one) / real.Count,
            (double)within.Sum(number => (long)number) / neighbours / generated.Count,
            (double)isCovered.Count(one => one) / real.Count);
    }

    /// <summary>The distance of each from its k-th neighbour in the same set.</summary>
    private static double[] Radii(IReadOnlyList<float[]> features, int neighbours, CancellationToken ct)
    {
        double[] radii = new double[features.Count];
        Parallel.For(0, features.Count, new ParallelOptions { CancellationToken = ct }, i =>
        {
            double[] distances = new double[features.Count];
            for (int j = 0; j < features.Count; j++)
                distances[j] = i == j ? 0 : TensorPrimitives.Distance(features[i], features[j]);
            Array.Sort(distances);
            radii[i] = distances[neighbours];                // the first one is the image itself
        });
        return radii;
    }
}
