using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;
using RadioDiffusion.ModelCore.Training.Collectives;

namespace RadioDiffusion.ModelCore.Tests.Training;

/// <summary>Several trainers with a share of each batch do what one does alone.</summary>
public sealed class SharedTrainingTests(ITestOutputHelper output)
{
    private const int Steps = 20;

    [Theory]
    [InlineData(2, Precision.Float64, 1e-12)]
    [InlineData(3, Precision.Float64, 1e-12)]
    [InlineData(2, Precision.Float32, 1e-5)]
    [InlineData(3, Precision.Float32, 1e-5)]
    public void Workers_WithDropout_TrainWhatOneTrainsAlone(int workers, Precision precision, double tolerance)
    {
        var options = PublishedRate(precision);
        AssertAgree(Train(options, null), TrainTogether(options, workers), tolerance);
    }

    /// <summary>Every worker conditions its part of the batch on the values and classes of those very images, also where it computes the part in pieces. The tolerance is that of rounding, as above.</summary>
    [Theory]
    [InlineData(2, 0, 0)]
    [InlineData(3, 0, 0)]
    [InlineData(2, 2, 0)]
    [InlineData(3, 2, 0)]
    [InlineData(2, 2, 3)]
    public void Workers_WithTwoValues_TrainWhatOneTrainsAlone(int workers, int classes, int microBatchSize)
    {
        var network = TinyTraining.Network with { ContextDimension = 2, ClassCount = classes };
        var data = new TinyTraining { ContextDimension = 2, ClassCount = classes };
        var options = PublishedRate(Precision.Float64);
        AssertAgree(Train(options, null, network, data), TrainTogether(options with { MicroBatchSize = microBatchSize }, workers, network, data), 1e-12);
    }

    [Fact]
    public void MicroBatches_AddUpToTheBatch()
    {
        var whole = Train(Options(Precision.Float64), null);
        var parts = Train(Options(Precision.Float64) with { MicroBatchSize = 3 }, null);
        double difference = Difference(whole.Parameters, parts.Parameters);
        Assert.True(difference < 1e-12, $"{difference}");
    }

    [Fact]
    public void BFloat16_LearnsWhatFloat32Learns()
    {
        Assert.SkipUnless(Autocast.IsAvailable, "This libtorch has no autocast that is known.");
        var single = Train(Options(Precision.Float32) with { Iterations = 100 }, null);
        var half = Train(Options(Precision.BFloat16) with { Iterations = 100 }, null);
        double last = single.Losses.TakeLast(20).Average(), lastHalf = half.Losses.TakeLast(20).Average();
        output.WriteLine($"mean loss of the last 20 of 100 steps: {last:0.0000} in float32, {lastHalf:0.0000} in bfloat16; first loss {single.Losses[0]:0.0000}");
        Assert.True(lastHalf < 0.9 * half.Losses[0]);
        Assert.Equal(last, lastHalf, 0.05 * last);
        Assert.NotEqual(single.Parameters, half.Parameters);
        Assert.Equal(half.Parameters, Train(Options(Precision.BFloat16) with { Iterations = 100 }, null).Parameters);
    }

    [Fact]
    public void Step_WhoseSumFails_ChangesNothing()
    {
        using var trainer = Trainer.Create(TinyTraining.Network, Options(Precision.Float32), new TinyTraining(), collective: new BrokenCollective());
        Assert.Throws<CollectiveException>(() => trainer.Step());
        Assert.Equal(0, trainer.Iteration);
    }

    /// <summary>
    /// The published learning rate: behind a last layer of zeros gradients are no more than rounding in the first few steps, and Adam makes steps of the learning rate's size of them, which in
    /// float32 differ for sums in another order, whoever adds them up.
    /// </summary>
    private static TrainingOptions PublishedRate(Precision precision) => Options(precision) with { LearningRate = 2e-5 };

    private static TrainingOptions Options(Precision precision) => TinyTraining.Options with { BatchSize = 8, Iterations = Steps, Precision = precision, Threads = 1 };

    private static TrainedWeights[] TrainTogether(TrainingOptions options, int workers, NetworkOptions? network = null, TinyTraining? data = null)
    {
        var together = new TrainedWeights[workers];
        var group = InProcessCollective.CreateGroup(workers);
        var threads = group.Select(member => new Thread(() => together[member.Rank] = Train(options, member, network, data))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        foreach (var member in group)
            member.Dispose();
        return together;
    }

    private static TrainedWeights Train(TrainingOptions options, ICollective? collective, NetworkOptions? network = null, TinyTraining? data = null)
    {
        using var trainer = Trainer.Create(network ?? TinyTraining.Network, options, data ?? new TinyTraining(), collective: collective);
        var losses = new List<double>();
        while (trainer.Iteration < options.Iterations)
            losses.Add(trainer.Step().Loss);
        return new TrainedWeights(trainer.CopyParameters(), losses, trainer.Validate().Loss);
    }

    private void AssertAgree(TrainedWeights alone, TrainedWeights[] together, double tolerance)
    {
        Assert.All(together, worker => Assert.Equal(together[0].Parameters, worker.Parameters));     // to the last bit
        double difference = Difference(alone.Parameters, together[0].Parameters);
        output.WriteLine($"{together.Length} workers: relative difference of all weights {difference:0.0e0}, tolerance {tolerance:0e0}");
        Assert.True(difference < tolerance, $"{difference}");
        Assert.True(alone.Losses.Zip(together[0].Losses).All(pair => Math.Abs(pair.First - pair.Second) < tolerance * Math.Max(1, pair.First)));
        Assert.Equal(alone.Validation, together[0].Validation, tolerance);
    }

    /// <summary>L2 norm of the difference, relative to that of the weights.</summary>
    private static double Difference(double[] one, double[] other) =>
        Math.Sqrt(one.Zip(other).Sum(pair => (pair.First - pair.Second) * (pair.First - pair.Second)) / one.Sum(value => value * value));

    private sealed record TrainedWeights(double[] Parameters, List<double> Losses, double Validation);

    private sealed class BrokenCollective : ICollective
    {
        public int Rank => 0;

        public int Size => 2;

        public bool SumInPlace(TorchSharp.torch.Tensor flat, TimeSpan timeout) => false;

        public void Dispose()
        {
        }
    }
}
