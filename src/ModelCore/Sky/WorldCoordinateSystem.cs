using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>Between pixels and the sky: a linear map (CD, PC, or CDELT with CROTA) and a zenithal projection (SIN, TAN).</summary>
/// <remarks>
/// Greisen and Calabretta (2002), Calabretta and Greisen (2002). Pixels are zero-based here: the centre of the first one is (0, 0).
/// No conversion between frames takes place: positions are in the file's own.
/// </remarks>
public sealed class WorldCoordinateSystem
{
    private readonly double _referenceColumn;
    private readonly double _referenceRow;
    private readonly double[] _matrix;      // degrees per pixel: x = m0 p + m1 q, y = m2 p + m3 q
    private readonly double[] _inverse;
    private readonly string _projection;
    private readonly SkyCoordinate _reference;
    private readonly string[] _types;

    // Rotation from native to celestial coordinates: the pole of the projection is the reference point.
    private readonly double _sinDelta;
    private readonly double _cosDelta;
    private readonly double _lonPole;

    private WorldCoordinateSystem(string projection, string[] types, SkyCoordinate reference, double referenceColumn, double referenceRow,
        double[] matrix, double? lonPole, string what)
    {
        double determinant = matrix[0] * matrix[3] - matrix[1] * matrix[2];
        if (determinant == 0 || !double.IsFinite(determinant))
            throw new FitsException($"{what}: the matrix from pixels to the sky should be invertible, but it is {string.Join(", ", matrix)}.");
        _projection = projection;
        _types = types;
        _reference = reference;
        _referenceColumn = referenceColumn;
        _referenceRow = referenceRow;
        _matrix = matrix;
        _inverse = [matrix[3] / determinant, -matrix[1] / determinant, -matrix[2] / determinant, matrix[0] / determinant];
        (_sinDelta, _cosDelta) = Math.SinCos(double.DegreesToRadians(reference.Declination));
        _lonPole = double.DegreesToRadians(lonPole ?? (reference.Declination >= 90 ? 0 : 180));
        PixelScaleArcsec = Math.Sqrt(Math.Abs(determinant)) * 3600;
    }

    /// <summary>Side of a square pixel of the same area, arc seconds, at the reference point.</summary>
    public double PixelScaleArcsec { get; }

    /// <summary>The celestial axes of a header.</summary>
    /// <param name="header">An image's header; its first two axes must be longitude and latitude.</param>
    /// <param name="what">The file, for messages.</param>
    /// <exception cref="FitsException">There is no celestial WCS in it, or one of an unknown kind.</exception>
    public static WorldCoordinateSystem FromHeader(FitsHeader header, string what)
    {
        string[] types = [header.GetString("CTYPE1") ?? "", header.GetString("CTYPE2") ?? ""];
        bool celestial = types is [['R', 'A', '-', '-', ..], ['D', 'E', 'C', '-', ..]] or [['G', 'L', 'O', 'N', '-', ..], ['G', 'L', 'A', 'T', '-', ..]];
        if (!celestial)
            throw new FitsException($"{what}: CTYPE1 and CTYPE2 should name a longitude and a latitude, such as RA---SIN and DEC--SIN, but they are '{types[0]}' and '{types[1]}'.");
        string projection = types[0][^3..];
        if (projection is not ("SIN" or "TAN") || types[1][^3..] != projection)
            throw new FitsException($"{what}: the projection should be SIN or TAN, but CTYPE1 and CTYPE2 are '{types[0]}' and '{types[1]}'.");
        if (projection == "SIN" && ((header.GetDouble("PV2_1") ?? 0) != 0 || (header.GetDouble("PV2_2") ?? 0) != 0))
            throw new FitsException($"{what}: a slant SIN projection (PV2_1, PV2_2) is not supported.");
        if (header.GetString("RADESYS") is { } frame && frame.StartsWith("FK4", StringComparison.Ordinal))
            throw new FitsException($"{what}: positions should be ICRS, FK5 or galactic, but RADESYS is '{frame}'.");
        double Needed(string keyword) => header.GetDouble(keyword)
            ?? throw new FitsException($"{what}: keyword {keyword} is missing or no number; without it pixels have no position.");
        return new WorldCoordinateSystem(projection, types, new SkyCoordinate(Wrap(Needed("CRVAL1")), Needed("CRVAL2")),
            Needed("CRPIX1") - 1, Needed("CRPIX2") - 1, Matrix(header, Needed), header.GetDouble("LONPOLE"), what);
    }

    /// <summary>A SIN projection, north up, east left.</summary>
    public static WorldCoordinateSystem Sin(SkyCoordinate centre, double pixelScaleArcsec, double centreColumn, double centreRow) =>
        new("SIN", ["RA---SIN", "DEC--SIN"], centre, centreColumn, centreRow, [-pixelScaleArcsec / 3600, 0, 0, pixelScaleArcsec / 3600], null, "SIN");

