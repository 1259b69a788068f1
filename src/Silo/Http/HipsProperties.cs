using System.Globalization;
using System.Text;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Silo.Http;

/// <summary>The file <c>properties</c> of a HiPS (IVOA HiPS 1.0, 4.4): viewers read it first.</summary>
internal static class HipsProperties
{
    private const double LightSpeed = 299792458;             // m/s
    private const double LargestView = 60;

    public static string Of(SkyEntry entry, SkyRecipe recipe, string url)
    {
        var survey = recipe.Survey;
        var area = SkyArea.Parse(recipe.Area);
        var (low, high) = SkyFiles.CutsOf(recipe);
        var first = area.Cells.First();
        double half = survey.BandwidthMegahertz / 2, view = Math.Min(LargestView, 2 * Math.Sqrt(area.AreaSquareDegrees / Math.PI));
        (string Key, object? Value)[] all =
        [
            ("creator_did", $"ivo://radiodiffusion/sky/{entry.Digest}"),
            ("obs_title", $"Synthetic radio sky {entry.Name}"),
            ("obs_collection", "RadioDiffusion"),
            ("obs_description", "Sources by measured counts and clustering, images of resolved ones by a diffusion model, noise seen through the beam. Not an observation."),
            ("obs_regime", "Radio"),
            ("dataproduct_type", "image"),
            ("hips_version", "1.4"),
            ("hips_builder", "RadioDiffusion"),
            ("hips_creation_date", Time(entry.Created)),
            ("hips_release_date", Time(entry.Created)),
            ("hips_service_url", url),
            ("hips_status", "public master unclonable"),
            ("hips_frame", "equatorial"),
            ("hips_order", entry.HipsOrder),
            ("hips_order_min", 0),
            ("hips_tile_width", HipsTile.UsualWidth),
            ("hips_tile_format", "png fits"),
            ("hips_pixel_bitpix", -32),                      // Aladin Lite asks for no FITS tile without it
            ("hips_pixel_scale", HealpixCell.WidthDegrees(entry.HipsOrder + int.Log2(HipsTile.UsualWidth))),
            ("hips_pixel_cut", string.Create(CultureInfo.InvariantCulture, $"{low} {high}")),
            ("hips_initial_ra", first.Centre.RightAscension),
            ("hips_initial_dec", first.Centre.Declination),
            ("hips_initial_fov", Math.Max(view, HealpixCell.WidthDegrees(entry.HipsOrder))),
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
                text.Append(CultureInfo.InvariantCulture, $"{key,-20} = {value}\n");
        }
        return text.ToString();
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture);
}
