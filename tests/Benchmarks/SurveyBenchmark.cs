using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Benchmarks;

/// <summary>
/// Cuts, measures and writes cut-outs from mosaics of a LoTSS-DR2 mosaic's size and header (9264 x 9264 pixels of 64 bits, 687 MB each), beside astropy
/// doing the same on the same mosaics in the same run.
/// </summary>
internal static partial class SurveyBenchmark
{
    private const int Side = 9264;
    private const int Mosaics = 4;
    private const int SourcesPerMosaic = 5000;
    private const int PeerSources = 400;
    private const int SmallMosaics = 16;
    private const int SmallSide = 3000;
    private const string Memory = "/dev/shm";

    public static void Run()
    {
        string folder = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
        try
        {
            var tiles = Enumerable.Range(0, Mosaics).Select(i => MakeTile(folder, i, Side, SourcesPerMosaic, FitsPixelFormat.Float64)).ToList();
            double warm = Ours("warm", folder, tiles, cold: false);
            Ours("cold", folder, tiles, cold: true);
            Peer(folder, tiles[0], warm);
            foreach (var tile in tiles)
                File.Delete(tile.Mosaic.Path);
            var small = Enumerable.Range(0, SmallMosaics).Select(i => MakeTile(folder, i, SmallSide, 1200, FitsPixelFormat.Float32)).ToList();
            Slots("the disk", folder, small);
            if (Directory.Exists(Memory))
                Slots("memory", Memory, small);              // what the disk's own writing takes from two cores shows as the difference
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>All mosaics one after another on this thread, best of three; returns cut-outs a second.</summary>
    private static double Ours(string name, string folder, List<(Mosaic Mosaic, CatalogueRow[] Rows)> tiles, bool cold)
    {
        double best = double.PositiveInfinity;
        int cutouts = 0;
        long allocated = 0;
        double anonymous = 0;
        for (int round = 0; round < 3; round++)
        {
            foreach (var (mosaic, _) in tiles)
            {
                if (cold)
                    DropPages(mosaic.Path);
                else
                    ReadPages(mosaic.Path);
            }
            cutouts = 0;
            GC.Collect();
            long before = GC.GetAllocatedBytesForCurrentThread();
            long began = Stopwatch.GetTimestamp();
            foreach (var (mosaic, rows) in tiles)
            {
                TileShard.Write(folder, mosaic, rows, new CutoutOptions());
                cutouts += rows.Length;
                anonymous = Math.Max(anonymous, AnonymousMegabytes());
            }
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalSeconds);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: {cutouts} cut-outs of 80 x 80 cut, measured and written in {best:0.00} s, {cutouts / best:0} a second on one core; {(double)allocated / cutouts:0} bytes allocated for each; {anonymous:0} MB of anonymous memory"));
        return cutouts / best;
    }

    private static void Peer(string folder, (Mosaic Mosaic, CatalogueRow[] Rows) tile, double ours)
    {
        string positions = Path.Combine(folder, "positions.csv");
        File.WriteAllLines(positions, tile.Rows.Take(PeerSources).Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Position.RightAscension:R},{row.Position.Declination:R}")));
        string python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        string script = Path.Combine(AppContext.BaseDirectory, "Peers", "cutouts.py");
        var start = new ProcessStartInfo(python, [script, tile.Mosaic.Path, positions, "80", Path.Combine(folder, "peer.npy")]) { RedirectStandardOutput = true };
        foreach (string variable in new[] { "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS" })
            start.Environment[variable] = "1";
        double best = double.PositiveInfinity, cutouts = 0;
        for (int round = 0; round < 3; round++)
        {
            using var process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                Console.WriteLine("The peer did not run: it needs python3 with astropy (Debian: python3-astropy).");
                return;
            }
            string[] figures = output.Trim().Split(' ');
            cutouts = double.Parse(figures[0], CultureInfo.InvariantCulture);
            best = Math.Min(best, double.Parse(figures[1], CultureInfo.InvariantCulture));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"astropy: {cutouts} cut-outs in {best:0.00} s, {cutouts / best:0} a second on one core; ours is {ours / (cutouts / best):0.0} times as fast"));
    }

