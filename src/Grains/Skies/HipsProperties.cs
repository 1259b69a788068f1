using System.Globalization;
using System.Text;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>The file <c>properties</c> of a HiPS (IVOA HiPS 1.0, 4.4): viewers read it first.</summary>
public static class HipsProperties
{
    private const double LightSpeed = 299792458;             // m/s
    private const double LargestView = 60;
    private const string Status = "public master unclonable";

    /// <summary>What a sky is served in.</summary>
    public const string Formats = "png fits";

    private const double KilobytesOfTile = 1033;             // FITS

    /// <param name="entry">The sky.</param>
    /// <param name="recipe">Of the entry.</param>
    /// <param name="area">What there is of it.</param>
    /// <param name="lowest">The lowest order there is.</param>
    /// <param name="order">The deepest order there is.</param>
    /// <param name="formats">png, fits or both; viewers take the first one.</param>
    /// <param name="url">Where it is served; null for files that somebody may put anywhere.</param>
    public static string Of(SkyEntry entry, SkyRecipe recipe, Moc area, int lowest, int order, string formats, string? url)
    {
        var survey = recipe.Survey;
        var (low, high) = SkyFiles.CutsOf(recipe);
        var first = area.Cells.First();
        double half = survey.BandwidthMegahertz / 2, view = Math.Min(LargestView, 2 * Math.Sqrt(area.AreaSquareDegrees / Math.PI));
        (string Key, object? Value)[] all =
        [
            ("creator_did", DidOf(entry)),
            ("obs_title", TitleOf(entry)),
            ("obs_collection", "RadioDiffusion"),
            ("obs_description", "Sources by measured counts and clustering, images of resolved ones by a diffusion model, noise seen through the beam. Not an observation."),
            ("obs_ack", "Made by RadioDiffusion."),
            ("obs_regime", "Radio"),
            ("client_category", "Image/Radio/Simulation"),
            ("dataproduct_type", "image"),
            ("hips_version", "1.4"),
            ("hips_builder", "RadioDiffusion"),
            ("hips_creator", "RadioDiffusion"),
            ("hips_creation_date", Time(entry.Created)),
            ("hips_release_date", Time(entry.Created)),
            ("hips_service_url", url),
            ("hips_status", Status),
            ("hips_frame", "equatorial"),
            ("hips_order", order),
            ("hips_order_min", lowest),
            ("hips_tile_width", HipsTile.UsualWidth),
            ("hips_tile_format", formats),
            ("hips_estsize", Math.Round(KilobytesOfTile * Enumerable.Range(0, order + 1).Sum(one => (double)area.CountCells(one)))),
            ("hips_pixel_bitpix", -32),                      // Aladin Lite asks for no FITS tile without it
            ("hips_pixel_scale", HealpixCell.WidthDegrees(order + int.Log2(HipsTile.UsualWidth))),
            ("hips_pixel_cut", string.Create(CultureInfo.InvariantCulture, $"{low} {high}")),
            ("hips_initial_ra", first.Centre.RightAscension),
            ("hips_initial_dec", first.Centre.Declination),
            ("hips_initial_fov", Math.Max(view, HealpixCell.WidthDegrees(order))),
            ("moc_order", area.Order),
            ("moc_sky_fraction", area.SkyFraction),
            ("em_min", LightSpeed / ((survey.FrequencyMegahertz + half) * 1e6)),
            ("em_max", LightSpeed / ((survey.FrequencyMegahertz - half) * 1e6)),
            ("s_resolution", survey.BeamMajorArcsec),
            ("prov_progenitor", string.Create(CultureInfo.InvariantCulture, $"seed {recipe.Seed}{(recipe.Images is { } images ? $", model {images.Model}" : "")}")),
            ("radiodiffusion_sky", entry.Digest),
            ("radiodiffusion_seed", recipe.Seed),
            ("radiodiffusion_model", recipe.Images?.Model),
        ];
        var text = new StringBuilder();
        foreach (var (key, value) in all)
        {
            if (value != null)
                text.Append(Line(key, value));
        }
        return text.ToString();
    }

    /// <summary>The record of a sky in the list of a HiPS server (HiPS 1.0, 5.1).</summary>
    public static string InList(SkyEntry entry, string url)
    {
        (string Key, string Value)[] record =
        [
            ("creator_did", DidOf(entry)),
            ("hips_release_date", Time(entry.Created)),
            ("hips_service_url", url),
            ("hips_status", Status),
            ("obs_title", TitleOf(entry)),
            ("hips_order", entry.HipsOrder.ToString(CultureInfo.InvariantCulture)),
            ("hips_frame", "equatorial"),
            ("hips_tile_format", Formats),
        ];
        return string.Concat(record.Select(pair => Line(pair.Key, pair.Value)));
    }

    private static string DidOf(SkyEntry entry) => $"ivo://radiodiffusion/sky/{entry.Digest}";

    private static string TitleOf(SkyEntry entry) => $"Synthetic radio sky {entry.Name}";

    private static string Line(string key, object value) => string.Create(CultureInfo.InvariantCulture, $"{key,-20} = {value}\n");

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture);
}
