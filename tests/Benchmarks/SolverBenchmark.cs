using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.SourceFinding;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Benchmarks;

/// <summary>
/// How good images are by solver, steps, number format and guidance interval: the same latents and conditions for all, against Heun's method in 100 steps. What is computed stays in a folder, so that
/// an interrupted run goes on. Arguments: the model (first-s, lotss-s), the number of images, the folder; then settings of one's own, as unipc:14:bf16:rho=15:smin=0.02:from=0.02:to=20, instead of the table's; with model=FOLDER another model makes the
/// images without guidance, as students do.
/// </summary>
internal static class SolverBenchmark
{
    private const int Batch = 16;
    private const double GuidanceOfClasses = 0.75, GuidanceOfFlux = 0.1;                     // the paper's

    private static readonly Setting[] _settings =
    [
        new("heun", 100), new("heun", 25), new("heun", 25, "bf16"), new("euler", 50),
        new("dpmpp2m", 25), new("dpmpp3m", 25), new("unipc", 25), new("unipc", 25, "bf16"),
        new("unipc", 20, "bf16"), new("unipc", 16, "bf16"), new("unipc", 12, "bf16"),
        new("unipc", 25, "bf16", 0.02, 20), new("unipc", 20, "bf16", 0.02, 20),
    ];

    public static void Run(string[] arguments)
    {
        string name = arguments.ElementAtOrDefault(0) ?? "first-s";
        int count = int.Parse(arguments.ElementAtOrDefault(1) ?? "500", CultureInfo.InvariantCulture);
        string folder = Directory.CreateDirectory(Path.Combine(arguments.ElementAtOrDefault(2) ?? Path.Combine(Path.GetTempPath(), "radiodiffusion-solvers"), name)).FullName;
        string snapshot = Path.Combine(AppContext.BaseDirectory, "Models", name);
        using var single = DiffusionModel.Load(snapshot);
        using var half = DiffusionModel.Load(snapshot, precision: "bf16");
        var model = single.Description;
        double guidance = GuidanceOf(model);
        var conditions = GridSample.Spread(model, count, seed: 1).Select(sample => sample.ConditionsFor(model, guidance)).ToArray();
        int side = model.Network.ImageSize;
        Measured? reference = null;
        Console.WriteLine($"{name}, {count} images, guidance strength {guidance}, batches of {Batch}; root mean square of the differences of pixels in [0, 1], Kolmogorov-Smirnov distances with their bootstrap errors");
        Console.WriteLine("solver | network images | rms | pixels | mean | standard deviation | model flux | A50 | s an image");
        Setting[] settings = arguments.Length > 3 ? [_settings[0], .. arguments[3..].Select(Setting.Parse)] : _settings;
        foreach (var setting in settings)
        {
            using var other = setting.Model == null ? null : DiffusionModel.Load(setting.Model, precision: setting.Precision);
            var (images, seconds) = Sample(other ?? (setting.Precision == "f32" ? single : half), other == null ? conditions : [.. conditions.Select(one => one with { GuidanceStrength = 0 })], setting, folder, side * side);
            var measured = Measured.Of(images, side);
            reference ??= measured;
            var distances = measured.Numbers.Zip(reference.Numbers, (one, all) => DistributionDistance.Of(one, all, seed: 1));
            Console.WriteLine(FormattableString.Invariant($"{setting} | {setting.NetworkImages(setting.Model == null ? conditions[0] : conditions[0] with { GuidanceStrength = 0 })} | {Rms(images, reference.Images):0.00000} | ")
                + string.Join(" | ", distances.Select(one => FormattableString.Invariant($"{one.KolmogorovSmirnov:0.000} ± {one.KolmogorovSmirnovError:0.000}"))) + FormattableString.Invariant($" | {seconds:0.00}"));
        }
    }

    /// <summary>The paper's guidance strength for such a model.</summary>
    internal static double GuidanceOf(SnapshotDescription model) => model.Classes.Count > 0 ? GuidanceOfClasses : GuidanceOfFlux;

