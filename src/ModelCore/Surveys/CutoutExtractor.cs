using System.Numerics.Tensors;
using RadioDiffusion.ModelCore.Catalogues;
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

    /// <summary>Too little of the cut-out lies inside the mosaic: there is no image.</summary>
    public bool Problem { get; init; }

    /// <summary>The cut-out holds blanked pixels.</summary>
    public bool HasNan { get; init; }

    /// <summary>More than one pixel has exactly the smallest value.</summary>
    public bool Broken { get; init; }

    /// <summary>Share of the cut-out that lies inside the mosaic.</summary>
    public double Coverage { get; init; }

    /// <summary>S/N_sigma; NaN where it is not defined.</summary>
    public double SigmaSnr { get; init; } = double.NaN;

    /// <summary>tau: how many standard deviations above the median the source was found at, 5 or less.</summary>
    public double Threshold { get; init; } = double.NaN;

    /// <summary>Pixels above that.</summary>
    public int SourcePixels { get; init; }

    /// <summary>Jy/beam: median of the clipped pixels.</summary>
    public double Background { get; init; } = double.NaN;

    /// <summary>Jy/beam: standard deviation of the clipped pixels.</summary>
    public double Rms { get; init; } = double.NaN;

    public double EdgeRelativeMaximum { get; init; } = double.NaN;

    /// <summary>Jy/beam: the largest pixel, negatives set to 0.</summary>
    public double PeakFlux { get; init; } = double.NaN;

    /// <summary>The catalogue's; NaN without one.</summary>
    public double LargestAngularSizeArcsec { get; init; } = double.NaN;

    /// <summary>The catalogue's; NaN without one.</summary>
    public double TotalFluxMilliJansky { get; init; } = double.NaN;

    /// <summary>Zero-based first column of the cut-out in the mosaic; of a resampled one, of as many of the mosaic's pixels about the same centre.</summary>
    public int FirstColumn { get; init; }

    public int FirstRow { get; init; }

    /// <summary>The first of the further channels, from 1, that does not have all of the cut-out; 0 if all do.</summary>
    public int MissingChannel { get; init; }

    /// <summary>Position among the tile's images; -1 without one.</summary>
    public int ImageIndex { get; init; } = -1;

    /// <summary>With what was measured on the pixels, but for the peak flux, which may come from elsewhere.</summary>
    internal CutoutMeasurement With(CutoutQuality quality) => this with
    {
        Broken = quality.Broken,
        SigmaSnr = quality.Snr.Ratio,
        Threshold = quality.Snr.Threshold,
        SourcePixels = quality.Snr.SourcePixels,
        Background = quality.Background,
        Rms = quality.Rms,
        EdgeRelativeMaximum = quality.EdgeRelativeMaximum,
    };
}

/// <summary>Takes the next cut-out: (size, size), or (channels, size, size) with further ones; Jy/beam, negatives kept, blanked pixels replaced by the smallest finite one.</summary>
public delegate void CutoutSink(ReadOnlySpan<float> pixels);

/// <summary>The pixels of a cut-out, and which of them a mosaic has.</summary>
internal readonly record struct CutoutWindow(int FirstColumn, int FirstRow, int Size)
{
    public bool LiesInside(int width, int height) =>
        FirstColumn >= 0 && FirstRow >= 0 && (long)FirstColumn + Size <= width && (long)FirstRow + Size <= height;

    /// <summary>The part inside an image: first column and row of the cut-out, width and height; the latter 0 if there is none.</summary>
    public (int Column, int Row, int Width, int Height) Inside(int width, int height)
    {
        var (column, across) = Overlap(FirstColumn, width);
        var (row, down) = Overlap(FirstRow, height);
        return across > 0 && down > 0 ? (column, row, across, down) : default;
    }

    public CutoutWindow Grown(int margin) => new(FirstColumn - margin, FirstRow - margin, Size + 2 * margin);

    private (int First, int Length) Overlap(int first, int length)
    {
        long begin = Math.Max(0L, first), end = Math.Min(length, (long)first + Size);
        return end > begin ? ((int)(begin - first), (int)(end - begin)) : (0, 0);
    }
}

/// <summary>Cuts sources out of a mosaic and measures them. The mosaic is memory-mapped and never changed.</summary>
public static class CutoutExtractor
{
    private const int FarAway = 1_000_000_000;

