using System.IO.Compression;
using RadioDiffusion.ModelCore.Surveys.Labelled;

namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>The layouts of image sets that can be imported.</summary>
public enum ImageSetFormat
{
    /// <summary>What the files look like decides.</summary>
    Auto,

    /// <summary>HDF5 with a data set <c>images</c> or <c>cutouts</c>, as the published code writes it.</summary>
    Hdf5,

    /// <summary>HDF5 with one group for each labelled image (Griese et al. 2023).</summary>
    LabelledHdf5,

    /// <summary>CLASS/* or SPLIT/CLASS/*, PNG, JPEG or FITS.</summary>
    Folder,

    /// <summary>A FITS cube, a plane for each image, with a table where there is one.</summary>
    FitsCube,
}

/// <summary>Opens image sets, whatever their layout.</summary>
public static class ImageSources
{
    private static readonly string[] _fits = [".fits", ".fit", ".fts", ".gz", ".fz"];
    private static readonly string[] _hdf5 = [".h5", ".hdf5", ".hdf", ".zip"];

    /// <summary>The files that a set consists of, with the names that enter its digest; ordered by name.</summary>
    /// <exception cref="RadioDiffusionException">There is nothing at this path.</exception>
    public static IReadOnlyList<(string Name, string Path)> FilesOf(string path)
    {
        if (File.Exists(path))
            return [(Path.GetExtension(path).ToLowerInvariant(), path)];
        if (!Directory.Exists(path))
            throw new RadioDiffusionException($"There is no file or folder '{path}' to import.");
        string[] paths = Hdf5Files(path) is { Length: > 0 } files ? files : [.. new ImageFolderSource(path).Paths];
        return [.. paths.Select(file => (Path.GetRelativePath(path, file).Replace('\\', '/'), file)).OrderBy(file => file.Item1, StringComparer.Ordinal)];
    }

    /// <param name="path">An HDF5 file, a zip archive that holds one, a FITS cube, a folder of such files, or a folder of images.</param>
    /// <param name="format">The expected layout.</param>
    /// <param name="scratch">Where archives are unpacked; deleted by the caller.</param>
    /// <param name="takesLightness">Pictures in a folder may have colour: their lightness counts.</param>
    /// <exception cref="RadioDiffusionException">It is none of these, or damaged.</exception>
    public static IImageSource Open(string path, ImageSetFormat format, string scratch, bool takesLightness = false)
    {
        if (takesLightness && !Directory.Exists(path))
            throw new RadioDiffusionException($"The lightness of colours is for a folder of pictures (PNG, JPEG), but '{path}' is none.");
        if (File.Exists(path))
            return OpenFile(path, format, scratch);
        if (!Directory.Exists(path))
            throw new RadioDiffusionException($"There is no file or folder '{path}' to import.");
        string[] files = format == ImageSetFormat.Folder ? [] : Hdf5Files(path);
        if (files.Length == 0)
            return format is ImageSetFormat.Auto or ImageSetFormat.Folder ? new ImageFolderSource(path, takesLightness) : throw new RadioDiffusionException($"The folder '{path}' holds no HDF5 file (*.h5, *.hdf5, *.zip).");
        return JoinedImageSource.Of([.. files.Select(file => OpenFile(file, format, scratch))]);
    }

    private static IImageSource OpenFile(string path, ImageSetFormat format, string scratch)
    {
        if (format == ImageSetFormat.Folder)
            throw new RadioDiffusionException($"'{path}' should be a folder of images, but it is a file.");
        if (format == ImageSetFormat.FitsCube || (format == ImageSetFormat.Auto && _fits.Contains(Path.GetExtension(path).ToLowerInvariant())))
            return FitsCubeSource.Open(path);
        var file = Hdf5File.Open(Hdf5File.IsHdf5(path) ? path : Unpack(path, scratch));
        try
        {
            IImageSource? source = format is ImageSetFormat.Auto or ImageSetFormat.Hdf5 ? PublishedHdf5Source.TryOpen(file) : null;
            source ??= format is ImageSetFormat.Auto or ImageSetFormat.LabelledHdf5 ? LabelledHdf5Source.TryOpen(file) : null;
            return source ?? throw file.Error(format switch
            {
                ImageSetFormat.Hdf5 => $"the file should have a data set 'images' or 'cutouts', but it has {Contents(file)}",
                ImageSetFormat.LabelledHdf5 => $"the file should have groups with a data set '{LabelledHdf5Source.Image}', but it has {Contents(file)}",
                _ => $"the file should have a data set 'images' or 'cutouts', or groups with a data set '{LabelledHdf5Source.Image}', but it has {Contents(file)}",
            });
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string Contents(Hdf5File file) => file.Children(file.Root) is { Count: > 0 } children ? string.Join(", ", children.Take(8).Select(child => $"'{child.Name}'")) : "nothing";

    private static string[] Hdf5Files(string directory) =>
        [.. Directory.EnumerateFiles(directory).Where(file => _hdf5.Contains(Path.GetExtension(file).ToLowerInvariant())).Order(StringComparer.Ordinal)];

    /// <summary>The one HDF5 file of a zip archive, unpacked: HDF5 is read at random positions, which a compressed stream has not.</summary>
    private static string Unpack(string path, string scratch)
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            var entries = archive.Entries.Where(entry => _hdf5.Contains(Path.GetExtension(entry.Name).ToLowerInvariant())).ToList();
            if (entries.Count != 1)
                throw new RadioDiffusionException($"{path}: the archive should hold one HDF5 file (*.h5, *.hdf5), but it holds {entries.Count} among {archive.Entries.Count} files. Unpack it and import the folder.");
            string target = Path.Combine(scratch, $"{Guid.NewGuid():N}.h5");
            using var from = entries[0].Open();
            using var to = File.Create(target);
            from.CopyTo(to);
            if (to.Length != entries[0].Length)
                throw new RadioDiffusionException($"{path}, {entries[0].FullName}: the file should have {entries[0].Length} bytes, but {to.Length} came out: the archive is damaged.");
            return target;
        }
        catch (InvalidDataException error)
        {
            throw new RadioDiffusionException($"{path} should be an HDF5 file or a zip archive that holds one, but it is neither, or it is cut off: {error.Message}", error);
        }
    }
}
