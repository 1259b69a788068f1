using System.Diagnostics;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.Benchmarks;

/// <summary>Positions a second by projection, and pixels a second of a reprojection and a rotation, on one thread.</summary>
internal static class SkyBenchmark
{
    private const int Positions = 1_000_000;
    private const int Rounds = 3;

    public static void Run()
    {
        foreach (string code in new[] { "SIN", "TAN", "STG", "ARC", "ZEA", "CAR", "AIT", "MOL", "HPX" })
        {
            Measure($"{code}, ICRS", Create("RA---" + code, "DEC--" + code));
            Measure($"{code}, galactic file, ICRS positions", Create("GLON-" + code, "GLAT-" + code));
        }
        foreach (var kernel in Enum.GetValues<Interpolation>())
        {
            MeasureReprojection(kernel);
            MeasureRotation(kernel);
        }
    }

    private static void Measure(string name, WorldCoordinateSystem wcs)
    {
        double toSky = double.MaxValue, toPixel = double.MaxValue, sum = 0;
        for (int round = 0; round < Rounds; round++)
        {
            long began = Stopwatch.GetTimestamp();
            for (int i = 0; i < Positions; i++)
                sum += wcs.PixelToSky(i % 1000, i / 1000).Declination;
            toSky = Math.Min(toSky, Stopwatch.GetElapsedTime(began).TotalSeconds);
            began = Stopwatch.GetTimestamp();
            for (int i = 0; i < Positions; i++)
                sum += wcs.TrySkyToPixel(new SkyCoordinate(29.5 + i % 1000 * 1e-3, 0.5 - i / 1000 * 1e-3), out double column, out double row) ? column + row : 0;
            toPixel = Math.Min(toPixel, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        Console.WriteLine($"{name}: pixel to sky {toSky / Positions * 1e9:0} ns, sky to pixel {toPixel / Positions * 1e9:0} ns (sum {sum:g6})");
    }

    private static void MeasureReprojection(Interpolation kernel)
    {
        const int Side = 1000;
        float[] source = Noise(Side), target = new float[Side * Side];
        var from = Create("GLON-SIN", "GLAT-SIN");
        var to = WorldCoordinateSystem.Sin(from.PixelToSky(500, 500), 1.5, 500, 500);
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long began = Stopwatch.GetTimestamp();
            Reprojection.Reproject(source, Side, Side, from, target, Side, Side, to, kernel);
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        Console.WriteLine($"reprojection, {kernel}: {Side * Side / best / 1e6:0.0} million pixels a second");
    }

    private static void MeasureRotation(Interpolation kernel)
    {
        const int Size = 80, Count = 100;
        int side = ImageRotation.SideNeeded(Size, kernel);
        float[] source = Noise(side), target = new float[Size * Size];
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long began = Stopwatch.GetTimestamp();
            for (int i = 0; i < Count; i++)
                ImageRotation.Rotate(source, side, target, Size, 3.7 * i + 1, kernel);
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        Console.WriteLine($"rotation of {Size} x {Size}, {kernel}: {Count / best:0} images a second");
    }

    private static float[] Noise(int side)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, side * side).Select(_ => random.NextSingle())];
    }

    private static WorldCoordinateSystem Create(string type1, string type2)
    {
        var header = new FitsHeader();
        header.Set("CTYPE1", type1);
        header.Set("CTYPE2", type2);
        header.Set("CRVAL1", 30.0);
        header.Set("CRVAL2", 0.0);
        header.Set("CRPIX1", 500.5);
        header.Set("CRPIX2", 500.5);
        header.Set("CDELT1", -1.5 / 3600);
        header.Set("CDELT2", 1.5 / 3600);
        return WorldCoordinateSystem.FromHeader(header, type1);
    }
}
