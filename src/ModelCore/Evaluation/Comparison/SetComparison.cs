using RadioDiffusion.ModelCore.Classification;
using RadioDiffusion.ModelCore.Evaluation.Plots;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>A set that is to be compared, with what was measured of it.</summary>
/// <param name="Set">Its images.</param>
/// <param name="Name">Of the data set or of the model.</param>
/// <param name="Origin">What it is, in words.</param>
/// <param name="Artifact">In the store.</param>
/// <param name="Digest">Of its content.</param>
/// <param name="Measured">Of all its images.</param>
/// <param name="Classified">Of all its images, null for one that is none for a classifier; null without a classifier.</param>
public sealed record MeasuredSet(TrainingSetReader Set, string Name, string Origin, string Artifact, string Digest, ImageMeasurements Measured, IReadOnlyList<ClassifiedImage?>? Classified);

/// <summary>The classifier of a comparison.</summary>
/// <param name="Name">Of the model.</param>
/// <param name="Digest">Of its weights.</param>
/// <param name="Classes">That it knows, in the order of its labels.</param>
/// <param name="HeldOut">Images of the real set that it has not been trained on; null if it was trained on another set.</param>
public sealed record ComparisonClassifier(string Name, string Digest, IReadOnlyList<string> Classes, IReadOnlyList<int>? HeldOut);

/// <summary>What a classifier that was trained with generated images added says of the real set.</summary>
/// <param name="Name">Of the model.</param>
/// <param name="Digest">Of its weights.</param>
/// <param name="Classes">That it knows, in the order of its labels.</param>
/// <param name="Classified">Of all real images.</param>
public sealed record AugmentedClassifier(string Name, string Digest, IReadOnlyList<string> Classes, IReadOnlyList<ClassifiedImage?> Classified);

/// <summary>Images that were generated with one guidance strength, for the table of accuracies.</summary>
/// <param name="Guidance">omega.</param>
/// <param name="Labels">Class of each, as asked for.</param>
/// <param name="Classified">What the classifier says; null for one that is none for it.</param>
public sealed record GuidanceSet(double Guidance, IReadOnlyList<int> Labels, IReadOnlyList<ClassifiedImage?> Classified);

/// <summary>Compares a real and a generated set whose images were measured, and writes the report.</summary>
public static class SetComparison
{
    private const int RandomImages = 32, GridColumns = 8, NearestShown = 8, NearestOfEach = 3;

    /// <summary>The files that it writes: the page, the numbers, and one row an image of each set.</summary>
    public const string ReportFile = "report.html", ResultFile = "evaluation.json", RealTable = "real.parquet", GeneratedTable = "generated.parquet";

    /// <param name="real">The real set.</param>
    /// <param name="generated">The generated set, with images of the same size.</param>
    /// <param name="classifier">Null to leave out what needs one.</param>
    /// <param name="byGuidance">Sets of the table of accuracies.</param>
    /// <param name="augmented">A classifier that was trained with generated images added; null for none.</param>
    /// <param name="nearest">Generated images whose nearest real ones are looked for; 0 for none.</param>
    /// <param name="seed">Of everything random.</param>
    /// <param name="notes">What is to be known about the sets.</param>
    /// <param name="recipe">For the page.</param>
    /// <param name="directory">Where to write.</param>
    /// <param name="ct">Stops it.</param>
    public static EvaluationResult Write(MeasuredSet real, MeasuredSet generated, ComparisonClassifier? classifier, IReadOnlyList<GuidanceSet> byGuidance, AugmentedClassifier? augmented, int nearest,
        ulong seed, IReadOnlyList<string> notes, IReadOnlyList<(string Name, string Value)> recipe, string directory, CancellationToken ct = default)
    {
        var left = new List<string>(notes);
        var quantities = ComparedQuantity.AllOf(real.Measured, generated.Measured, seed);
        ct.ThrowIfCancellationRequested();
        var flux = FluxConditioning.Of(real.Measured, generated.Measured, seed);
        if (flux == null)
            left.Add("Flux conditioning is left out: both sets need peak fluxes.");
        var classes = classifier == null ? null : Classes(real, generated, classifier, byGuidance, left);
        var features = classifier == null ? null : Features(real, generated, classifier, seed, left, ct);
        if (classifier == null)
            left.Add("Class conditioning and everything in a classifier's features are left out, since no classifier was given: train one with 'radiodiffusion train start NAME --dataset REAL --preset classifier', and name it with --classifier NAME.");
        var study = classifier == null || augmented == null ? null : Augmentation(real, classifier, augmented, left);
        var (near, sheet) = nearest > 0 ? Nearest(real.Set, generated.Set, nearest, seed, ct) : (null, null);
        var result = new EvaluationResult
        {
            Real = ComparedSet.Of(real.Name, real.Origin, real.Artifact, real.Digest, real.Measured),
            Generated = ComparedSet.Of(generated.Name, generated.Origin, generated.Artifact, generated.Digest, generated.Measured),
            Quantities = quantities,
            FluxConditioning = flux,
            ClassConditioning = classes,
            Augmentation = study,
            Features = features,
            Nearest = near,
            Notes = left,
            Seed = seed,
        };
        var pictures = new EvaluationPictures(RandomSheet(real.Set, generated.Set, seed), sheet);
        File.WriteAllBytes(Path.Combine(directory, ReportFile), new EvaluationReport(result, pictures, recipe).Html());
        File.WriteAllBytes(Path.Combine(directory, ResultFile), EvaluationReport.Json(result));
        real.Measured.WriteTable(Path.Combine(directory, RealTable));
        generated.Measured.WriteTable(Path.Combine(directory, GeneratedTable));
        return result;
    }

