using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky.Projections;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>Between the pixels of an image and the sky.</summary>
/// <remarks>
/// Greisen and Calabretta (2002), Calabretta and Greisen (2002), Calabretta and Roukema (2007). Pixels are zero-based here: the centre of the first
/// one is (0, 0). <see cref="PixelToSky"/> and <see cref="TrySkyToPixel"/> speak ICRS, whatever frame the file is in;
/// <see cref="PixelToWorld"/> and <see cref="TryWorldToPixel"/> speak the file's own frame, as astropy's wcs_pix2world does.
/// </remarks>
public sealed class WorldCoordinateSystem
{
    private readonly CelestialAxes _axes;
    private readonly LinearTransform _linear;
    private readonly IProjection _projection;
    private readonly NativeReference _native;
    private readonly SphericalCoordinate _reference;
    private readonly (double X, double Y) _offset;           // of the reference point in the plane, radians
    private readonly double _poleLongitude;
    private readonly Rotation _nativeFromRelative;
    private readonly Rotation _relativeFromNative;

    private WorldCoordinateSystem(SkyFrame frame, CelestialAxes axes, IProjection projection, NativeReference native, SphericalCoordinate reference,
        LinearTransform linear, string what)
    {
        Frame = frame;
        _axes = axes;
        _projection = projection;
        _native = native;
        _reference = reference;
        _linear = linear;
        double phi0 = native.Phi0 ?? 0, theta0 = native.Theta0 ?? projection.ReferenceLatitude;
        var rotation = new CelestialRotation(reference, phi0, theta0, native.LonPole, native.LatPole, what);
        _poleLongitude = rotation.PoleLongitude;
        _nativeFromRelative = rotation.NativeFromRelative;
        _relativeFromNative = rotation.NativeFromRelative.Inverse;
        NativeFromIcrs = _nativeFromRelative * Rotation.AboutZ(_poleLongitude) * frame.FromIcrsRotation;
        IcrsFromNative = NativeFromIcrs.Inverse;
        if (native.IsOffset)
        {
            _offset = projection.TryProject(Direction.FromDegrees(phi0, theta0), out double x, out double y)
                ? (x, y)
                : throw new FitsException($"{what}: the reference point (PV{axes.Longitude}_1 {phi0}, PV{axes.Longitude}_2 {theta0}) should lie on the map of projection {projection.Code}, but it does not.");
        }
    }

    /// <summary>The frame of the file.</summary>
    public SkyFrame Frame { get; }

    /// <summary>Three letters of the FITS standard, such as SIN; NCP is the slant SIN that it stands for.</summary>
    public string ProjectionCode => _projection.Code;

    /// <summary>Side of a square pixel of the same area, arc seconds, at the reference point.</summary>
    public double PixelScaleArcsec => _linear.PixelScale * 3600;

    internal Rotation NativeFromIcrs { get; }

    internal Rotation IcrsFromNative { get; }

    /// <summary>The celestial axes of a header.</summary>
    /// <param name="header">An image's header; of its first two axes one must be longitude and one latitude. Others are ignored.</param>
    /// <param name="what">The file, for messages.</param>
    /// <exception cref="FitsException">There is no celestial WCS in it, or one of an unknown kind.</exception>
    public static WorldCoordinateSystem FromHeader(FitsHeader header, string what)
    {
        var axes = CelestialAxes.FromHeader(header, what);
        var frame = SkyFrame.FromHeader(header, axes.LongitudeType, what);
        var keywords = new WorldCoordinateKeywords(header, axes, what);
        var reference = keywords.Reference();
        var projection = Projection.Create(axes.ProjectionCode, keywords.ProjectionParameter, reference.Latitude, what);
        var native = new NativeReference(keywords.LongitudeParameter(1), keywords.LongitudeParameter(2), keywords.LonPole, keywords.LatPole,
            keywords.LongitudeParameter(0) is { } offset && offset != 0);
        return new WorldCoordinateSystem(frame, axes with { ProjectionCode = projection.Code }, projection, native, reference, keywords.Linear(), what);
    }

