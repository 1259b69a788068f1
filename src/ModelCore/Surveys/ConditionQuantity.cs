using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>
/// Something that a model can be conditioned on: a column of the catalogue that a data set keeps, or a measurement of its cut-outs. All are columns of measurements.fits;
/// the catalogue's other columns stay in its file and cannot be used.
/// </summary>
/// <param name="Name">In configurations and sample IDs: letters and digits.</param>
/// <param name="Unit">Empty for a plain number.</param>
/// <param name="Meaning">For people.</param>
/// <param name="Of">Its value of one image; NaN where there is none.</param>
public sealed record ConditionQuantity(string Name, string Unit, string Meaning, Func<CutoutMeasurement, double> Of)
{
    /// <summary>All that a survey's data set can have.</summary>
    public static IReadOnlyList<ConditionQuantity> All { get; } =
    [
        new(ConditionDescription.PeakFlux, "Jy/beam", "largest pixel of the cut-out; for imported images what their file says", row => row.PeakFlux),
        new("totalFlux", "mJy", "total flux of the catalogue", row => row.TotalFluxMilliJansky),
        new("LAS", "arcsec", "largest angular size of the catalogue", row => row.LargestAngularSizeArcsec),
        new("snrSigma", "", "S/N_sigma", row => row.SigmaSnr),
        new("threshold", "", "standard deviations above the background at which the source was found", row => row.Threshold),
        new("sourcePixels", "", "pixels above the threshold", row => row.SourcePixels),
        new("background", "Jy/beam", "median of the clipped pixels", row => row.Background),
        new("rms", "Jy/beam", "standard deviation of the clipped pixels", row => row.Rms),
        new("edgeMaximum", "", "largest pixel at the edge, relative to the largest", row => row.EdgeRelativeMaximum),
        new("rightAscension", "deg", "of the centre", row => row.RightAscension),
        new("declination", "deg", "of the centre", row => row.Declination),
    ];

    /// <summary>The quantity of a name.</summary>
    /// <exception cref="RadioDiffusionException">There is none.</exception>
    public static ConditionQuantity Named(string name) => All.FirstOrDefault(quantity => quantity.Name == name)
        ?? throw new RadioDiffusionException($"There is no condition '{name}'. There are {string.Join(", ", All.Select(quantity => quantity.Name))}, as far as a data set has them ('radiodiffusion dataset show NAME').");

    /// <summary>Those that a data set has: a finite value of some image, and a unit where it needs one.</summary>
    /// <param name="set">What the set is: pictures without a unit have no fluxes.</param>
    /// <param name="measurements">Of its images.</param>
    public static IReadOnlyList<ConditionQuantity> In(TrainingSetDescription set, IReadOnlyList<CutoutMeasurement> measurements) =>
        [.. All.Where(quantity => (quantity.Unit != "Jy/beam" || set.Unit == quantity.Unit) && measurements.Any(row => double.IsFinite(quantity.Of(row))))];
}