    /// <summary>A survey of sixteen tiles by one and by two extraction slots.</summary>
    private static void Slots(string where, string parent, List<(Mosaic Mosaic, CatalogueRow[] Rows)> tiles)
    {
        string folder = Directory.CreateDirectory(Path.Combine(parent, $"radiodiffusion-benchmark-{Environment.ProcessId}")).FullName;
        double[] seconds = [double.PositiveInfinity, double.PositiveInfinity];
        for (int round = 0; round < 3; round++)
        {
            for (int slots = 1; slots <= 2; slots++)
            {
                long began = Stopwatch.GetTimestamp();
                var threads = Enumerable.Range(0, slots).Select(slot => new Thread(() =>
                {
                    for (int i = slot; i < tiles.Count; i += slots)
                    {
                        string shard = Directory.CreateDirectory(Path.Combine(folder, $"shard{i}")).FullName;
                        TileShard.Write(shard, tiles[i].Mosaic, tiles[i].Rows, new CutoutOptions());
                    }
                })).ToList();
                threads.ForEach(thread => thread.Start());
                threads.ForEach(thread => thread.Join());
                seconds[slots - 1] = Math.Min(seconds[slots - 1], Stopwatch.GetElapsedTime(began).TotalSeconds);
            }
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"slots, shards written to {where}: {SmallMosaics} tiles in {seconds[0]:0.00} s by one, {seconds[1]:0.00} s by two: {seconds[0] / seconds[1]:0.00} times as fast"));
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A mosaic of correlated noise, repeated, with sources; the header's words are those of the published mosaics.</summary>
    internal static (Mosaic Mosaic, CatalogueRow[] Rows) MakeTile(string folder, int index, int side, int sources, FitsPixelFormat format)
    {
        var wcs = WorldCoordinateSystem.Sin(new SkyCoordinate(124.678 + 5 * index, 61.9895), 1.5, side / 2 - 1, side / 2 - 1);
        var header = new FitsHeader();
        wcs.AddTo(header);
        header.Set("BUNIT", "JY/BEAM");
        header.Set("BMAJ", 6.0 / 3600);
        header.Set("BMIN", 6.0 / 3600);
        header.Set("BPA", 90.0);
        float[] noise = new float[1021 * 1021];                  // a prime side, so that rows do not repeat in step with cut-outs
        new RandomStream((ulong)index, "benchmark noise").FillNormal(noise);
        var positions = new RandomStream((ulong)index, "benchmark sources");
        var pixels = Enumerable.Range(0, sources).Select(_ => (Column: positions.NextDouble(45, side - 45), Row: positions.NextDouble(45, side - 45), Peak: Math.Exp(positions.NextDouble(-6.5, -2)))).ToList();
        var byRow = pixels.SelectMany(source => Enumerable.Range(-12, 25).Select(step => ((int)source.Row + step, source))).ToLookup(pair => pair.Item1, pair => pair.source);
        string path = Path.Combine(folder, $"P{index:000}.fits");
        using (var writer = FitsFileWriter.Create(path))
        {
            using var image = writer.BeginImage(format, [side, side], header);
            float[] line = new float[side];
            for (int row = 0; row < side; row++)
            {
                for (int column = 0; column < side; column++)
                    line[column] = 7e-5f * noise[row % 1021 * 1021 + column % 1021];
                foreach (var (column, sourceRow, peak) in byRow[row])
                {
                    for (int x = (int)column - 12; x <= (int)column + 12; x++)
                        line[x] += (float)(peak * Math.Exp(-((x - column) * (x - column) + (row - sourceRow) * (row - sourceRow)) / 6));
                }
                image.Write(line);
            }
            image.Finish();
            writer.Complete();
        }
        CatalogueRow[] rows = [.. pixels.Select((source, i) => new CatalogueRow { Index = i, SourceName = $"source {i}", Position = wcs.PixelToSky(source.Column, source.Row) })];
        return (MosaicFolder.Open(path), rows);
    }

    private static double AnonymousMegabytes() => !File.Exists("/proc/self/status") ? double.NaN
        : File.ReadLines("/proc/self/status").Where(line => line.StartsWith("RssAnon:", StringComparison.Ordinal))
            .Select(line => double.Parse(line["RssAnon:".Length..^2].Trim(), CultureInfo.InvariantCulture) / 1024).FirstOrDefault(double.NaN);

    private static void ReadPages(string path)
    {
        using var stream = File.OpenRead(path);
        stream.CopyTo(Stream.Null, 1 << 20);
    }

    /// <summary>Puts a file out of the page cache, so that the next reading is from the disk.</summary>
    private static void DropPages(string path)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);                    // pages that are not on the disk yet cannot be dropped
        const int dontNeed = 4;
        if (Advise((int)handle.DangerousGetHandle(), 0, 0, dontNeed) != 0)
            throw new InvalidOperationException($"The pages of {path} could not be dropped.");
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(int descriptor, long offset, long length, int advice);
}
