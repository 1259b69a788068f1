using System.Globalization;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>One image of a grid of samples: seed and conditions are fixed, so that grids can be compared from one time of a training to the next.</summary>
/// <param name="Seed">Of the latent image.</param>
/// <param name="FluxMilliJansky">Peak flux in mJy/beam; null for models without flux.</param>
/// <param name="Class">Name of the class; null for models without classes.</param>
public sealed record GridSample(ulong Seed, double? FluxMilliJansky, string? Class)
{
    private const int Digits = 3;                            // of a flux: what a person reads, and what an ID names
    private const double WidestDeviation = 2;

    /// <summary>For the caption of an image; empty for models without conditions.</summary>
    public string Label => string.Join(", ", new[] { Class, FluxMilliJansky is { } flux ? $"{flux.ToString(CultureInfo.InvariantCulture)} mJy" : null }.OfType<string>());

    /// <summary>Seeds from <paramref name="seed"/> on; peak fluxes at even ranks of the training set's, from faint to bright; the classes in turn.</summary>
    public static IReadOnlyList<GridSample> Spread(SnapshotDescription model, int count, ulong seed) =>
    [
        .. Enumerable.Range(0, count).Select(i => new GridSample(
            unchecked(seed + (ulong)i),
            FluxAt(model, (i + 0.5) / count) is { } flux ? Rounded(1000 * flux) : null,
            model.Classes.Count == 0 ? null : model.Classes[i % model.Classes.Count])),
    ];

    /// <summary>What the network is given.</summary>
    /// <param name="model">The model that the sample was spread for.</param>
    /// <param name="guidance">Guidance strength ω; 0 for the conditional denoiser alone.</param>
    public SampleConditions ConditionsFor(SnapshotDescription model, double guidance) => new(
        Seed,
        FluxMilliJansky is { } flux ? [(float)model.FluxTransform!.Apply(flux / 1000)] : null,
        Class is null ? null : model.Classes.ToList().IndexOf(Class),
        guidance);

    /// <summary>Jy/beam at a share of the fluxes; even steps of the standardised value where the model does not know their distribution.</summary>
    private static double? FluxAt(SnapshotDescription model, double share) =>
        model.FluxTransform?.Invert(model.Fluxes?.Quantile(share) ?? WidestDeviation * (2 * share - 1));

    private static double Rounded(double flux)
    {
        double scale = Math.Pow(10, Digits - 1 - Math.Floor(Math.Log10(flux)));
        return Math.Round(flux * scale) / scale;
    }
}
