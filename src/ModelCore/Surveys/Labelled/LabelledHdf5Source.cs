using PureHDF;
using RadioDiffusion.ModelCore.Surveys.Exchange;

namespace RadioDiffusion.ModelCore.Surveys.Labelled;

/// <summary>
/// The HDF5 layout of the labelled FIRST set: one group for each image with <c>Img</c> (attributes RA, DEC, Filepath_literature), <c>Label_literature</c> and
/// <c>Split_literature</c>. The images come in the order of the groups' names, as the published code meets them.
/// </summary>
/// <remarks>Griese et al. (2023), Data in Brief 47, 108974, galaxy_data_h5.h5.</remarks>
internal sealed class LabelledHdf5Source : IImageSource
{
    internal const string Image = "Img";
    internal const string Label = "Label_literature";
    internal const string Split = "Split_literature";
    internal const string FilePath = "Filepath_literature";
    private readonly Hdf5File _file;
    private readonly List<(IH5Group Group, SourceImage Image)> _entries = [];

    private LabelledHdf5Source(Hdf5File file, IEnumerable<IH5Group> groups)
    {
        _file = file;
        foreach (var group in groups)
            _entries.Add((group, Describe(group)));
        Images = [.. _entries.Select(entry => entry.Image)];
    }

    public string Format => "HDF5 file of labelled images (Griese et al. 2023)";

    public IReadOnlyList<string> Classes => FirstClasses.Names;

    public IReadOnlyList<SourceImage> Images { get; }

    public bool IsInJanskyPerBeam => false;

    public double PixelScaleArcsec => FirstClasses.PixelScaleArcsec;

    public double BeamArcsec => FirstClasses.BeamArcsec;

    public IReadOnlyList<string> Problems => [];

    /// <summary>The file as an image source; null if no group of it has an <c>Img</c>.</summary>
    public static LabelledHdf5Source? TryOpen(Hdf5File file)
    {
        var groups = file.Children(file.Root).OfType<IH5Group>().ToList();
        return groups.Any(group => file.FindDataset(group, Image) != null) ? new LabelledHdf5Source(file, groups) : null;
    }

    public void Read(int index, PixelBuffer buffer)
    {
        var group = _entries[index].Group;
        var image = _file.FindDataset(group, Image) ?? throw _file.Error($"group '{group.Name}' has no data set '{Image}'");
        int[] shape = _file.Shape(image);
        if (shape.Length != 2)
            throw _file.Error($"'{group.Name}/{Image}' should have the shape (rows, columns), but it is ({string.Join(", ", shape)})");
        _file.ReadFloats(image, buffer.Resize(shape[1], shape[0], $"{_file.Path}, {group.Name}/{Image}"));
    }

    public void Dispose() => _file.Dispose();

    private SourceImage Describe(IH5Group group)
    {
        try
        {
            var image = _file.FindDataset(group, Image) ?? throw _file.Error($"group '{group.Name}' has no data set '{Image}'");
            double label = Scalar(group, Label);
            if (!(label >= 0 && label < Classes.Count && label == Math.Floor(label)))
                throw _file.Error($"'{group.Name}/{Label}' should be 0 to {Classes.Count - 1} ({string.Join(", ", Classes)}), but it is {label}");
            string split = _file.FindDataset(group, Split) is { } dataset ? _file.ReadTexts(dataset)[0] : "";
            return new SourceImage
            {
                Name = _file.TextAttribute(image, FilePath) is { Length: > 0 } path ? path[(path.LastIndexOf('/') + 1)..] : group.Name,
                Label = (int)label,
                Split = split,
                RightAscension = _file.NumberAttribute(image, "RA") ?? double.NaN,
                Declination = _file.NumberAttribute(image, "DEC") ?? double.NaN,
            };
        }
        catch (RadioDiffusionException error)
        {
            return new SourceImage { Name = group.Name, Problem = error.Message };
        }
    }

    private double Scalar(IH5Group group, string name)
    {
        var dataset = _file.FindDataset(group, name) ?? throw _file.Error($"group '{group.Name}' has no data set '{name}'");
        double[] values = _file.ReadDoubles(dataset);
        return values.Length == 1 ? values[0] : throw _file.Error($"'{group.Name}/{name}' should hold one number, but it holds {values.Length}");
    }
}
