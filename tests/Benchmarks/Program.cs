using System.Diagnostics;
using RadioDiffusion.Benchmarks;
using RadioDiffusion.ModelCore;

NativeSettings.Apply();
var benchmarks = new Dictionary<string, Action>
{
    ["survey"] = SurveyBenchmark.Run,
    ["fits"] = FitsBenchmark.Run,
    ["sky"] = SkyBenchmark.Run,
    ["skies"] = SyntheticSkyBenchmark.Run,
    ["sky-checks"] = () => SkyChecks.Run(args[1..]),
    ["catalogues"] = CatalogueBenchmark.Run,
    ["collectives"] = CollectiveBenchmark.Run,
    ["messages"] = MessageBenchmark.Run,
    ["ping"] = ClusterBenchmark.Ping,
    ["processes"] = ClusterBenchmark.Processes,
    ["batches"] = NetworkBenchmark.Batches,
    ["shares"] = NetworkBenchmark.Shares,
    ["trainers"] = CollectiveBenchmark.Trainers,
    ["steps"] = NetworkBenchmark.Steps,
    ["calls"] = () => CallBenchmark.Run(args[1..]),
    ["training"] = NetworkBenchmark.Train,
    ["sampling"] = NetworkBenchmark.Sample,
    ["samplers"] = () => SamplerBenchmark.Run(args[1..]),
    ["service"] = () => ServiceBenchmark.Run(args[1..]),
    ["find"] = FinderBenchmark.Run,
    ["patches"] = SkyPatchesBenchmark.Run,
    ["similarity"] = SimilarityBenchmark.Run,
    ["studies"] = StudyBenchmark.Run,
    ["solvers"] = () => SolverBenchmark.Run(args[1..]),
};
if (args.Length == 0 || (args.Length > 1 && args[0] is not ("solvers" or "samplers" or "service" or "sky-checks" or "calls")) || !benchmarks.TryGetValue(args[0], out var benchmark))
{
    Console.Error.WriteLine($"Name one benchmark: {string.Join(", ", benchmarks.Keys)}.");
    return 2;
}
Console.WriteLine($"{Environment.ProcessorCount} cores, {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}, {DateTime.UtcNow:yyyy-MM-dd}");
long began = Stopwatch.GetTimestamp();
benchmark();
Console.WriteLine($"{Stopwatch.GetElapsedTime(began).TotalSeconds:0} s in all");
return 0;
