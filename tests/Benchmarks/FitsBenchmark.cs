using System.Diagnostics;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.Benchmarks;

/// <summary>
/// How fast pixels come out of FITS files, on one thread, with the file in the page cache. Rates are float32 pixels per second of processor
/// time, so that a busy machine gives the same ones.
/// </summary>
internal static class FitsBenchmark
{
    private const int Side = 4096;

    public static void Run()
    {
        string folder = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
        try
        {
            float[] pixels = Sky();
            foreach (var (name, format) in new[] { ("float32", FitsPixelFormat.Float32), ("float64", FitsPixelFormat.Float64), ("int16 scaled", new FitsPixelFormat(16, 1e-5, 0.1, -32768)) })
            {
                string path = Path.Combine(folder, "plain.fits");
                Measure($"{name}, write with checksums", () =>
                {
                    using var writer = FitsFileWriter.Create(path);
                    writer.AddImage(pixels, format, [Side, Side]);
                    writer.Complete();
                });
                Measure($"{name}, read", () => Read(path, pixels));
            }
            FitsWriter.WriteImage(Path.Combine(folder, "sky.fits"), pixels, Side, Side);
            foreach (var (name, arguments) in new[]
            {
                ("RICE_1, quantised", "-r -q42 4"), ("GZIP_2, quantised", "-g2 -q42 4"), ("HCOMPRESS_1, quantised", "-h -q42 4"),
            })
            {
                string packed = Path.Combine(folder, "sky.fits.fz");
                if (!TryPack(folder, arguments))
                {
                    Console.WriteLine($"{name}: needs fpack (Debian: libcfitsio-bin)");
                    continue;
                }
                Measure($"{name}, read, {new FileInfo(packed).Length >> 20} MiB", () => Read(packed, pixels));
                File.Delete(packed);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Read(string path, float[] pixels)
    {
        using var file = FitsFile.Open(path);
        file.FirstImage().ReadPixels(0, 0, Side, Side, pixels);
    }

    /// <summary>The best of some rounds.</summary>
    private static void Measure(string name, Action action)
    {
        const int Rounds = 5;
        using var process = Process.GetCurrentProcess();
        double best = double.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            process.Refresh();
            var before = process.TotalProcessorTime;
            action();
            process.Refresh();
            best = Math.Min(best, (process.TotalProcessorTime - before).TotalSeconds);
        }
        Console.WriteLine($"{name}: {sizeof(float) * (double)Side * Side / best / 1e6:0} MB/s ({Side * (double)Side / best / 1e6:0} Mpixel/s)");
    }

    private static bool TryPack(string folder, string arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("fpack", $"{arguments} sky.fits") { WorkingDirectory = folder })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;                                    // there is no such program
        }
    }

    /// <summary>Noise with a bright spot every 64 pixels.</summary>
    private static float[] Sky()
    {
        var random = new RandomStream(11, "FITS benchmark");
        float[] pixels = new float[Side * Side];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (float)(1e-4 * random.NextNormal() + (i % 64 == 0 && i / Side % 64 == 0 ? 0.05 : 0));
        return pixels;
    }
}
