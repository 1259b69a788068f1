using System.Globalization;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows.Kinds;

/// <summary>A synthetic sky, and all tiles of a part of it at one order: FITS files named by their places.</summary>
internal sealed class SkyTarget(IArtifactStore store) : ITargetWork
{
    private const int MostTiles = 10_000, TilesInFlight = 4;

    /// <summary>Parameters, and where a sky's configuration has them.</summary>
    private static readonly (string Parameter, string Section, string Name)[] _settings =
    [
        ("model", "images", "model"),
        ("rms", "survey", "rmsMicroJansky"),
        ("beam", "survey", "beamMajorArcsec"),
        ("frequency", "survey", "frequencyMegahertz"),
        ("bandwidth", "survey", "bandwidthMegahertz"),
        ("faintest", "population", "faintestMilliJansky"),
        ("brightest", "population", "brightestMilliJansky"),
        ("resolvedAbove", "population", "resolvedAboveArcsec"),
    ];

    public string Kind => "sky";

    public async Task<TargetResult> RunAsync(TargetContext context, CancellationToken cancellationToken)
    {
        var configuration = ConfigurationOf(context);
        var request = new SkyRequest
        {
            Preset = context.Text("preset") ?? "lotss-dr2",
            Configuration = configuration.Count > 0 ? configuration.ToJsonString() : null,
            Area = context.Numbers("cone") is [var ra, var dec, var radius] ? SkyArea.Cone(new SkyCoordinate(ra, dec), radius) : context.Text("area"),
            Seed = context.Seed,
        };
        var sky = await context.Grains.Sky(context.NameInStore).CreateAsync(request, cancellationToken);
        var cells = CellsOf(context, sky, request.Area!);
        string[] tiles = await TilesAsync(context, sky, cells, cancellationToken);
        return await PutAsync(context.NameInStore, sky, cells, tiles, cancellationToken);
    }

    /// <summary>What is different from the preset: 'config', and what has a parameter of its own.</summary>
    private static JsonObject ConfigurationOf(TargetContext context)
    {
        var configuration = (JsonObject?)context.Parameters["config"]?.DeepClone() ?? [];
        foreach (var (parameter, section, name) in _settings)
        {
            if (context.Parameters[parameter] is not { } value)
                continue;
            if (configuration[section] is not JsonObject settings)
                configuration[section] = settings = [];
            settings[name] = value.DeepClone();
        }
        return configuration;
    }

    private static HealpixCell[] CellsOf(TargetContext context, SkyEntry sky, string area)
    {
        int order = context.Whole("order") ?? sky.HipsOrder;
        if (order < 0 || order > sky.HipsOrder)
            throw new UserErrorException(ErrorKind.Invalid, context.Name, $"'order' of target '{context.Name}' should be from 0 to {sky.HipsOrder} for this sky, but it is {order}.");
        HealpixCell[] cells = [.. SkyArea.Parse(area).CellsOverlapping(order).Take(MostTiles + 1)];
        return cells.Length <= MostTiles ? cells : throw new UserErrorException(ErrorKind.Invalid, context.Name, $"The area of target '{context.Name}' has more than {MostTiles} tiles of order {order}: make it smaller, or split it into several targets.");
    }

    private static async Task<string[]> TilesAsync(TargetContext context, SkyEntry sky, HealpixCell[] cells, CancellationToken cancellationToken)
    {
        string[] tiles = new string[cells.Length];
        int next = 0, done = 0;

        async Task WorkAsync()
        {
            while (next < cells.Length)
            {
                int index = next++;
                var status = await context.Grains.FetchSkyTileAsync(sky.Digest, cells[index].Order, cells[index].Pixel,
                    progress => context.Tell(progress.Images > 0 ? $"tiles; images of tile {cells[index].Pixel}: {progress.ImagesDone} of {progress.Images}" : "tiles", done, cells.Length), cancellationToken);
                tiles[index] = status.Artifact!;
                context.Tell("tiles", ++done, cells.Length);
            }
        }

        context.Tell("tiles", 0, cells.Length);
        await Task.WhenAll(Enumerable.Range(0, TilesInFlight).Select(_ => WorkAsync()));    // in the grain's turns: no lock is needed
        return tiles;
    }

    /// <summary>One artifact with all tiles, so that others can read them in one folder.</summary>
    private async Task<TargetResult> PutAsync(string name, SkyEntry sky, HealpixCell[] cells, string[] tiles, CancellationToken cancellationToken)
    {
        var recipe = new Recipe { Kind = "sky-tiles", AlgorithmVersion = 1, Parameters = new JsonObject { ["sky"] = sky.Digest, ["cells"] = new JsonArray([.. cells.Select(cell => JsonValue.Create(string.Create(CultureInfo.InvariantCulture, $"{cell.Order}/{cell.Pixel}")))]) } };
        using var scratch = store.CreateScratchDirectory();
        foreach (var (cell, tile) in cells.Zip(tiles))
            File.Copy(Path.Combine(await store.GetDirectoryAsync(tile, cancellationToken), SkyTiles.File), Path.Combine(scratch.Path, string.Create(CultureInfo.InvariantCulture, $"tile-{cell.Order}-{cell.Pixel}.fits")));
        var manifest = await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
        return TargetContext.Result(manifest.Id, manifest.ContentDigest, (TargetKinds.Sky, name));
    }
}