    private static ClassConditioning? Classes(MeasuredSet real, MeasuredSet generated, ComparisonClassifier classifier, IReadOnlyList<GuidanceSet> byGuidance, List<string> notes)
    {
        int[]? realLabels = LabelsOf(real.Set, classifier.Classes), generatedLabels = LabelsOf(generated.Set, classifier.Classes);
        if (realLabels == null || generatedLabels == null)
        {
            notes.Add($"Class conditioning is left out: both sets need the classes that {classifier.Name} knows ({string.Join(", ", classifier.Classes)}).");
            return null;
        }
        if (classifier.HeldOut == null)
            notes.Add($"{classifier.Name} was trained on another set than {real.Name}, so its accuracy on real images is that on all of them.");
        var heldOut = classifier.HeldOut ?? [.. Enumerable.Range(0, real.Set.Count)];
        return new ClassConditioning(classifier.Name, classifier.Digest,
            Matrix(classifier, [.. heldOut.Select(i => realLabels[i])], [.. heldOut.Select(i => real.Classified![i])]),
            Matrix(classifier, generatedLabels, generated.Classified!),
            [.. byGuidance.Select(set => new GuidanceAccuracy(set.Guidance, Matrix(classifier, set.Labels, set.Classified)))]);
    }

    /// <summary>Of the images that could be classified.</summary>
    private static ConfusionMatrix Matrix(ComparisonClassifier classifier, IReadOnlyList<int> labels, IReadOnlyList<ClassifiedImage?> images)
    {
        int[] known = [.. Enumerable.Range(0, images.Count).Where(i => images[i] != null)];
        return ConfusionMatrix.Of(classifier.Classes, [.. known.Select(i => labels[i])], [.. known.Select(i => images[i]!.Label)]);
    }

    private static AugmentationStudy? Augmentation(MeasuredSet real, ComparisonClassifier classifier, AugmentedClassifier augmented, List<string> notes)
    {
        if (classifier.HeldOut is not { } heldOut || LabelsOf(real.Set, classifier.Classes) is not { } labels || !augmented.Classes.SequenceEqual(classifier.Classes))
        {
            notes.Add($"The study of augmentation is left out: it needs a classifier that was trained on {real.Name}, and one with the same classes that was trained with generated images added.");
            return null;
        }
        int[] judged = [.. heldOut.Where(i => real.Classified![i] != null && augmented.Classified[i] != null)];
        bool[] one = [.. judged.Select(i => real.Classified![i]!.Label == labels[i])], other = [.. judged.Select(i => augmented.Classified[i]!.Label == labels[i])];
        int onlyOne = one.Zip(other).Count(pair => pair is (true, false)), onlyOther = one.Zip(other).Count(pair => pair is (false, true));
        return new AugmentationStudy(augmented.Name, augmented.Digest,
            ConfusionMatrix.Of(classifier.Classes, [.. judged.Select(i => labels[i])], [.. judged.Select(i => real.Classified![i]!.Label)]),
            ConfusionMatrix.Of(classifier.Classes, [.. judged.Select(i => labels[i])], [.. judged.Select(i => augmented.Classified[i]!.Label)]),
            onlyOther, onlyOne, AugmentationStudy.McNemar(onlyOther, onlyOne));
    }

