using System.Diagnostics;
using System.Globalization;
using RadioDiffusion.ModelCore.Training.Collectives;
using RadioDiffusion.TestSupport;
using static TorchSharp.torch;

namespace RadioDiffusion.Benchmarks;

/// <summary>Adding up the gradients of two members: two processes over Gloo, and two threads that copy.</summary>
internal static class CollectiveBenchmark
{
    private const int Members = 2;
    private const int Sums = 15;
    private static readonly long[] Lengths = [1, 30_000_000];

    public static void Run()
    {
        Report("in one process", length => Parallel(member => Time(member, length)));
        if (!GlooCollective.IsAvailable(out string reason))
        {
            Console.WriteLine(reason);
            return;
        }
        ProcessesAsync().GetAwaiter().GetResult();
    }

    private static async Task ProcessesAsync()
    {
        var workers = Enumerable.Range(0, Members).Select(_ => CollectiveWorkerProcess.Start()).ToList();
        try
        {
            string port = await workers[0].AskAsync("listen", CancellationToken.None);
            for (int rank = 0; rank < Members; rank++)
                await workers[rank].TellAsync($"join benchmark {rank} {Members} {port} 60");
            foreach (var worker in workers)
                await worker.HearAsync(CancellationToken.None);
            Report("Gloo, processes", length =>
            {
                string[] answers = Task.WhenAll(workers.Select(worker => worker.AskAsync($"time {Sums} {length}", CancellationToken.None))).GetAwaiter().GetResult();
                return [.. answers[0].Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
            });
        }
        finally
        {
            workers.ForEach(worker => worker.Dispose());
        }
    }

    /// <summary>
    /// Two trainers of one thread each, with equal batches, over Gloo; against one alone; and two that know nothing of each other, which is what the machine can do at most (two
    /// processors that share a core's units can do less than twice what one does).
    /// </summary>
    public static void Trainers()
    {
        const string Preset = "small";
        const int Batch = 8, Steps = 12, Rounds = 3;
        if (!GlooCollective.IsAvailable(out string reason))
        {
            Console.WriteLine(reason);
            return;
        }
        for (int round = 1; round <= Rounds; round++)
        {
            double alone = TrainAsync(1, isGroup: false).GetAwaiter().GetResult(), apart = TrainAsync(Members, isGroup: false).GetAwaiter().GetResult(), together = TrainAsync(Members, isGroup: true).GetAwaiter().GetResult();
            Console.WriteLine($"round {round}, {Preset}, batches of {Batch} each: one process {alone:0.00} images/s, two apart {apart:0.00} ({apart / alone:0.00} times), two over Gloo {together:0.00} ({together / alone:0.00} times one, {together / apart:0.000} of two apart)");
        }

        static async Task<double> TrainAsync(int count, bool isGroup)
        {
            var workers = Enumerable.Range(0, count).Select(_ => CollectiveWorkerProcess.Start()).ToList();
            try
            {
                string port = isGroup ? await workers[0].AskAsync("listen", CancellationToken.None) : "";
                for (int rank = 0; isGroup && rank < count; rank++)
                    await workers[rank].TellAsync($"join trainers {rank} {count} {port} 60");
                foreach (var worker in workers.Where(_ => isGroup))
                    await worker.HearAsync(CancellationToken.None);
                string[] seconds = await Task.WhenAll(workers.Select(worker => worker.AskAsync($"train {Preset} {Batch} {Steps}", CancellationToken.None)));
                return seconds.Sum(text => Batch * Steps / double.Parse(text, CultureInfo.InvariantCulture));
            }
            finally
            {
                workers.ForEach(worker => worker.Dispose());
            }
        }
    }

    private static void Report(string name, Func<long, double[]> measure)
    {
        foreach (long length in Lengths)
        {
            double[] times = [.. measure(length).Order()];
            Console.WriteLine($"{name}, {Members} members, {length} floats: median {times[times.Length / 2]:0.00} ms, {times[0]:0.00} to {times[^1]:0.00}");
        }
    }

    private static double[] Parallel(Func<ICollective, double[]> work)
    {
        var group = InProcessCollective.CreateGroup(Members);
        var others = group.Skip(1).Select(member => new Thread(() => work(member))).ToList();
        others.ForEach(thread => thread.Start());
        double[] times = work(group[0]);
        others.ForEach(thread => thread.Join());
        return times;
    }

    private static double[] Time(ICollective member, long length)
    {
        using var flat = ones(length);
        double[] times = new double[Sums + 1];
        for (int i = 0; i < times.Length; i++)
        {
            long began = Stopwatch.GetTimestamp();
            if (!member.SumInPlace(flat, TimeSpan.FromMinutes(1)))
                throw new InvalidOperationException("A member was lost.");
            times[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }
        return times[1..];    // the first one warms up
    }
}
