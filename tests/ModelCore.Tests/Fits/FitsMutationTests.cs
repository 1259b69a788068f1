using System.Diagnostics;
using System.Globalization;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Tests.Fits;

/// <summary>
/// Damaged files are read or refused by name: no other exception, no hang, and no memory beyond what the file could hold. The number of
/// damaged files is RADIODIFFUSION_FITS_MUTANTS, 4,000 by default.
/// </summary>
public sealed class FitsMutationTests : IDisposable
{
    private const int DefaultCount = 4000;
    private const long LargestSource = 40_000;
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);         // without progress: a few milliseconds are usual, but a busy machine may pause

    private readonly TemporaryFolder _folder = new();
    private readonly ITestOutputHelper _output;
    private int _current;
    private int _finished;

    public FitsMutationTests(ITestOutputHelper output) => _output = output;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void DamagedFiles_AreReadOrRefusedByName()
    {
        int count = int.Parse(Environment.GetEnvironmentVariable("RADIODIFFUSION_FITS_MUTANTS") ?? $"{DefaultCount}", CultureInfo.InvariantCulture);
        var sources = Sources();
        var tally = new Tally();
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(() => Run(sources, count, tally)));
        var watch = Stopwatch.StartNew();
        thread.IsBackground = true;
        thread.Start();
        WatchFor(thread, sources);
        _output.WriteLine($"{count} mutants of {sources.Count} files in {watch.Elapsed.TotalSeconds:0} s: {tally.Read} read whole, {tally.ReadInPart} in part, {tally.Refused} refused on opening;"
            + $" the slowest took {tally.Slowest.TotalMilliseconds:0} ms, the largest allocation was {tally.MostBytes / 1024} KiB ({tally.MostBytesAt}); {tally.Checksummed} one-byte changes of files with checksums, all found.");
        if (failure != null)
            Assert.Fail($"Mutant {_current} of {sources[_current % sources.Count].Name}: {failure}");
    }

    private void Run(List<(string Name, byte[] Bytes)> sources, int count, Tally tally)
    {
        string path = _folder.File("mutant.fits");
        for (int i = 0; i < count; i++)
        {
            _current = i;
            var (name, original) = sources[i % sources.Count];
            var mutation = FitsMutation.Of(original, i);
            File.WriteAllBytes(path, mutation.Bytes);
            long before = GC.GetAllocatedBytesForCurrentThread(), began = Stopwatch.GetTimestamp();
            bool? complete = ReadAll(path);
            tally.Add(complete, Stopwatch.GetElapsedTime(began), GC.GetAllocatedBytesForCurrentThread() - before, $"mutant {i} of {name}");
            long allowed = AllowedBytes(mutation.Bytes.Length);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before <= allowed, $"{GC.GetAllocatedBytesForCurrentThread() - before} bytes were allocated, {allowed} are allowed.");
            if (mutation.IsOneByte && complete != null && HasChecksums(name))
            {
                AssertNoticed(path, original);
                tally.Checksummed++;
            }
            _finished = i + 1;
        }
    }

    /// <summary>Ten megabytes for columns and tiles of the size that the original files have, and a hundred times what the file holds.</summary>
    private static long AllowedBytes(long fileLength) => 10_000_000 + 100 * fileLength;

    /// <summary>Whether all could be read; null if opening was refused.</summary>
    private static bool? ReadAll(string path)
    {
        bool complete = true;
        try
        {
            using var file = FitsFile.Open(path);
            foreach (var hdu in file.Hdus)
            {
                Assert.True(hdu.Header.Cards.Count > 0);
                complete &= hdu is FitsImage image ? ReadImage(image, path) : hdu is not FitsTable table || ReadTable(table, path);
            }
            file.VerifyChecksums();
            return complete;
        }
        catch (FitsException error)
        {
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            return null;
        }
    }

    private static bool ReadImage(FitsImage image, string path)
    {
        const int Window = 64;
        int width = Math.Min(Window, image.Width), height = Math.Min(Window, image.Height);
        float[] floats = new float[width * height];
        double[] doubles = new double[width * height];
        return image.PlaneCount == 0
            || (Reads(path, () => image.ReadPixels(0, 0, width, height, floats))
                & Reads(path, () => image.ReadPixels(image.PlaneCount - 1, image.Width - width, image.Height - height, width, height, doubles)));
    }

    private static bool ReadTable(FitsTable table, string path)
    {
        bool complete = true;
        foreach (var column in table.Columns)
        {
            if (column.Type == 'A')
                complete &= Reads(path, () => table.ReadStrings(column.Name));
            else
                complete &= Reads(path, () => table.ReadArrays(column.Name));
            if (column.Type is 'B' or 'I' or 'J' or 'K' or 'L')
                complete &= Reads(path, () => table.ReadIntegers(column.Name));
            if (column.HeapType == null)
                complete &= Reads(path, () => table.ReadDoubles(column.Name));
        }
        return complete;
    }

    private static bool Reads(string path, Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (FitsException error)
        {
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            return false;
        }
    }

    /// <summary>A changed byte makes a checksum wrong, or takes a checksum, an HDU or its place away.</summary>
    private static void AssertNoticed(string path, byte[] original)
    {
        using var file = FitsFile.Open(path);
        bool noticed = file.TrailingBytes > 0 || original.Length != new FileInfo(path).Length
            || file.VerifyChecksums().Any(sums => sums.Data != FitsChecksumState.Valid || sums.Whole != FitsChecksumState.Valid);
        Assert.True(noticed, "The checksums did not notice the changed byte.");
    }

    private static bool HasChecksums(string name) => name is "everything.fits" or "u8_rice.fits.fz";

    /// <summary>Fails when one file takes too long: the thread itself cannot be stopped.</summary>
    private void WatchFor(Thread thread, List<(string Name, byte[] Bytes)> sources)
    {
        for (int last = -1; !thread.Join(_longest); last = _finished)
        {
            if (last == _finished)
                Assert.Fail($"Mutant {_current} of {sources[_current % sources.Count].Name} takes more than {_longest.TotalSeconds} s.");
        }
    }

    /// <summary>All golden files but the large mosaic, files by fpack, and one of every kind that we write.</summary>
    private static List<(string Name, byte[] Bytes)> Sources()
    {
        var sources = new[] { TestFiles.Golden("fits-wcs"), Path.Combine(TestFiles.RepositoryRoot, "tests", "Vectors", "fits") }
            .SelectMany(Directory.GetFiles)
            .Where(file => file.EndsWith(".fits", StringComparison.Ordinal) || file.EndsWith(".fz", StringComparison.Ordinal) || file.EndsWith("u8.fits.gz", StringComparison.Ordinal))
            .Where(file => new FileInfo(file).Length <= LargestSource)
            .Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)))
            .ToList();
        using var folder = new TemporaryFolder();
        sources.Add(("everything.fits", File.ReadAllBytes(FitsFileWriterTests.WriteEverything(folder.File("everything.fits")))));
        sources.Add(("ascii.fits", File.ReadAllBytes(FitsTableTests.WriteAscii(folder))));
        return sources;
    }

    private sealed class Tally
    {
        public int Read { get; private set; }

        public int ReadInPart { get; private set; }

        public int Refused { get; private set; }

        public int Checksummed { get; set; }

        public TimeSpan Slowest { get; private set; }

        public long MostBytes { get; private set; }

        public string MostBytesAt { get; private set; } = "";

        public void Add(bool? complete, TimeSpan time, long bytes, string name)
        {
            _ = complete switch { true => Read++, false => ReadInPart++, null => Refused++ };
            Slowest = time > Slowest ? time : Slowest;
            if (bytes > MostBytes)
                (MostBytes, MostBytesAt) = (bytes, name);
        }
    }
}
