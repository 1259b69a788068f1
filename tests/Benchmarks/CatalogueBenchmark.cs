using System.Diagnostics;
using System.Globalization;
using System.Text;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Benchmarks;

/// <summary>A catalogue of the size of LoTSS-DR2, 4.4 million rows: written, read and mapped in each format, assigned to 841 mosaics, and its rows written tile by tile.</summary>
internal static class CatalogueBenchmark
{
    private const int Rows = 4_400_000, Mosaics = 841, MosaicSide = 9264;

    private static readonly CatalogueColumn[] _columns =
    [
        new("Source_Name", ColumnType.Text),
        new("RA", ColumnType.Double) { Unit = "deg" },
        new("DEC", ColumnType.Double) { Unit = "deg" },
        new("Peak_flux", ColumnType.Double) { Unit = "mJy/beam" },
        new("Total_flux", ColumnType.Double) { Unit = "mJy" },
        new("Maj", ColumnType.Double) { Unit = "arcsec" },
        new("Mosaic_ID", ColumnType.Text),
        new("Masked_Fraction", ColumnType.Double),
    ];

    public static void Run()
    {
        string folder = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
        try
        {
            var mosaics = MakeMosaics();
            Console.WriteLine($"before: {Memory()}");
            foreach (string format in new[] { "fits", "parquet", "csv", "vot" })
                Measure(format, mosaics, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Measure(string format, List<Mosaic> mosaics, string folder)
    {
        string path = Path.Combine(folder, $"catalogue.{format}");
        ResetPeak();
        var written = Timed(() => Write(path, mosaics));
        Console.WriteLine($"{format}: {new FileInfo(path).Length / 1e6:0} MB written in {written:0.0} s, {Memory()}");
        ResetPeak();
        Catalogue catalogue = null!;
        var read = Timed(() => catalogue = Catalogue.Read(path));
        Console.WriteLine($"{format}: {catalogue.Count} rows read and mapped as {catalogue.Report.Mapping} in {read:0.0} s, {Memory()}, kept {GC.GetTotalMemory(true) / 1e6:0} MB");
        if (format == "fits")
            AssignAndWrite(catalogue, mosaics, folder);
        File.Delete(path);
    }

    private static void AssignAndWrite(Catalogue catalogue, List<Mosaic> mosaics, string folder)
    {
        TilePlan plan = null!;
        var assigned = Timed(() => plan = TileAssignment.Assign(catalogue, mosaics, 80));
        Console.WriteLine($"assigned to {plan.RowsByMosaic.Count} of {mosaics.Count} mosaics in {assigned:0.0} s, {plan.RowsOutside.Length} outside, {Memory()}");
        string rows = Path.Combine(folder, "rows");
        Directory.CreateDirectory(rows);
        var written = Timed(() =>
        {
            foreach (var (id, list) in plan.RowsByMosaic)
                CatalogueRowFile.Write(Path.Combine(rows, id), [.. list.Select(row => catalogue.Rows[row])]);
        });
        Console.WriteLine($"rows of {plan.RowsByMosaic.Count} tiles: {Directory.GetFiles(rows).Sum(file => new FileInfo(file).Length) / 1e6:0} MB written in {written:0.0} s, {Memory()}");
    }

    /// <summary>Mosaics on a grid between declinations 20 and 70, each about 3.9 degrees wide, as in LoTSS-DR2.</summary>
    private static List<Mosaic> MakeMosaics()
    {
        var mosaics = new List<Mosaic>();
        var random = new RandomStream(1, "mosaics");
        for (int i = 0; i < Mosaics; i++)
        {
            var wcs = WorldCoordinateSystem.Sin(new SkyCoordinate(random.NextDouble(0, 360), random.NextDouble(20, 70)), 1.5, MosaicSide / 2, MosaicSide / 2);
            mosaics.Add(new Mosaic { Id = $"P{i:000}", Path = "", Width = MosaicSide, Height = MosaicSide, Wcs = wcs, Centre = wcs.PixelToSky((MosaicSide - 1) / 2.0, (MosaicSide - 1) / 2.0) });
        }
        return mosaics;
    }

    private static void Write(string path, List<Mosaic> mosaics)
    {
        using var writer = CatalogueWriter.Create(path, _columns);
        var random = new RandomStream(2, "sources");
        for (int first = 0; first < Rows; first += CatalogueReader.BatchRows)
        {
            int count = Math.Min(CatalogueReader.BatchRows, Rows - first);
            TextValues names = new(_columns[0], count), ids = new(_columns[6], count);
            double[] ra = new double[count], dec = new double[count], peak = new double[count], total = new double[count], major = new double[count], masked = new double[count];
            for (int i = 0; i < count; i++)
            {
                // Sorted by mosaic as the survey's is; a third of the rows name no mosaic, so that the nearest is looked for.
                var mosaic = mosaics[(int)((first + i) / (double)Rows * Mosaics)];
                var position = mosaic.Wcs.PixelToSky(random.NextDouble(0, MosaicSide), random.NextDouble(0, MosaicSide));
                (ra[i], dec[i]) = (position.RightAscension, position.Declination);
                peak[i] = Math.Exp(random.NextDouble(-1, 5));
                (total[i], major[i]) = (peak[i] * 1.3, random.NextDouble(6, 40));
                names.Add(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"ILTJ{ra[i] * 1e5:0000000000}+{dec[i] * 1e4:000000}")));
                ids.Add(i % 3 == 0 ? "" : mosaic.Id);
            }
            writer.Write(new CatalogueBatch(first,
            [
                names, new NumberValues(_columns[1], ra), new NumberValues(_columns[2], dec), new NumberValues(_columns[3], peak),
                new NumberValues(_columns[4], total), new NumberValues(_columns[5], major), ids, new NumberValues(_columns[7], masked),
            ]));
        }
        writer.Complete();
    }

    private static double Timed(Action action)
    {
        long began = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Begins a new measurement of the most memory, with nothing left over from before.</summary>
    private static void ResetPeak()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (OperatingSystem.IsLinux())
            File.WriteAllText("/proc/self/clear_refs", "5");
    }

    /// <summary>Anonymous memory now, and the most of all memory (mapped files too) since the last reset.</summary>
    private static string Memory()
    {
        if (!OperatingSystem.IsLinux())
            return $"working set {Process.GetCurrentProcess().WorkingSet64 / 1e6:0} MB";
        string Of(string key) => File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?[(key.Length + 1)..].Trim() ?? "?";
        return $"RssAnon {Of("RssAnon")}, VmHWM {Of("VmHWM")}";
    }
}
