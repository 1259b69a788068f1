using System.Globalization;
using RadioDiffusion.ModelCore.Fits;
using SkiaSharp;

namespace RadioDiffusion.ModelCore.Surveys.Labelled;

/// <summary>A training set as files in folders: SPLIT/CLASS/NAME.png or .fits, as far as the set has splits and classes.</summary>
internal static class ImageFolderWriter
{
    public static void Write(string directory, TrainingSetReader set, bool asFits, IProgress<int>? progress, CancellationToken ct)
    {
        var measurements = set.Measurements();
        bool isPicture = !asFits && LabelledHdf5Writer.IsPicture(set);
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < set.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            string folder = Path.Combine(directory, FileName(set.Split(i)), set.ClassCount > 0 ? FileName(set.Description.Classes[set.Label(i)]) : "");
            Directory.CreateDirectory(folder);
            string stem = Path.Combine(folder, Stem(measurements[i].SourceName));
            string extension = asFits ? ".fits" : ".png";
            string path = taken.Add(stem) ? stem + extension : string.Create(CultureInfo.InvariantCulture, $"{stem}-{i}{extension}");
            if (asFits)
                WriteFits(path, set, i, measurements[i]);
            else
                WritePng(path, set.Image(i), set.ImageSize, isPicture);
            progress?.Report(i + 1);
        }
    }

    /// <summary>8-bit grey: pictures as they are, other images from their smallest pixel (0) to their largest (255).</summary>
    private static void WritePng(string path, ReadOnlySpan<float> pixels, int side, bool isPicture)
    {
        var (low, high) = isPicture ? (0, 255) : ImageStatistics.Range(pixels);
        using var bitmap = new SKBitmap(new SKImageInfo(side, side, SKColorType.Gray8, SKAlphaType.Opaque));
        var target = bitmap.GetPixelSpan();
        for (int row = 0; row < side; row++)
        {
            for (int column = 0; column < side; column++)
                target[row * bitmap.RowBytes + column] = high > low ? (byte)MathF.Round(255 * ((pixels[row * side + column] - low) / (high - low))) : (byte)0;
        }
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using var stream = File.Create(path);
        data.SaveTo(stream);
    }

    private static void WriteFits(string path, TrainingSetReader set, int index, CutoutMeasurement measurement)
    {
        var description = set.Description;
        var header = new FitsHeader();
        header.Set("OBJECT", Printable(measurement.SourceName), "name of the source");
        header.Set("BUNIT", description.Unit, "unit of the pixels");
        if (double.IsFinite(measurement.RightAscension) && double.IsFinite(measurement.Declination))
        {
            header.Set("RA_OBJ", measurement.RightAscension, "[deg] where the cut-out is centred");
            header.Set("DEC_OBJ", measurement.Declination, "[deg] where the cut-out is centred");
        }
        if (description.PixelScaleArcsec > 0)
            header.Set("PIXSCALE", description.PixelScaleArcsec, "[arcsec] a pixel");
        if (description.BeamArcsec > 0)
        {
            header.Set("BMAJ", description.BeamArcsec / 3600, "[deg] restoring beam");
            header.Set("BMIN", description.BeamArcsec / 3600, "[deg] restoring beam");
        }
        if (description.Channels is { } channels)
            ChannelCards.AddTo(header, channels, _ => description.Unit);
        using var stream = File.Create(path);
        using var writer = FitsFileWriter.To(stream);
        writer.AddImage(set.Image(index), FitsPixelFormat.Float32, set.ImageChannels == 1 ? [set.ImageSize, set.ImageSize] : [set.ImageSize, set.ImageSize, set.ImageChannels], header);
        writer.Complete();
    }

    private static string Stem(string name) => FileName(Path.GetExtension(name).ToLowerInvariant() is ".png" or ".jpg" or ".jpeg" or ".fits" or ".fit" ? Path.GetFileNameWithoutExtension(name) : name);

    private static string FileName(string name) => string.Concat(name.Select(letter => letter is '/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' || char.IsControl(letter) ? '_' : letter));

    private static string Printable(string name) => string.Concat(name.Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));
}
