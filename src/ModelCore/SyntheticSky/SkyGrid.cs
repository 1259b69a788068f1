using System.Globalization;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The pixels for which a sky is wanted: any image with a celestial WCS.</summary>
public sealed class SkyGrid
{
    private const int LargestSide = 1 << 20;

    /// <param name="coordinates">Between its pixels and the sky.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <exception cref="RadioDiffusionException">No pixels, or too many.</exception>
    public SkyGrid(WorldCoordinateSystem coordinates, int width, int height)
    {
        if (width is < 1 or > LargestSide || height is < 1 or > LargestSide)
            throw new RadioDiffusionException($"The image of a sky should have from 1 to {LargestSide} columns and rows, but it would have {width} x {height} pixels.");
        (Coordinates, Width, Height) = (coordinates, width, height);
    }

    public WorldCoordinateSystem Coordinates { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The grid of an image: NAXIS1, NAXIS2 and the celestial WCS.</summary>
    /// <param name="header">Of the image.</param>
    /// <param name="what">The file, for messages.</param>
    /// <exception cref="FitsException">No celestial WCS in it, or no number of pixels.</exception>
    public static SkyGrid FromHeader(FitsHeader header, string what) => new(
        WorldCoordinateSystem.FromHeader(header, what),
        (int)FitsKeywords.Integer(header, "NAXIS1", what, 1, LargestSide),
        (int)FitsKeywords.Integer(header, "NAXIS2", what, 1, LargestSide));

    /// <summary>A grid in the ICRS with square pixels, east to the left of north, its reference point in the middle.</summary>
    /// <param name="centre">The middle.</param>
    /// <param name="pixelArcsec">Side of a pixel there, arc seconds.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="projection">Three letters of the FITS standard: TAN, SIN, ZEA, CAR, AIT and others.</param>
    /// <param name="rotationDegrees">Direction of increasing rows in the middle, from north through east.</param>
    /// <exception cref="RadioDiffusionException">A projection or size that makes no grid.</exception>
    public static SkyGrid Around(SkyCoordinate centre, double pixelArcsec, int width, int height, string projection = "TAN", double rotationDegrees = 0)
    {
        if (!(pixelArcsec > 0) || !double.IsFinite(pixelArcsec))
            throw new RadioDiffusionException(FormattableString.Invariant($"The pixels of a sky's image should be wider than 0 arc seconds, but they would be {pixelArcsec}."));
        if (!double.IsFinite(centre.RightAscension) || !(Math.Abs(centre.Declination) <= 90))
            throw new RadioDiffusionException(FormattableString.Invariant($"The middle of a sky's image should be a position, -90 to 90 degrees in declination, but it is ({centre.RightAscension}, {centre.Declination})."));
        var header = new FitsHeader();
        header.Set("CTYPE1", $"RA---{projection.ToUpper(CultureInfo.InvariantCulture)}");
        header.Set("CTYPE2", $"DEC--{projection.ToUpper(CultureInfo.InvariantCulture)}");
        header.Set("CRVAL1", centre.RightAscension);
        header.Set("CRVAL2", centre.Declination);
        header.Set("CRPIX1", (width + 1) / 2.0);
        header.Set("CRPIX2", (height + 1) / 2.0);
        header.Set("CDELT1", -pixelArcsec / 3600);
        header.Set("CDELT2", pixelArcsec / 3600);
        if (rotationDegrees != 0)
        {
            // A row further is sin east and cos north, a column further -cos east and sin north.
            var (sin, cos) = Degrees.SinCos(rotationDegrees);
            header.Set("PC1_1", cos);
            header.Set("PC1_2", -sin);
            header.Set("PC2_1", sin);
            header.Set("PC2_2", cos);
        }
        header.Set("RADESYS", "ICRS");
        return new SkyGrid(WorldCoordinateSystem.FromHeader(header, "the image of a sky"), width, height);
    }

    /// <summary>ICRS unit vector of a pixel's centre, the first being (0, 0); <see cref="Direction.Nowhere"/> beyond the end of the projection.</summary>
    internal Direction PlaceOf(double column, double row) =>
        Coordinates.TryPixelToNative(column, row, out var native) ? Coordinates.IcrsFromNative * native : Direction.Nowhere;

    /// <summary>Where a source's light enters the image: false if it is nowhere near.</summary>
    /// <param name="place">Of the source.</param>
    /// <param name="reach">Radians around it.</param>
    /// <param name="column">Of its place.</param>
    /// <param name="row">Of its place.</param>
    /// <param name="isInside">Whether its place is in the image.</param>
    internal bool TryReach(in Direction place, double reach, out double column, out double row, out bool isInside)
    {
        isInside = false;
        if (!Coordinates.TryNativeToPixel(Coordinates.NativeFromIcrs * place, out column, out row))
            return false;
        double nearestColumn = Math.Clamp(column, -0.5, Width - 0.5), nearestRow = Math.Clamp(row, -0.5, Height - 0.5);
        isInside = nearestColumn == column && nearestRow == row;
        return isInside || PlaceOf(nearestColumn, nearestRow).SeparationTo(place) <= reach;
    }

    /// <summary>A circle around the image.</summary>
    public (SkyCoordinate Centre, double RadiusDegrees) BoundingCone()
    {
        var (centre, radius) = BoundingCircle();
        return (QuadrantDirection.From(centre).ToSky(), double.RadiansToDegrees(radius));
    }

    /// <summary>A circle around the image: its middle, and radians.</summary>
    internal (Direction Centre, double Radius) BoundingCircle()
    {
        const int Steps = 32;
        var places = new Direction[(Steps + 1) * (Steps + 1)];
        for (int i = 0; i < places.Length; i++)
            places[i] = PlaceOf((Width - 1.0) * (i % (Steps + 1)) / Steps, (Height - 1.0) * (i / (Steps + 1)) / Steps);
        if (places.Any(place => double.IsNaN(place.X)))
            return (new Direction(0, 0, 1), Math.PI);        // the map's end is in the image: it is a large part of the sky
        var (centre, radius) = Circle(places);
        double step = 0;
        for (int i = 1; i < places.Length; i++)
            step = Math.Max(step, places[i].SeparationTo(places[i % (Steps + 1) == 0 ? i - Steps - 1 : i - 1]));
        return (centre, Math.Min(Math.PI, radius + 2 * step + 1e-5));
    }

    /// <summary>A circle around those of some places that are on the sky; a radius below 0 if none is.</summary>
    internal static (Direction Centre, double Radius) Circle(ReadOnlySpan<Direction> places)
    {
        double x = 0, y = 0, z = 0, radius = -1;
        foreach (ref readonly var place in places)
        {
            if (!double.IsNaN(place.X))
                (x, y, z) = (x + place.X, y + place.Y, z + place.Z);
        }
        double length = Math.Sqrt(x * x + y * y + z * z);
        var centre = length > 1e-9 ? new Direction(x / length, y / length, z / length) : new Direction(0, 0, 1);
        double farthest = -1;                                // squared chord
        foreach (ref readonly var place in places)
        {
            var step = place - centre;
            farthest = Math.Max(farthest, double.IsNaN(place.X) ? -1 : step.Dot(step));
        }
        if (farthest >= 0)
            radius = 2 * PortableTrigonometry.ArcTangent(Math.Sqrt(farthest), Math.Sqrt(Math.Max(0, 4 - farthest)));
        return (centre, radius);
    }
}
