using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>The third axis of an image with several channels: what each plane is.</summary>
public static class ChannelCards
{
    /// <summary>CHANn, CHFREQn, CHBEAMn and CHUNITn for each channel, counted from 1; and CTYPE3 to CDELT3 where the first axes have theirs.</summary>
    /// <param name="header">Of an image (side, side, channels).</param>
    /// <param name="channels">What they are.</param>
    /// <param name="unitOf">The unit of the pixels of a channel, counted from 0; empty for none.</param>
    public static void AddTo(FitsHeader header, IReadOnlyList<ChannelDescription> channels, Func<int, string> unitOf)
    {
        if (header.Contains("CTYPE1"))
        {
            header.Set("CTYPE3", "CHANNEL", "CHANn names the plane n");
            header.Set("CRPIX3", 1.0);
            header.Set("CRVAL3", 1.0);
            header.Set("CDELT3", 1.0);
        }
        for (int i = 0; i < channels.Count; i++)
        {
            header.Set($"CHAN{i + 1}", channels[i].Name, "name of the channel");
            if (channels[i].FrequencyHertz is { } frequency)
                header.Set($"CHFREQ{i + 1}", frequency, "[Hz] frequency of the channel");
            if (channels[i].BeamArcsec is { } beam)
                header.Set($"CHBEAM{i + 1}", beam, "[arcsec] restoring beam of the channel");
            header.Set($"CHUNIT{i + 1}", unitOf(i), "unit of the channel's pixels");
        }
    }
}
