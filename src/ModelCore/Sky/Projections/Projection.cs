using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Sky.Projections;

/// <summary>The projections by their codes.</summary>
internal static class Projection
{
    /// <summary>How far beyond the border of a map rounding may carry a point that lies on it, radians.</summary>
    public const double Tolerance = 1e-12;

    private const string Known = "SIN, NCP, TAN, ZEA, ARC, STG, CAR, CEA, MER, SFL, MOL, AIT or HPX";

    /// <param name="code">The three letters in CTYPE.</param>
    /// <param name="parameter">PVi_m of the latitude axis, by m.</param>
    /// <param name="referenceDeclination">CRVAL of the latitude axis, degrees.</param>
    /// <param name="what">The file, for messages.</param>
    public static IProjection Create(string code, Func<int, double?> parameter, double referenceDeclination, string what) => code switch
    {
        "SIN" => new SlantOrthographic(parameter(1) ?? 0, parameter(2) ?? 0),
        "NCP" => NorthCelestialPole(referenceDeclination, what),
        "TAN" => Gnomonic(parameter, what),
        "ZEA" => new ZenithalEqualArea(),
        "ARC" => new ZenithalEquidistant(),
        "STG" => new Stereographic(),
        "CAR" => new PlateCarree(),
        "CEA" => EqualAreaCylinder(parameter(1) ?? 1, what),
        "MER" => new Mercator(),
        "SFL" => new SansonFlamsteed(),
        "MOL" => new Mollweide(),
        "AIT" => new HammerAitoff(),
        "HPX" => Healpix(parameter(1) ?? 4, parameter(2) ?? 3, what),
        "GLS" => throw new FitsException($"{what}: the old projection GLS of AIPS is not supported; rewrite the header as SFL (Calabretta and Greisen 2002, section 6.1.4)."),
        _ => throw new FitsException($"{what}: the projection should be {Known}, but CTYPE names '{code}'; regrid the image to one of these."),
    };

    /// <summary>The projection of east-west interferometers: SIN with eta = cot delta0 (CG, section 6.1.2).</summary>
    private static SlantOrthographic NorthCelestialPole(double referenceDeclination, string what)
    {
        var (sin, cos) = Degrees.SinCos(referenceDeclination);
        return sin != 0
            ? new SlantOrthographic(0, cos / sin)
            : throw new FitsException($"{what}: the projection NCP has no map for a reference point on the equator (declination 0); correct CRVAL, or CTYPE to SIN.");
    }

    /// <summary>TAN has no parameters; some programs hide a distortion polynomial in them.</summary>
    private static Gnomonic Gnomonic(Func<int, double?> parameter, string what)
    {
        int distorted = Enumerable.Range(1, 39).FirstOrDefault(m => parameter(m) is { } value && value != 0);
        return distorted == 0
            ? new Gnomonic()
            : throw new FitsException($"{what}: the projection TAN takes no parameters, but PV of its latitude axis has number {distorted}, {parameter(distorted)} "
                + "(a distortion in SCAMP's or TPV's manner); resample the image without distortion, for example with SWarp.");
    }

    private static CylindricalEqualArea EqualAreaCylinder(double lambda, string what) => lambda is > 0 and <= 1
        ? new CylindricalEqualArea(lambda)
        : throw new FitsException($"{what}: the parameter of CEA (PV2_1, the squared cosine of the true latitude) should be above 0, up to 1, but it is {lambda}.");

    private static HealpixProjection Healpix(double h, double k, string what) => h is >= 1 and <= 1000 && k is >= 1 and <= 1000 && h == Math.Floor(h) && k == Math.Floor(k)
        ? new HealpixProjection((int)h, (int)k)
        : throw new FitsException($"{what}: the parameters H and K of HPX (PV2_1, PV2_2) should be whole numbers from 1 to 1000, but they are {h} and {k}.");
}
