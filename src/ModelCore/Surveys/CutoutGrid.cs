using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>The pixels of one stored cut-out as places on the sky: what a mosaic with other pixels is resampled onto.</summary>
/// <param name="Wcs">Coordinates of the cut-out, whose first pixel is (0, 0).</param>
/// <param name="Side">Pixels.</param>
internal readonly record struct CutoutGrid(WorldCoordinateSystem Wcs, int Side)
{
    /// <summary>Lanczos-3: of the kernels the one that keeps peaks and noise best.</summary>
    public const Interpolation Kernel = Interpolation.Lanczos3;

    /// <summary>A grid of its own if the options give a pixel scale, otherwise the pixels of the mosaic; null for no position on it.</summary>
    public static CutoutGrid? Of(Mosaic mosaic, SkyCoordinate centre, CutoutOptions options)
    {
        if (options.IsResampled)
            return NorthUp(centre, options);
        if (!mosaic.Wcs.TrySkyToPixel(centre, out double column, out double row))
            return null;
        var window = CutoutExtractor.Window(column, row, options.Size).Grown((options.StoredSize - options.Size) / 2);
        return new CutoutGrid(mosaic.Wcs.Window(window.FirstColumn, window.FirstRow), window.Size);
    }

    /// <summary>SIN projection, north up and east left, the position in the very middle; null for no position.</summary>
    public static CutoutGrid? NorthUp(SkyCoordinate centre, CutoutOptions options)
    {
        if (!double.IsFinite(centre.RightAscension) || !(Math.Abs(centre.Declination) <= 90))
            return null;
        double middle = (options.StoredSize - 1) / 2.0;
        return new CutoutGrid(WorldCoordinateSystem.Sin(centre, options.PixelScaleArcsec, middle, middle), options.StoredSize);
    }

    /// <summary>2: the four corner pixels lie in the mosaic, and with them all; 1: the middle does; 0: neither.</summary>
    public int CoverageBy(Mosaic mosaic)
    {
        var map = new PixelMap(Wcs, mosaic.Wcs);
        int last = Side - 1;
        if (IsInside(map, mosaic, 0, 0) && IsInside(map, mosaic, last, 0) && IsInside(map, mosaic, 0, last) && IsInside(map, mosaic, last, last))
            return 2;
        return IsInside(map, mosaic, last / 2.0, last / 2.0) ? 1 : 0;
    }

    /// <summary>Counts the pixels whose centres lie in the mosaic, blanked there or not.</summary>
    public int CountInside(Mosaic mosaic)
    {
        var map = new PixelMap(Wcs, mosaic.Wcs);
        if (IsWellInside(map, mosaic))
            return Side * Side;
        int count = 0;
        for (int row = 0; row < Side; row++)
        {
            for (int column = 0; column < Side; column++)
                count += IsInside(map, mosaic, column, row) ? 1 : 0;
        }
        return count;
    }

    /// <summary>Marks the pixels whose centres lie in the mosaic, blanked there or not.</summary>
    /// <param name="mosaic">The mosaic.</param>
    /// <param name="inside">(side, side).</param>
    public void MarkInside(Mosaic mosaic, Span<bool> inside)
    {
        var map = new PixelMap(Wcs, mosaic.Wcs);
        for (int row = 0; row < Side; row++)
        {
            for (int column = 0; column < Side; column++)
                inside[row * Side + column] = IsInside(map, mosaic, column, row);
        }
    }

    /// <summary>Nine points that lie some pixels inside: sides of a grid are nearly straight in a mosaic, so that there is no need to ask for every pixel.</summary>
    private bool IsWellInside(in PixelMap map, Mosaic mosaic)
    {
        const double Margin = 3;
        double last = Side - 1;
        for (int i = 0; i < 9; i++)
        {
            if (!map.TryMap(i % 3 * last / 2, i / 3 * last / 2, out double x, out double y) || !(x >= Margin && y >= Margin && x <= mosaic.Width - 1 - Margin && y <= mosaic.Height - 1 - Margin))
                return false;
        }
        return true;
    }

    private static bool IsInside(in PixelMap map, Mosaic mosaic, double column, double row) =>
        map.TryMap(column, row, out double x, out double y) && x >= -0.5 && y >= -0.5 && x <= mosaic.Width - 0.5 && y <= mosaic.Height - 0.5;
}
