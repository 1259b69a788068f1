using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>A training set as a FITS cube (side, side, n) float32, plane after plane, with a binary table SOURCES: one row for each plane.</summary>
/// <remarks>FITS standard 4.0. Planes are written one at a time.</remarks>
internal static class FitsCubeWriter
{
    private const int BlockLength = 2880;
    private const int CardLength = 80;

    public static void Write(string path, TrainingSetReader set, IProgress<int>? progress, CancellationToken ct)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        WriteHeader(stream, set);
        int side = set.ImageSize;
        byte[] plane = new byte[side * side * sizeof(float)];
        for (int i = 0; i < set.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, uint>(set.Image(i)), MemoryMarshal.Cast<byte, uint>(plane.AsSpan()));
            stream.Write(plane);
            progress?.Report(i + 1);
        }
        Pad(stream, 0);
        WriteTable(stream, set);
    }

    private static void WriteHeader(FileStream stream, TrainingSetReader set)
    {
        var description = set.Description;
        WriteCard(stream, "SIMPLE", "T", "conforms to FITS standard");
        WriteCard(stream, "BITPIX", "-32", "32 bit floating point");
        WriteCard(stream, "NAXIS", "3", null);
        WriteCard(stream, "NAXIS1", Number(set.ImageSize), "columns");
        WriteCard(stream, "NAXIS2", Number(set.ImageSize), "rows");
        WriteCard(stream, "NAXIS3", Number(set.Count), "sources, as the rows of the table SOURCES");
        WriteCard(stream, "EXTEND", "T", null);
        WriteCard(stream, "BUNIT", $"'{description.Unit,-8}'", "unit of the pixels");
        if (description.PixelScaleArcsec > 0)
            WriteCard(stream, "PIXSCALE", Number(description.PixelScaleArcsec), "[arcsec] a pixel");
        if (description.BeamArcsec > 0)
        {
            WriteCard(stream, "BMAJ", Number(description.BeamArcsec / 3600), "[deg] restoring beam");
            WriteCard(stream, "BMIN", Number(description.BeamArcsec / 3600), "[deg] restoring beam");
        }
        stream.Write(Encoding.ASCII.GetBytes("END".PadRight(CardLength)));
        Pad(stream, (byte)' ');
    }

    /// <summary>The table behind the cube; the empty primary HDU that the writer puts before a table is left out.</summary>
    private static void WriteTable(FileStream stream, TrainingSetReader set)
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
            columns.Add(new FitsIntegerColumn("Label", null, [.. Enumerable.Range(0, set.Count).Select(i => (long)set.Label(i))]));
            columns.Add(new FitsStringColumn("Class", null, [.. Enumerable.Range(0, set.Count).Select(i => set.Description.Classes[set.Label(i)])]));
        }
        if (set.Description.Splits.Count > 0)
            columns.Add(new FitsStringColumn("Split", null, [.. Enumerable.Range(0, set.Count).Select(set.Split)]));
        using var table = new MemoryStream();
        FitsWriter.WriteTable(table, columns, name: "SOURCES");
        table.Position = BlockLength;
        table.CopyTo(stream);
    }

    private static void WriteCard(FileStream stream, string keyword, string value, string? comment) =>
        stream.Write(Encoding.ASCII.GetBytes($"{keyword,-8}= {(value[0] == '\'' ? value.PadRight(20) : value.PadLeft(20))}{(comment == null ? "" : $" / {comment}")}".PadRight(CardLength)[..CardLength]));

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static void Pad(FileStream stream, byte with)
    {
        byte[] padding = new byte[(int)((BlockLength - stream.Position % BlockLength) % BlockLength)];
        padding.AsSpan().Fill(with);
        stream.Write(padding);
    }
}
