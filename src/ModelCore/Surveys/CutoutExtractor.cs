using System.Numerics.Tensors;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Everything measured on one row of the catalogue; kept also for rows that no cut leaves.</summary>
public readonly record struct CutoutMeasurement()
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

    /// <summary>The catalogue's; NaN without one.</summary>
    public double LargestAngularSizeArcsec { get; init; } = double.NaN;

    /// <summary>The catalogue's; NaN without one.</summary>
    public double TotalFluxMilliJansky { get; init; } = double.NaN;

    /// <summary>Zero-based first column of the cut-out in the mosaic.</summary>
    public int FirstColumn { get; init; }

    public int FirstRow { get; init; }

    /// <summary>Position among the tile's images; -1 without one.</summary>
    public int ImageIndex { get; init; } = -1;
}

/// <summary>Takes the next cut-out: (size, size), Jy/beam, negatives kept, blanked pixels replaced by the smallest finite one.</summary>
public delegate void CutoutSink(ReadOnlySpan<float> pixels);

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

    /// <summary>Cuts in the order of the mosaic's rows, as they lie on the disk, and hands each cut-out on as soon as it is measured.</summary>
    /// <param name="mosaic">The mosaic.</param>
    /// <param name="rows">Catalogue rows to cut.</param>
    /// <param name="size">Side in pixels; 80 in the paper.</param>
    /// <param name="announce">Told first how many cut-outs lie wholly inside the mosaic; returns what takes them.</param>
    /// <param name="progress">Rows done.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>One measurement for each of <paramref name="rows"/>, in their order; <see cref="CutoutMeasurement.ImageIndex"/> counts what was handed on.</returns>
    /// <exception cref="FitsException">The mosaic cannot be read.</exception>
    public static CutoutMeasurement[] Extract(Mosaic mosaic, IReadOnlyList<CatalogueRow> rows, int size, Func<int, CutoutSink> announce,
        IProgress<int>? progress = null, CancellationToken ct = default)
    {
        using var file = FitsFile.Open(mosaic.Path);
        var image = file.FirstImage();
        var windows = new CutoutWindow[rows.Count];
        int[] order = new int[rows.Count];
        for (int i = 0; i < rows.Count; i++)
            (windows[i], order[i]) = (WindowOf(mosaic, rows[i], size), i);
        Array.Sort(order, (a, b) => (windows[a].FirstRow, a).CompareTo((windows[b].FirstRow, b)));

        var write = announce(windows.Count(window => window.LiesInside(mosaic.Width, mosaic.Height)));
        var measurements = new CutoutMeasurement[rows.Count];
        var meter = new CutoutMeter(size);
        float[] cutout = new float[size * size];
        int done = 0, images = 0;
        foreach (int i in order)
        {
            ct.ThrowIfCancellationRequested();
            var measurement = Describe(mosaic, rows[i], windows[i]);
            if (windows[i].LiesInside(mosaic.Width, mosaic.Height))
            {
                image.ReadPixels(windows[i].FirstColumn, windows[i].FirstRow, size, size, cutout);
                if (mosaic.JanskyPerUnit != 1)
                    TensorPrimitives.Multiply(cutout, (float)mosaic.JanskyPerUnit, cutout);
                measurement = WithQuality(measurement, meter.Measure(cutout), images++);
                write(cutout);
            }
            measurements[i] = measurement;
            progress?.Report(++done);
        }
        return measurements;
    }

    /// <summary>First pixel = ceil(position - size / 2), as in astropy's Cutout2D.</summary>
    internal static CutoutWindow Window(double column, double row, int size) => Math.Abs(column) < FarAway && Math.Abs(row) < FarAway
        ? new CutoutWindow((int)Math.Ceiling(column - size / 2.0), (int)Math.Ceiling(row - size / 2.0), size)
        : new CutoutWindow(int.MinValue, int.MinValue, size);

    private static CutoutWindow WindowOf(Mosaic mosaic, CatalogueRow row, int size) => mosaic.Wcs.TrySkyToPixel(row.Centre, out double x, out double y)
        ? Window(x, y, size)
        : new CutoutWindow(int.MinValue, int.MinValue, size);

    private static CutoutMeasurement Describe(Mosaic mosaic, CatalogueRow row, CutoutWindow window) => new()
    {
        Row = row.Index,
        SourceName = row.SourceName,
        MosaicId = mosaic.Id,
        RightAscension = row.Centre.RightAscension,
        Declination = row.Centre.Declination,
        LargestAngularSizeArcsec = row.LargestAngularSizeArcsec ?? double.NaN,
        TotalFluxMilliJansky = row.TotalFluxMilliJansky,
        FirstColumn = window.FirstColumn,
        FirstRow = window.FirstRow,
        Problem = true,
    };

    private static CutoutMeasurement WithQuality(CutoutMeasurement measurement, CutoutQuality quality, int imageIndex) => measurement with
    {
        Problem = false,
        ImageIndex = imageIndex,
        HasNan = quality.HasNan,
        Broken = quality.Broken,
        SigmaSnr = quality.SigmaSnr,
        EdgeRelativeMaximum = quality.EdgeRelativeMaximum,
        PeakFlux = quality.PeakFlux,
    };
}
