using RadioDiffusion.ModelCore.Training;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Training;

/// <summary>Trainers that take steps by themselves and meet now and then.</summary>
public sealed class DiLoCoTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OuterStep_IsThatOfStochasticGradientDescentWithNesterovMomentum()
    {
        using var scope = NewDisposeScope();
        var generator = new Generator(7);
        using var begin = randn([50], ScalarType.Float64, generator: generator);
        using var outer = new OuterOptimizer(begin, new DiLoCoOptions());
        using var values = begin.clone();
        using var expected = new TorchSharp.Modules.Parameter(begin.clone());
        using var reference = optim.SGD([expected], learningRate: 0.7, momentum: 0.9, nesterov: true);
        for (int round = 0; round < 5; round++)
        {
            var difference = randn([50], ScalarType.Float64, generator: generator);
            expected.grad = difference.clone();
            reference.step();
            outer.Step(difference, values);
        }
        Assert.Equal(expected.data<double>().ToArray(), values.data<double>().ToArray(), (one, other) => Math.Abs(one - other) < 1e-14);
    }

    /// <summary>A trainer alone that meets itself after every step, with an outer step that just accepts where it is, trains as if there were no meetings.</summary>
    [Fact]
    public void MeetingsThatChangeNothing_ChangeNothing()
    {
        var plain = Options with { Iterations = 30, Precision = Precision.Float64 };
        using var alone = Trainer.Create(TinyTraining.Network, plain, new TinyTraining());
        while (alone.Iteration < plain.Iterations)
            alone.Step();
        var meeting = Trainers(1, plain with { DiLoCo = new DiLoCoOptions { LocalSteps = 1, OuterLearningRate = 1, OuterMomentum = 0 }, CheckpointEvery = 10, ValidateEvery = 10 });
        TrainTogether(meeting);
        double difference = Difference(alone.CopyParameters(), meeting[0].CopyParameters());
        Assert.True(difference < 1e-12, $"{difference}");
        Assert.Equal(alone.Validate().EmaLoss, meeting[0].Validate().EmaLoss, 1e-12);
        meeting.ForEach(trainer => trainer.Dispose());
    }

    /// <summary>The bar: with 20 local steps within 5 % of adding up the gradients of every step, for the same images seen.</summary>
    [Fact]
    public void TwentyLocalSteps_LearnWhatEveryStepTogetherLearns()
    {
        var data = new TinyTraining { Count = 200 };
        var together = Options with { BatchSize = 8, Iterations = 600, ValidationFraction = 0.2, Precision = Precision.Float32 };
        using var synchronous = Trainer.Create(TinyTraining.Network, together, data);
        double before = synchronous.Validate().Loss;
        while (synchronous.Iteration < together.Iterations)
            synchronous.Step();
        double expected = synchronous.Validate().Loss;
        var trainers = Trainers(2, together with { DiLoCo = new DiLoCoOptions { LocalSteps = 20 }, CheckpointEvery = 600, ValidateEvery = 600 }, data);
        TrainTogether(trainers);
        double found = trainers[0].Validate().Loss;
        output.WriteLine($"validation loss {before:0.0000} at first, {expected:0.0000} with every step together, {found:0.0000} with DiLoCo of 2 trainers and 20 local steps");
        Assert.All(trainers, trainer => Assert.Equal(trainers[0].CopyParameters(), trainer.CopyParameters()));     // to the last bit
        Assert.True(found < 1.05 * expected, $"{found} is not within 5 % of {expected}");
        Assert.True(expected < 0.5 * before);
        trainers.ForEach(trainer => trainer.Dispose());
    }

    [Fact]
    public void Trainers_ThatGoOnFromACheckpoint_EndWhereUndisturbedOnesDo()
    {
        var options = Options with { Iterations = 60, DiLoCo = new DiLoCoOptions { LocalSteps = 10 }, CheckpointEvery = 30, ValidateEvery = 30 };
        var undisturbed = Trainers(2, options);
        TrainTogether(undisturbed);
        var first = Trainers(2, options);
        TrainTogether(first, until: 30);
        first[0].SaveCheckpoint(_folder.File("checkpoint"));
        List<Trainer> next = [.. Enumerable.Range(0, 2).Select(rank => Trainer.Resume(_folder.File("checkpoint"), new TinyTraining(), share: new TrainerShare(rank, 2)))];
        TrainTogether(next);
        Assert.Equal(undisturbed[0].CopyParameters(), next[0].CopyParameters());
        Assert.Equal(undisturbed[0].Validate(), next[0].Validate());
        foreach (var trainer in undisturbed.Concat(first).Concat(next))
            trainer.Dispose();
    }

    [Fact]
    public void Checkpoints_BetweenMeetings_AreRefused()
    {
        var error = Assert.Throws<RadioDiffusionException>((Options with { DiLoCo = new DiLoCoOptions { LocalSteps = 20 }, CheckpointEvery = 30 }).Check);
        Assert.Contains("CheckpointEvery", error.Message, StringComparison.Ordinal);
        Assert.Contains("multiple of the 20 local steps", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MoreTrainers_ThanImagesOfABatch_AreRefused()
    {
        var options = Options with { BatchSize = 2, DiLoCo = new DiLoCoOptions(), CheckpointEvery = 50, ValidateEvery = 50 };
        var error = Assert.Throws<RadioDiffusionException>(() => Trainer.Create(TinyTraining.Network, options, new TinyTraining(), share: new TrainerShare(0, 3)));
        Assert.Contains("3 trainers share 2", error.Message, StringComparison.Ordinal);
    }

    private static TrainingOptions Options => TinyTraining.Options with { Threads = 1 };

    private static List<Trainer> Trainers(int count, TrainingOptions options, TinyTraining? data = null) =>
        [.. Enumerable.Range(0, count).Select(rank => Trainer.Create(TinyTraining.Network, options, data ?? new TinyTraining(), share: new TrainerShare(rank, count)))];

    /// <summary>One after the other until they meet, as processes do side by side.</summary>
    private void TrainTogether(List<Trainer> trainers, long? until = null)
    {
        while (trainers[0].Iteration < (until ?? trainers[0].Options.Iterations))
        {
            foreach (var trainer in trainers)
            {
                do
                    trainer.Step();
                while (!trainer.IsRoundOver);
            }
            string[] differences = Write(trainers, "difference", (trainer, file) => trainer.WriteDifference(file));
            trainers.ForEach(trainer => trainer.FinishRound(differences));
            if (trainers[0].Iteration % trainers[0].Options.CheckpointEvery != 0)
                continue;
            string[] moments = Write(trainers, "moments", (trainer, file) => trainer.WriteMoments(file));
            trainers.ForEach(trainer => trainer.ShareMoments(moments));
        }
    }

    private string[] Write(List<Trainer> trainers, string name, Action<Trainer, string> write)
    {
        string[] files = [.. trainers.Select((_, rank) => _folder.File($"{name}-{rank}.safetensors"))];
        for (int rank = 0; rank < files.Length; rank++)
            write(trainers[rank], files[rank]);
        return files;
    }

    private static double Difference(double[] one, double[] other) =>
        Math.Sqrt(one.Zip(other).Sum(pair => (pair.First - pair.Second) * (pair.First - pair.Second)) / one.Sum(value => value * value));
}