    /// <summary>The classifier's labels of a set's images, matched by the names of the classes; null if it does not know them.</summary>
    private static int[]? LabelsOf(TrainingSetReader set, IReadOnlyList<string> classes)
    {
        int[] known = [.. set.Description.Classes.Select(name => classes.ToList().IndexOf(name))];
        return known.Length == 0 || known.Contains(-1) ? null : [.. Enumerable.Range(0, set.Count).Select(i => known[set.Label(i)])];
    }

    /// <summary>A classifier knows the images that it was trained on, so only those count that it has not seen, where there are enough of them.</summary>
    private static FeatureComparison? Features(MeasuredSet real, MeasuredSet generated, ComparisonClassifier classifier, ulong seed, List<string> notes, CancellationToken ct)
    {
        ClassifiedImage[] unseen = [.. (classifier.HeldOut?.Select(i => real.Classified![i]) ?? real.Classified!).OfType<ClassifiedImage>()], made = [.. generated.Classified!.OfType<ClassifiedImage>()];
        if (Math.Min(unseen.Length, made.Length) < FeatureComparison.LeastImages)
        {
            notes.Add($"Fréchet distance, precision, recall and coverage are left out: each set needs {FeatureComparison.LeastImages} images that the classifier has not seen, but there are {unseen.Length} and {made.Length}.");
            return null;
        }
        return FeatureComparison.Of(classifier.Name, unseen, made, seed, ct);
    }

    private static (NearestComparison, Drawing) Nearest(TrainingSetReader real, TrainingSetReader generated, int count, ulong seed, CancellationToken ct)
    {
        int[] chosen = [.. new RandomStream(seed, "nearest").Permutation(generated.Count).Take(count).Order()];
        int[] others = [.. new RandomStream(seed, "nearest real").Permutation(real.Count).Take(count).Order()];
        float[][] images = [.. chosen.Select(i => ScaledImages.Of(generated, i)), .. others.Select(i => ScaledImages.Of(real, i))];
        int[] except = [.. chosen.Select(_ => -1), .. others];
        var found = NearestImages.Of(images, real.Count, (i, pixels) => ScaledImages.Of(real, i).CopyTo(pixels), real.ImageSize, NearestOfEach, except, cancellationToken: ct);
        double[] ofGenerated = [.. found[..chosen.Length].Where(near => near.Length > 0).Select(near => near[0].Similarity)], ofReal = [.. found[chosen.Length..].Where(near => near.Length > 0).Select(near => near[0].Similarity)];
        int[] order = [.. Enumerable.Range(0, chosen.Length).Where(i => found[i].Length > 0).OrderByDescending(i => found[i][0].Similarity)];
        var result = new NearestComparison(chosen.Length, QuantitySummary.Of(ofGenerated), QuantitySummary.Of(ofReal),
            ofGenerated.DefaultIfEmpty(double.NaN).Max(), ofReal.DefaultIfEmpty(double.NaN).Max(), [.. order.Select(i => new NearestPair(chosen[i], found[i]))]);
        var shown = order.Take(NearestShown).ToList();
        ImageSection[] sections =
        [
            new("Generated", [.. shown.Select(i => new LabelledImage(images[i], $"image {chosen[i]}"))]),
            .. Enumerable.Range(0, NearestOfEach).Select(rank => new ImageSection(rank == 0 ? "Nearest real images" : "",
                [.. shown.Where(i => found[i].Length > rank).Select(i => new LabelledImage(ScaledImages.Of(real, found[i][rank].Index), FormattableString.Invariant($"SSIM {found[i][rank].Similarity:0.000}")))])).Where(section => section.Images.Count > 0),
        ];
        return (result, ImageSheet.Draw(sections, real.ImageSize, NearestShown, $"{Picture.Stretch}. Similarity along principal axes."));
    }

    private static Drawing RandomSheet(TrainingSetReader real, TrainingSetReader generated, ulong seed)
    {
        ImageSection Section(string heading, TrainingSetReader set) => new(heading,
            [.. new RandomStream(seed, "random images").Permutation(set.Count).Take(RandomImages).Select(i => new LabelledImage(ScaledImages.Of(set, i), Label(set, i)))]);
        return ImageSheet.Draw([Section("Real", real), Section("Generated", generated)], real.ImageSize, GridColumns, $"Drawn at random; {Picture.Stretch}.");
    }

    private static string Label(TrainingSetReader set, int image) => set.ClassCount > 0
        ? set.Description.Classes[set.Label(image)]
        : set.Description.Unit.Length > 0 ? FormattableString.Invariant($"{1000 * set.PeakFlux(image):G3} mJy/beam") : "";
}
