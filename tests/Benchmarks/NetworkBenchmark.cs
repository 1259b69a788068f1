using System.Diagnostics;
using RadioDiffusion.CollectiveWorker;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
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
            using var trainer = Trainer.Create(NetworkOptions.Preset(preset), options, new NoiseImages());
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
        using var single = Trainer.Create(network, options, new NoiseImages());
        using var half = Trainer.Create(network, options with { Precision = Precision.BFloat16 }, new NoiseImages());
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
        var maker = new BatchMaker(new NoiseImages(), options, network, TorchSharp.torch.CPU);
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

    /// <summary>What a training in bfloat16 on one thread spends beside its steps: on drawing its images, if that were not done while it computes, and on a checkpoint every 500 steps.</summary>
    public static void Shares()
    {
        const int Batch = 8, StepsPerCheckpoint = 500;
        foreach (string preset in new[] { "small", "lofar" })
        {
            var options = TrainingOptions.Preset(preset) with { BatchSize = Batch, Precision = Precision.BFloat16, Threads = 1 };
            using var trainer = Trainer.Create(NetworkOptions.Preset(preset), options, new NoiseImages());
            double step = Median(5, () => trainer.Step());
            var maker = new BatchMaker(new NoiseImages(), options, trainer.Network, TorchSharp.torch.CPU);
            int[] images = [.. Enumerable.Range(0, Batch)];
            double draw = Median(15, () => maker.Draw(images, [.. images.Select(i => new RandomStream(1, "image", i))], forTraining: true));
            string root = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
            using var store = new LocalArtifactStore(root);
            int checkpoints = 0;
            double save = Median(3, () =>
            {
                var recipe = new Recipe { Kind = "checkpoint", AlgorithmVersion = 1, Inputs = [], Parameters = new() { ["number"] = checkpoints++ } };
                using var scratch = store.CreateScratchDirectory();
                trainer.SaveCheckpoint(scratch.Path);
                store.PutAsync(recipe.Id, recipe, scratch.Path).GetAwaiter().GetResult();
            });
            Directory.Delete(root, recursive: true);
            Console.WriteLine($"{preset}: a step of {Batch} images {step:0.000} s; its images are drawn in {draw * 1000:0.0} ms ({draw / step:0.00%} of a step); a checkpoint is stored in {save:0.00} s ({save / (StepsPerCheckpoint * step):0.00%} of {StepsPerCheckpoint} steps)");
        }

        static double Median(int rounds, Action action)
        {
            var seconds = new List<double>();
            for (int round = 0; round <= rounds; round++)
            {
                long began = Stopwatch.GetTimestamp();
                action();
                if (round > 0)
                    seconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            }
            return seconds.Order().ElementAt(rounds / 2);
        }
    }

    public static void Sample()
    {
        foreach (string preset in _presets)
        {
            string folder = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
            try
            {
                using (var trainer = Trainer.Create(NetworkOptions.Preset(preset), TrainingOptions.Preset(preset), new NoiseImages()))
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
}
