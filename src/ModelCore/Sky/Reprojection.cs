namespace RadioDiffusion.ModelCore.Sky;

/// <summary>An image on the grid of another projection, scale, orientation or frame.</summary>
/// <remarks>
/// Values are interpolated, not spread: Jy/beam is a surface brightness whose beam does not change with the pixels, so there is no factor for
/// their areas. (An image in Jy/pixel would need one.) Nothing is averaged either: pixels of the target should not be much larger than those of
/// the source, and the source's beam should be sampled by three pixels or more.
/// </remarks>
public static class Reprojection
{
    /// <summary>Resamples an image.</summary>
    /// <param name="source">(height, width); blanked pixels are NaN.</param>
    /// <param name="width">Columns of the source.</param>
    /// <param name="height">Rows of the source.</param>
    /// <param name="from">The source's coordinates; for a part of an image those of <see cref="WorldCoordinateSystem.Window"/>.</param>
    /// <param name="target">(targetHeight, targetWidth); NaN where the source has no value. Where both grids are the same, so are the pixels, bit for bit.</param>
    /// <param name="targetWidth">Columns of the target.</param>
    /// <param name="targetHeight">Rows of the target.</param>
    /// <param name="to">The target's coordinates.</param>
    /// <param name="kernel">How to interpolate.</param>
    public static void Reproject(ReadOnlySpan<float> source, int width, int height, WorldCoordinateSystem from,
        Span<float> target, int targetWidth, int targetHeight, WorldCoordinateSystem to, Interpolation kernel)
    {
        CheckTarget(target.Length, targetWidth, targetHeight);
        var image = new InterpolatedImage(source, width, height, kernel);
        var map = new PixelMap(to, from);
        for (int row = 0; row < targetHeight; row++)
        {
            var line = target.Slice(row * targetWidth, targetWidth);
            for (int column = 0; column < line.Length; column++)
                line[column] = map.TryMap(column, row, out double sourceColumn, out double sourceRow) ? image.At(sourceColumn, sourceRow) : float.NaN;
        }
    }

    /// <summary>The part of a source that <see cref="Reproject"/> reads for a target; null if they show no common sky.</summary>
    /// <param name="width">Columns of the source.</param>
    /// <param name="height">Rows of the source.</param>
    /// <param name="from">The source's coordinates.</param>
    /// <param name="targetWidth">Columns of the target.</param>
    /// <param name="targetHeight">Rows of the target.</param>
    /// <param name="to">The target's coordinates.</param>
    /// <param name="kernel">How to interpolate.</param>
    /// <remarks>Every pixel is asked, since the border alone does not tell: a pole inside the target is an edge of a plate carrée.</remarks>
    public static PixelWindow? SourceWindow(int width, int height, WorldCoordinateSystem from,
        int targetWidth, int targetHeight, WorldCoordinateSystem to, Interpolation kernel)
    {
        var map = new PixelMap(to, from);
        int left = int.MaxValue, right = int.MinValue, bottom = int.MaxValue, top = int.MinValue;
        for (int row = 0; row < targetHeight; row++)
        {
            for (int column = 0; column < targetWidth; column++)
            {
                if (!map.TryMap(column, row, out double x, out double y) || !(x >= -0.5 && y >= -0.5 && x <= width - 0.5 && y <= height - 0.5))
                    continue;
                (left, right) = (Math.Min(left, (int)Math.Floor(x)), Math.Max(right, (int)Math.Ceiling(x)));
                (bottom, top) = (Math.Min(bottom, (int)Math.Floor(y)), Math.Max(top, (int)Math.Ceiling(y)));
            }
        }
        if (right < left)
            return null;
        int reach = Math.Max(1, InterpolatedImage.Reach(kernel));
        (left, right) = (Math.Max(0, left - reach), Math.Min(width - 1, right + reach));
        (bottom, top) = (Math.Max(0, bottom - reach), Math.Min(height - 1, top + reach));
        return new PixelWindow(left, bottom, right - left + 1, top - bottom + 1);
    }

    internal static void CheckTarget(int length, int width, int height)
    {
        if (width <= 0 || height <= 0 || length != (long)width * height)
            throw new ArgumentException($"The target of {width} x {height} pixels should have as many values, but it has {length}.");
    }
}
