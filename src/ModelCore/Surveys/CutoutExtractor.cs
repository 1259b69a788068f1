using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Everything measured on one row of the catalogue; kept also for rows that no cut leaves.</summary>
public sealed record CutoutMeasurement
{
    /// <summary>Zero-based row of the catalogue.</summary>
    public required int Row { get; init; }

    public required string SourceName { get; init; }

    public required string MosaicId { get; init; }

    /// <summary>Degrees: where the cut-out is centred.</summary>
    public required double RightAscension { get; init; }

    public required double Declination { get; init; }

    /// <summary>The cut-out does not lie wholly inside the mosaic: there is no image.</summary>
    public bool Problem { get; init; }

    /// <summary>The cut-out holds blanked pixels.</summary>
    public bool HasNan { get; init; }

    /// <summary>More than one pixel has exactly the smallest value.</summary>
    public bool Broken { get; init; }

    /// <summary>NaN where it is not defined.</summary>
    public double SigmaSnr { get; init; } = double.NaN;

    public double EdgeRelativeMaximum { get; init; } = double.NaN;

    /// <summary>Jy/beam: the largest pixel, negatives set to 0.</summary>
    public double PeakFlux { get; init; } = double.NaN;

    /// <summary>Zero-based first column of the cut-out in the mosaic.</summary>
    public int FirstColumn { get; init; }

    public int FirstRow { get; init; }

    /// <summary>Position among the tile's images; -1 without one.</summary>
    public int ImageIndex { get; init; } = -1;
}

/// <summary>The cut-outs of one mosaic.</summary>
/// <param name="MosaicId">The mosaic.</param>
/// <param name="Size">Side in pixels.</param>
/// <param name="Pixels">(n, size, size), Jy/beam, negatives kept, blanked pixels replaced by the smallest finite one.</param>
/// <param name="Measurements">One for each row asked for, in its order.</param>
public sealed record TileCutouts(string MosaicId, int Size, float[] Pixels, IReadOnlyList<CutoutMeasurement> Measurements);

/// <summary>The pixels of a cut-out.</summary>
internal readonly record struct CutoutWindow(int FirstColumn, int FirstRow, int Size)
{
    public bool LiesInside(int width, int height) =>
        FirstColumn >= 0 && FirstRow >= 0 && (long)FirstColumn + Size <= width && (long)FirstRow + Size <= height;
}

/// <summary>Cuts sources out of a mosaic and measures them. The mosaic is memory-mapped and never changed.</summary>
public static class CutoutExtractor
{
    private const double FarAway = 1e9;

    /// <param name="mosaic">The mosaic.</param>
    /// <param name="rows">Catalogue rows to cut.</param>
    /// <param name="size">Side in pixels; 80 in the paper.</param>
    /// <param name="progress">Rows done.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="FitsException">The mosaic cannot be read.</exception>
    public static TileCutouts Extract(Mosaic mosaic, IReadOnlyList<CatalogueRow> rows, int size, IProgress<int>? progress = null, CancellationToken ct = default)
    {
        using var file = FitsFile.Open(mosaic.Path);
        var image = file.FirstImage();
        var windows = rows.Select(row => WindowOf(mosaic, row, size)).ToArray();
        int images = windows.Count(window => window.LiesInside(mosaic.Width, mosaic.Height));
        float[] pixels = new float[checked(images * size * size)];
        var measurements = new CutoutMeasurement[rows.Count];
        int next = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            bool whole = windows[i].LiesInside(mosaic.Width, mosaic.Height);
            var cutout = whole ? pixels.AsSpan(next * size * size, size * size) : default;
            if (whole)
                image.ReadPixels(windows[i].FirstColumn, windows[i].FirstRow, size, size, cutout);
            measurements[i] = Measure(mosaic, rows[i], windows[i], cutout, whole ? next++ : -1);
            progress?.Report(i + 1);
        }
        return new TileCutouts(mosaic.Id, size, pixels, measurements);
    }

    /// <summary>First pixel = ceil(position - size / 2), as in astropy's Cutout2D.</summary>
    internal static CutoutWindow Window(double column, double row, int size) => Math.Abs(column) < FarAway && Math.Abs(row) < FarAway
        ? new CutoutWindow((int)Math.Ceiling(column - size / 2.0), (int)Math.Ceiling(row - size / 2.0), size)
        : new CutoutWindow(int.MinValue, int.MinValue, size);

    private static CutoutWindow WindowOf(Mosaic mosaic, CatalogueRow row, int size) => mosaic.Wcs.TrySkyToPixel(row.Centre, out double x, out double y)
        ? Window(x, y, size)
        : new CutoutWindow(int.MinValue, int.MinValue, size);

    private static CutoutMeasurement Measure(Mosaic mosaic, CatalogueRow row, CutoutWindow window, Span<float> cutout, int index)
    {
        var measurement = new CutoutMeasurement
        {
            Row = row.Index,
            SourceName = row.SourceName,
            MosaicId = mosaic.Id,
            RightAscension = row.Centre.RightAscension,
            Declination = row.Centre.Declination,
            FirstColumn = window.FirstColumn,
            FirstRow = window.FirstRow,
            Problem = index < 0,
            ImageIndex = index,
        };
        if (index < 0)
            return measurement;
        bool hasNan = ReplaceNan(cutout);
        return measurement with
        {
            HasNan = hasNan,
            Broken = ImageStatistics.IsBroken(cutout),
            SigmaSnr = ImageStatistics.SigmaSnr(cutout),
            EdgeRelativeMaximum = ImageStatistics.EdgeRelativeMaximum(cutout, window.Size),
            PeakFlux = Math.Max(0, ImageStatistics.Range(cutout).Maximum),
        };
    }

    /// <summary>In the copy only. Returns whether there was any; a cut-out of nothing but NaN stays so.</summary>
    private static bool ReplaceNan(Span<float> cutout)
    {
        float minimum = float.PositiveInfinity;
        bool any = false;
        foreach (float pixel in cutout)
        {
            if (float.IsFinite(pixel))
                minimum = Math.Min(minimum, pixel);
            else
                any = true;
        }
        if (any && float.IsFinite(minimum))
        {
            foreach (ref float pixel in cutout)
            {
                if (!float.IsFinite(pixel))
                    pixel = minimum;
            }
        }
        return any;
    }
}
