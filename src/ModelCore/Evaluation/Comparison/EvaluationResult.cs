namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>All that a comparison of a real and a generated set says: evaluation.json. A part is null where the sets do not have what it takes; <see cref="Notes"/> says why.</summary>
public sealed record EvaluationResult
{
    public required ComparedSet Real { get; init; }

    public required ComparedSet Generated { get; init; }

    /// <summary>Paper, Sects. 5.1, 5.2 and 6.1.</summary>
    public required IReadOnlyList<ComparedQuantity> Quantities { get; init; }

    /// <summary>Paper, Sects. 5.2 and 6.2; sets with peak fluxes.</summary>
    public FluxConditioning? FluxConditioning { get; init; }

    /// <summary>Paper, Sects. 5.3 and 6.3; sets with classes.</summary>
    public ClassConditioning? ClassConditioning { get; init; }

    /// <summary>What the paper proposes; with a classifier that was trained with generated images added.</summary>
    public AugmentationStudy? Augmentation { get; init; }

    /// <summary>What the paper leaves to the future; with a classifier.</summary>
    public FeatureComparison? Features { get; init; }

    /// <summary>Paper, Appendix A.</summary>
    public NearestComparison? Nearest { get; init; }

    /// <summary>What is left out and why, and what is to be known to read the numbers.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Of everything random.</summary>
    public required ulong Seed { get; init; }
}

/// <summary>A set that is compared.</summary>
/// <param name="Name">Of the data set or of the model.</param>
/// <param name="Origin">What it is, in words.</param>
/// <param name="Artifact">The training set in the store.</param>
/// <param name="Digest">Of its content.</param>
/// <param name="Images">How many.</param>
/// <param name="NotFinite">Images with a pixel that is no number: not measured.</param>
/// <param name="Blank">Images without a pixel above 0: not measured.</param>
/// <param name="NoNoise">Images without noise to find sources above: not measured.</param>
/// <param name="NoSource">Measured images without a source.</param>
/// <param name="NotConverged">Measured images of which not all fits converged.</param>
public sealed record ComparedSet(string Name, string Origin, string Artifact, string Digest, int Images, int NotFinite, int Blank, int NoNoise, int NoSource, int NotConverged)
{
    public static ComparedSet Of(string name, string origin, string artifact, string digest, ImageMeasurements set)
    {
        int With(FluxProblem problem) => set.Images.Count(image => image.Flux.Problem == problem);
        var measured = set.Images.Where(image => image.Flux.Problem == FluxProblem.None).ToList();
        return new ComparedSet(name, origin, artifact, digest, set.Images.Count, With(FluxProblem.NotFinite), With(FluxProblem.Blank), With(FluxProblem.NoNoise),
            measured.Count(image => image.Flux.Gaussians == 0), measured.Count(image => !image.Flux.HasConverged));
    }
}

/// <summary>What a classifier that was trained on real images says of real ones that it has not seen and of generated ones.</summary>
/// <param name="Classifier">Name of the model.</param>
/// <param name="ClassifierDigest">Of its weights.</param>
/// <param name="Real">Real images that were held out of its training.</param>
/// <param name="Generated">Generated images, against the classes that they were asked to be of.</param>
/// <param name="ByGuidance">The same for several guidance strengths, rising (the paper's Table 7); empty if none were asked for.</param>
public sealed record ClassConditioning(string Classifier, string ClassifierDigest, ConfusionMatrix Real, ConfusionMatrix Generated, IReadOnlyList<GuidanceAccuracy> ByGuidance);

/// <summary>Whether a classifier gains by generated images added to its real ones: both judged by the same real images, which neither was trained on.</summary>
/// <param name="Classifier">Name of the one that was trained with generated images added.</param>
/// <param name="ClassifierDigest">Of its weights.</param>
/// <param name="RealOnly">Of the one that was trained on real images alone.</param>
/// <param name="Augmented">Of the one that was trained with generated images added.</param>
/// <param name="OnlyAugmentedRight">Images that only the latter takes for what they are.</param>
/// <param name="OnlyRealRight">Images that only the former takes for what they are.</param>
/// <param name="Probability">Of a difference at least as large by chance (McNemar's exact test).</param>
public sealed record AugmentationStudy(string Classifier, string ClassifierDigest, ConfusionMatrix RealOnly, ConfusionMatrix Augmented, int OnlyAugmentedRight, int OnlyRealRight, double Probability)
{
    /// <summary>Twice the smaller tail of the binomial distribution of n = a + b trials with probability 1/2, at most 1.</summary>
    public static double McNemar(int a, int b)
    {
        int n = a + b;
        double tail = 0;
        for (int k = 0; k <= Math.Min(a, b); k++)
            tail += Math.Exp(MathNet.Numerics.SpecialFunctions.BinomialLn(n, k) - (n * Math.Log(2)));
        return Math.Min(1, 2 * tail);
    }
}

/// <summary>One line of the paper's Table 7.</summary>
/// <param name="Guidance">omega.</param>
/// <param name="Matrix">Of the images generated with it.</param>
public sealed record GuidanceAccuracy(double Guidance, ConfusionMatrix Matrix);

/// <summary>Nearest images of the real set (paper, Appendix A): whether a model has learned its training images by heart.</summary>
/// <param name="Compared">Generated images that were compared, and as many real ones.</param>
/// <param name="Generated">Largest similarity of each generated image to a real one.</param>
/// <param name="Real">The same of each real image to another real one: what is usual.</param>
/// <param name="Pairs">The generated images that are nearest to a real one, with the real images nearest to each; indices and similarities, in falling order.</param>
public sealed record NearestComparison(int Compared, QuantitySummary Generated, QuantitySummary Real, double LargestGenerated, double LargestReal, IReadOnlyList<NearestPair> Pairs);

/// <param name="Image">Index of the generated image.</param>
/// <param name="Nearest">The real images nearest to it, in falling similarity.</param>
public sealed record NearestPair(int Image, IReadOnlyList<NearestImage> Nearest);
