using RadioDiffusion.ModelCore.Training;
using RadioDiffusion.ModelCore.Training.Collectives;

namespace RadioDiffusion.ModelCore.Tests.Training;

/// <summary>Trainings in float16 with a scaled loss, on the CPU.</summary>
public sealed class Float16TrainingTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TrainingOptions _options = TinyTraining.Options with { Precision = Precision.Float16, Threads = 1 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The first scale is too large for this network, so a step is left out early: compared with float32 without that step.</summary>
    [Fact]
    public void Float16_LearnsWhatFloat32Learns()
    {
        Assert.SkipUnless(Autocast.IsAvailable, "This libtorch has no autocast that is known.");
        var leftOut = new HashSet<int>();
        var half = Train(_options, 60, (trainer, step) =>
        {
            if (trainer.LossScale!.LeftOut > leftOut.Count)
                leftOut.Add(step);
        });
        var single = Train(_options with { Precision = Precision.Float32 }, 60, after: null, before: (trainer, step) =>
            trainer.LossScale = new LossScale { Scale = leftOut.Contains(step) ? 1e300 : 1, LeftOut = leftOut.Count(one => one < step) });
        double last = single.TakeLast(20).Average(), lastHalf = half.TakeLast(20).Average();
        output.WriteLine($"mean loss of the last 20 of 60 steps: {last:0.0000} in float32, {lastHalf:0.0000} in float16, both without the updates {string.Join(", ", leftOut)}");
        Assert.True(lastHalf < 0.9 * half[0]);
        Assert.Equal(last, lastHalf, 0.05 * last);
        Assert.NotEqual(single, half);
    }

    /// <summary>Scales are powers of 2, so in float32, where nothing becomes 0 on the way, the scaled training is the same bit for bit.</summary>
    [Fact]
    public void Float32_WithAScaledLoss_IsTheTrainingWithout()
    {
        var options = _options with { Precision = Precision.Float32 };
        var plain = Train(options, 10, after: null);
        var scaled = Train(options, 10, after: null, before: (trainer, step) => trainer.LossScale ??= new LossScale());
        Assert.Equal(plain, scaled);
    }

    /// <summary>With a scale that float16 cannot take: the first steps are left out, with one worker and with two, until it is small enough.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Step_WithTooLargeAScale_LeavesTheWeightsAndGoesOn(int workers)
    {
        Assert.SkipUnless(Autocast.IsAvailable, "This libtorch has no autocast that is known.");
        var group = InProcessCollective.CreateGroup(workers);
        var ends = new (double[] Weights, LossScale Scale)[workers];
        var threads = group.Select(member => new Thread(() => ends[member.Rank] = Overflow(member))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        foreach (var member in group)
            member.Dispose();
        output.WriteLine(ends[0].Scale.ToString());
        Assert.All(ends, end => Assert.Equal(ends[0].Weights, end.Weights));     // to the last bit
        Assert.All(ends, end => Assert.Equal(ends[0].Scale, end.Scale));
        Assert.InRange(ends[0].Scale.LeftOut, 3, 11);

        static (double[] Weights, LossScale Scale) Overflow(ICollective member)
        {
            using var trainer = Trainer.Create(TinyTraining.Network, _options, new TinyTraining(), dataDigest: "tiny", collective: member);
            trainer.LossScale = new LossScale { Scale = Math.Pow(2, 20) };
            double[] before = trainer.CopyParameters();
            trainer.Step();
            Assert.Equal(before, trainer.CopyParameters());
            Assert.Equal((1, 1), (trainer.Iteration, trainer.LossScale.LeftOut));
            for (int i = 0; i < 11; i++)
                trainer.Step();
            double[] after = trainer.CopyParameters();
            Assert.All(after, value => Assert.True(double.IsFinite(value)));
            Assert.NotEqual(before, after);
            return (after, trainer.LossScale);
        }
    }

    [Fact]
    public void Resume_BetweenStepsThatAreLeftOut_EndsWithTheBitsOfTheUndisturbedTraining()
    {
        Assert.SkipUnless(Autocast.IsAvailable, "This libtorch has no autocast that is known.");
        using (var trainer = Trainer.Create(TinyTraining.Network, _options, new TinyTraining(), dataDigest: "tiny"))
        {
            trainer.LossScale = new LossScale { Scale = Math.Pow(2, 20) };
            Take(trainer, 3);
            Assert.Equal(3, trainer.LossScale.LeftOut);
            trainer.SaveCheckpoint(_folder.File("half"));
            Take(trainer, 8);
            trainer.SaveCheckpoint(_folder.File("undisturbed"));
        }
        using (var trainer = Trainer.Resume(_folder.File("half"), new TinyTraining(), dataDigest: "tiny"))
        {
            Assert.Equal(3, trainer.LossScale!.LeftOut);
            Take(trainer, 8);
            trainer.SaveCheckpoint(_folder.File("resumed"));
        }
        foreach (string file in new[] { "model.safetensors", "ema.safetensors", "optimizer.safetensors", "trainer.json" })
            Assert.Equal(File.ReadAllBytes(_folder.File($"undisturbed/{file}")), File.ReadAllBytes(_folder.File($"resumed/{file}")));
        Assert.Contains("\"lossScale\"", File.ReadAllText(_folder.File("resumed/trainer.json")));
    }

    private static List<double> Train(TrainingOptions options, int steps, Action<Trainer, int>? after, Action<Trainer, int>? before = null)
    {
        using var trainer = Trainer.Create(TinyTraining.Network, options, new TinyTraining());
        var losses = new List<double>();
        for (int step = 1; step <= steps; step++)
        {
            before?.Invoke(trainer, step);
            losses.Add(trainer.Step().Loss);
            after?.Invoke(trainer, step);
        }
        return losses;
    }

    private static List<double> Take(Trainer trainer, int steps) => [.. Enumerable.Range(0, steps).Select(_ => trainer.Step().Loss)];
}
