using System.Globalization;
using System.Text.RegularExpressions;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>Images of sources that exist already, a data set, to take the images of resolved sources from instead of a model's samples: observed ones, or generated ones.</summary>
/// <remarks>
/// An image is named by what is asked of it, as a sample is: <c>library_0123456789abcdef_seed=7_class=FRII_flux=3.2mJy</c> is, of the images of this class, one of the 16 whose peaks are next to this, and which of them the
/// seed says. So the name follows from recipe and source, and equal names of equal libraries are equal images.
/// </remarks>
public sealed partial class SourceLibrary : IDisposable
{
    private const int Nearest = 16;
    private readonly TrainingSetReader _set;
    private readonly SkyImages _images;
    private readonly Dictionary<string, (double Peak, int Index)[]> _byClass = [];   // by ascending peaks; "" for all

    /// <param name="directory">Of the data set's artifact.</param>
    /// <param name="images">Of the recipe.</param>
    public SourceLibrary(string directory, SkyImages images)
    {
        _images = images;
        _set = TrainingSetReader.Open(directory);
        var all = Enumerable.Range(0, _set.Count).Select(index => (Peak: PeakOf(_set, index), Index: index)).OrderBy(image => image.Peak).ThenBy(image => image.Index).ToArray();
        _byClass[""] = all;
        for (int label = 0; label < _set.ClassCount; label++)
            _byClass[_set.Description.Classes[label]] = [.. all.Where(image => _set.Label(image.Index) == label)];
    }

    /// <summary>The name of an image.</summary>
    /// <param name="images">Of the recipe.</param>
    /// <param name="seed">Which one of those that fit.</param>
    /// <param name="name">Of the class; null for any.</param>
    /// <param name="peakMilliJansky">mJy/beam; null for any.</param>
    public static string IdOf(SkyImages images, ulong seed, string? name, double? peakMilliJansky) => string.Create(CultureInfo.InvariantCulture,
        $"library_{images.Model}_seed={seed}{(name == null ? "" : $"_class={name}")}{(peakMilliJansky == null ? "" : $"_flux={peakMilliJansky}mJy")}");

    /// <summary>What the images of a data set are, for a recipe.</summary>
    /// <param name="directory">Of the data set's artifact.</param>
    /// <param name="artifact">Its ID.</param>
    /// <param name="digest">Of its content: 16 hexadecimal digits.</param>
    /// <param name="images">What was asked for.</param>
    /// <param name="classes">Of the population; none for images of any class.</param>
    /// <exception cref="RadioDiffusionException">Images that no sky can be made of.</exception>
    public static SkyImages Describe(string directory, string artifact, string digest, SkyImages images, IReadOnlyList<ClassShare> classes)
    {
        using var set = TrainingSetReader.Open(directory);
        var description = set.Description;
        string? problem = set.Count == 0 ? "has no images"
            : description.PixelScaleArcsec <= 0 || description.BeamArcsec <= 0 ? "does not say its pixel scale and beam (dataset import --pixel-scale and --beam)"
            : classes.FirstOrDefault(share => set.ClassCount > 0 && !description.Classes.Contains(share.Name)) is { } unknown ? $"has the classes {string.Join(", ", description.Classes)}, but population.classes names '{unknown.Name}'"
            : null;
        if (problem != null)
            throw new RadioDiffusionException($"The images of a sky cannot be taken from the data set '{images.Library}': it {problem}.");
        bool hasFluxes = description.Unit.Equals("Jy/beam", StringComparison.OrdinalIgnoreCase);
        double[] peaks = hasFluxes ? [.. Enumerable.Range(0, set.Count).Select(index => PeakOf(set, index)).Where(peak => peak > 0).Order()] : [];
        return images with
        {
            Library = artifact,
            Model = digest,
            PixelArcsec = description.PixelScaleArcsec,
            Side = set.ImageSize,
            BeamArcsec = description.BeamArcsec,
            TakesClass = set.ClassCount > 0 && classes.Count > 0,
            TakesFlux = peaks is [var first, .., var last] && first < last,
            FluxFrom = peaks is [var lowest, ..] ? lowest * 1000 : 0,
            FluxTo = peaks is [var low, .., var highest] && low < highest ? highest * 1000 : double.MaxValue,
            Solver = "",
            Steps = 0,
        };
    }

    /// <summary>The source of an image, to paint; null if it shows no whole one.</summary>
    /// <exception cref="RadioDiffusionException">No name of an image of this library.</exception>
    public SkyStamp? StampOf(string id)
    {
        var parts = Name().Match(id);
        if (!parts.Success || parts.Groups["library"].Value != _images.Model || !_byClass.TryGetValue(parts.Groups["class"].Value, out var candidates) || candidates.Length == 0)
            throw new RadioDiffusionException($"The name of an image of the library {_images.Library} should be like library_{_images.Model}_seed=7, with a class that it has, but it is '{id}'.");
        ulong seed = ulong.Parse(parts.Groups["seed"].Value, CultureInfo.InvariantCulture);
        int first = 0, count = candidates.Length;
        if (parts.Groups["flux"].Success)
        {
            double peak = double.Parse(parts.Groups["flux"].Value, CultureInfo.InvariantCulture) / 1000;
            int above = candidates.Count(image => image.Peak < peak);
            count = Math.Min(Nearest, count);
            first = Math.Clamp(above - count / 2, 0, candidates.Length - count);
        }
        return SkySamples.StampOf(_set.Channel(candidates[first + (int)(seed % (ulong)count)].Index, 0), _images);
    }

    public void Dispose() => _set.Dispose();

    private static double PeakOf(TrainingSetReader set, int index)
    {
        float peak = 0;
        foreach (float pixel in set.Channel(index, 0))
            peak = Math.Max(peak, pixel);
        return peak;
    }

    [GeneratedRegex(@"^library_(?<library>[0-9a-f]{16})_seed=(?<seed>[0-9]{1,19})(_class=(?<class>.+?))?(_flux=(?<flux>[0-9.E+-]+)mJy)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Name();
}
