using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.Client.Commands;

/// <summary>`sky create --library`, `--background` and `--background-library`: the user's own images of sources, map and images of noise.</summary>
internal static class SkySourceOptions
{
    private static readonly Option<string?> _library = new("--library") { Description = "Take the images of resolved sources from this data set (observed or generated) instead of a model; 'dataset import' makes one of a folder or a FITS cube.", HelpName = "DATASET" };
    private static readonly Option<string?> _background = new("--background") { Description = "FITS map in Jy/beam that is shown instead of noise where it has values: sources are added to it. It is copied into the store.", HelpName = "FILE.fits" };
    private static readonly Option<string?> _backgroundLibrary = new("--background-library") { Description = "Make the noise of the images of this data set, which show places without a source: 'dataset build --content background', or samples of a model trained on such.", HelpName = "DATASET" };

    public static Option[] All => [_library, _background, _backgroundLibrary];

    /// <summary>The configuration with what the options say.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="session">In whose store the map is put.</param>
    /// <param name="configuration">JSON; null for none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<string?> AddAsync(ParseResult parsed, Session session, string? configuration, CancellationToken cancellationToken)
    {
        string? library = parsed.GetValue(_library), map = parsed.GetValue(_background), noise = parsed.GetValue(_backgroundLibrary);
        if (library == null && map == null && noise == null)
            return configuration;
        var json = Parse(configuration);
        if (library != null)
            Section(json, "images")["library"] = library;
        if (map != null)
            Section(json, "background")["map"] = await PutAsync(session, map, cancellationToken);
        if (noise != null)
            Section(json, "background")["library"] = noise;
        return json.ToJsonString();
    }

    private static JsonObject Section(JsonObject json, string name)
    {
        if (json[name] is not JsonObject section)
            json[name] = section = [];
        return section;
    }

    private static JsonObject Parse(string? configuration)
    {
        try
        {
            return configuration == null ? [] : JsonNode.Parse(configuration, documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }) as JsonObject
                ?? throw new UserErrorException(ErrorKind.Invalid, "--config", "The recipe of a sky should be a JSON object, but --config is something else.");
        }
        catch (JsonException error)
        {
            throw new UserErrorException(ErrorKind.Invalid, "--config", $"The recipe of a sky cannot be read: {error.Message}");
        }
    }

    private static async Task<string> PutAsync(Session session, string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            throw new UserErrorException(ErrorKind.NotFound, path, $"--background should be a FITS file, but there is no file '{path}'.");
        try
        {
            return await SkyBackgrounds.PutMapAsync(session.Artifacts, path, cancellationToken);
        }
        catch (RadioDiffusionException error)
        {
            throw new UserErrorException(ErrorKind.Invalid, path, error.Message);
        }
    }
}