    /// <summary>A SIN projection in the ICRS, east to the left of north.</summary>
    /// <param name="centre">The reference point.</param>
    /// <param name="pixelScaleArcsec">Side of a pixel.</param>
    /// <param name="centreColumn">Zero-based column of the reference point.</param>
    /// <param name="centreRow">Its row.</param>
    /// <param name="positionAngle">Direction of increasing rows at the reference point, degrees from north through east; 0 is north up.</param>
    public static WorldCoordinateSystem Sin(SkyCoordinate centre, double pixelScaleArcsec, double centreColumn, double centreRow, double positionAngle = 0)
    {
        if (!(pixelScaleArcsec > 0))
            throw new ArgumentOutOfRangeException(nameof(pixelScaleArcsec), pixelScaleArcsec, "A pixel scale should be above 0 arc seconds.");
        if (!double.IsFinite(centre.RightAscension) || !(Math.Abs(centre.Declination) <= 90))
            throw new ArgumentOutOfRangeException(nameof(centre), centre, "The centre should be a position on the sky, in degrees.");
        var (sin, cos) = Degrees.SinCos(positionAngle);
        double scale = pixelScaleArcsec / 3600;
        // x grows to the east: a row further is sin east and cos north, a column further -cos east and sin north.
        var linear = new LinearTransform(centreColumn, centreRow, new MatrixRow(-scale, cos, -sin), new MatrixRow(scale, sin, cos), "SIN");
        return new WorldCoordinateSystem(SkyFrame.Icrs, new CelestialAxes("RA", 1, 2, "SIN"), new SlantOrthographic(0, 0), default,
            new SphericalCoordinate(Degrees.Wrap(centre.RightAscension), centre.Declination), linear, "SIN");
    }

    /// <summary>The ICRS position of a pixel; NaN where the projection has none.</summary>
    public SkyCoordinate PixelToSky(double column, double row)
    {
        SphericalCoordinate position;
        if (Frame.IsIcrs)
            position = PixelToWorld(column, row);
        else if (TryPixelToNative(column, row, out var native))
            position = (IcrsFromNative * native).ToSpherical();
        else
            position = new SphericalCoordinate(double.NaN, double.NaN);
        return new SkyCoordinate(position.Longitude, position.Latitude);
    }

    /// <summary>The pixel at an ICRS position; false where the map does not show it: the far side of the sky, or no position at all.</summary>
    public bool TrySkyToPixel(SkyCoordinate position, out double column, out double row)
    {
        if (Frame.IsIcrs)
            return TryWorldToPixel(new SphericalCoordinate(position.RightAscension, position.Declination), out column, out row);
        if (Math.Abs(position.Declination) <= 90)
            return TryNativeToPixel(NativeFromIcrs * Direction.FromDegrees(position.RightAscension, position.Declination), out column, out row);
        column = row = double.NaN;
        return false;
    }

    /// <summary>The position of a pixel in the file's own frame; NaN where the projection has none.</summary>
    public SphericalCoordinate PixelToWorld(double column, double row) => TryPixelToNative(column, row, out var native)
        ? (_relativeFromNative * native).ToSpherical(_poleLongitude)
        : new SphericalCoordinate(double.NaN, double.NaN);

    /// <summary>The pixel at a position of the file's own frame; false where the map does not show it.</summary>
    public bool TryWorldToPixel(SphericalCoordinate position, out double column, out double row)
    {
        if (Math.Abs(position.Latitude) <= 90)
            return TryNativeToPixel(_nativeFromRelative * Direction.FromDegrees(position.Longitude - _poleLongitude, position.Latitude), out column, out row);
        column = row = double.NaN;
        return false;
    }

    /// <summary>Size and orientation of the pixel at a place of the image; all NaN where the projection has no position.</summary>
    public PixelGeometry GeometryAt(double column, double row) => PixelGeometry.At(this, column, row);

    /// <summary>The same sky for a part of the image: pixel (0, 0) of the result is (<paramref name="firstColumn"/>, <paramref name="firstRow"/>) here.</summary>
    public WorldCoordinateSystem Window(int firstColumn, int firstRow) =>
        new(Frame, _axes, _projection, _native, _reference, _linear.Shifted(firstColumn, firstRow), "window");

    /// <summary>The outer corners of an image, ICRS, around it from the first pixel along the first row; NaN where the projection has no position.</summary>
    public IReadOnlyList<SkyCoordinate> Footprint(int width, int height) =>
        [PixelToSky(-0.5, -0.5), PixelToSky(width - 0.5, -0.5), PixelToSky(width - 0.5, height - 0.5), PixelToSky(-0.5, height - 0.5)];

