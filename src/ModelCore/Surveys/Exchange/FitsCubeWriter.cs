using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>A training set as a FITS cube (side, side, n) float32, or (side, side, channels, n) with several channels, plane after plane, with a binary table SOURCES: one row for each image.</summary>
/// <remarks>Planes are written one at a time; both HDUs carry checksums.</remarks>
internal static class FitsCubeWriter
{
    public const string TableName = "SOURCES";
    public const string PixelScale = "PIXSCALE";

    public static void Write(string path, TrainingSetReader set, IProgress<int>? progress, CancellationToken ct)
    {
        using var writer = FitsFileWriter.Create(path);
        using (var cube = writer.BeginImage(FitsPixelFormat.Float32, Axes(set), Header(set)))
        {
            for (int i = 0; i < set.Count; i++)
            {
                ct.ThrowIfCancellationRequested();
                cube.Write(set.Image(i));
                progress?.Report(i + 1);
            }
            cube.Finish();
        }
        writer.AddTable(Sources(set), name: TableName);
        writer.Complete();
    }

    private static long[] Axes(TrainingSetReader set) =>
        set.ImageChannels == 1 ? [set.ImageSize, set.ImageSize, set.Count] : [set.ImageSize, set.ImageSize, set.ImageChannels, set.Count];

    private static FitsHeader Header(TrainingSetReader set)
    {
        var description = set.Description;
        var header = new FitsHeader();
        header.Set("BUNIT", description.Unit, "unit of the pixels");
        if (description.PixelScaleArcsec > 0)
            header.Set(PixelScale, description.PixelScaleArcsec, "[arcsec] a pixel");
        if (description.BeamArcsec > 0)
        {
            header.Set("BMAJ", description.BeamArcsec / 3600, "[deg] restoring beam");
            header.Set("BMIN", description.BeamArcsec / 3600, "[deg] restoring beam");
        }
        if (description.Channels is { } channels)
            ChannelCards.AddTo(header, channels, _ => description.Unit);
        return header;
    }

    private static List<FitsColumnData> Sources(TrainingSetReader set)
    {
        var measurements = set.Measurements();
        List<FitsColumnData> columns =
        [
            new FitsStringColumn("Source_Name", null, [.. measurements.Select(measurement => measurement.SourceName)]),
            new FitsDoubleColumn("RA", "deg", [.. measurements.Select(measurement => measurement.RightAscension)]),
            new FitsDoubleColumn("DEC", "deg", [.. measurements.Select(measurement => measurement.Declination)]),
            new FitsDoubleColumn("Sigma_SNR", null, [.. measurements.Select(measurement => measurement.SigmaSnr)]),
            new FitsDoubleColumn("Edge_max", null, [.. measurements.Select(measurement => measurement.EdgeRelativeMaximum)]),
            new FitsFloatColumn("Peak_flux", set.Description.Unit.Length > 0 ? set.Description.Unit : null, [.. Enumerable.Range(0, set.Count).Select(set.PeakFlux)]),
        ];
        if (set.ClassCount > 0)
        {
            columns.Add(new FitsInt32Column("Label", null, [.. Enumerable.Range(0, set.Count).Select(set.Label)]));
            columns.Add(new FitsStringColumn("Class", null, [.. Enumerable.Range(0, set.Count).Select(i => set.Description.Classes[set.Label(i)])]));
        }
        if (set.Description.Splits.Count > 0)
            columns.Add(new FitsStringColumn("Split", null, [.. Enumerable.Range(0, set.Count).Select(set.Split)]));
        return columns;
    }
}
