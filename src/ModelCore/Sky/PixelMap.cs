namespace RadioDiffusion.ModelCore.Sky;

/// <summary>From the pixels of one image to those of another that shows the same sky; between frames too.</summary>
/// <remarks>
/// Both rotations and the frames make one matrix between the native spheres, so that no angle is ever computed for the usual projections.
/// </remarks>
public readonly struct PixelMap
{
    private readonly WorldCoordinateSystem _from;
    private readonly WorldCoordinateSystem _to;
    private readonly Rotation _rotation;

    /// <param name="from">The image whose pixels are given.</param>
    /// <param name="to">The image whose pixels are sought.</param>
    public PixelMap(WorldCoordinateSystem from, WorldCoordinateSystem to)
    {
        _from = from;
        _to = to;
        _rotation = to.NativeFromIcrs * from.IcrsFromNative;
    }

    /// <summary>The same place in the other image; false (and NaN) where one of the two has none. Zero-based, and also outside the images.</summary>
    public bool TryMap(double column, double row, out double otherColumn, out double otherRow)
    {
        if (_from.TryPixelToNative(column, row, out var native))
            return _to.TryNativeToPixel(_rotation * native, out otherColumn, out otherRow);
        otherColumn = otherRow = double.NaN;
        return false;
    }
}
