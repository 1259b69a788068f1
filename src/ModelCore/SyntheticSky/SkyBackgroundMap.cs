using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>A user's own map in Jy/beam: where it has values, a sky shows them instead of noise, and its sources are added to them.</summary>
/// <remarks>
/// In tiles of the three deepest orders the map is interpolated at the centres of the deepest pixels (Lanczos, 3 lobes), of which higher pixels are means; in lower orders a pixel is the mean of the map's pixels in it. Places come from
/// the map's WCS, whose sines and cosines are the system's: between kinds of machines a last bit may differ.
/// </remarks>
public sealed class SkyBackgroundMap : IDisposable
{
    private const Interpolation Kernel = Interpolation.Lanczos3;
    private const int TileSide = HipsTile.UsualWidth;
    private const int RowsAtATime = 64;
    private readonly FitsFile _file;
    private readonly FitsImage _image;
    private readonly WorldCoordinateSystem _coordinates;
    private readonly (Direction Centre, double Radius) _circle;
    private readonly Lock _reading = new();

    private SkyBackgroundMap(FitsFile file, string path)
    {
        _file = file;
        _image = file.FirstImage();
        string unit = _image.Header.GetString("BUNIT")?.Trim() ?? "";
        if (!unit.Equals("JY/BEAM", StringComparison.OrdinalIgnoreCase))
            throw new RadioDiffusionException($"{path}: a map under a sky should be in Jy/beam, but keyword BUNIT is '{unit}'.");
        _coordinates = WorldCoordinateSystem.FromHeader(_image.Header, path);
        _circle = new SkyGrid(_coordinates, _image.Width, _image.Height).BoundingCircle();
    }

    /// <param name="path">FITS: its first image, of which the first plane is taken.</param>
    /// <exception cref="RadioDiffusionException">No image, no celestial WCS, or another unit.</exception>
    public static SkyBackgroundMap Open(string path)
    {
        var file = FitsFile.Open(path);
        try
        {
            return new SkyBackgroundMap(file, path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Puts it over the noise of a tile.</summary>
    /// <param name="tile">The tile's cell.</param>
    /// <param name="deepest">Deepest order of the sky's tiles.</param>
    /// <param name="exact">Whether pixels are means of interpolated ones of the deepest order.</param>
    /// <param name="pixels">(512, 512), y on the face times 512 plus x.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal void Cover(HealpixCell tile, int deepest, bool exact, float[] pixels, CancellationToken cancellationToken)
    {
        if (_circle.Centre.SeparationTo(tile.CentreDirection) > _circle.Radius + Healpix.BoundingRadius(tile.Order))
            return;
        double[] sums = new double[pixels.Length];
        int[] counts = new int[pixels.Length];
        if (exact)
            Interpolate(tile, deepest, sums, counts, cancellationToken);
        else
            Collect(tile, sums, counts, cancellationToken);
        int whole = exact ? 1 << (2 * (deepest - tile.Order)) : 1;
        for (int i = 0; i < pixels.Length; i++)
        {
            if (counts[i] >= whole)
                pixels[i] = (float)(sums[i] / counts[i]);
        }
    }

    /// <summary>Puts it over the noise of a part of a grid.</summary>
    /// <param name="grid">Coordinates of the part.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="pixels">Row by row.</param>
    /// <param name="stride">Pixels from one row to the next.</param>
    internal void Cover(WorldCoordinateSystem grid, int width, int height, float[] pixels, int stride)
    {
        if (At(grid, width, height) is not { } found)
            return;
        for (int i = 0; i < found.Length; i++)
        {
            if (float.IsFinite(found[i]))
                pixels[i / width * stride + i % width] = found[i];
        }
    }

    private void Interpolate(HealpixCell tile, int deepest, double[] sums, int[] counts, CancellationToken cancellationToken)
    {
        int orders = deepest - tile.Order, across = 1 << orders;
        for (int part = 0; part < across * across; part++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (partX, partY) = (part % across, part / across);
            var cell = HealpixCell.FromFace(deepest, tile.Face, tile.X * across + partX, tile.Y * across + partY);
            if (At(new HipsTile(deepest, cell.Pixel).WorldCoordinates(), TileSide, TileSide) is not { } found)
                continue;
            for (int i = 0; i < found.Length; i++)
            {
                if (!float.IsFinite(found[i]))
                    continue;
                int x = (partX * TileSide + TileSide - 1 - i / TileSide) >> orders, y = (partY * TileSide + i % TileSide) >> orders;
                sums[y * TileSide + x] += found[i];
                counts[y * TileSide + x]++;
            }
        }
    }

    /// <summary>On another grid; null if they show no common sky.</summary>
    private float[]? At(WorldCoordinateSystem grid, int width, int height)
    {
        if (Reprojection.SourceWindow(_image.Width, _image.Height, _coordinates, width, height, grid, Kernel) is not { } window)
            return null;
        float[] source = Read(window.FirstColumn, window.FirstRow, window.Width, window.Height), target = new float[width * height];
        Reprojection.Reproject(source, window.Width, window.Height, _coordinates.Window(window.FirstColumn, window.FirstRow), target, width, height, grid, Kernel);
        return target;
    }

    /// <summary>Each of its pixels in the pixel of the tile that it falls on.</summary>
    private void Collect(HealpixCell tile, double[] sums, int[] counts, CancellationToken cancellationToken)
    {
        var all = new HipsTile(tile.Order, tile.Pixel);
        var grid = new SkyGrid(_coordinates, _image.Width, _image.Height);
        for (int bottom = 0; bottom < _image.Height; bottom += RowsAtATime)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int rows = Math.Min(RowsAtATime, _image.Height - bottom);
            float[] pixels = Read(0, bottom, _image.Width, rows);
            for (int i = 0; i < pixels.Length; i++)
            {
                if (!float.IsFinite(pixels[i]))
                    continue;
                var place = grid.PlaceOf(i % _image.Width, bottom + i / _image.Width);
                if (double.IsNaN(place.X))
                    continue;
                var cell = HealpixCell.At(all.PixelOrder, place);
                if (!tile.Contains(cell))
                    continue;
                int at = (cell.Y - tile.Y * TileSide) * TileSide + cell.X - tile.X * TileSide;
                sums[at] += pixels[i];
                counts[at]++;
            }
        }
    }

    private float[] Read(int firstColumn, int firstRow, int width, int height)
    {
        float[] pixels = new float[width * height];
        lock (_reading)
            _image.ReadPixels(firstColumn, firstRow, width, height, pixels);
        return pixels;
    }
}
