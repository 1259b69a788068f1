namespace RadioDiffusion.ModelCore.Sky;

/// <summary>Turns a square image by any angle about its centre and keeps the middle, without empty corners.</summary>
/// <remarks>
/// The paper, Sect. 7: cut-outs larger than the image, so that any orientation can be drawn in training. Interpolation
/// between pixels correlates their noise and lowers it a little; quarter turns copy pixels, bit for bit.
/// </remarks>
public static class ImageRotation
{
    /// <summary>The smallest side of a cut-out from which an image of <paramref name="size"/> pixels can be turned by any angle.</summary>
    /// <remarks>The diagonal, room for the kernel, and as odd or even as the size, so that both have their centre on the same kind of point.</remarks>
    public static int SideNeeded(int size, Interpolation kernel)
    {
        if (size is <= 0 or > 1 << 20)
            throw new ArgumentOutOfRangeException(nameof(size), size, "The side of an image should be from 1 to 1048576 pixels.");
        int side = Math.Max((int)Math.Ceiling(size * Math.Sqrt(2)), (int)Math.Ceiling((size - 1) * Math.Sqrt(2)) + 1 + 2 * InterpolatedImage.Reach(kernel));
        return side + (side - size) % 2;
    }

    /// <summary>Turns and crops.</summary>
    /// <param name="source">(side, side).</param>
    /// <param name="side">At least <see cref="SideNeeded"/>, and odd or even as the size is.</param>
    /// <param name="target">(size, size); NaN only where the source is.</param>
    /// <param name="size">Side of the target, pixels.</param>
    /// <param name="degrees">
    /// From the last row towards the last column: 90 is one quarter turn of the training's, and takes 90 degrees from the position angles of a source
    /// whose image has north up and east left.
    /// </param>
    /// <param name="kernel">How to interpolate.</param>
    public static void Rotate(ReadOnlySpan<float> source, int side, Span<float> target, int size, double degrees, Interpolation kernel)
    {
        Reprojection.CheckTarget(target.Length, size, size);
        int needed = SideNeeded(size, kernel);
        if (side < needed || (side - size) % 2 != 0)
            throw new ArgumentException($"To turn {size} x {size} pixels the source should have a side of {needed}, or more by a multiple of 2, but it has {side}.");
        if (!double.IsFinite(degrees))
            throw new ArgumentOutOfRangeException(nameof(degrees), degrees, "An angle should be a finite number.");
        var image = new InterpolatedImage(source, side, side, kernel);
        var (sin, cos) = Degrees.SinCos(degrees);
        double sourceCentre = (side - 1) / 2.0, centre = (size - 1) / 2.0;
        for (int row = 0; row < size; row++)
        {
            for (int column = 0; column < size; column++)
            {
                double x = column - centre, y = row - centre;
                target[row * size + column] = image.At(sourceCentre + cos * x - sin * y, sourceCentre + cos * y + sin * x);
            }
        }
    }
}
