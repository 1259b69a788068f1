using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Something that a model can be conditioned on: a measurement of the cut-outs, which is a column of measurements.fits, or a column of the catalogue that the data set keeps.</summary>
/// <param name="Name">In configurations and sample IDs: letters and digits.</param>
/// <param name="Unit">Empty for a plain number.</param>
/// <param name="Meaning">For people.</param>
/// <param name="Of">Its value of an image of the set, by its number and what was measured on it; NaN where there is none.</param>
public sealed record ConditionQuantity(string Name, string Unit, string Meaning, Func<int, CutoutMeasurement, double> Of)
{
    /// <summary>All measurements that a survey's data set can have.</summary>
    public static IReadOnlyList<ConditionQuantity> Measured { get; } =
    [
        new(ConditionDescription.PeakFlux, "Jy/beam", "largest pixel of the cut-out; for imported images what their file says", (_, row) => row.PeakFlux),
        new("totalFlux", "mJy", "total flux of the catalogue", (_, row) => row.TotalFluxMilliJansky),
        new("LAS", "arcsec", "largest angular size of the catalogue", (_, row) => row.LargestAngularSizeArcsec),
        new("snrSigma", "", "S/N_sigma", (_, row) => row.SigmaSnr),
        new("threshold", "", "standard deviations above the background at which the source was found", (_, row) => row.Threshold),
        new("sourcePixels", "", "pixels above the threshold", (_, row) => row.SourcePixels),
        new("background", "Jy/beam", "median of the clipped pixels", (_, row) => row.Background),
        new("rms", "Jy/beam", "standard deviation of the clipped pixels", (_, row) => row.Rms),
        new("edgeMaximum", "", "largest pixel at the edge, relative to the largest", (_, row) => row.EdgeRelativeMaximum),
        new("rightAscension", "deg", "of the centre", (_, row) => row.RightAscension),
        new("declination", "deg", "of the centre", (_, row) => row.Declination),
    ];

    /// <summary>Refuses a name that no data set can have.</summary>
    /// <exception cref="RadioDiffusionException">It cannot be one.</exception>
    public static void CheckName(string name)
    {
        if (Measured.All(quantity => quantity.Name != name) && !NamedValues.IsName(name))
            throw new RadioDiffusionException($"There is no condition '{name}'. There are {string.Join(", ", Measured.Select(quantity => quantity.Name))}, as far as a data set has them ('radiodiffusion dataset show NAME'), and the columns that it keeps, whose names are letters and digits.");
    }

    /// <summary>Those that a data set has: a finite value of some image, and a unit where it needs one.</summary>
    /// <param name="set">What the set is: pictures without a unit have no fluxes.</param>
    /// <param name="measurements">Of its images.</param>
    public static IReadOnlyList<ConditionQuantity> In(TrainingSetReader set, IReadOnlyList<CutoutMeasurement> measurements) =>
    [
        .. Measured.Where(quantity => (quantity.Unit != "Jy/beam" || set.Description.Unit == quantity.Unit) && measurements.Any(row => double.IsFinite(quantity.Of(0, row)))),
        .. set.KeptColumns().Where(column => column.Values.Any(double.IsFinite)).Select(column => new ConditionQuantity(column.Name, column.Unit, "of the catalogue", (image, _) => column.Values[image])),
    ];
}
