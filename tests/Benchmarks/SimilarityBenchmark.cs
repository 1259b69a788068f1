using System.Diagnostics;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Evaluation;

namespace RadioDiffusion.Benchmarks;

/// <summary>
/// The ten most similar of 100,000 images of 80 x 80 pixels, on one thread: for one image and for 16, in four directions each, with a set that is aligned
/// already; then for 16 with a set that is aligned on the way. Of the aligned set 10,000 images (256 MB, more than the caches hold) are there and come ten times.
/// </summary>
internal static class SimilarityBenchmark
{
    private const int Side = 80, SetCount = 100_000, Kept = 10_000, Piece = 16, Rounds = 5, Count = 10;

    public static void Run()
    {
        float[][] images = [.. Enumerable.Range(0, 16).Select(i => Source(new RandomStream(1, "similarity benchmark: images", i)))];
        AlignedImages[] pieces = [.. Enumerable.Range(0, Kept / Piece).Select(Aligned)];
        var set = Enumerable.Repeat(pieces, SetCount / Kept).SelectMany(piece => piece);
        foreach (int together in new[] { 1, 16 })
        {
            var aligned = AlignedImages.Of(images[..together], Side);
            Measure($"{together} together, aligned", together, Rounds, () => NearestImages.Of(aligned, set, Count));
        }
        float[][] sources = [.. Enumerable.Range(0, 1000).Select(i => Source(new RandomStream(1, "similarity benchmark: set", i)))];
        Measure("16 together, with alignment", 16, 1, () => NearestImages.Of(images, SetCount, (i, pixels) => sources[i % sources.Length].CopyTo(pixels), Side, Count, threads: 1));
    }

    private static AlignedImages Aligned(int piece) =>
        AlignedImages.Of([.. Enumerable.Range(piece * Piece, Piece).Select(i => Source(new RandomStream(1, "similarity benchmark: set", i)))], Side);

    private static void Measure(string name, int images, int rounds, Action action)
    {
        if (rounds > 1)
            action();
        var times = new List<(double Clock, double Processor)>();
        for (int round = 0; round < rounds; round++)
        {
            var before = Environment.CpuUsage.TotalTime;
            long began = Stopwatch.GetTimestamp();
            action();
            times.Add((Stopwatch.GetElapsedTime(began).TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds));
        }
        times.Sort();
        var (clock, processor) = times[times.Count / 2];
        Console.WriteLine($"{name}: {clock:0.000} s by the clock ({times[0].Clock:0.000} to {times[^1].Clock:0.000}), {processor:0.000} s of processor time; {1000 * clock / images:0} ms an image, {1e6 * clock / images / SetCount:0.00} us a pair");
    }

    /// <summary>An ellipse in noise.</summary>
    private static float[] Source(RandomStream random)
    {
        float[] image = new float[Side * Side];
        var (sin, cos) = Math.SinCos(random.NextDouble() * Math.PI);
        double length = 3 + (9 * random.NextDouble()), width = 2 + random.NextDouble();
        for (int i = 0; i < image.Length; i++)
        {
            double x = (i % Side) - ((Side - 1) / 2.0), y = (i / Side) - ((Side - 1) / 2.0);
            double along = ((cos * x) + (sin * y)) / length, across = ((cos * y) - (sin * x)) / width;
            image[i] = (float)(Math.Exp(-((along * along) + (across * across)) / 2) + (0.02 * random.NextNormal()));
        }
        PrincipalAxis.ToUnit(image);
        return image;
    }
}
