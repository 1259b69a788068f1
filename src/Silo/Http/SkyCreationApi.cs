using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Silo.Http;

/// <summary>Creating and deleting synthetic skies.</summary>
internal static class SkyCreationApi
{
    public static void MapSkyCreation(this IEndpointRouteBuilder api)
    {
        api.MapPost("/skies", CreateAsync)
            .WithName("CreateSky").WithSummary("A name for a new synthetic sky")
            .WithDescription("A preset and what is different from it: recipe is JSON as 'radiodiffusion sky show NAME --json' shows it, all keys optional. What is shown of it: area (all, or a MOC such as 3/12 4/100-103), cone [ra, dec, radius] or box [ra1, ra2, dec1, dec2], in degrees. "
                + "201 for a new sky, 200 if the name stands for the same one already. Its tiles of orders 0 to 2 are made in the background: the address under builds says how far they are.")
            .Produces<KnownSkyDescription>(StatusCodes.Status201Created).Produces<KnownSkyDescription>()
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapDelete("/skies/{name}", DeleteAsync)
            .WithName("DeleteSky").WithSummary("Stops the builds of a synthetic sky and frees its name")
            .WithDescription("What was computed stays in the store: an equal sky under another name has the same tiles.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/sky-presets", () => SkyPresets.Names.Select(name => new KnownSkyPreset(name, JsonDocument.Parse(SkyPresets.Of(name).ToJson()).RootElement)))
            .WithName("ListSkyPresets").WithSummary("The presets of synthetic skies with their recipes, the usual one first");
    }

    /// <summary>The area that a request names, as a recipe has it; null if it names none.</summary>
    /// <exception cref="UserErrorException">More than one, or no area.</exception>
    public static string? AreaOf(string? area, double[]? cone, double[]? box)
    {
        if (new object?[] { area, cone, box }.Count(one => one != null) > 1)
            throw new UserErrorException(ErrorKind.Invalid, "area", "Of area, cone and box at most one should be given, but there are several.");
        if (cone is not (null or { Length: 3 }))
            throw new UserErrorException(ErrorKind.Invalid, "cone", $"cone should be [ra, dec, radius] in degrees, but it has {cone.Length} numbers.");
        if (box is not (null or { Length: 4 }))
            throw new UserErrorException(ErrorKind.Invalid, "box", $"box should be [ra1, ra2, dec1, dec2] in degrees, but it has {box.Length} numbers.");
        try
        {
            string? text = cone != null ? SkyArea.Cone(new SkyCoordinate(cone[0], cone[1]), cone[2])
                : box != null ? SkyArea.Box(box[0], box[1], box[2], box[3])
                : area;
            if (text != null)
                SkyArea.Parse(text);
            return text;
        }
        catch (RadioDiffusionException error)
        {
            throw new UserErrorException(ErrorKind.Invalid, "area", error.Message);
        }
    }

    private static async Task<IResult> CreateAsync([FromBody] SkyCreation request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var sky = grains.Sky(request.Name);
        bool isKnown = await IsKnownAsync(sky, cancellationToken);
        var entry = await sky.CreateAsync(
            new SkyRequest
            {
                Preset = request.Preset ?? SkyPresets.Names[0],
                Configuration = request.Recipe?.GetRawText(),
                Area = AreaOf(request.Area, request.Cone, request.Box),
                Seed = SeedOf(request.Seed),
            },
            cancellationToken);
        await sky.BuildAsync(SkyBuildRequest.Overview, cancellationToken);
        var described = SkiesApi.Described(entry);
        return isKnown ? TypedResults.Ok(described) : TypedResults.Created($"/api/v1/skies/{entry.Name}", described);
    }

    /// <summary>As text too: 64 bits are more than a number of JavaScript has.</summary>
    private static ulong? SeedOf(JsonElement? seed)
    {
        if (seed is not { ValueKind: not JsonValueKind.Null } given)
            return null;
        return ulong.TryParse(given.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new UserErrorException(ErrorKind.Invalid, "seed", $"seed should be a whole number from 0 to {ulong.MaxValue}, but it is '{given}'.");
    }

    private static async Task<bool> IsKnownAsync(ISkyGrain sky, CancellationToken cancellationToken)
    {
        try
        {
            await sky.GetAsync(cancellationToken);
            return true;
        }
        catch (UserErrorException error) when (error.Kind == ErrorKind.NotFound)
        {
            return false;
        }
    }

    private static async Task<IResult> DeleteAsync(string name, IGrainFactory grains, CancellationToken cancellationToken)
    {
        await grains.Sky(name).DeleteAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}

/// <summary>A sky to create: a preset, and what is different.</summary>
/// <param name="Name">Its name: letters, digits, '_', '.', '-'.</param>
/// <param name="Preset">One of /api/v1/sky-presets; the first one if not given.</param>
/// <param name="Recipe">What is different from the preset; all keys are optional.</param>
/// <param name="Area">What is shown of it: all, or a MOC such as 3/12 4/100-103.</param>
/// <param name="Cone">The same as a circle: [ra, dec, radius], degrees.</param>
/// <param name="Box">The same as right ascensions going eastwards and declinations: [ra1, ra2, dec1, dec2], degrees.</param>
/// <param name="Seed">Of everything random: a whole number, also as text.</param>
public sealed record SkyCreation(string Name, string? Preset = null, JsonElement? Recipe = null, string? Area = null, double[]? Cone = null, double[]? Box = null, JsonElement? Seed = null);

/// <summary>A preset and all that it stands for.</summary>
public sealed record KnownSkyPreset(string Name, JsonElement Recipe);
