using System.Globalization;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Grains.Surveys;

/// <summary>The further channels of a data set: what is in their folders, and which of their mosaics each tile is cut from.</summary>
internal sealed class DatasetChannels
{
    private const double BeamTolerance = 0.1;
    private const double FrequencyTolerance = 0.05;
    private const string FirstName = "first";
    private readonly IReadOnlyList<MosaicChannel> _channels;
    private readonly CutoutOptions _options;

    private DatasetChannels(IReadOnlyList<MosaicChannel> channels, CutoutOptions options, IReadOnlyList<ChannelDescription>? descriptions)
    {
        _channels = channels;
        _options = options;
        Descriptions = descriptions;
    }

    /// <summary>All channels with the first; null where there is only that one.</summary>
    public IReadOnlyList<ChannelDescription>? Descriptions { get; }

    /// <summary>Reads the headers in the folders; of each channel those mosaics are kept that go with the one most rows are cut from.</summary>
    /// <param name="request">Names the folders.</param>
    /// <param name="mosaics">Of the first channel, the one with most rows first.</param>
    /// <param name="rows">Of each of them.</param>
    /// <param name="problems">What is left out, with the reason.</param>
    /// <exception cref="UserErrorException">A folder has no mosaic of the rows' part of the sky, or a channel no name of its own.</exception>
    public static DatasetChannels Open(DatasetRequest request, IReadOnlyList<Mosaic> mosaics, IReadOnlyDictionary<string, IReadOnlyList<CatalogueRow>> rows, List<string> problems)
    {
        var options = DatasetPlan.CutoutOptionsOf(request);
        if (request.Channels is not { Items.Count: > 0 } folders)
            return new DatasetChannels([], options, null);
        var first = new ChannelDescription(mosaics[0].FrequencyHertz is { } frequency ? ObservingFrequency.Name(frequency) : FirstName, mosaics[0].FrequencyHertz, mosaics[0].BeamArcsec);
        var channels = new List<MosaicChannel>();
        var descriptions = new List<ChannelDescription> { first };
        foreach (var folder in folders.Items)
        {
            CheckName(folder.Name, descriptions);
            var (channel, reference) = Open(folder, mosaics, rows, options, problems);
            channels.Add(channel);
            descriptions.Add(new ChannelDescription(folder.Name, reference.FrequencyHertz, reference.BeamArcsec));
        }
        return new DatasetChannels(channels, options, descriptions);
    }

    /// <summary>What a tile needs to know; null without further channels.</summary>
    public ValueList<TileChannel>? ForTile(Mosaic mosaic, IReadOnlyList<CatalogueRow> rows) => _channels.Count == 0
        ? null
        : new([.. _channels.Select(channel => new TileChannel(channel.Name, new([.. Used(channel, mosaic, rows, _options).Keys.Select(used => used.Path).Order(StringComparer.Ordinal)])))]);

    /// <summary>For a recipe: the bytes of a data set name its channels.</summary>
    public static JsonArray Parameters(IReadOnlyList<ChannelDescription> channels) => [.. channels.Select(channel => new JsonObject
    {
        ["name"] = channel.Name,
        ["frequencyHertz"] = channel.FrequencyHertz,
        ["beamArcsec"] = channel.BeamArcsec,
    })];

    /// <summary>Refuses a grid on which sources of a mosaic would fall between the pixels: resampling interpolates, it does not average.</summary>
    /// <param name="mosaic">To be resampled.</param>
    /// <param name="pixelScaleArcsec">Of the grid.</param>
    /// <exception cref="UserErrorException">Its beam would be sampled by fewer than 2 pixels; without a known beam, 4 of its pixels are the most.</exception>
    public static void CheckSampling(Mosaic mosaic, double pixelScaleArcsec)
    {
        const double LikeItsOwn = 1.01, MostOwnPixels = 4;
        double own = mosaic.Wcs.PixelScaleArcsec, most = Math.Max(own * LikeItsOwn, mosaic.BeamArcsec is { } beam ? beam / 2 : own * MostOwnPixels);
        if (pixelScaleArcsec <= most)
            return;
        string reason = mosaic.BeamArcsec is { } known ? $"half of its beam of {Number(known)} arcsec" : $"{MostOwnPixels} of its own, as its header names no beam";
        throw new UserErrorException(ErrorKind.Invalid, mosaic.Path,
            $"{mosaic.Path}: pixels of {Number(pixelScaleArcsec)} arcsec would lose its sources, since resampling does not average: at most {Number(most)} arcsec ({reason}). Choose smaller pixels (--pixel-scale), or smooth the mosaic first.");
    }

