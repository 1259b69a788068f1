using RadioDiffusion.Grains.Interfaces.Security;

namespace RadioDiffusion.Grains.Interfaces.Surveys;

/// <summary>How to make a data set from images that exist already.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.DatasetImportRequest")]
public sealed record DatasetImportRequest : INamesPaths
{
    /// <summary>An HDF5 file, a zip archive with one, a folder of such files, a FITS cube, or a folder of images; readable by every silo.</summary>
    [Id(0)] public required string Path { get; init; }

    /// <summary>auto, hdf5, labelled-hdf5, folder or fits-cube.</summary>
    [Id(1)] public string Format { get; init; } = "auto";

    /// <summary>Side in pixels that images are cut to about their centre; 0 keeps them whole.</summary>
    [Id(2)] public int Crop { get; init; }

    /// <summary>none, undersample (at random), undersample-first (the first ones in the order of the file) or weights.</summary>
    [Id(3)] public string Balance { get; init; } = "none";

    /// <summary>Only images of these splits, separated by commas; all where empty.</summary>
    [Id(4)] public string Splits { get; init; } = "";

    /// <summary>Raw FIRST images: clip at so many sigma of the noise; 0 for none.</summary>
    [Id(5)] public double ClipSigma { get; init; }

    /// <summary>Of the random undersampling.</summary>
    [Id(6)] public ulong Seed { get; init; } = 42;

    /// <summary>Where the files do not say; 0 takes what they say.</summary>
    [Id(7)] public double PixelScaleArcsec { get; init; }

    /// <summary>Restoring beam where the files do not say; 0 takes what they say.</summary>
    [Id(8)] public double BeamArcsec { get; init; }

    /// <summary>Pictures in a folder may have colour: their lightness (CIE L*) is taken.</summary>
    [Id(9)] public bool TakesLightness { get; init; }

    public IEnumerable<string> NamedPaths() => [Path];
}
