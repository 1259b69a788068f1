using RadioDiffusion.ModelCore.Surveys.Labelled;

namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>What a training set can be written as.</summary>
public enum ExportFormat
{
    /// <summary>HDF5 with a data set <c>images</c>, which the published code reads.</summary>
    Hdf5,

    /// <summary>HDF5 with one group for each labelled image (Griese et al. 2023).</summary>
    LabelledHdf5,

    /// <summary>A FITS cube with a table of the measurements.</summary>
    FitsCube,

    /// <summary>PNG files in folders by split and class.</summary>
    PngFolder,

    /// <summary>FITS files in folders by split and class.</summary>
    FitsFolder,
}

/// <summary>Training sets to files that other programs read.</summary>
public static class DatasetExport
{
    /// <summary>The file or folder that an export has in its directory.</summary>
    public static string NameOf(ExportFormat format) => format switch
    {
        ExportFormat.Hdf5 or ExportFormat.LabelledHdf5 => "dataset.hdf5",
        ExportFormat.FitsCube => "dataset.fits",
        _ => "images",
    };

    /// <summary>Writes the set into the directory, under <see cref="NameOf"/>; memory holds some images at a time.</summary>
    /// <param name="directory">Where to write.</param>
    /// <param name="set">What to write.</param>
    /// <param name="format">As what.</param>
    /// <param name="progress">Images written.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="RadioDiffusionException">The format does not suit the set.</exception>
    public static void Write(string directory, TrainingSetReader set, ExportFormat format, IProgress<int>? progress = null, CancellationToken ct = default)
    {
        if (set.ImageChannels > 1 && format is not (ExportFormat.FitsCube or ExportFormat.FitsFolder))
        {
            throw new RadioDiffusionException(
                $"The images have {set.ImageChannels} channels ({string.Join(", ", set.Description.Channels!.Select(channel => channel.Name))}), but the layout {format} has one: export a FITS cube or a folder of FITS files instead.");
        }
        string path = Path.Combine(directory, NameOf(format));
        switch (format)
        {
            case ExportFormat.Hdf5:
                PublishedHdf5Writer.Write(path, set, progress, ct);
                break;
            case ExportFormat.LabelledHdf5:
                LabelledHdf5Writer.Write(path, set, progress, ct);
                break;
            case ExportFormat.FitsCube:
                FitsCubeWriter.Write(path, set, progress, ct);
                break;
            default:
                ImageFolderWriter.Write(path, set, format == ExportFormat.FitsFolder, progress, ct);
                break;
        }
    }
}
