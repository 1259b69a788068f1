using System.Diagnostics;
using System.Globalization;
using RadioDiffusion.ModelCore.Diffusion;

namespace RadioDiffusion.Benchmarks;

/// <summary>Images a second of the published sampler, op for op, and of ours in different ways, in turns; of a model that comes with the program (first argument), in so many rounds (second). What ours differs from the published one by is said too.</summary>
internal static class SamplerBenchmark
{
    private const int Batch = 16, UsualRounds = 3;

    public static void Run(string[] arguments)
    {
        string name = arguments.ElementAtOrDefault(0) ?? "first-s";
        int rounds = int.Parse(arguments.ElementAtOrDefault(1) ?? $"{UsualRounds}", CultureInfo.InvariantCulture);
        string models = Path.Combine(AppContext.BaseDirectory, "Models");
        string snapshot = Path.Combine(models, name);
        using var published = new PublishedSampler(snapshot);
        using var single = DiffusionModel.Load(snapshot);
        using var half = DiffusionModel.Load(snapshot, precision: "bf16");
        foreach (var model in (DiffusionModel[])[single, half])
            model.MaximumBatch = Math.Max(1, model.BestBatch / 2);              // guided images are two of the network's; as samplers do
        Console.WriteLine($"together {single.MaximumBatch} in float32, {half.MaximumBatch} in bfloat16, {Batch} of the published sampler");
        double guidance = SolverBenchmark.GuidanceOf(single.Description);
        SampleConditions[] samples = [.. GridSample.Spread(single.Description, Batch, seed: 1).Select(sample => sample.ConditionsFor(single.Description, guidance))];
        var paper = new SolverOptions();
        var ways = new List<(string Name, Func<float[][]> Sample)>
        {
            ("published: Heun 25, float32", () => published.Sample(samples, paper)),
            ("the same, ours", () => single.Sample(samples, paper)),
            ("the same in bfloat16", () => half.Sample(samples, paper)),
            ("UniPC 12, its own noise levels, float32: what is usual", () => single.Sample(samples, new SolverOptions(12, 0.015, 80, 20) { Name = "unipc" })),
            ("UniPC 12, its own noise levels, bfloat16", () => half.Sample(samples, new SolverOptions(12, 0.015, 80, 20) { Name = "unipc" })),
        };
        var seconds = ways.ToDictionary(way => way.Name, _ => new List<double>());
        float[][]? reference = null;
        for (int round = 0; round <= rounds; round++)                           // the first one prepares buffers
        {
            foreach (var (way, sample) in ways)
            {
                GC.Collect();
                long began = Stopwatch.GetTimestamp();
                float[][] images = sample();
                double took = Stopwatch.GetElapsedTime(began).TotalSeconds;
                reference ??= images;
                if (round > 0)
                    seconds[way].Add(took);
                else
                    Console.WriteLine(FormattableString.Invariant($"{way}: root mean square difference from the published one {SolverBenchmark.Rms(images, reference):0.000000}"));
            }
        }
        foreach (var (way, _) in ways)
        {
            double[] ratios = [.. seconds[ways[0].Name].Zip(seconds[way], (one, other) => one / other).Order()];
            Console.WriteLine(FormattableString.Invariant($"{name}, {way}: {Batch / seconds[way].Order().ElementAt(rounds / 2):0.000} images a second, {ratios[rounds / 2]:0.00} times the published sampler ({ratios[0]:0.00} to {ratios[^1]:0.00})"));
        }
    }
}
