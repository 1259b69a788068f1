using System.Numerics.Tensors;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>A mosaic's sky on the grids of cut-outs: copied where both have the same pixels, otherwise interpolated. Not for several threads at once.</summary>
/// <remarks>
/// The unit stays Jy/beam, with the mosaic's own beam: a surface brightness does not change with the size of the pixels (see
/// <see cref="Reprojection"/>). Beams are not matched.
/// </remarks>
internal sealed class MosaicReader(Mosaic mosaic, FitsImage image)
{
    /// <summary>Pixels: grids that agree to this everywhere are one, and resampling would only smooth.</summary>
    public const double SameGrid = 1e-3;

    private float[] _part = [];

    /// <summary>Reads the pixels of a grid.</summary>
    /// <param name="grid">Where.</param>
    /// <param name="target">(side, side), Jy/beam; NaN where the mosaic has no pixel or a blanked one.</param>
    /// <returns>Whether a blanked pixel of the mosaic lies in the grid, also one that falls between its pixels.</returns>
    public bool Read(CutoutGrid grid, Span<float> target)
    {
        bool hasBlanked = false;
        if (SamePixels(grid) is { } window)
            hasBlanked = Copy(window, target);
        else if (Reprojection.SourceWindow(mosaic.Width, mosaic.Height, mosaic.Wcs, grid.Side, grid.Side, grid.Wcs, CutoutGrid.Kernel) is { } source)
            hasBlanked = Resample(source, grid, target);
        else
            target.Fill(float.NaN);
        if (mosaic.JanskyPerUnit != 1)
            TensorPrimitives.Multiply(target, (float)mosaic.JanskyPerUnit, target);
        return hasBlanked;
    }

    /// <summary>The window of the mosaic that is the grid, pixel by pixel; null if there is none.</summary>
    private CutoutWindow? SamePixels(CutoutGrid grid)
    {
        var map = new PixelMap(grid.Wcs, mosaic.Wcs);
        int last = grid.Side - 1;
        if (!map.TryMap(0, 0, out double firstColumn, out double firstRow) || Math.Abs(firstColumn) > int.MaxValue / 2 || Math.Abs(firstRow) > int.MaxValue / 2)
            return null;
        var window = new CutoutWindow((int)Math.Round(firstColumn), (int)Math.Round(firstRow), grid.Side);
        foreach (var (column, row) in (ReadOnlySpan<(int, int)>)[(0, 0), (last, 0), (0, last), (last, last), (last / 2, last / 2)])
        {
            if (!map.TryMap(column, row, out double x, out double y) || Math.Abs(x - window.FirstColumn - column) > SameGrid || Math.Abs(y - window.FirstRow - row) > SameGrid)
                return null;
        }
        return window;
    }

    private bool Copy(CutoutWindow window, Span<float> target)
    {
        var (column, row, width, height) = window.Inside(mosaic.Width, mosaic.Height);
        target.Fill(float.NaN);
        if (width == 0)
            return false;
        var part = Part(width, height);
        image.ReadPixels(window.FirstColumn + column, window.FirstRow + row, width, height, part);
        for (int i = 0; i < height; i++)
            part.Slice(i * width, width).CopyTo(target[((row + i) * window.Size + column)..]);
        return !ImageStatistics.AreFinite(part);
    }

    private bool Resample(PixelWindow source, CutoutGrid grid, Span<float> target)
    {
        var part = Part(source.Width, source.Height);
        image.ReadPixels(source.FirstColumn, source.FirstRow, source.Width, source.Height, part);
        Reprojection.Reproject(part, source.Width, source.Height, mosaic.Wcs.Window(source.FirstColumn, source.FirstRow),
            target, grid.Side, grid.Side, grid.Wcs, CutoutGrid.Kernel);
        return !ImageStatistics.AreFinite(part) && HasBlanked(part, source, grid);
    }

    /// <summary>Whether one of the pixels that are not finite lies in the grid, and not only within reach of the kernel.</summary>
    private bool HasBlanked(ReadOnlySpan<float> part, PixelWindow source, CutoutGrid grid)
    {
        var map = new PixelMap(mosaic.Wcs, grid.Wcs);
        for (int i = 0; i < part.Length; i++)
        {
            if (!float.IsFinite(part[i]) && map.TryMap(source.FirstColumn + i % source.Width, source.FirstRow + i / source.Width, out double column, out double row)
                && column >= -0.5 && row >= -0.5 && column <= grid.Side - 0.5 && row <= grid.Side - 0.5)
                return true;
        }
        return false;
    }

    private Span<float> Part(int width, int height)
    {
        int length = checked(width * height);
        if (_part.Length < length)
            _part = new float[length];
        return _part.AsSpan(0, length);
    }
}
