using System.Diagnostics;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.SyntheticSky;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Benchmarks;

/// <summary>A sky like that of LoTSS-DR2 whose images of sources are at hand: tiles, cut-outs, and whether the last patch of many costs what the first ones do. Processor time, one thread.</summary>
internal static class SyntheticSkyBenchmark
{
    private const int Side = 80;
    private const double PixelArcsec = 1.5;
    private static readonly SkyRecipe _recipe = SkyPresets.Of("lotss-dr2") with
    {
        Images = new SkyImages { Model = "0123456789abcdef", PixelArcsec = PixelArcsec, Side = Side, BeamArcsec = 6, TakesFlux = true, FluxFrom = 3, FluxTo = 200, Solver = "unipc", Steps = 20 },
    };
    private static readonly SkyStamp[] _stamps = [.. Enumerable.Range(0, 16).Select(Stamp)];

    public static void Run()
    {
        Density();
        Area();
        Cutouts();
        foreach (int order in (int[])[8, 7, 6, 5, 4, 3])
            ColdTiles(order);
        Stamps();
        NoiseOfImages();
        ManyPatches();
    }

    private static SkyStamp? ImageOf(SkySource source) => _stamps[source.Id % _stamps.Length];

    /// <summary>Two lobes of various brightness and distance, and what joins them.</summary>
    private static SkyStamp Stamp(int number) => new(SourceStamp.Of(Image(number), Side)!, PixelArcsec, 6);

    private static float[] Image(int number)
    {
        var random = new Random(number);
        float[] image = new float[Side * Side];
        double half = 1 + 10 * random.NextDouble(), ratio = random.NextDouble(), core = random.NextDouble();
        for (int i = 0; i < image.Length; i++)
            image[i] = (float)(Blob(i, -half) + ratio * Blob(i, half) + core * Blob(i, 0) + 0.02 * random.NextDouble());
        return image;

        static double Blob(int at, double offset) => Math.Exp(-(Math.Pow(at % Side - 39.5 - offset, 2) + Math.Pow(at / Side - 39.5, 2)) / (2 * 1.9 * 1.9));
    }

    private static double Milliseconds(Action action)
    {
        var before = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
    }

    private static string Spread(List<double> times) => FormattableString.Invariant($"median {times.Order().ElementAt(times.Count / 2):0.0} ms ({times.Min():0.0} to {times.Max():0.0})");

    private static void Density()
    {
        var catalogue = new SkyCatalogue(_recipe);
        var sources = catalogue.Within(new SkyCoordinate(200, 50), 3);
        double area = 360 / Math.PI * 180 * (1 - Math.Cos(double.DegreesToRadians(3)));
        Console.WriteLine(FormattableString.Invariant($"sources a square degree: {sources.Count / area:0}, above 0.55 mJy {sources.Count(source => source.Flux > 0.55) / area:0}; with an image {sources.Count(source => source.IsResolved) / area:0}, above 0.55 mJy {sources.Count(source => source.IsResolved && source.Flux > 0.55) / area:0}"));
    }

    /// <summary>Four regions of 64 neighbouring tiles of the deepest order, as a region is built.</summary>
    private static void Area()
    {
        const int Order = 8, Tiles = 64;
        Tile(new SkyRenderer(_recipe), Order, 1);
        for (int round = 0; round < 4; round++)
        {
            var renderer = new SkyRenderer(_recipe);
            int sources = 0;
            double milliseconds = Milliseconds(() =>
            {
                for (int i = 0; i < Tiles; i++)
                    sources += Tile(renderer, Order, Tiles * (201L + 1500 * round) + i);
            });
            Console.WriteLine(FormattableString.Invariant($"{Tiles} neighbouring tiles of order {Order}, {sources} sources: {milliseconds / Tiles:0.0} ms a tile, {Tiles * HealpixCell.AreaSquareDegrees(Order) / milliseconds * 1000:0.00} deg2 a second and core"));
        }
    }

    private static int Tile(SkyRenderer renderer, int order, long tile)
    {
        var sources = renderer.SourcesIn(order, tile);
        renderer.Tile(order, tile, sources, ImageOf, CancellationToken.None);
        return sources.Count;
    }

