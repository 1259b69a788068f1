using System.Numerics.Tensors;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Cuts on a grid of each source's own: north up, the source in the very middle, pixels of the wanted size.</summary>
/// <remarks>Edges and blanked pixels count as without resampling: what lies outside the mosaic is 0 and not measured, blanked pixels become the smallest one.</remarks>
internal sealed class ResamplingCutter(Mosaic mosaic, FitsImage image, CutoutOptions options) : ICutter
{
    private readonly int _side = options.StoredSize;
    private readonly int _margin = (options.StoredSize - options.Size) / 2;
    private readonly float[] _stored = new float[options.StoredSize * options.StoredSize];
    private readonly float[] _part = new float[options.StoredSize * options.StoredSize];
    private readonly CutoutMeter _meter = new(options.Size * options.Size);
    private readonly MosaicReader _reader = new(mosaic, image);
    private bool[] _inside = [];

    public ReadOnlySpan<float> Pixels => _stored;

    /// <summary>Share of a cut-out's pixels that lie inside the mosaic.</summary>
    public static double Coverage(Mosaic mosaic, SkyCoordinate centre, CutoutOptions options) =>
        CutoutGrid.NorthUp(centre, options) is { } grid ? (double)grid.CountInside(mosaic) / ((double)grid.Side * grid.Side) : 0;

    public CutoutMeasurement Cut(CutoutMeasurement measurement)
    {
        var grid = CutoutGrid.NorthUp(new SkyCoordinate(measurement.RightAscension, measurement.Declination), options)!.Value;
        bool hasNan = _reader.Read(grid, _stored);
        measurement = measurement.Coverage < 1 ? MeasurePart(measurement, grid) : MeasureAll(measurement);
        return measurement with { HasNan = measurement.HasNan || hasNan };
    }

    private CutoutMeasurement MeasureAll(CutoutMeasurement measurement)
    {
        bool hasNan = CutoutMeter.ReplaceNan(_stored);
        var measured = _stored.AsSpan();
        if (_margin > 0)
        {
            measured = _part.AsSpan(0, options.Size * options.Size);
            for (int row = 0; row < options.Size; row++)
                _stored.AsSpan((_margin + row) * _side + _margin, options.Size).CopyTo(measured[(row * options.Size)..]);
        }
        var quality = _meter.Measure(measured, options.Size);
        return measurement.With(quality) with { HasNan = hasNan, PeakFlux = quality.PeakFlux };
    }

    /// <summary>Over the edge of a mosaic that may be turned: what is inside is no rectangle, so the meter gets its pixels as one row.</summary>
    private CutoutMeasurement MeasurePart(CutoutMeasurement measurement, CutoutGrid grid)
    {
        if (_inside.Length == 0)
            _inside = new bool[_stored.Length];
        grid.MarkInside(mosaic, _inside);
        bool hasNan = ReplaceNanInside();
        int count = 0;
        float edge = float.NegativeInfinity;
        for (int row = _margin; row < _margin + options.Size; row++)
        {
            for (int column = _margin; column < _margin + options.Size; column++)
            {
                int i = row * _side + column;
                if (!_inside[i])
                    continue;
                _part[count++] = _stored[i];
                if (IsOnEdge(column, row))
                    edge = Math.Max(edge, _stored[i]);
            }
        }
        if (count == 0)
            return measurement with { HasNan = hasNan };
        var measured = _part.AsSpan(0, count);
        var quality = _meter.Measure(measured, count) with { EdgeRelativeMaximum = (double)edge / TensorPrimitives.Max<float>(measured) };
        return measurement.With(quality) with { HasNan = hasNan, PeakFlux = quality.PeakFlux };
    }

    private bool ReplaceNanInside()
    {
        int count = 0;
        for (int i = 0; i < _stored.Length; i++)
        {
            if (_inside[i])
                _part[count++] = _stored[i];
        }
        bool hasNan = CutoutMeter.ReplaceNan(_part.AsSpan(0, count));
        count = 0;
        for (int i = 0; i < _stored.Length; i++)
            _stored[i] = _inside[i] ? _part[count++] : 0;
        return hasNan;
    }

    /// <summary>Whether a neighbour lies outside the image or the mosaic.</summary>
    private bool IsOnEdge(int column, int row)
    {
        int first = _margin, last = _margin + options.Size - 1, i = row * _side + column;
        return column == first || row == first || column == last || row == last
            || !_inside[i - 1] || !_inside[i + 1] || !_inside[i - _side] || !_inside[i + _side];
    }
}
