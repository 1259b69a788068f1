using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>From pixels to the projection plane: a shift by CRPIX, then a 2 x 2 matrix.</summary>
/// <remarks>
/// Greisen and Calabretta (2002, A&amp;A 395, 1061), section 2.1. Pixels are zero-based: the centre of the first one is (0, 0). The factors of
/// the matrix stay apart, CDELT and PC (or 1 and CD), so that a header written from them reads back to the last bit.
/// </remarks>
internal sealed class LinearTransform
{
    // Below this the two axes are one but for rounding.
    private const double LeastIndependence = 1e-10;
    private readonly double _xp, _xq, _yp, _yq;        // radians per pixel: x = xp p + xq q
    private readonly double _px, _py, _qx, _qy;        // pixels per radian

    /// <param name="referenceColumn">CRPIX of the first pixel axis, less 1.</param>
    /// <param name="referenceRow">CRPIX of the second, less 1.</param>
    /// <param name="x">Longitude's row of the matrix, degrees per pixel.</param>
    /// <param name="y">Latitude's.</param>
    /// <param name="what">The file, for messages.</param>
    public LinearTransform(double referenceColumn, double referenceRow, MatrixRow x, MatrixRow y, string what)
    {
        (ReferenceColumn, ReferenceRow, X, Y) = (referenceColumn, referenceRow, x, y);
        (_xp, _xq) = (double.DegreesToRadians(x.Column), double.DegreesToRadians(x.Row));
        (_yp, _yq) = (double.DegreesToRadians(y.Column), double.DegreesToRadians(y.Row));
        double determinant = _xp * _yq - _xq * _yp;
        bool isInvertible = Math.Abs(determinant) > LeastIndependence * (Math.Abs(_xp * _yq) + Math.Abs(_xq * _yp)) && double.IsFinite(1 / determinant);
        if (!isInvertible)
        {
            throw new FitsException($"{what}: the matrix from pixels to the sky (CDELT and PC, or CD) should be invertible, "
                + $"but in degrees per pixel it is {x.Column}, {x.Row} (longitude) and {y.Column}, {y.Row} (latitude); correct these keywords.");
        }
        (_px, _py, _qx, _qy) = (_yq / determinant, -_xq / determinant, -_yp / determinant, _xp / determinant);
        PixelScale = Math.Sqrt(Math.Abs(x.Column * y.Row - x.Row * y.Column));
    }

    public double ReferenceColumn { get; }

    public double ReferenceRow { get; }

    public MatrixRow X { get; }

    public MatrixRow Y { get; }

    /// <summary>Degrees: the side of a square pixel of the same area.</summary>
    public double PixelScale { get; }

    /// <summary>To the plane, radians.</summary>
    public (double X, double Y) ToPlane(double column, double row)
    {
        double p = column - ReferenceColumn, q = row - ReferenceRow;
        return (_xp * p + _xq * q, _yp * p + _yq * q);
    }

    public (double Column, double Row) ToPixel(double x, double y) =>
        (ReferenceColumn + _px * x + _py * y, ReferenceRow + _qx * x + _qy * y);

    public LinearTransform Shifted(int columns, int rows) => new(ReferenceColumn - columns, ReferenceRow - rows, X, Y, "window");
}

/// <summary>One row of the matrix as its header has it.</summary>
/// <param name="Scale">CDELT, degrees; 1 with a CD matrix.</param>
/// <param name="First">PC or CD of the first pixel axis.</param>
/// <param name="Second">PC or CD of the second.</param>
internal readonly record struct MatrixRow(double Scale, double First, double Second)
{
    /// <summary>Degrees per column.</summary>
    public double Column => Scale * First;

    /// <summary>Degrees per row.</summary>
    public double Row => Scale * Second;
}
