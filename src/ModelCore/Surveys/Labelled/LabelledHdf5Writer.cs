using System.Globalization;
using PureHDF;

namespace RadioDiffusion.ModelCore.Surveys.Labelled;

/// <summary>
/// A labelled set in the layout of the labelled FIRST set: a group for each image with <c>Img</c>, <c>Label_literature</c> and <c>Split_literature</c>. The names of the groups rise in the order of the images.
/// </summary>
internal static class LabelledHdf5Writer
{
    public static void Write(string path, TrainingSetReader set, IProgress<int>? progress, CancellationToken ct)
    {
        if (!set.Description.Classes.SequenceEqual(FirstClasses.Names))
        {
            throw new RadioDiffusionException(
                $"The layout of the labelled FIRST set is for the classes {string.Join(", ", FirstClasses.Names)}, but this set has {(set.ClassCount == 0 ? "none" : string.Join(", ", set.Description.Classes))}: export the published layout with images instead.");
        }
        var measurements = set.Measurements();
        bool isPicture = IsPicture(set);
        var file = new H5File();
        var images = new H5Dataset[set.Count];
        ulong side = (ulong)set.ImageSize;
        int digits = (set.Count - 1).ToString(CultureInfo.InvariantCulture).Length;
        for (int i = 0; i < set.Count; i++)
        {
            images[i] = isPicture ? new H5Dataset<byte[]>([side, side]) : new H5Dataset<float[]>([side, side]);
            images[i].Attributes = new()
            {
                ["RA"] = measurements[i].RightAscension,
                ["DEC"] = measurements[i].Declination,
                [LabelledHdf5Source.FilePath] = $"{set.Description.Classes[set.Label(i)]}/{measurements[i].SourceName}",
            };
            file[$"data_{i.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0')}"] = new H5Group
            {
                [LabelledHdf5Source.Image] = images[i],
                [LabelledHdf5Source.Label] = (double)set.Label(i),
                [LabelledHdf5Source.Split] = set.Split(i),
            };
        }
        using var stream = File.Create(path);
        using var writer = file.BeginWrite(stream);
        for (int i = 0; i < set.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            float[] pixels = set.Image(i).ToArray();
            if (images[i] is H5Dataset<byte[]> picture)
                writer.Write(picture, Array.ConvertAll(pixels, pixel => (byte)pixel));
            else
                writer.Write((H5Dataset<float[]>)images[i], pixels);
            progress?.Report(i + 1);
        }
    }

    /// <summary>Whether all pixels are whole numbers from 0 to 255, as those of pictures are.</summary>
    internal static bool IsPicture(TrainingSetReader set)
    {
        for (int i = 0; i < set.Count; i++)
        {
            foreach (float pixel in set.Image(i))
            {
                if (pixel is not (>= 0 and <= 255) || pixel != MathF.Floor(pixel))
                    return false;
            }
        }
        return true;
    }
}