    private static void Cutouts()
    {
        foreach (int width in (int[])[500, 2000])
        {
            var times = new List<double>();
            for (int round = 0; round < 5; round++)
            {
                var mosaic = new SkyMosaic(_recipe, SkyGrid.Around(new SkyCoordinate(10 + 50 * round, 45), 1.5, width, width));
                times.Add(Milliseconds(() => mosaic.Rows(0, width, ImageOf)));
            }
            double median = times.Order().ElementAt(times.Count / 2);
            Console.WriteLine(FormattableString.Invariant($"cut-out of {width} x {width} pixels in TAN, in a part of the sky not seen before: {Spread(times)}, {width * width / median / 1000:0.00} Mpixel a second and core"));
        }
    }

    /// <summary>Tiles far from each other: nothing around them has been made before.</summary>
    private static void ColdTiles(int order)
    {
        const int Tiles = 12;
        var renderer = new SkyRenderer(_recipe);
        var (sources, all) = (new List<double>(), new List<double>());
        for (int i = 0; i <= Tiles; i++)
        {
            long tile = (long)(HealpixCellCount(order) * ((i * 0.6180339887 + 0.1) % 1));
            IReadOnlyList<SkySource> found = [];
            double first = Milliseconds(() => found = renderer.SourcesIn(order, tile));
            double second = Milliseconds(() => renderer.Tile(order, tile, found, ImageOf, CancellationToken.None));
            if (i == 0)
                continue;                                    // the first one is compiled on the way
            sources.Add(first);
            all.Add(first + second);
        }
        Console.WriteLine($"tile of order {order}, cold: {Spread(all)}, of which its sources {Spread(sources)}");

        static double HealpixCellCount(int order) => 12 * Math.Pow(4, order);
    }

    private static void Stamps()
    {
        float[][] images = [.. Enumerable.Range(0, 16).Select(Image)];
        var images2 = _recipe.Images!;
        for (int round = 0; round < 3; round++)
        {
            double milliseconds = Milliseconds(() =>
            {
                foreach (float[] image in images)
                    SkySamples.StampOf(image, images2);
            });
            Console.WriteLine(FormattableString.Invariant($"a sample made an image to paint: {milliseconds / images.Length:0.00} ms"));
        }
    }

    private static void NoiseOfImages()
    {
        using var folder = new TemporaryDirectory();
        using (var writer = new GeneratedSetWriter(folder.Path, _stamps.Length, Side))
        {
            for (int i = 0; i < _stamps.Length; i++)
                writer.Put(i, $"image {i}", Image(i));
            writer.Complete(new SnapshotDescription { Network = new() { ImageSize = Side }, PixelScaleArcsec = PixelArcsec, BeamArcsec = 6 }, null, null);
        }
        var recipe = _recipe with { Background = new SkyBackground { Library = "dataset-1", LibraryDigest = "0123456789abcdef" } };
        var renderer = new SkyRenderer(recipe, new OpenBackground(Noise: NoiseImages.Open(folder.Path, "backgrounds", recipe.Seed)));
        foreach (int order in (int[])[8, 8, 7, 6])           // the first one is compiled on the way
        {
            var times = Enumerable.Range(0, 5).Select(i => Milliseconds(() => renderer.Tile(order, 1000 + 500 * i, [], ImageOf, CancellationToken.None))).ToList();
            Console.WriteLine($"noise of order {order}, made of images: {Spread(times)}");
        }
    }

    private sealed class TemporaryDirectory : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }

    /// <summary>The sources of 100,000 patches in turn, and whole tiles at the beginning and the end.</summary>
    private static void ManyPatches()
    {
        const int Order = 8, Patches = 100_000, Some = 16, First = 16;
        var renderer = new SkyRenderer(_recipe);
        double early = 0, late = 0;
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < Patches; i++)
        {
            if (i is >= First and < First + Some)
                early += Milliseconds(() => Tile(renderer, Order, 200_000 + i));
            else if (i >= Patches - Some)
                late += Milliseconds(() => Tile(renderer, Order, 200_000 + i));
            else
                renderer.SourcesIn(Order, 200_000 + i);
        }
        Console.WriteLine(FormattableString.Invariant($"tiles {First} to {First + Some - 1} of many: {early / Some:0.0} ms each; the last {Some} of {Patches}: {late / Some:0.0} ms each; {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s for the sources of all, {GC.GetTotalMemory(true) / 1e6:0} MB kept"));
    }
}
