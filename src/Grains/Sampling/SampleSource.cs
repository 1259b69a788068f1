using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.SourceFinding;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>The source of a stored sample without its background, made anew whenever it is asked for.</summary>
public sealed class SampleSource
{
    private static readonly string[] _ofChannels = ["CHAN", "CHFREQ", "CHBEAM", "CHUNIT", "CTYPE3", "CRPIX3", "CRVAL3", "CDELT3"];
    private readonly FitsHeader _header;

    private SampleSource(SourceStamp stamp, FitsHeader header) => (Stamp, _header) = (stamp, header);

    /// <summary>In the unit of the sample's first channel.</summary>
    public SourceStamp Stamp { get; }

    /// <summary>Null if the sample shows no source above 3 sigma of its background.</summary>
    /// <param name="path">The sample's FITS file.</param>
    public static SampleSource? Find(string path)
    {
        using var file = FitsFile.Open(path);
        var image = file.FirstImage();
        float[] pixels = new float[image.Width * image.Height];
        image.ReadPixels(0, 0, 0, image.Width, image.Height, pixels);
        return SourceStamp.Of(pixels, image.Width) is { } stamp ? new SampleSource(stamp, HeaderOf(stamp, image.Header)) : null;
    }

    /// <inheritdoc cref="Find(string)"/>
    /// <param name="fits">The sample's FITS file itself.</param>
    public static SampleSource? Find(byte[] fits) => StoredSamples.Read(fits, Find);

    /// <summary>What there is to say where a sample shows no source.</summary>
    public static UserErrorException Missing(string id) =>
        new(ErrorKind.NotFound, id, $"The sample {id} shows no source above 3 sigma of its background: take another seed.");

    /// <summary>float32 as the sample's, 0 off the source, with the cut in the header, and the weights as an extension WEIGHT.</summary>
    public byte[] Fits()
    {
        using var bytes = new MemoryStream();
        using (var writer = FitsFileWriter.To(bytes))
        {
            writer.AddImage(Stamp.Pixels, FitsPixelFormat.Float32, [Stamp.Side, Stamp.Side], _header);
            writer.AddImage(Stamp.Weights, FitsPixelFormat.Float32, [Stamp.Side, Stamp.Side], name: "WEIGHT");
            writer.Complete();
        }
        return bytes.ToArray();
    }

    public byte[] Png() => Picture.Png(Stamp.Pixels, Stamp.Side, Stamp.Side);

    /// <summary>NumPy's format, (side, side).</summary>
    public byte[] Npy() => NpyFile.Write(Stamp.Pixels, Stamp.Side, Stamp.Side);

    private static FitsHeader HeaderOf(SourceStamp stamp, FitsHeader sample)
    {
        var header = OfFirstChannel(sample);
        var box = stamp.Footprint;
        header.Set("SRCSUM", stamp.Sum, "sum of the pixels");
        if (FluxJansky(stamp, header) is { } flux)
            header.Set("SRCFLUX", flux, "flux of the source [Jy]");
        header.Set("SRCBACK", stamp.Background, "background that was taken off");
        header.Set("SRCNOISE", stamp.Noise, "standard deviation of the background");
        header.Set("SRCTAU", stamp.Threshold, "threshold in standard deviations");
        header.Set("SRCX", stamp.X + 1, "centre of flux, column (the first is 1)");
        header.Set("SRCY", stamp.Y + 1, "centre of flux, row (the first is 1)");
        header.Set("SRCSEC", $"[{box.Left + 1}:{box.Left + box.Width},{box.Bottom + 1}:{box.Bottom + box.Height}]", "columns and rows of the source");
        header.Set("SRCEDGE", stamp.TouchesBorder, "reaches the border: part of it is missing");
        header.AddComment("The source only: background taken off, 0 around it.");
        return header;
    }

    private static FitsHeader OfFirstChannel(FitsHeader sample)
    {
        var header = new FitsHeader();
        foreach (var card in sample.Cards.Where(card => !_ofChannels.Any(start => card.Keyword.StartsWith(start, StringComparison.Ordinal))))
        {
            if (card.Keyword == "COMMENT")
                header.AddComment((string)card.Value!);
            else if (card.Value is string text)
                header.Set(card.Keyword, text, card.Comment);
            else if (card.Value is double number)
                header.Set(card.Keyword, number, card.Comment);
            else if (card.Value is long whole)
                header.Set(card.Keyword, whole, card.Comment);
        }
        if (sample.GetString("CHUNIT1") is { } unit)
            header.Set("BUNIT", unit, "unit of the pixels");
        return header;
    }

    /// <summary>Of an image in Jy/beam on the sky; null for others.</summary>
    private static double? FluxJansky(SourceStamp stamp, FitsHeader header) =>
        header.GetString("BUNIT") == "JY/BEAM" && header.GetDouble("BMAJ") is { } major && header.GetDouble("BMIN") is { } minor && header.GetDouble("CDELT2") is { } scale
            ? stamp.Sum * scale * scale / (Beam.AreaPerSquareFwhm * major * minor)
            : null;
}
