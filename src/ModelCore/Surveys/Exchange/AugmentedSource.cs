namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>A labelled set with generated images added to those that are trained on; what is held out are real images alone.</summary>
/// <remarks>For the study that the paper proposes (Sect. 7): whether a classifier gains by generated images.</remarks>
public sealed class AugmentedSource : IImageSource
{
    /// <summary>The split of the images that are held out.</summary>
    public const string HeldOut = "held-out";

    private const string Train = "train";
    private readonly TrainingSetReader _real;
    private readonly TrainingSetReader _generated;

    /// <param name="real">With classes; disposed of by its owner, as the other one.</param>
    /// <param name="heldOut">Its images that are not to be trained on.</param>
    /// <param name="generated">Of the same size, with classes that the real set has.</param>
    /// <exception cref="RadioDiffusionException">The sets do not go together.</exception>
    public AugmentedSource(TrainingSetReader real, IReadOnlyList<int> heldOut, TrainingSetReader generated)
    {
        (_real, _generated) = (real, generated);
        int[] labels = [.. generated.Description.Classes.Select(name => real.Description.Classes.ToList().IndexOf(name))];
        if (real.ClassCount < 2 || generated.ClassCount == 0 || labels.Contains(-1))
            throw new RadioDiffusionException($"Generated images can be added to a set whose classes they have, but the real set has {Names(real)} and the generated one {Names(generated)}.");
        if (real.ImageSize != generated.ImageSize)
            throw new RadioDiffusionException($"The images of both sets should have the same size, but they have {real.ImageSize} and {generated.ImageSize} pixels a side.");
        var isHeldOut = heldOut.ToHashSet();
        Images =
        [
            .. Enumerable.Range(0, real.Count).Select(i => new SourceImage { Name = $"real {i}", Label = real.Label(i), Split = isHeldOut.Contains(i) ? HeldOut : Train }),
            .. Enumerable.Range(0, generated.Count).Select(i => new SourceImage { Name = $"generated {i}", Label = labels[generated.Label(i)], Split = Train }),
        ];
    }

    public string Format => "set of real and generated images";

    public IReadOnlyList<string> Classes => _real.Description.Classes;

    public IReadOnlyList<SourceImage> Images { get; }

    /// <summary>Each image is scaled for training, so units do not matter.</summary>
    public bool IsInJanskyPerBeam => false;

    public double PixelScaleArcsec => _real.Description.PixelScaleArcsec;

    public double BeamArcsec => _real.Description.BeamArcsec;

    public IReadOnlyList<string> Problems => [];

    /// <summary>The first channel.</summary>
    public void Read(int index, PixelBuffer buffer)
    {
        var image = index < _real.Count ? _real.Channel(index, 0) : _generated.Channel(index - _real.Count, 0);
        image.CopyTo(buffer.Resize(_real.ImageSize, _real.ImageSize, Images[index].Name));
    }

    public void Dispose()
    {
        // The sets are their owner's.
    }

    private static string Names(TrainingSetReader set) => set.ClassCount == 0 ? "none" : string.Join(", ", set.Description.Classes);
}
