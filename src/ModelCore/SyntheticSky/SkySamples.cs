using System.Globalization;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>Which sample is the image of a resolved source: the same one for whoever asks.</summary>
public static class SkySamples
{
    /// <summary>A sample that shows no whole source is not used, and the next one is tried; after so many the source is a Gaussian.</summary>
    public const int Attempts = 8;

    private const string Purpose = "images";
    private const double MostFluxOfPeak = 3;                 // the mean of 40 samples of lotss-s is 2.7, their median 2.1
    private const double OfHalfDecade = 3.1622776601683795; // sqrt(10)

    /// <summary>The ID of a sample, or the name of a library's image.</summary>
    /// <param name="recipe">With the images of a model.</param>
    /// <param name="source">A resolved one.</param>
    /// <param name="attempt">From 0.</param>
    public static string IdOf(SkyRecipe recipe, in SkySource source, int attempt)
    {
        var images = recipe.Images ?? throw new ArgumentException("A sky without images has no samples.", nameof(recipe));
        ulong seed = new SkyRandom(recipe.Seed, Purpose).Of(source.Id).Bits(attempt) >> 32;
        if (images.Distinct > 0)
            seed %= (ulong)images.Distinct;
        string? name = images.TakesClass ? source.Class : null;
        double? peak = images.TakesFlux ? PeakOf(recipe.Survey, images, source) : null;
        if (images.Library != null)
            return SourceLibrary.IdOf(images, seed, name, peak);
        return new SampleId
        {
            Model = images.Model,
            Seed = seed,
            Class = name,
            FluxMilliJansky = peak,
            Guidance = images.Guidance,
            Solver = images.SolverOptions,
        }.ToString();
    }

    /// <summary>The source of a sample as an image to paint; null if the sample shows none, one that its border cuts off, or one that reaches farther from its centre of flux than half of the image's diagonal.</summary>
    /// <param name="pixels">(side, side).</param>
    /// <param name="images">Of the recipe.</param>
    public static SkyStamp? StampOf(ReadOnlySpan<float> pixels, SkyImages images) =>
        SourceStamp.Of(pixels, images.Side) is { TouchesBorder: false, Sum: > 0 } source && new SkyStamp(source, images.PixelArcsec, images.BeamArcsec) is var stamp && stamp.Reach <= images.MostReach ? stamp : null;

    /// <summary>
    /// mJy/beam: of a Gaussian of this flux and size, within what the model is asked for, in two digits so that IDs can be read. A model knows nothing of sizes: what it makes for a peak has a flux that is
    /// no more than a few times as much in the mean, and asking for a fainter peak would mean to brighten the image again.
    /// </summary>
    private static double PeakOf(SkySurvey survey, SkyImages images, in SkySource source)
    {
        double major = survey.BeamMajorArcsec, minor = survey.BeamMinorArcsec ?? survey.BeamMajorArcsec, size = source.Size * source.Size;
        double peak = source.Flux / Math.Min(MostFluxOfPeak, Math.Sqrt(major * major + size) * Math.Sqrt(minor * minor + size) / (major * minor));
        peak = Math.Clamp(peak, images.FluxFrom, images.FluxTo);
        return TwoDigits(images.Distinct > 0 ? HalfDecade(peak) : peak);
    }

    /// <summary>The nearest of ..., 1, 3.2, 10, 32, ...</summary>
    private static double HalfDecade(double flux)
    {
        double step = 1e-6;
        while (step * Math.Sqrt(OfHalfDecade) < flux)
            step *= OfHalfDecade;
        return step;
    }

    private static double TwoDigits(double value) => double.Parse(value.ToString("E1", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
