using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore.Surveys.Labelled;

namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>How a set of images becomes a training set.</summary>
public sealed record DatasetImportOptions
{
    /// <summary>Side in pixels that images are cut to about their centre, before anything else; 0 keeps them whole. 80 in the paper.</summary>
    public int Crop { get; init; }

    public ClassBalance Balance { get; init; }

    /// <summary>Only images of these splits; all where empty, as in the published code.</summary>
    public IReadOnlyList<string> Splits { get; init; } = [];

    /// <summary>Raw FIRST images: clip at so many sigma of the noise and scale to 0 to 255 (<see cref="FirstPreprocessing"/>); 0 for none.</summary>
    public double ClipSigma { get; init; }

    /// <summary>Of the random undersampling.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>The split whose images trainings keep for validation; null to let them choose.</summary>
    public string? HeldOutSplit { get; init; }

    /// <summary>Where the files do not say; 0 takes what they say.</summary>
    public double PixelScaleArcsec { get; init; }

    /// <summary>Where the files do not say; 0 takes what they say.</summary>
    public double BeamArcsec { get; init; }
}

/// <summary>Images of any origin to a training set on disk.</summary>
/// <remarks>
/// Every image is read once, checked, cropped and measured into a temporary file; only then is it known which classes have how many, and the chosen ones are copied. Memory holds
/// one image at a time, whatever the size of the set.
/// </remarks>
public static class DatasetImport
{
    private const string StagedFile = "pixels.staged";
    private const int MostProblems = 50;

    /// <summary>Reads, checks, balances and writes.</summary>
    /// <param name="directory">Where to write.</param>
    /// <param name="source">What to read.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Images looked at.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>The description and what was left out, each with its reason.</returns>
    /// <exception cref="RadioDiffusionException">Nothing usable is left, or an option does not suit the set.</exception>
    public static (TrainingSetDescription Description, IReadOnlyList<string> Problems) Write(string directory, IImageSource source, DatasetImportOptions options,
        IProgress<int>? progress = null, CancellationToken ct = default)
    {
        CheckOptions(source, options);
        var problems = new ProblemList(source.Problems, MostProblems);
        string staged = Path.Combine(directory, StagedFile);
        try
        {
            var (images, side) = Stage(staged, source, options, problems, progress, ct);
            int[] chosen = source.Classes.Count > 0 ? Undersampling.Choose([.. images.Select(image => image.Label)], options.Balance, options.Seed) : [.. Enumerable.Range(0, images.Count)];
            problems.Count("balanced away", images.Count - chosen.Length);
            if (chosen.Length < 2)
                throw new RadioDiffusionException($"{source.Format}: {chosen.Length} of {source.Images.Count} images can be used, but a training set needs at least 2. {string.Join(" ", problems.Texts.Take(5))}");
            var set = new ImportedSet(source, options, [.. chosen.Select(position => images[position])], side, problems.Table(source.Images.Count, chosen.Length));
            var description = set.Write(directory, staged, ct);
            ReportMissingClasses(source, set, problems);
            return (description, problems.Texts);
        }
        finally
        {
            File.Delete(staged);
        }
    }

    private static void CheckOptions(IImageSource source, DatasetImportOptions options)
    {
        if (options.Crop < 0)
            throw new RadioDiffusionException($"The side that images are cropped to should be 1 or more, or 0 for none, but it is {options.Crop}.");
        if (options.Balance != ClassBalance.None && source.Classes.Count == 0)
            throw new RadioDiffusionException($"The {source.Format} has no classes to balance: leave the balance out.");
        if (options.ClipSigma < 0 || (options.ClipSigma > 0 && !source.IsInJanskyPerBeam))
            throw new RadioDiffusionException($"Clipping at {options.ClipSigma} sigma is for raw images in Jy/beam (FITS), but this is a {source.Format} of pictures that were clipped before.");
        string[] splits = [.. source.Images.Select(image => image.Split).Where(split => split.Length > 0).Distinct().Order(StringComparer.Ordinal)];
        if (options.Splits.FirstOrDefault(split => !splits.Contains(split)) is { } unknown)
            throw new RadioDiffusionException($"The {source.Format} has no split '{unknown}': it has {(splits.Length == 0 ? "none" : string.Join(", ", splits))}.");
    }

    /// <summary>Every usable image into a file of raw float32, one after the other.</summary>
    private static (List<StagedImage> Images, int Side) Stage(string path, IImageSource source, DatasetImportOptions options, ProblemList problems, IProgress<int>? progress,
        CancellationToken ct)
    {
        var images = new List<StagedImage>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var buffer = new PixelBuffer();
        float[] cropped = [];
        int side = options.Crop;
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        for (int i = 0; i < source.Images.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            progress?.Report(i);
            var image = source.Images[i];
            if (options.Splits.Count > 0 && !options.Splits.Contains(image.Split))
            {
                problems.Count("other split", 1);
                continue;
            }
            if (image.Problem is { } problem)
            {
                problems.Add("unusable", problem);
                continue;
            }
            if (!names.Add(image.Name))
            {
                problems.Add("duplicate name", $"{image.Name}: an image of this name came before (item {i} of the {source.Format}).");
                continue;
            }
            try
            {
                source.Read(i, buffer);
                if (side == 0)
                    side = Math.Min(buffer.Width, buffer.Height);
                if (cropped.Length == 0)
                    cropped = new float[side * side];
                if (!FitsTo(buffer, side, options.Crop > 0, image.Name, problems))
                    continue;
                CropCentre(buffer, side, cropped);
                if (options.ClipSigma > 0)
                    ClipWhole(buffer, side, cropped, options.ClipSigma);
            }
            catch (Exception error) when (error is RadioDiffusionException or IOException or UnauthorizedAccessException)
            {
                problems.Add("unreadable", error.Message.Contains(image.Name, StringComparison.Ordinal) ? error.Message : $"{image.Name}: {error.Message}");
                continue;
            }
            if (Reject(cropped, source.Classes.Count > 0) is { } reason)
            {
                problems.Add(reason, $"{image.Name}: {(reason == "blanked" ? "some pixels have no value (NaN)" : "all pixels have the same value, so there is no source in it")}.");
                continue;
            }
            images.Add(StagedImage.Measure(images.Count, i, image, cropped, side));
            stream.Write(MemoryMarshal.AsBytes(cropped.AsSpan()));
        }
        progress?.Report(source.Images.Count);
        return (images, side);
    }

