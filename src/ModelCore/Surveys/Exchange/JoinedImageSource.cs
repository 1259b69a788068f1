namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>Several files of one layout as one set, one after the other: the authors' train, valid and test files.</summary>
internal sealed class JoinedImageSource : IImageSource
{
    private readonly IImageSource[] _parts;
    private readonly (int Part, int Index)[] _where;

    private JoinedImageSource(IImageSource[] parts)
    {
        _parts = parts;
        _where = [.. parts.SelectMany((part, number) => Enumerable.Range(0, part.Images.Count).Select(index => (number, index)))];
        Images = [.. parts.SelectMany(part => part.Images)];
    }

    public string Format => _parts[0].Format;

    public IReadOnlyList<string> Classes => _parts[0].Classes;

    public IReadOnlyList<SourceImage> Images { get; }

    public bool IsInJanskyPerBeam => _parts[0].IsInJanskyPerBeam;

    public double PixelScaleArcsec => _parts[0].PixelScaleArcsec;

    public double BeamArcsec => _parts[0].BeamArcsec;

    public IReadOnlyList<string> Problems => [.. _parts.SelectMany(part => part.Problems)];

    /// <exception cref="RadioDiffusionException">The parts differ in layout or classes.</exception>
    public static IImageSource Of(IImageSource[] parts)
    {
        if (parts.Length == 1)
            return parts[0];
        if (parts.FirstOrDefault(part => part.Format != parts[0].Format || !part.Classes.SequenceEqual(parts[0].Classes)) is { } other)
        {
            string message = $"The files of a folder should be of one layout with the same classes, but one is a {parts[0].Format} with ({string.Join(", ", parts[0].Classes)}) "
                + $"and one a {other.Format} with ({string.Join(", ", other.Classes)}): import one file.";
            Array.ForEach(parts, part => part.Dispose());
            throw new RadioDiffusionException(message);
        }
        return new JoinedImageSource(parts);
    }

    public void Read(int index, PixelBuffer buffer)
    {
        var (part, position) = _where[index];
        _parts[part].Read(position, buffer);
    }

    public void Dispose() => Array.ForEach(_parts, part => part.Dispose());
}
