using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Silo.Http;

/// <summary>Images of the synthetic skies by IVOA Simple Image Access 2.0: a row for each sky and place, with the address of a cut-out.</summary>
/// <remarks>Dowler et al. (2015), with the rules of DALI 1.1 for parameters and answers and the columns of ObsCore 1.1.</remarks>
internal static class ImageDiscoveryApi
{
    private const int MostRows = 1000, MostPlaces = 100, LargestSide = 1024;
    private const double WidestPixel = 4, SmallestSide = 64, UsualView = 0.25;     // in pixels of the sky; degrees
    private const double LightSpeed = 299792458;             // m/s
    private const int BytesOfPixel = 4, CalibrationLevel = 4;

    private static readonly VoField[] _fields =
    [
        Text("dataproduct_type", "meta.code.class", "ObsDataset.dataProductType", "Kind of data"),
        new VoField("calib_level", "int", "meta.code;obs.calib", null, "Level of calibration", "obscore:ObsDataset.calibLevel"),
        Text("obs_collection", "meta.id", "DataID.collection", "Collection"),
        Text("obs_id", "meta.id", "DataID.observationID", "Name of the sky"),
        Text("obs_publisher_did", "meta.ref.ivoid", "Curation.publisherDID", "What the sky is: the digest of its recipe"),
        Text("access_url", "meta.ref.url", "Access.reference", "Address of the cut-out"),
        Text("access_format", "meta.code.mime", "Access.format", "Its media type"),
        new VoField("access_estsize", "long", "phys.size;meta.file", "kbyte", "About its size", "obscore:Access.size"),
        Text("target_name", "meta.id;src", "Target.name", "None"),
        Number("s_ra", "pos.eq.ra", "deg", "Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1", "Its middle, ICRS"),
        Number("s_dec", "pos.eq.dec", "deg", "Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2", "Its middle, ICRS"),
        Number("s_fov", "phys.angSize;instr.fov", "deg", "Char.SpatialAxis.Coverage.Bounds.Extent.diameter", "Its extent"),
        new VoField("s_region", "char", "pos.outline;obs.field", null, "Its corners, ICRS", "obscore:Char.SpatialAxis.Coverage.Support.Area", "adql:REGION"),
        Number("s_resolution", "pos.angResolution", "arcsec", "Char.SpatialAxis.Resolution.Refval.value", "FWHM of the beam"),
        new VoField("s_xel1", "long", "meta.number", null, "Columns", "obscore:Char.SpatialAxis.numBins1"),
        new VoField("s_xel2", "long", "meta.number", null, "Rows", "obscore:Char.SpatialAxis.numBins2"),
        Number("t_min", "time.start;obs.exposure", "d", "Char.TimeAxis.Coverage.Bounds.Limits.StartTime", "None: it was not observed"),
        Number("t_max", "time.end;obs.exposure", "d", "Char.TimeAxis.Coverage.Bounds.Limits.StopTime", "None"),
        Number("t_exptime", "time.duration;obs.exposure", "s", "Char.TimeAxis.Coverage.Support.Extent", "None"),
        Number("t_resolution", "time.resolution", "s", "Char.TimeAxis.Resolution.Refval.value", "None"),
        new VoField("t_xel", "long", "meta.number", null, "None", "obscore:Char.TimeAxis.numBins"),
        Number("em_min", "em.wl;stat.min", "m", "Char.SpectralAxis.Coverage.Bounds.Limits.LoLimit", "Shortest wavelength"),
        Number("em_max", "em.wl;stat.max", "m", "Char.SpectralAxis.Coverage.Bounds.Limits.HiLimit", "Longest wavelength"),
        Number("em_res_power", "spect.resolution", null, "Char.SpectralAxis.Resolution.ResolPower.refVal", "Frequency over bandwidth"),
        new VoField("em_xel", "long", "meta.number", null, "Channels", "obscore:Char.SpectralAxis.numBins"),
        Text("o_ucd", "meta.ucd", "Char.ObservableAxis.ucd", "What the pixels are"),
        Text("pol_states", "meta.code;phys.polarization", "Char.PolarizationAxis.stateList", "Polarisation"),
        new VoField("pol_xel", "long", "meta.number", null, "Polarisations", "obscore:Char.PolarizationAxis.numBins"),
        Text("facility_name", "meta.id;instr.tel", "Provenance.ObsConfig.Facility.name", "None: it was not observed"),
        Text("instrument_name", "meta.id;instr", "Provenance.ObsConfig.Instrument.name", "None"),
    ];

    public static void MapImageDiscovery(this IEndpointRouteBuilder api)
    {
        api.MapGet("/skies/sia2/query", QueryAsync)
            .WithName("QuerySkyImages").WithSummary("Images of the synthetic skies by IVOA Simple Image Access 2.0")
            .WithDescription("POS (CIRCLE, RANGE or POLYGON, ICRS degrees), BAND (m), POL, FOV, SPATRES, CALIB, COLLECTION, ID, DPTYPE, FORMAT, TIME and others of the standard, MAXREC. The answer is a VOTable with the columns of ObsCore; access_url is a cut-out.")
            .Produces(StatusCodes.Status200OK, contentType: VoTable.MediaType).Produces(StatusCodes.Status400BadRequest, contentType: VoTable.MediaType);
        api.MapGet("/skies/sia2/availability", () => Xml(new XElement(XName.Get("availability", "http://www.ivoa.net/xml/VOSIAvailability/v1.0"), new XElement(XName.Get("available", "http://www.ivoa.net/xml/VOSIAvailability/v1.0"), "true"))))
            .WithName("GetSkyImagesAvailability").WithSummary("IVOA VOSI: whether the image access answers");
        api.MapGet("/skies/sia2/capabilities", (HttpContext http) => Xml(Capabilities(BaseOf(http))))
            .WithName("GetSkyImagesCapabilities").WithSummary("IVOA VOSI: what the image access can do");
    }

