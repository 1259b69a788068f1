using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using RadioDiffusion.CollectiveWorker;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;
using RadioDiffusion.ModelCore.Training.Collectives;
using static TorchSharp.torch;

// A member of a group over Gloo that does what standard input says, one command a line, and answers each with one line that begins with "> ".
// Gloo's own lines come between them. At the end of the input it leaves.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
NativeSettings.Apply();
Socket? listener = null;
GlooCollective? collective = null;
while (Console.ReadLine() is { } line)
{
    string[] words = line.Split(' ');
    Console.WriteLine("> " + words[0] switch
    {
        "listen" => Listen(),
        "join" => Join(key: words[1], rank: int.Parse(words[2]), size: int.Parse(words[3]), port: int.Parse(words[4]), Seconds(words[5])),
        "sum" => Sum(seed: int.Parse(words[1]), length: long.Parse(words[2]), Enum.Parse<ScalarType>(words[3]), Seconds(words[4])),
        "sum-until-lost" => SumUntilLost(length: long.Parse(words[1]), Seconds(words[2])),
        "memory" => Memory(count: int.Parse(words[1]), length: long.Parse(words[2])),
        "time" => Time(count: int.Parse(words[1]), length: long.Parse(words[2])),
        "train" => Train(preset: words[1], batch: int.Parse(words[2]), steps: int.Parse(words[3])),
        "leave" => Leave(),
        _ => throw new ArgumentException($"'{line}' is no command."),
    });
}
Leave();

string Listen()
{
    listener = GlooCollective.Listen("127.0.0.1", 0);
    return $"{((IPEndPoint)listener.LocalEndPoint!).Port}";
}

string Join(string key, int rank, int size, int port, TimeSpan timeout)
{
    try
    {
        collective = GlooCollective.Join(new GlooGroup { Key = key, Rank = rank, Size = size, Port = port, JoinTimeout = timeout }, rank == 0 ? listener : null);
        return "joined";
    }
    catch (RadioDiffusionException e)
    {
        return $"error {e.Message}";
    }
}

// Digest of the sum, and how far it is from the sum of the members' vectors in float64 from rank 0 upwards.
string Sum(int seed, long length, ScalarType type, TimeSpan timeout)
{
    using var scope = NewDisposeScope();
    var flat = SeededVectors.Draw(seed, collective!.Rank, length, type);
    long began = Stopwatch.GetTimestamp();
    if (!collective.SumInPlace(flat, timeout))
        return $"lost {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0}";
    var expected = zeros(length, dtype: float64);
    for (int rank = 0; rank < collective.Size; rank++)
        expected += SeededVectors.Draw(seed, rank, length, type).to(float64);
    double deviation = (flat.to(float64) - expected).abs().max().item<double>();
    return $"summed {Convert.ToHexString(SHA256.HashData(flat.bytes))} {deviation:R}";
}

// Announces itself after the first sum and then again and again adds up, until the others are gone.
string SumUntilLost(long length, TimeSpan timeout)
{
    using var scope = NewDisposeScope();
    var flat = ones(length);
    for (long count = 0; ; count++)
    {
        long began = Stopwatch.GetTimestamp();
        if (!collective!.SumInPlace(flat, timeout))
            return $"lost {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0}";
        if (count == 0)
            Console.WriteLine("> summing");
    }
}

// Resident megabytes after the first half of the sums, each of a new tensor, and after the second.
string Memory(int count, long length)
{
    long[] bytes = new long[2];
    for (int half = 0; half < 2; half++)
    {
        for (int i = 0; i < count / 2; i++)
        {
            using var flat = ones(length);
            if (!collective!.SumInPlace(flat, TimeSpan.FromMinutes(1)))
                return "lost";
        }
        using var process = Process.GetCurrentProcess();
        bytes[half] = process.WorkingSet64;
    }
    return $"{bytes[0] >> 20} {bytes[1] >> 20}";
}

// Seconds of some steps in bfloat16 on one thread, after one that is not counted: in the group, of which each member has so many images of every batch, or alone.
string Train(string preset, int batch, int steps)
{
    var options = TrainingOptions.Preset(preset) with { BatchSize = batch * (collective?.Size ?? 1), Threads = 1, Precision = Precision.BFloat16 };
    using var trainer = Trainer.Create(NetworkOptions.Preset(preset), options, new NoiseImages(), collective: collective);
    trainer.Step();
    GC.Collect();
    long began = Stopwatch.GetTimestamp();
    for (int step = 0; step < steps; step++)
        trainer.Step();
    return $"{Stopwatch.GetElapsedTime(began).TotalSeconds:R}";
}

// Milliseconds of each sum, after one that is not counted.
string Time(int count, long length)
{
    using var flat = ones(length);
    var times = new List<double>();
    for (int i = 0; i <= count; i++)
    {
        long began = Stopwatch.GetTimestamp();
        if (!collective!.SumInPlace(flat, TimeSpan.FromMinutes(1)))
            return "lost";
        times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }
    return string.Join(' ', times.Skip(1).Select(time => $"{time:0.00}"));
}

string Leave()
{
    collective?.Dispose();
    collective = null;
    return "left";
}

static TimeSpan Seconds(string word) => TimeSpan.FromSeconds(double.Parse(word));
