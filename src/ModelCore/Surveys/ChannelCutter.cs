using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Adds further channels to the cut-outs of the first: the same sky from other mosaics, on the grid of the first channel's cut-out.</summary>
/// <remarks>What is measured and selected is the first channel; of the others only whether they have all of the cut-out.</remarks>
internal sealed class ChannelCutter(ICutter first, Mosaic main, IReadOnlyList<MosaicChannel> channels, CutoutOptions options) : ICutter, IDisposable
{
    private readonly int _length = options.StoredSize * options.StoredSize;
    private readonly float[] _pixels = new float[(channels.Count + 1) * options.StoredSize * options.StoredSize];
    private readonly Dictionary<string, (FitsFile File, MosaicReader Reader)> _open = [];

    public ReadOnlySpan<float> Pixels => _pixels;

    public CutoutMeasurement Cut(CutoutMeasurement measurement)
    {
        measurement = first.Cut(measurement);
        first.Pixels.CopyTo(_pixels);
        var centre = new SkyCoordinate(measurement.RightAscension, measurement.Declination);
        var grid = CutoutGrid.Of(main, centre, options) ?? throw new InvalidOperationException($"{measurement.SourceName} was cut at no position.");
        int missing = 0;
        for (int i = channels.Count; i >= 1; i--)
            missing = Read(channels[i - 1], centre, grid, _pixels.AsSpan(i * _length, _length)) ? missing : i;
        return measurement with { MissingChannel = missing };
    }

    public void Dispose()
    {
        foreach (var (file, _) in _open.Values)
            file.Dispose();
    }

    /// <summary>One channel; false if too little of it lies inside the mosaic, or pixels are blanked. What is missing is 0.</summary>
    private bool Read(MosaicChannel channel, SkyCoordinate centre, CutoutGrid grid, Span<float> pixels)
    {
        if (channel.MosaicFor(grid, centre) is not { } mosaic)
        {
            pixels.Clear();
            return false;
        }
        bool hasBlanked = ReaderOf(mosaic).Read(grid, pixels);
        if (ImageStatistics.AreFinite(pixels))
            return !hasBlanked;
        int finite = 0;
        foreach (ref float pixel in pixels)
        {
            if (float.IsFinite(pixel))
                finite++;
            else
                pixel = 0;
        }
        int inside = grid.CountInside(mosaic);
        return !hasBlanked && finite >= inside && inside >= options.MinimumCoverage * _length;
    }

    private MosaicReader ReaderOf(Mosaic mosaic)
    {
        if (_open.TryGetValue(mosaic.Path, out var open))
            return open.Reader;
        var file = FitsFile.Open(mosaic.Path);
        var reader = new MosaicReader(mosaic, file.FirstImage());
        _open.Add(mosaic.Path, (file, reader));
        return reader;
    }
}
