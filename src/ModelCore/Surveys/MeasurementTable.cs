using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Measurements of cut-outs as a FITS table, one row for each row of the catalogue that lies in a mosaic: for any tool that reads tables, and for cutting elsewhere.</summary>
public static class MeasurementTable
{
    public const string FileName = "measurements.fits";

    private const string MissingChannel = "Missing_channel";

    /// <summary>Writes the table; equal measurements give equal bytes.</summary>
    /// <param name="directory">Where to write it.</param>
    /// <param name="rows">One measurement a row.</param>
    /// <param name="hasChannels">Whether there are further channels, and with them a column that says which one is missing.</param>
    public static void Write(string directory, IReadOnlyList<CutoutMeasurement> rows, bool hasChannels = false)
    {
        FitsDoubleColumn Number(string name, string? unit, Func<CutoutMeasurement, double> value) => new(name, unit, [.. rows.Select(value)]);
        FitsInt32Column Whole(string name, Func<CutoutMeasurement, int> value) => new(name, null, [.. rows.Select(value)]);
        FitsBooleanColumn Flag(string name, Func<CutoutMeasurement, bool> value) => new(name, [.. rows.Select(row => (bool?)value(row))]);
        FitsStringColumn Text(string name, Func<CutoutMeasurement, string> value) => new(name, null, [.. rows.Select(value)]);
        List<FitsColumnData> columns =
        [
            Whole("Row", row => row.Row),
            Text("Source_Name", row => row.SourceName),
            Text("Mosaic_ID", row => row.MosaicId),
            Number("RA", "deg", row => row.RightAscension),
            Number("DEC", "deg", row => row.Declination),
            Number("LAS", "arcsec", row => row.LargestAngularSizeArcsec),
            Number("Total_flux", "mJy", row => row.TotalFluxMilliJansky),
            Whole("First_column", row => row.FirstColumn),
            Whole("First_row", row => row.FirstRow),
            Number("Coverage", null, row => row.Coverage),
            Whole("Image", row => row.ImageIndex),
            Flag("Incomplete", row => row.Problem),
            Flag("Blanked", row => row.HasNan),
            Flag("Broken", row => row.Broken),
            Number("Sigma_SNR", null, row => row.SigmaSnr),
            Number("Threshold", null, row => row.Threshold),
            Whole("Source_pixels", row => row.SourcePixels),
            Number("Background", "Jy/beam", row => row.Background),
            Number("Rms", "Jy/beam", row => row.Rms),
            Number("Edge_max", null, row => row.EdgeRelativeMaximum),
            Number("Peak_flux", "Jy/beam", row => row.PeakFlux),
        ];
        if (hasChannels)
            columns.Add(Whole(MissingChannel, row => row.MissingChannel));
        FitsWriter.WriteTable(Path.Combine(directory, FileName), columns, name: "MEASUREMENTS");
    }

    /// <exception cref="FitsException">The table is damaged or lacks a column.</exception>
    public static CutoutMeasurement[] Read(string directory)
    {
        using var file = FitsFile.Open(Path.Combine(directory, FileName));
        var table = file.FirstTable();
        double[] Numbers(string name) => table.ReadDoubles(name);
        int[] Wholes(string name) => Array.ConvertAll(table.ReadIntegers(name), value => checked((int)value));
        bool[] Flags(string name) => Array.ConvertAll(table.ReadIntegers(name), value => value != 0);
        int[] row = Wholes("Row"), column = Wholes("First_column"), firstRow = Wholes("First_row"), image = Wholes("Image"), source = Wholes("Source_pixels");
        string[] names = table.ReadStrings("Source_Name"), mosaics = table.ReadStrings("Mosaic_ID");
        double[] ra = Numbers("RA"), dec = Numbers("DEC"), size = Numbers("LAS"), flux = Numbers("Total_flux"), coverage = Numbers("Coverage");
        double[] snr = Numbers("Sigma_SNR"), threshold = Numbers("Threshold"), background = Numbers("Background"), rms = Numbers("Rms");
        double[] edge = Numbers("Edge_max"), peak = Numbers("Peak_flux");
        bool[] incomplete = Flags("Incomplete"), blanked = Flags("Blanked"), broken = Flags("Broken");
        int[]? missing = table.HasColumn(MissingChannel) ? Wholes(MissingChannel) : null;
        var measurements = new CutoutMeasurement[row.Length];
        for (int i = 0; i < row.Length; i++)
        {
            measurements[i] = new CutoutMeasurement
            {
                Row = row[i],
                SourceName = names[i],
                MosaicId = mosaics[i],
                RightAscension = ra[i],
                Declination = dec[i],
                LargestAngularSizeArcsec = size[i],
                TotalFluxMilliJansky = flux[i],
                FirstColumn = column[i],
                FirstRow = firstRow[i],
                Coverage = coverage[i],
                ImageIndex = image[i],
                Problem = incomplete[i],
                HasNan = blanked[i],
                Broken = broken[i],
                SigmaSnr = snr[i],
                Threshold = threshold[i],
                SourcePixels = source[i],
                Background = background[i],
                Rms = rms[i],
                EdgeRelativeMaximum = edge[i],
                PeakFlux = peak[i],
                MissingChannel = missing?[i] ?? 0,
            };
        }
        return measurements;
    }
}
