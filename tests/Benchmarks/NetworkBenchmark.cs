using System.Diagnostics;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Benchmarks;

/// <summary>Training and sampling speed of the presets on noise: what the pixels are does not matter here.</summary>
internal static class NetworkBenchmark
{
    private static readonly string[] _presets = ["demo", "small", "lofar"];

    public static void Train()
    {
        foreach (string preset in _presets)
        {
            var options = TrainingOptions.Preset(preset) with { BatchSize = 8 };
            using var trainer = Trainer.Create(NetworkOptions.Preset(preset), options, new Noise());
            trainer.Step();                                      // the first one prepares buffers
            long began = Stopwatch.GetTimestamp();
            int steps = 0;
            while (steps < 3 || Stopwatch.GetElapsedTime(began).TotalSeconds < 20)
            {
                trainer.Step();
                steps++;
            }
            Console.WriteLine($"{preset}: {steps * options.BatchSize / Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} images a second, batches of {options.BatchSize}");
            GC.Collect();
        }
    }

    /// <summary>One step of the published network at batch 4, against the published step op for op on the same libtorch: float32, Adam and average tensor by tensor.</summary>
    public static void Steps()
    {
        const int Batch = 4, Rounds = 5;
        var network = NetworkOptions.Preset("lofar");
        var options = TrainingOptions.Preset("lofar") with { BatchSize = Batch };
        using var published = new PublishedStep(network, Batch);
        using var single = Trainer.Create(network, options, new Noise());
        using var half = Trainer.Create(network, options with { Precision = Precision.BFloat16 }, new Noise());
        var ways = new (string Name, Action Step)[] { ("published", published.Step), ("float32", () => single.Step()), ("bfloat16", () => half.Step()) };
        var times = ways.ToDictionary(way => way.Name, _ => new List<double>());
        for (int round = 0; round <= Rounds; round++)            // the first one prepares buffers
        {
            foreach (var (name, step) in ways)
            {
                GC.Collect();
                long began = Stopwatch.GetTimestamp();
                step();
                if (round > 0)
                    times[name].Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            }
        }
        double Median(string name) => times[name].Order().ElementAt(Rounds / 2);
        foreach (var (name, _) in ways)
            Console.WriteLine($"{name}: {Median(name):0.00} s a step of {Batch} images (median of {Rounds}), {Median("published") / Median(name):0.00} times the published step; from {times[name].Min():0.00} to {times[name].Max():0.00} s");
    }

    /// <summary>Batches of the published size drawn, turned, scaled and given their noise, on all cores: what a training step must not outrun.</summary>
    public static void Batches()
    {
        var network = NetworkOptions.Preset("lofar");
        var options = TrainingOptions.Preset("lofar");
        var maker = new BatchMaker(new Noise(), options, network, TorchSharp.torch.CPU);
        for (int round = 1; round <= 5; round++)
        {
            long began = Stopwatch.GetTimestamp();
            int[] images = [.. Enumerable.Range(0, options.BatchSize).Select(i => i % 32)];
            RandomStream[] streams = [.. Enumerable.Range(0, options.BatchSize).Select(i => new RandomStream(1, "image", i))];
            maker.Draw(images, streams, forTraining: true);
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            Console.WriteLine($"round {round}: a batch of {options.BatchSize} in {seconds * 1000:0} ms, {options.BatchSize / seconds:0} images a second");
        }
    }

    public static void Sample()
    {
        foreach (string preset in _presets)
        {
            string folder = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
            try
            {
                using (var trainer = Trainer.Create(NetworkOptions.Preset(preset), TrainingOptions.Preset(preset), new Noise()))
                    trainer.SaveSnapshot(folder);
                using var model = DiffusionModel.Load(folder);
                int count = preset == "lofar" ? 1 : 8;
                var conditions = Enumerable.Range(1, count).Select(seed => new SampleConditions((ulong)seed, Context: [0], Label: null, GuidanceStrength: 0.1)).ToList();
                long began = Stopwatch.GetTimestamp();
                model.Sample(conditions, new SolverOptions(25));
                Console.WriteLine($"{preset}: {Stopwatch.GetElapsedTime(began).TotalSeconds / count:0.00} s an image, {count} together, 25 Heun steps with guidance");
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private sealed class Noise : ITrainingData
    {
        public int Count => 32;

        public int ImageSize => 80;

        public int ContextDimension => 1;

        public int ClassCount => 0;

        private readonly float[][] _images = [.. Enumerable.Range(0, 32).Select(index =>
        {
            float[] pixels = new float[80 * 80];
            new RandomStream(1, "benchmark", index).FillNormal(pixels);
            return Array.ConvertAll(pixels, Math.Abs);
        })];

        public ReadOnlySpan<float> Image(int index) => _images[index];

        public ReadOnlySpan<float> Context(int index) => new float[1];

        public int Label(int index) => 0;
    }
}
