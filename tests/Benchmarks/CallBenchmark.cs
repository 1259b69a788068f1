using System.Diagnostics;
using System.Globalization;
using RadioDiffusion.CollectiveWorker;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;
using static TorchSharp.torch;

namespace RadioDiffusion.Benchmarks;

/// <summary>One call of a network for so many images: as published, op for op on libtorch in float32, in bfloat16 on libtorch, and in float32 on <see cref="ModelCore.Networks.Cpu.CpuUNet"/>, in turns. Weights are random.</summary>
internal static class CallBenchmark
{
    private const int Rounds = 5;
    private static readonly (string Preset, int[] Images)[] _usual = [("small", [1, 2, 8, 32]), ("lofar", [1, 2, 4])];

    /// <param name="arguments">A preset; none for small and lofar.</param>
    public static void Run(string[] arguments)
    {
        foreach (var (preset, images) in _usual.Where(usual => arguments.Length == 0 || arguments.Contains(usual.Preset)))
            Measure(preset, images);
    }

    private static void Measure(string preset, int[] images)
    {
        string folder = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
        try
        {
            using (var trainer = Trainer.Create(NetworkOptions.Preset(preset), TrainingOptions.Preset(preset), new NoiseImages()))
                trainer.SaveSnapshot(folder);
            using var published = new EdmPreconditioning(NetworkOptions.Preset(preset));
            using (var scope = NewDisposeScope())
            {
                WeightFiles.Load(published, Path.Combine(folder, SnapshotDescription.WeightsFileName));
                published.MoveTo(CPU);
            }
            using var single = DiffusionModel.Load(folder);
            using var half = DiffusionModel.Load(folder, precision: "bf16");
            foreach (int count in images)
                Measure(preset, count, [("published, float32", published), ("libtorch, bfloat16", half.Network), ("ours, float32", single.Network)]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Measure(string preset, int count, (string Name, EdmPreconditioning Network)[] ways)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        var network = ways[0].Network.Options;
        var x = randn([count, network.ImageChannels, network.ImageSize, network.ImageSize]);
        var sigma = ones([count]);
        var conditions = new Conditions(Context: ones([count, network.ContextDimension]));
        var seconds = ways.ToDictionary(way => way.Name, _ => new List<double>());
        for (int round = 0; round <= Rounds; round++)                           // the first one prepares buffers
        {
            foreach (var (name, way) in ways)
            {
                long began = Stopwatch.GetTimestamp();
                way.forward(x, sigma, conditions);
                double took = Stopwatch.GetElapsedTime(began).TotalSeconds;
                if (round > 0)
                    seconds[name].Add(took);
            }
        }
        double peer = Median(seconds[ways[0].Name]);
        foreach (var (name, _) in ways)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{preset}, {count} images, {name}: {Median(seconds[name]) / count * 1000:0.0} ms an image ({seconds[name].Min() / count * 1000:0.0} to {seconds[name].Max() / count * 1000:0.0}), {peer / Median(seconds[name]):0.00} times as fast as published"));
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