    private static bool FitsTo(PixelBuffer buffer, int side, bool isCropped, string name, ProblemList problems)
    {
        if (isCropped ? buffer.Width >= side && buffer.Height >= side : buffer.Width == side && buffer.Height == side)
            return true;
        problems.Add("other size", isCropped
            ? $"{name}: the image should have at least {side} x {side} pixels, the size to crop to, but it has {buffer.Width} x {buffer.Height}."
            : $"{name}: the image should have {side} x {side} pixels, as the first one, but it has {buffer.Width} x {buffer.Height}. Give a size to crop to.");
        return false;
    }

    /// <summary>The first pixel of the centre is round((length - side) / 2), halves to even, as in torchvision's CenterCrop.</summary>
    internal static void CropCentre(PixelBuffer from, int side, Span<float> to)
    {
        int left = (int)Math.Round((from.Width - side) / 2.0), top = (int)Math.Round((from.Height - side) / 2.0);
        for (int row = 0; row < side; row++)
            from.Pixels.Slice((top + row) * from.Width + left, side).CopyTo(to[(row * side)..]);
    }

    /// <summary>The noise and the peak are those of the whole image, as the pictures of the labelled set were made before they are cropped.</summary>
    private static void ClipWhole(PixelBuffer buffer, int side, Span<float> cropped, double clipSigma)
    {
        FirstPreprocessing.Apply(buffer.Pixels, clipSigma);
        CropCentre(buffer, side, cropped);
    }

    /// <summary>Labelled images that are empty once cropped stay: the published set has some, and its counts include them.</summary>
    private static string? Reject(ReadOnlySpan<float> pixels, bool isLabelled)
    {
        bool differ = false;
        foreach (float pixel in pixels)
        {
            if (!float.IsFinite(pixel))
                return "blanked";
            differ |= pixel != pixels[0];
        }
        return differ || isLabelled ? null : "constant";
    }

    private static void ReportMissingClasses(IImageSource source, ImportedSet set, ProblemList problems)
    {
        for (int label = 0; label < source.Classes.Count; label++)
        {
            if (set.Images.All(image => image.Label != label))
                problems.Note($"Class {source.Classes[label]} has no usable image: a model trained on this set will know its name only.");
        }
    }
}

/// <summary>An image that was read, checked and cropped.</summary>
/// <param name="StagedAt">Position among the images that were read.</param>
/// <param name="Source">Position in the source.</param>
/// <param name="Label">The class, from 0; -1 without one.</param>
/// <param name="Split">Empty without one.</param>
/// <param name="PeakFlux">In the unit of the pixels.</param>
/// <param name="Measurement">What the selection of survey cut-outs measures, too.</param>
internal sealed record StagedImage(int StagedAt, int Source, int Label, string Split, float PeakFlux, CutoutMeasurement Measurement)
{
    public static StagedImage Measure(int stagedAt, int index, SourceImage image, ReadOnlySpan<float> pixels, int side)
    {
        float peak = double.IsFinite(image.PeakFlux) ? (float)image.PeakFlux : Math.Max(0, ImageStatistics.Range(pixels).Maximum);
        var quality = new CutoutMeter(pixels.Length).Measure(pixels, side);
        return new StagedImage(stagedAt, index, image.Label, image.Split, peak, new CutoutMeasurement
        {
            Row = index,
            SourceName = image.Name,
            MosaicId = "",
            RightAscension = image.RightAscension,
            Declination = image.Declination,
            Coverage = 1,
            PeakFlux = peak,
        }.With(quality));
    }
}

/// <summary>What was left out, counted by reason; of the messages the first ones are kept.</summary>
internal sealed class ProblemList(IEnumerable<string> given, int most)
{
    private readonly List<string> _texts = [.. given];
    private readonly List<KeyValuePair<string, int>> _counts = [];
    private int _further;

    public IReadOnlyList<string> Texts => _further == 0 ? _texts : [.. _texts, $"... and {_further} more."];

    public void Add(string reason, string text)
    {
        Count(reason, 1);
        Note(text);
    }

    public void Note(string text)
    {
        if (_texts.Count < most)
            _texts.Add(text);
        else
            _further++;
    }

    public void Count(string reason, int number)
    {
        if (number == 0)
            return;
        int at = _counts.FindIndex(count => count.Key == reason);
        if (at < 0)
            _counts.Add(new(reason, number));
        else
            _counts[at] = new(reason, _counts[at].Value + number);
    }

    public SelectionTable Table(int images, int selected) => new()
    {
        Rows = images,
        Cutouts = images - _counts.Where(count => count.Key is "unreadable" or "unusable").Sum(count => count.Value),
        Removed = [.. _counts],
        Selected = selected,
    };
}
