using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;

namespace RadioDiffusion.Silo.Http;

/// <summary>The sources of a synthetic sky by IVOA Simple Cone Search 1.03, for TOPCAT, Aladin and others.</summary>
/// <remarks>Williams et al. (2008), IVOA Recommendation: its three columns have the first generation's UCDs, and what is wrong is an INFO named Error in an answer of its own, with status 200.</remarks>
internal static class ConeSearchApi
{
    private const int UsualVerbosity = 2;

    private static readonly (VoField Field, int Verbosity, Func<SkySourceEntry, object?> Value)[] _columns =
    [
        (new VoField("name", "char", "ID_MAIN", null, "Flux band, cell and number; the same in every image of the sky"), 1, source => source.Id),
        (new VoField("ra", "double", "POS_EQ_RA_MAIN", "deg", "Right ascension of the centre of flux, ICRS"), 1, source => source.RightAscension),
        (new VoField("dec", "double", "POS_EQ_DEC_MAIN", "deg", "Declination of the centre of flux, ICRS"), 1, source => source.Declination),
        (new VoField("flux", "double", "phot.flux.density;em.radio", "mJy", "Integrated flux at the sky's frequency"), 2, source => source.Flux),
        (new VoField("size", "double", "phys.angSize", "arcsec", "Width (FWHM) without the beam"), 2, source => source.Size),
        (new VoField("spectral_index", "double", "spect.index", null, "alpha, S ~ frequency^alpha"), 2, source => source.SpectralIndex),
        (new VoField("pa", "double", "pos.posAng", "deg", "By which its image is turned, north through east"), 3, source => source.Angle),
        (new VoField("morphology", "char", "src.morph.type", null, "Class of its image"), 3, source => source.Class),
        (new VoField("sample_id", "char", "meta.id", null, "The sample that is its image, unless that shows no whole source"), 3, source => source.Sample),
    ];

    public static void MapConeSearch(this IEndpointRouteBuilder api) =>
        api.MapGet("/skies/{name}/conesearch", GetAsync)
            .WithName("ConeSearchSky").WithSummary("The sources of a synthetic sky by IVOA Simple Cone Search 1.03")
            .WithDescription("RA, DEC and SR in degrees; VERB 1, 2 (usual) or 3 for more columns; minFlux in mJy leaves out fainter ones. The answer is a VOTable, the brightest sources first; SR=0 gives the columns alone. What is wrong is an INFO named Error in a VOTable, with status 200, as the standard has it.")
            .Produces(StatusCodes.Status200OK, contentType: VoTable.MediaType);

    /// <remarks>Numbers come as text, since also what is no number is to be told in a VOTable.</remarks>
    private static async Task<IResult> GetAsync(string name, HttpContext http, SkySourceLists lists, [FromQuery(Name = "RA")] string? ra = null, [FromQuery(Name = "DEC")] string? dec = null,
        [FromQuery(Name = "SR")] string? sr = null, [FromQuery(Name = "VERB")] string? verb = null, [FromQuery(Name = "minFlux")] string? minFlux = null)
    {
        http.Response.Headers.AccessControlAllowOrigin = "*";
        try
        {
            double east = Number("RA", ra) ?? throw Missing("RA"), north = Number("DEC", dec) ?? throw Missing("DEC"), radius = Number("SR", sr) ?? throw Missing("SR");
            int verbosity = Number("VERB", verb) is not { } asked ? UsualVerbosity : asked is 1 or 2 or 3 ? (int)asked : throw Wrong("VERB", "1, 2 or 3", asked);
            var columns = _columns.Where(column => column.Verbosity <= verbosity).ToArray();
            VoField[] fields = [.. columns.Select(column => column.Field)];
            if (radius == 0)
                return VoTable.Table(fields, [], [("sky", name, "")], overflow: false);
            var list = await lists.WithinAsync(name, east == 360 ? 0 : east, north, radius, Number("minFlux", minFlux) ?? 0, brightest: null, http.RequestAborted);
            return VoTable.Table(fields, list.Sources.Select(source => columns.Select(column => column.Value(source)).ToArray()), [("sky", name, $"A synthetic sky, no observation; {list.Count} sources are in the circle.")],
                list.Sources.Count < list.Count);
        }
        catch (Exception error) when (ErrorReasons.IsKnown(error))
        {
            string text = ErrorReasons.MessageOf(error);
            return VoTable.Error(StatusCodes.Status200OK, "Error", text, text);
        }
    }

    private static double? Number(string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : throw Wrong(name, "a number", text);
    }

    private static UserErrorException Missing(string name) => new(ErrorKind.Invalid, name, $"The parameter {name} should be a number of degrees, but it is missing.");

    private static UserErrorException Wrong(string name, string expected, object found) =>
        new(ErrorKind.Invalid, name, string.Create(CultureInfo.InvariantCulture, $"The parameter {name} should be {expected}, but it is '{found}'."));
}
