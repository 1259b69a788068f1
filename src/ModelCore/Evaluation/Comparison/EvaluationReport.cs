using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Evaluation.Plots;
using RadioDiffusion.ModelCore.SourceFinding;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>An evaluation as one self-contained HTML page and as JSON.</summary>
/// <param name="result">The numbers.</param>
/// <param name="pictures">Pictures of the sky that belong to them.</param>
/// <param name="recipe">Where everything comes from: sets, models, versions, machine.</param>
public sealed class EvaluationReport(EvaluationResult result, EvaluationPictures pictures, IReadOnlyList<(string Name, string Value)> recipe)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    public static byte[] Json(EvaluationResult result) => JsonSerializer.SerializeToUtf8Bytes(result, _json);

    /// <exception cref="RadioDiffusionException">It is cut off or of another kind.</exception>
    public static EvaluationResult Read(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize<EvaluationResult>(json, _json)!;
        }
        catch (JsonException error)
        {
            throw new RadioDiffusionException($"evaluation.json cannot be read: {error.Message}", error);
        }
    }

    public byte[] Html()
    {
        var page = new HtmlPage($"{result.Real.Name} and {result.Generated.Name}",
            $"{result.Real.Images:N0} real images ({result.Real.Origin}) and {result.Generated.Images:N0} generated ones ({result.Generated.Origin}), compared as in Sections 5 and 6 and Appendix A of "
            + "“Simulating images of radio galaxies with diffusion models” (Vičánek Martínez, Baron Perez, Brüggen 2024), and by what the paper leaves to the future.");
        page.Section("Images: random ones of both sets", () => page.Picture(pictures.Random, "Random images of the real and of the generated set"));
        page.Section("Distributions (Sects. 5.1, 5.2 and 6.1)", () => Distributions(page));
        page.Section("Source finding (Sect. 5.1, Table 5)", () => SourceFinding(page));
        if (result.FluxConditioning is { } flux)
            page.Section("Flux conditioning (Sects. 5.2 and 6.2, Fig. 17)", () => FluxConditioning(page, flux));
        if (result.ClassConditioning is { } classes)
            page.Section("Class conditioning (Sects. 5.3 and 6.3, Table 7)", () => ClassConditioning(page, classes));
        if (result.Augmentation is { } augmentation)
            page.Section("Generated images as training data (Sect. 7)", () => Augmentation(page, augmentation));
        if (result.Features is { } features)
            page.Section("In the classifier's features", () => Features(page, features));
        if (result.Nearest is { } nearest)
            page.Section("Nearest training images (Appendix A)", () => Nearest(page, nearest));
        if (result.Notes.Count > 0)
        {
            page.Section("To be known", () =>
            {
                foreach (string note in result.Notes)
                    page.Paragraph(note);
            });
        }
        page.Section("How it was made", () => page.Recipe(recipe));
        return Encoding.UTF8.GetBytes(page.ToString());
    }

    private void Distributions(HtmlPage page)
    {
        page.Plots(result.Quantities.Select(quantity => (ComparisonPlot.Draw(quantity), $"{quantity.Title}: {Sentence(quantity)}")));
        page.Paragraph("Bars are frequentist 1σ Poisson intervals (Gehrels 1986), as in the paper. Below each: the ratio of the generated to the real share.");
        page.Table(["", "Real median", "16 to 84 %", "Generated median", "16 to 84 %", "KS distance", "Wasserstein distance"],
            result.Quantities.Select(quantity => new[]
            {
                quantity.Unit.Length > 0 ? $"{quantity.Title} ({quantity.Unit})" : quantity.Title,
                Number(quantity.Real.Median), Range(quantity.Real), Number(quantity.Generated.Median), Range(quantity.Generated),
                quantity.Distance is { } ks ? With(ks.KolmogorovSmirnov, ks.KolmogorovSmirnovError) : "-",
                quantity.Distance is { } area ? With(area.Wasserstein, area.WassersteinError) : "-",
            }));
        page.Paragraph("Errors of the distances are from a bootstrap over images. Two sets of the same distribution have a KS distance of about 1.2 √(1/n + 1/m) at most in 9 of 10 cases, for n and m images.");
    }

    private static string Sentence(ComparedQuantity quantity) => quantity.Distance is { } distance
        ? $"KS distance {With(distance.KolmogorovSmirnov, distance.KolmogorovSmirnovError)}"
        : "one of the sets has no value";

    private void SourceFinding(HtmlPage page)
    {
        page.Table(["", "Real", "Generated"],
        [
            ["Images", Count(result.Real.Images), Count(result.Generated.Images)],
            ["Not measured: a pixel is no number", Count(result.Real.NotFinite), Count(result.Generated.NotFinite)],
            ["Not measured: no pixel above 0", Count(result.Real.Blank), Count(result.Generated.Blank)],
            ["Not measured: no noise", Count(result.Real.NoNoise), Count(result.Generated.NoNoise)],
            ["Without a source", Count(result.Real.NoSource), Count(result.Generated.NoSource)],
            ["With a fit that did not converge", Count(result.Real.NotConverged), Count(result.Generated.NotConverged)],
        ]);
        var used = SourceFinderOptions.Paper;
        page.Paragraph(string.Create(CultureInfo.InvariantCulture,
            $"Settings of Table 5 with the beam of the published programme: thresh_isl {used.IslandThreshold}, thresh_pix {used.PeakThreshold}, mean_map zero, a beam of {used.Beam.MajorFwhm * 1.5:0.####} arcsec on pixels of 1.5 arcsec; noise of 1 % of the peak is added from the seed, as the published programme does. The finder gives PyBDSF's numbers."));
    }

    private static void FluxConditioning(HtmlPage page, FluxConditioning flux)
    {
        page.Plots([(DependencePlot.Draw(flux), $"Positive residual against scaled peak flux; correlations {Number(flux.Real.Pearson)} and {Number(flux.Generated.Pearson)}")]);
        page.Table(["", "Real", "Generated"],
        [
            ["Images", Count(flux.Real.Images), Count(flux.Generated.Images)],
            ["Correlation (Pearson)", With(flux.Real.Pearson, flux.Real.PearsonError), With(flux.Generated.Pearson, flux.Generated.PearsonError)],
            ["Correlation of ranks (Spearman)", With(flux.Real.Spearman, flux.Real.SpearmanError), With(flux.Generated.Spearman, flux.Generated.SpearmanError)],
        ]);
        page.Paragraph("The fainter a source, the more noise its scaled image has, and the larger its positive residual: a model that has understood its condition shows the same dependence.");
    }

    private static void ClassConditioning(HtmlPage page, ClassConditioning classes)
    {
        page.Plots([(MatrixPlot.Draw([("Real images, held out", classes.Real), ("Generated images", classes.Generated)]),
            $"Confusion matrices: accuracy {Percent(classes.Real.Accuracy)} on real and {Percent(classes.Generated.Accuracy)} on generated images")]);
        page.Table(["Class", "Recall, real", "Recall, generated", "Precision, real", "Precision, generated"],
            classes.Real.Classes.Select((name, label) => new[]
            {
                name, Percent(classes.Real.Recall(label)), Percent(classes.Generated.Recall(label)), Percent(classes.Real.Precision(label)), Percent(classes.Generated.Precision(label)),
            }));
        if (classes.ByGuidance.Count > 0)
        {
            page.Plots([(CurvePlot.Draw("Accuracy against guidance strength", "guidance strength ω", "accuracy",
                [.. classes.ByGuidance.Select(one => (one.Guidance, one.Matrix.Accuracy, one.Matrix.AccuracyError))], (classes.Real.Accuracy, "real images, held out")),
                "Accuracy of the classifier on generated images against guidance strength")]);
            page.Table(["Guidance strength ω (Table 7)", "Images", "Accuracy", .. classes.Real.Classes],
                classes.ByGuidance.Select(one => (string[])[
                    Number(one.Guidance), Count(one.Matrix.Images), $"{Percent(one.Matrix.Accuracy)} ± {Percent(one.Matrix.AccuracyError)}",
                    .. one.Matrix.Classes.Select((_, label) => Percent(one.Matrix.Recall(label)))]));
        }
        page.Paragraph($"The classifier is {classes.Classifier} ({classes.ClassifierDigest}), the paper's ResNet-18 with its training through a run of this program.");
    }

    private static void Augmentation(HtmlPage page, AugmentationStudy study)
    {
        page.Plots([(MatrixPlot.Draw([("Trained on real images", study.RealOnly), ("With generated images added", study.Augmented)]),
            $"Confusion matrices on real images: accuracy {Percent(study.RealOnly.Accuracy)} without and {Percent(study.Augmented.Accuracy)} with generated images in training")]);
        page.Paragraph(string.Create(CultureInfo.InvariantCulture,
            $"Both are judged by the same {study.RealOnly.Images:N0} real images, which neither was trained on. {study.OnlyAugmentedRight} are right only with generated images ({study.Classifier}), {study.OnlyRealRight} only without: a difference as large has a probability of {study.Probability:0.###} by chance (McNemar's exact test)."));
    }

    private static void Features(HtmlPage page, FeatureComparison features)
    {
        page.Table(["", "Generated against real", "Two halves of the real set"],
        [
            .. features.Images == features.HalfImages ? [] : (string[][])[[$"Fréchet distance, {features.Images:N0} images each", Number(features.Frechet), "-"]],
            [$"Fréchet distance, {features.HalfImages:N0} images each", Number(features.FrechetAtHalf), Number(features.FrechetOfHalves)],
            ["Precision", Number(features.Coverage.Precision), Number(features.CoverageOfHalves.Precision)],
            ["Recall", Number(features.Coverage.Recall), Number(features.CoverageOfHalves.Recall)],
            ["Density", Number(features.Coverage.Density), Number(features.CoverageOfHalves.Density)],
            ["Coverage", Number(features.Coverage.Coverage), Number(features.CoverageOfHalves.Coverage)],
        ]);
        page.Table(["", "Real", "Generated"],
            [["Inception score", With(features.RealInception.Score, features.RealInception.Error), With(features.GeneratedInception.Score, features.GeneratedInception.Error)]]);
        page.Paragraph($"In the features of {features.Classifier}, so not to be compared with numbers in those of another network; neighbourhoods of the 5 nearest images. The halves show what such numbers are when nothing differs.");
    }

    private void Nearest(HtmlPage page, NearestComparison nearest)
    {
        page.Table(["Similarity to the nearest real image", "Median", "16 to 84 %", "Largest"],
        [
            [$"{nearest.Compared:N0} generated images", Number(nearest.Generated.Median), Range(nearest.Generated), Number(nearest.LargestGenerated)],
            ["Real images, to another one", Number(nearest.Real.Median), Range(nearest.Real), Number(nearest.LargestReal)],
        ]);
        if (pictures.Nearest is { } sheet)
            page.Picture(sheet, "The generated images that are nearest to a real one, each with the real images nearest to it");
        page.Paragraph("Structural similarity along principal axes, over both directions of the axis and mirror images. A model that has learned its images by heart has generated images far more similar to a real one than real ones are to each other.");
    }

    private static string Range(QuantitySummary summary) => $"{Number(summary.Low)} to {Number(summary.High)}";

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => double.IsNaN(share) ? "-" : string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");

    private static string Number(double value) => double.IsNaN(value) ? "-" : Math.Abs(value) is >= 1e5 or (> 0 and < 1e-3)
        ? value.ToString("0.##e0", CultureInfo.InvariantCulture)
        : value.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>As many digits as the error has meaning.</summary>
    private static string With(double value, double error)
    {
        if (!(error > 0))
            return Number(value);
        int digits = Math.Clamp(1 - (int)Math.Floor(Math.Log10(error)), 0, 9);
        string format = "F" + digits.ToString(CultureInfo.InvariantCulture);
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} ± {error.ToString(format, CultureInfo.InvariantCulture)}";
    }
}

/// <summary>Pictures of the sky in a report.</summary>
/// <param name="Random">Random images of both sets.</param>
/// <param name="Nearest">Generated images with the real ones nearest to them; null where they were not looked for.</param>
public sealed record EvaluationPictures(Drawing Random, Drawing? Nearest);
