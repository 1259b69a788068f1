using RadioDiffusion.ModelCore.Classification;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>Two sets in the features of a classifier, and two halves of the real set for what such numbers are when nothing differs.</summary>
/// <param name="Classifier">Whose features they are.</param>
/// <param name="Images">Of each set: drawn without replacement where a set has more.</param>
/// <param name="Frechet">Between the sets.</param>
/// <param name="Coverage">Of the sets.</param>
/// <param name="HalfImages">Of each half of the real set.</param>
/// <param name="FrechetAtHalf">Between so many images of both sets: to be compared with <paramref name="FrechetOfHalves"/>.</param>
/// <param name="FrechetOfHalves">Between two halves of the real set.</param>
/// <param name="CoverageOfHalves">Of the halves.</param>
/// <param name="RealInception">Of the real set.</param>
/// <param name="GeneratedInception">Of the generated set.</param>
public sealed record FeatureComparison(string Classifier, int Images, double Frechet, FeatureCoverage Coverage, int HalfImages, double FrechetAtHalf, double FrechetOfHalves,
    FeatureCoverage CoverageOfHalves, InceptionScore RealInception, InceptionScore GeneratedInception)
{
    /// <summary>Distances between all pairs are a matter of seconds up to here.</summary>
    private const int MostImages = 5000, Neighbours = 5;

    /// <summary>Both sets and each half of the real one need more images than there are neighbours.</summary>
    public const int LeastImages = 2 * (Neighbours + 1);

    /// <param name="classifier">Its name.</param>
    /// <param name="real">Of each real image; at least <see cref="LeastImages"/>.</param>
    /// <param name="generated">Of each generated image; at least <see cref="LeastImages"/>.</param>
    /// <param name="seed">Of what is drawn.</param>
    /// <param name="ct">Stops it.</param>
    public static FeatureComparison Of(string classifier, IReadOnlyList<ClassifiedImage> real, IReadOnlyList<ClassifiedImage> generated, ulong seed, CancellationToken ct = default)
    {
        float[][] one = Drawn(real, seed, "real features"), other = Drawn(generated, seed, "generated features");
        int images = Math.Min(one.Length, other.Length), half = Math.Min(one.Length / 2, other.Length);
        ct.ThrowIfCancellationRequested();
        double frechet = FrechetDistance.Of(one[..images], other[..images]);
        ct.ThrowIfCancellationRequested();
        double atHalf = FrechetDistance.Of(one[..half], other[..half]);
        ct.ThrowIfCancellationRequested();
        double ofHalves = FrechetDistance.Of(one[..half], one[^half..]);
        return new FeatureComparison(classifier, images, frechet, FeatureCoverage.Of(one[..images], other[..images], Neighbours, ct), half, atHalf, ofHalves,
            FeatureCoverage.Of(one[..half], one[^half..], Neighbours, ct),
            InceptionScore.Of([.. real.Select(image => image.Probabilities)], seed), InceptionScore.Of([.. generated.Select(image => image.Probabilities)], seed));
    }

    private static float[][] Drawn(IReadOnlyList<ClassifiedImage> images, ulong seed, string purpose) =>
        [.. new RandomStream(seed, purpose).Permutation(images.Count).Take(MostImages).Select(i => images[i].Features.ToArray())];
}