    private static (MosaicChannel Channel, Mosaic Reference) Open(ChannelFolder folder, IReadOnlyList<Mosaic> mosaics,
        IReadOnlyDictionary<string, IReadOnlyList<CatalogueRow>> rows, CutoutOptions options, List<string> problems)
    {
        var found = MosaicsIn(folder.Directory, $"channel '{folder.Name}'", problems);
        var channel = new MosaicChannel(folder.Name, found);
        var used = Used(channel, mosaics, rows, options);
        if (used.Count == 0)
        {
            throw new UserErrorException(ErrorKind.Invalid, folder.Directory,
                $"None of the {rows.Values.Sum(tile => tile.Count)} rows lies in one of the {found.Count} mosaics of channel '{folder.Name}' in '{folder.Directory}': are they of the same part of the sky?");
        }
        var reference = used.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key.Id, StringComparer.Ordinal).First().Key;
        var alike = found.Where(mosaic => IsLike(mosaic, reference, folder.Name, problems)).ToList();
        foreach (var mosaic in alike.Where(used.ContainsKey))
            CheckSampling(mosaic, options.IsResampled ? options.PixelScaleArcsec : mosaics[0].Wcs.PixelScaleArcsec);
        return (alike.Count == found.Count ? channel : new MosaicChannel(folder.Name, alike), reference);
    }

    /// <summary>The mosaics of a folder.</summary>
    /// <exception cref="UserErrorException">There is none.</exception>
    public static IReadOnlyList<Mosaic> MosaicsIn(string directory, string what, List<string> problems)
    {
        if (!Directory.Exists(directory))
            throw new UserErrorException(ErrorKind.NotFound, directory, $"The folder of mosaics '{directory}' of {what} does not exist.");
        var found = MosaicFolder.Scan(directory, problems);
        return found.Count > 0
            ? found
            : throw new UserErrorException(ErrorKind.NotFound, directory,
                $"No mosaic of {what} was found in '{directory}': expected *.fits or NAME/mosaic-blanked.fits with a celestial WCS. {string.Join(" ", problems.Take(5))}");
    }

    /// <summary>The mosaics of a channel that rows are cut from, with how many.</summary>
    private static Dictionary<Mosaic, int> Used(MosaicChannel channel, IReadOnlyList<Mosaic> mosaics, IReadOnlyDictionary<string, IReadOnlyList<CatalogueRow>> rows, CutoutOptions options)
    {
        var all = new Dictionary<Mosaic, int>();
        foreach (var mosaic in mosaics.Where(mosaic => rows.ContainsKey(mosaic.Id)))
        {
            foreach (var (used, count) in Used(channel, mosaic, rows[mosaic.Id], options))
                all[used] = all.GetValueOrDefault(used) + count;
        }
        return all;
    }

    private static Dictionary<Mosaic, int> Used(MosaicChannel channel, Mosaic main, IReadOnlyList<CatalogueRow> rows, CutoutOptions options)
    {
        var used = new Dictionary<Mosaic, int>();
        foreach (var row in rows)
        {
            if (channel.MosaicFor(main, row.Centre, options) is { } mosaic)
                used[mosaic] = used.GetValueOrDefault(mosaic) + 1;
        }
        return used;
    }

    /// <summary>Whether two mosaics can be one channel: one beam and one frequency where both headers name them. Pixels may differ, they are resampled.</summary>
    private static bool IsLike(Mosaic mosaic, Mosaic reference, string channel, List<string> problems)
    {
        bool like = (mosaic.BeamArcsec is not { } beam || reference.BeamArcsec is not { } otherBeam || Math.Abs(beam / otherBeam - 1) < BeamTolerance)
            && (mosaic.FrequencyHertz is not { } frequency || reference.FrequencyHertz is not { } other || Math.Abs(frequency / other - 1) < FrequencyTolerance);
        if (!like)
        {
            problems.Add($"{mosaic.Path}: a beam of {Number(mosaic.BeamArcsec)} arcsec and a frequency of {Number(mosaic.FrequencyHertz)} Hz do not go with the {Number(reference.BeamArcsec)} arcsec and {Number(reference.FrequencyHertz)} Hz of {reference.Path}, which holds most sources of channel '{channel}': make a channel of its own from such mosaics.");
        }
        return like;
    }

    private static void CheckName(string name, List<ChannelDescription> taken)
    {
        const int Longest = 40;
        if (name.Length is 0 or > Longest || MosaicFolder.SafeId(name) != name)
            throw new UserErrorException(ErrorKind.Invalid, name, $"The name of a channel should be 1 to {Longest} letters, digits or + - . _, but it is '{name}'.");
        if (taken.Any(channel => channel.Name == name))
            throw new UserErrorException(ErrorKind.Invalid, name, $"The channels of a data set should have different names, but '{name}' is there twice ({string.Join(", ", taken.Select(channel => channel.Name))}).");
    }

    private static string Number(double? value) => value?.ToString("0.###", CultureInfo.InvariantCulture) ?? "unknown";
}