    /// <summary>Cuts in the order of the mosaic's rows, as they lie on the disk, and hands each cut-out on as soon as it is measured.</summary>
    /// <param name="mosaic">The mosaic.</param>
    /// <param name="rows">Catalogue rows to cut.</param>
    /// <param name="options">How.</param>
    /// <param name="announce">Told first how many cut-outs there will be; returns what takes them, each (stored size, stored size).</param>
    /// <param name="channels">Further channels that are cut at the same places.</param>
    /// <param name="progress">Rows done.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>One measurement for each of <paramref name="rows"/>, in their order; <see cref="CutoutMeasurement.ImageIndex"/> counts what was handed on.</returns>
    /// <exception cref="FitsException">The mosaic cannot be read.</exception>
    public static CutoutMeasurement[] Extract(Mosaic mosaic, IReadOnlyList<CatalogueRow> rows, CutoutOptions options, Func<int, CutoutSink> announce,
        IReadOnlyList<MosaicChannel>? channels = null, IProgress<int>? progress = null, CancellationToken ct = default)
    {
        options.Check();
        using var file = FitsFile.Open(mosaic.Path);
        var image = file.FirstImage();
        var measurements = new CutoutMeasurement[rows.Count];
        int[] order = new int[rows.Count];
        for (int i = 0; i < rows.Count; i++)
            (measurements[i], order[i]) = (Place(mosaic, rows[i], options), i);
        Array.Sort(order, (a, b) => (measurements[a].FirstRow, a).CompareTo((measurements[b].FirstRow, b)));

        var write = announce(measurements.Count(measurement => !measurement.Problem));
        ICutter first = options.IsResampled ? new ResamplingCutter(mosaic, image, options) : new Cutter(mosaic, image, options);
        using var further = channels is { Count: > 0 } ? new ChannelCutter(first, mosaic, channels, options) : null;
        var cutter = further ?? first;
        using var ahead = new RowsAhead(file, image, order.Length == 0 ? 0 : measurements[order[0]].FirstRow, (long)order.Length * options.StoredSize * options.StoredSize);
        int done = 0, images = 0;
        foreach (int i in order)
        {
            ct.ThrowIfCancellationRequested();
            if (!measurements[i].Problem)
            {
                ahead.Reach(measurements[i].FirstRow);
                measurements[i] = cutter.Cut(measurements[i]) with { ImageIndex = images++ };
                write(cutter.Pixels);
            }
            progress?.Report(++done);
        }
        return measurements;
    }

    /// <summary>First pixel = ceil(position - size / 2), as in astropy's Cutout2D.</summary>
    internal static CutoutWindow Window(double column, double row, int size) => Math.Abs(column) < FarAway && Math.Abs(row) < FarAway
        ? new CutoutWindow((int)Math.Ceiling(column - size / 2.0), (int)Math.Ceiling(row - size / 2.0), size)
        : new CutoutWindow(-FarAway, -FarAway, size);

    /// <summary>Where a row's cut-out lies, and whether enough of it is there.</summary>
    private static CutoutMeasurement Place(Mosaic mosaic, CatalogueRow row, CutoutOptions options)
    {
        var window = mosaic.Wcs.TrySkyToPixel(row.Centre, out double x, out double y) ? Window(x, y, options.Size) : Window(double.NaN, double.NaN, options.Size);
        var stored = window.Grown((options.StoredSize - options.Size) / 2);
        var (_, _, width, height) = stored.Inside(mosaic.Width, mosaic.Height);
        double coverage = options.IsResampled ? ResamplingCutter.Coverage(mosaic, row.Centre, options) : (double)width * height / ((double)stored.Size * stored.Size);
        return new CutoutMeasurement
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
            Coverage = coverage,
            Problem = coverage < options.MinimumCoverage,
        };
    }

    /// <summary>Reads and measures one cut-out after another, into the same memory.</summary>
    private sealed class Cutter(Mosaic mosaic, FitsImage image, CutoutOptions options) : ICutter
    {
        private readonly int _margin = (options.StoredSize - options.Size) / 2;
        private readonly float[] _stored = new float[options.StoredSize * options.StoredSize];
        private readonly float[] _part = new float[options.StoredSize * options.StoredSize];
        private readonly CutoutMeter _meter = new(options.Size * options.Size);

        public ReadOnlySpan<float> Pixels => _stored;

        public CutoutMeasurement Cut(CutoutMeasurement measurement)
        {
            var window = new CutoutWindow(measurement.FirstColumn, measurement.FirstRow, options.Size);
            var stored = window.Grown(_margin);
            bool hasNan = Read(stored, stored.Inside(mosaic.Width, mosaic.Height));
            // Measured is what lies inside both the mosaic and the image without its margin.
            var (column, row, width, height) = window.Inside(mosaic.Width, mosaic.Height);
            if (width * height == 0)
                return measurement with { HasNan = hasNan };
            var measured = _stored.AsSpan();
            if (width * height < measured.Length)
            {
                measured = _part.AsSpan(0, width * height);
                Copy(_stored, stored.Size, _margin + column, _margin + row, measured, width, 0, 0, width, height);
            }
            var quality = _meter.Measure(measured, width);
            return measurement.With(quality) with { HasNan = hasNan, PeakFlux = quality.PeakFlux };
        }

        /// <summary>The stored image: what the mosaic has, in Jy/beam, and 0 outside. Returns whether there were blanked pixels.</summary>
        private bool Read(CutoutWindow stored, (int Column, int Row, int Width, int Height) inside)
        {
            bool whole = inside.Width == stored.Size && inside.Height == stored.Size;
            var pixels = whole ? _stored.AsSpan() : _part.AsSpan(0, inside.Width * inside.Height);
            image.ReadPixels(stored.FirstColumn + inside.Column, stored.FirstRow + inside.Row, inside.Width, inside.Height, pixels);
            if (mosaic.JanskyPerUnit != 1)
                TensorPrimitives.Multiply(pixels, (float)mosaic.JanskyPerUnit, pixels);
            bool hasNan = CutoutMeter.ReplaceNan(pixels);
            if (!whole)
            {
                Array.Clear(_stored);
                Copy(pixels, inside.Width, 0, 0, _stored, stored.Size, inside.Column, inside.Row, inside.Width, inside.Height);
            }
            return hasNan;
        }

        private static void Copy(ReadOnlySpan<float> from, int fromWidth, int fromColumn, int fromRow, Span<float> to, int toWidth, int toColumn, int toRow,
            int width, int height)
        {
            for (int row = 0; row < height; row++)
                from.Slice((fromRow + row) * fromWidth + fromColumn, width).CopyTo(to[((toRow + row) * toWidth + toColumn)..]);
        }
    }
}