    private static async Task<IResult> QueryAsync(HttpContext http, IGrainFactory grains)
    {
        http.Response.Headers.AccessControlAllowOrigin = "*";
        try
        {
            var query = ImageQuery.Parse(http.Request.Query, MostPlaces);
            int most = Math.Min(MostRows, query.MostRecords ?? MostRows);
            var rows = new List<object?[]>();
            foreach (var entry in await grains.SkiesAsync(http.RequestAborted))
                rows.AddRange(RowsOf(entry, query, BaseOf(http)));
            return VoTable.Table(_fields, rows.Take(most), [("QUERY_STATUS", "OK", ""), ("standardID", "ivo://ivoa.net/std/SIA#query-2.0", "")], rows.Count > most);
        }
        catch (UserErrorException error) when (error.Kind == ErrorKind.Invalid)
        {
            return VoTable.Error(StatusCodes.Status400BadRequest, "QUERY_STATUS", "ERROR", $"UsageFault: {error.Message}");
        }
    }

    private static IEnumerable<object?[]> RowsOf(SkyEntry entry, ImageQuery query, string address)
    {
        var recipe = SkyRecipe.Parse(entry.Recipe);
        var survey = recipe.Survey;
        var area = SkyArea.Parse(recipe.Area);
        double half = survey.BandwidthMegahertz / 2, shortest = LightSpeed / ((survey.FrequencyMegahertz + half) * 1e6), longest = LightSpeed / ((survey.FrequencyMegahertz - half) * 1e6);
        string did = $"ivo://radiodiffusion/sky/{entry.Digest}";
        if (!query.Takes(did, shortest, longest, survey.BeamMajorArcsec, CalibrationLevel))
            yield break;
        double own = HealpixCell.WidthDegrees(survey.PixelOrder);
        var places = query.Places.Count > 0 ? query.Places : [new ImageQuery.Place(area.Cells.First().Centre, UsualView / 2, area)];
        foreach (var place in places)
        {
            if (recipe.Area != SkyArea.All && place.Cells.Intersection(area).IsEmpty)
                continue;
            int side = (int)Math.Clamp(Math.Ceiling(2 * place.RadiusDegrees / own), SmallestSide, LargestSide);
            double fov = Math.Clamp(2 * place.RadiusDegrees, side * own * 0.999, side * own * WidestPixel);      // pixels no smaller than the sky's own
            if (side < LargestSide)
                fov = side * own;
            if (!query.TakesView(fov))
                continue;
            var grid = SkyGrid.Around(place.Centre, fov * 3600 / side, side, side);
            yield return
            [
                "image", CalibrationLevel, "RadioDiffusion", entry.Name, did,
                string.Create(CultureInfo.InvariantCulture, $"{address}/api/v1/skies/{Uri.EscapeDataString(entry.Name)}/cutout?ra={place.Centre.RightAscension:R}&dec={place.Centre.Declination:R}&fov={fov:R}&width={side}&height={side}"),
                "application/fits", (long)side * side * BytesOfPixel / 1000, null,
                place.Centre.RightAscension, place.Centre.Declination, fov,
                "POLYGON ICRS " + string.Join(' ', grid.Coordinates.Footprint(side, side).Select(corner => string.Create(CultureInfo.InvariantCulture, $"{corner.RightAscension:0.######} {corner.Declination:0.######}"))),
                survey.BeamMajorArcsec, (long)side, (long)side, null, null, null, null, null, shortest, longest, survey.FrequencyMegahertz / survey.BandwidthMegahertz, 1L,
                "phot.flux.density", "/I/", 1L, null, null,
            ];
        }
    }

    private static XElement Capabilities(string address)
    {
        XNamespace vosi = "http://www.ivoa.net/xml/VOSICapabilities/v1.0", xsi = "http://www.w3.org/2001/XMLSchema-instance";
        return new XElement(vosi + "capabilities",
            new XAttribute(XNamespace.Xmlns + "vosi", vosi), new XAttribute(XNamespace.Xmlns + "xsi", xsi), new XAttribute(XNamespace.Xmlns + "vs", "http://www.ivoa.net/xml/VODataService/v1.1"),
            Capability("ivo://ivoa.net/std/VOSI#capabilities", "capabilities", "full", null),
            Capability("ivo://ivoa.net/std/VOSI#availability", "availability", "full", null),
            Capability("ivo://ivoa.net/std/SIA#query-2.0", "query", "base", "2.0"));

        XElement Capability(string standard, string path, string use, string? version) => new("capability",
            new XAttribute("standardID", standard),
            new XElement("interface",
                new XAttribute(xsi + "type", "vs:ParamHTTP"),
                version == null ? null : new XAttribute("role", "std"),
                version == null ? null : new XAttribute("version", version),
                new XElement("accessURL", new XAttribute("use", use), $"{address}/api/v1/skies/sia2/{path}")));
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ContentHttpResult Xml(XElement content) => TypedResults.Text(new XDeclaration("1.0", "utf-8", null) + "\n" + content, "application/xml", Encoding.UTF8);

    private static string BaseOf(HttpContext http) => $"{http.Request.Scheme}://{http.Request.Host}";

    private static VoField Text(string name, string ucd, string utype, string description) => new(name, "char", ucd, null, description, $"obscore:{utype}");

    private static VoField Number(string name, string ucd, string? unit, string utype, string description) => new(name, "double", ucd, unit, description, $"obscore:{utype}");
}