    /// <summary>Writes the keywords; they read back to the same system, bit for bit.</summary>
    /// <param name="header">One without a WCS, or with one that <see cref="AddTo"/> wrote for an image in the same way.</param>
    /// <exception cref="ArgumentException">The header holds other keywords that would change the meaning of these.</exception>
    public void AddTo(FitsHeader header)
    {
        int i = _axes.Longitude, j = _axes.Latitude;
        bool isTurned = OffDiagonal(_linear.X, i) != 0 || OffDiagonal(_linear.Y, j) != 0 || Diagonal(_linear.X, i) != 1 || Diagonal(_linear.Y, j) != 1;
        RefuseOtherKeywords(header, isTurned);
        header.Set("CTYPE1", AxisType(1));
        header.Set("CTYPE2", AxisType(2));
        header.Set(CelestialAxes.Keyword("CRVAL", i), _reference.Longitude, "[deg]");
        header.Set(CelestialAxes.Keyword("CRVAL", j), _reference.Latitude, "[deg]");
        header.Set("CRPIX1", _linear.ReferenceColumn + 1);
        header.Set("CRPIX2", _linear.ReferenceRow + 1);
        header.Set(CelestialAxes.Keyword("CDELT", i), _linear.X.Scale, "[deg]");
        header.Set(CelestialAxes.Keyword("CDELT", j), _linear.Y.Scale, "[deg]");
        if (isTurned)
        {
            header.Set(CelestialAxes.Keyword("PC", i, 1), _linear.X.First);
            header.Set(CelestialAxes.Keyword("PC", i, 2), _linear.X.Second);
            header.Set(CelestialAxes.Keyword("PC", j, 1), _linear.Y.First);
            header.Set(CelestialAxes.Keyword("PC", j, 2), _linear.Y.Second);
        }
        header.Set("CUNIT1", "deg");
        header.Set("CUNIT2", "deg");
        for (int m = 0; m < _projection.Parameters.Count; m++)
            header.Set(CelestialAxes.Keyword("PV", j, m + 1), _projection.Parameters[m]);
        _native.AddTo(header, i);
        Frame.AddTo(header);
    }

    /// <summary>The native direction of a pixel.</summary>
    internal bool TryPixelToNative(double column, double row, out Direction native)
    {
        var (x, y) = _linear.ToPlane(column, row);
        return _projection.TryUnproject(x + _offset.X, y + _offset.Y, out native);
    }

    /// <summary>The pixel of a native direction.</summary>
    internal bool TryNativeToPixel(in Direction native, out double column, out double row)
    {
        if (_projection.TryProject(native, out double x, out double y))
        {
            (column, row) = _linear.ToPixel(x - _offset.X, y - _offset.Y);
            if (double.IsFinite(column) && double.IsFinite(row))
                return true;
        }
        column = row = double.NaN;
        return false;
    }

    private string AxisType(int axis) =>
        CelestialAxes.TypeOf(axis == _axes.Longitude ? _axes.LongitudeType : _axes.LatitudeType, _axes.ProjectionCode);

    private static double Diagonal(MatrixRow row, int axis) => axis == 1 ? row.First : row.Second;

    private static double OffDiagonal(MatrixRow row, int axis) => axis == 1 ? row.Second : row.First;

    private static void RefuseOtherKeywords(FitsHeader header, bool isTurned)
    {
        foreach (string keyword in (ReadOnlySpan<string>)["CD1_1", "CD1_2", "CD2_1", "CD2_2", "CROTA1", "CROTA2", "PC001001", "RADECSYS", "EPOCH"])
        {
            if (header.Contains(keyword))
                throw new ArgumentException($"The header to write has keyword {keyword} of another WCS already; begin with a header that has none.");
        }
        foreach (string keyword in (ReadOnlySpan<string>)["PC1_1", "PC1_2", "PC2_1", "PC2_2"])
        {
            if (!isTurned && header.Contains(keyword))
                throw new ArgumentException($"The header to write has keyword {keyword} of a turned WCS already; begin with a header that has none.");
        }
    }
}