    /// <summary>The position of a pixel; NaN where the projection has none.</summary>
    public SkyCoordinate PixelToSky(double column, double row)
    {
        double p = column - _referenceColumn, q = row - _referenceRow;
        double x = double.DegreesToRadians(_matrix[0] * p + _matrix[1] * q);
        double y = double.DegreesToRadians(_matrix[2] * p + _matrix[3] * q);
        double radius = Math.Sqrt(x * x + y * y);
        if (_projection == "SIN" && radius > 1)
            return new SkyCoordinate(double.NaN, double.NaN);
        // Native polar distance as sine and cosine: SIN has R = sin, TAN has R = tan.
        double norm = _projection == "SIN" ? 1 : Math.Sqrt(1 + radius * radius);
        double sinDistance = radius / norm;
        double cosDistance = _projection == "SIN" ? Math.Sqrt((1 - radius) * (1 + radius)) : 1 / norm;
        double phi = radius == 0 ? 0 : Math.Atan2(x, -y);
        var (sinPhi, cosPhi) = Math.SinCos(phi - _lonPole);
        double alpha = Math.Atan2(-sinDistance * sinPhi, cosDistance * _cosDelta - sinDistance * _sinDelta * cosPhi);
        double z = cosDistance * _sinDelta + sinDistance * _cosDelta * cosPhi;
        double across = Math.Sqrt(Square(sinDistance * sinPhi) + Square(cosDistance * _cosDelta - sinDistance * _sinDelta * cosPhi));
        return new SkyCoordinate(Wrap(_reference.RightAscension + double.RadiansToDegrees(alpha)), double.RadiansToDegrees(Math.Atan2(z, across)));
    }

    /// <summary>The pixel at a position; false on the far side of the sky.</summary>
    public bool TrySkyToPixel(SkyCoordinate position, out double column, out double row)
    {
        var (sinDelta, cosDelta) = Math.SinCos(double.DegreesToRadians(position.Declination));
        var (sinAlpha, cosAlpha) = Math.SinCos(double.DegreesToRadians(position.RightAscension - _reference.RightAscension));
        double cosDistance = sinDelta * _sinDelta + cosDelta * _cosDelta * cosAlpha;
        double east = -cosDelta * sinAlpha;
        double north = sinDelta * _cosDelta - cosDelta * _sinDelta * cosAlpha;
        double sinDistance = Math.Sqrt(east * east + north * north);
        double phi = _lonPole + Math.Atan2(east, north);
        if (!(cosDistance >= 0) || (_projection == "TAN" && cosDistance == 0))
        {
            column = row = double.NaN;
            return false;
        }
        double radius = _projection == "SIN" ? sinDistance : sinDistance / cosDistance;
        double x = double.RadiansToDegrees(radius * Math.Sin(phi)), y = -double.RadiansToDegrees(radius * Math.Cos(phi));
        column = _referenceColumn + _inverse[0] * x + _inverse[1] * y;
        row = _referenceRow + _inverse[2] * x + _inverse[3] * y;
        return true;
    }

    /// <summary>Writes the keywords (PC and CDELT).</summary>
    public void AddTo(FitsHeader header)
    {
        double scale1 = Scale(_matrix[0], _matrix[2]) * (_matrix[0] < 0 ? -1 : 1), scale2 = Scale(_matrix[1], _matrix[3]);
        header.Set("CTYPE1", _types[0]);
        header.Set("CTYPE2", _types[1]);
        header.Set("CRVAL1", _reference.RightAscension, "[deg]");
        header.Set("CRVAL2", _reference.Declination, "[deg]");
        header.Set("CRPIX1", _referenceColumn + 1);
        header.Set("CRPIX2", _referenceRow + 1);
        header.Set("CDELT1", scale1, "[deg]");
        header.Set("CDELT2", scale2, "[deg]");
        if (_matrix[1] != 0 || _matrix[2] != 0)
        {
            header.Set("PC1_1", _matrix[0] / scale1);
            header.Set("PC1_2", _matrix[1] / scale1);
            header.Set("PC2_1", _matrix[2] / scale2);
            header.Set("PC2_2", _matrix[3] / scale2);
        }
        header.Set("CUNIT1", "deg");
        header.Set("CUNIT2", "deg");
        header.Set("RADESYS", "ICRS");
    }

    private static double Scale(double a, double b) => Math.Sqrt(a * a + b * b);

    private static double Square(double value) => value * value;

    /// <summary>CD, else PC times CDELT, else CDELT with the old rotation CROTA2.</summary>
    private static double[] Matrix(FitsHeader header, Func<string, double> needed)
    {
        string[] keys = ["1_1", "1_2", "2_1", "2_2"];
        if (keys.Any(key => header.Contains("CD" + key)))
            return [.. keys.Select(key => header.GetDouble("CD" + key) ?? 0)];
        double scale1 = needed("CDELT1"), scale2 = needed("CDELT2");
        if (keys.Any(key => header.Contains("PC" + key)))
        {
            double[] pc = [.. keys.Select(key => header.GetDouble("PC" + key) ?? (key[0] == key[2] ? 1 : 0))];
            return [scale1 * pc[0], scale1 * pc[1], scale2 * pc[2], scale2 * pc[3]];
        }
        var (sin, cos) = Math.SinCos(double.DegreesToRadians(header.GetDouble("CROTA2") ?? 0));
        return [scale1 * cos, -scale2 * sin, scale1 * sin, scale2 * cos];
    }

    private static double Wrap(double degrees)
    {
        double wrapped = degrees % 360;
        return wrapped < 0 ? wrapped + 360 : wrapped;
    }
}