    private static (float[][] Images, double SecondsEach) Sample(DiffusionModel model, SampleConditions[] conditions, Setting setting, string folder, int pixels)
    {
        var images = new List<float[]>();
        double seconds = 0;
        foreach (var (chunk, number) in conditions.Chunk(Batch).Select((chunk, number) => (chunk, number)))
        {
            string path = Path.Combine(folder, $"{setting.FileName}-{number}-{chunk.Length}.f32");
            if (!File.Exists(path))
            {
                long began = Stopwatch.GetTimestamp();
                float[][] sampled = model.Sample([.. chunk.Select(one => one with { GuidanceFrom = setting.From, GuidanceTo = setting.To })], setting.Options);
                double took = Stopwatch.GetElapsedTime(began).TotalSeconds;
                File.WriteAllBytes(path + ".part", [.. MemoryMarshal.AsBytes<float>(sampled.SelectMany(image => image).ToArray()), .. BitConverter.GetBytes(took)]);
                File.Move(path + ".part", path);
            }
            byte[] bytes = File.ReadAllBytes(path);
            seconds += BitConverter.ToDouble(bytes, bytes.Length - sizeof(double));
            images.AddRange(Enumerable.Range(0, chunk.Length).Select(i => MemoryMarshal.Cast<byte, float>(bytes.AsSpan(i * pixels * sizeof(float), pixels * sizeof(float))).ToArray()));
        }
        return ([.. images], seconds / conditions.Length);
    }

    internal static double Rms(float[][] images, float[][] reference) =>
        Math.Sqrt(images.Zip(reference, (one, other) => one.Zip(other, (a, b) => (double)(a - b) * (a - b)).Average()).Average());

    private sealed record Setting(string Solver, int Steps, string Precision = "f32", double From = 0, double To = double.PositiveInfinity)
    {
        public double Rho { get; init; } = 7;
        public double Smin { get; init; } = 0.002;
        public double Smax { get; init; } = 80;

        /// <summary>Folder of another model's snapshot.</summary>
        public string? Model { get; init; }
        public SolverOptions Options => new(Steps, Smin, Smax, Rho) { Name = Solver };

        public static Setting Parse(string text)
        {
            string[] parts = text.Split(':');
            var named = parts[3..].Select(part => part.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
            double Of(string name, double otherwise) => named.TryGetValue(name, out string? value) ? double.Parse(value, CultureInfo.InvariantCulture) : otherwise;
            return new Setting(parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture), parts[2], Of("from", 0), Of("to", double.PositiveInfinity)) { Rho = Of("rho", 7), Smin = Of("smin", 0.002), Smax = Of("smax", 80), Model = named.GetValueOrDefault("model") };
        }

        public string FileName => FormattableString.Invariant($"{(Model == null ? "" : Path.GetFileName(Model) + "-")}{Solver}-{Steps}-{Precision}-{From}-{To}") + (Rho == 7 && Smin == 0.002 && Smax == 80 ? "" : FormattableString.Invariant($"-{Rho}-{Smin}-{Smax}"));

        public override string ToString() => FormattableString.Invariant($"{(Model == null ? "" : Path.GetFileName(Model) + ", ")}{Solver} {Steps} {Precision} rho {Rho} smin {Smin}{(From > 0 ? $", guidance at {From} to {To}" : "")}");

        /// <summary>Images that the network computes for one sample.</summary>
        public int NetworkImages(SampleConditions conditions) => Options.NetworkImages(conditions with { GuidanceFrom = From, GuidanceTo = To });
    }

    private sealed record Measured(float[][] Images, double[][] Numbers)
    {
        public static Measured Of(float[][] images, int side)
        {
            const int EveryPixel = 17;                       // enough of them, and of all columns
            var finder = new SourceFinder(SourceFinderOptions.Paper);
            var flux = images.Select((image, i) => FluxMeasurement.Of(finder, image, side, seed: 1, i)).ToArray();
            double[] means = [.. images.Select(image => image.Average(pixel => (double)pixel))];
            double[] deviations = [.. images.Select((image, i) => Math.Sqrt(image.Average(pixel => (pixel - means[i]) * (pixel - means[i]))))];
            double[] pixels = [.. images.SelectMany(image => image).Where((_, i) => i % EveryPixel == 0).Select(pixel => (double)pixel)];
            return new Measured(images, [pixels, means, deviations, [.. flux.Select(one => one.ModelFlux)], [.. flux.Select(one => (double)one.A50)]]);
        }
    }
}
