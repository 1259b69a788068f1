namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A rotation of directions: an orthogonal 3 x 3 matrix, applied from the left.</summary>
internal readonly record struct Rotation(
    double XX, double XY, double XZ,
    double YX, double YY, double YZ,
    double ZX, double ZY, double ZZ)
{
    public static Rotation None { get; } = new(1, 0, 0, 0, 1, 0, 0, 0, 1);

    public Rotation Inverse => new(XX, YX, ZX, XY, YY, ZY, XZ, YZ, ZZ);

    /// <summary>Turns the axes (not the direction) about x by an angle in degrees.</summary>
    public static Rotation AboutX(double degrees)
    {
        var (sin, cos) = Degrees.SinCos(degrees);
        return new Rotation(1, 0, 0, 0, cos, sin, 0, -sin, cos);
    }

    /// <inheritdoc cref="AboutX"/>
    public static Rotation AboutY(double degrees)
    {
        var (sin, cos) = Degrees.SinCos(degrees);
        return new Rotation(cos, 0, -sin, 0, 1, 0, sin, 0, cos);
    }

    /// <inheritdoc cref="AboutX"/>
    public static Rotation AboutZ(double degrees)
    {
        var (sin, cos) = Degrees.SinCos(degrees);
        return new Rotation(cos, sin, 0, -sin, cos, 0, 0, 0, 1);
    }

    public static Direction operator *(in Rotation r, in Direction d) => new(
        r.XX * d.X + r.XY * d.Y + r.XZ * d.Z,
        r.YX * d.X + r.YY * d.Y + r.YZ * d.Z,
        r.ZX * d.X + r.ZY * d.Y + r.ZZ * d.Z);

    /// <summary>First <paramref name="b"/>, then <paramref name="a"/>.</summary>
    public static Rotation operator *(in Rotation a, in Rotation b)
    {
        var x = a * new Direction(b.XX, b.YX, b.ZX);
        var y = a * new Direction(b.XY, b.YY, b.ZY);
        var z = a * new Direction(b.XZ, b.YZ, b.ZZ);
        return new Rotation(x.X, y.X, z.X, x.Y, y.Y, z.Y, x.Z, y.Z, z.Z);
    }
}
