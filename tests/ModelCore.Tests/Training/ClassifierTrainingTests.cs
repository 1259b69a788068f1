using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;
using RadioDiffusion.ModelCore.Training.Collectives;

namespace RadioDiffusion.ModelCore.Tests.Training;

/// <summary>The trainer with a classifier: what it learns, its running statistics, and which images it never sees.</summary>
public sealed class ClassifierTrainingTests(ITestOutputHelper output)
{
    private static readonly string[] _tensorFiles = ["model.safetensors", "ema.safetensors", "optimizer.safetensors"];
    private static readonly LabelledImages _data = new();

    /// <summary>Guessing costs ln 3 = 1.10 in the mean.</summary>
    [Fact]
    public void Step_AHundredAndFiftyTimes_LearnsToTellTheClassesApart()
    {
        using var trainer = Start(LabelledImages.Options);
        double before = trainer.Validate().Loss;
        Take(trainer, 150);
        var after = trainer.Validate();
        output.WriteLine($"validation: cross-entropy {before:0.000} before, {after.Loss:0.000} after 150 steps");
        Assert.Equal(after.Loss, after.EmaLoss);
        Assert.True(after.Loss < 0.25, $"{before} to {after.Loss}");
        Assert.Equal(after, trainer.Validate());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void Resume_HalfWay_EndsWithTheBitsOfTheUndisturbedTraining(int microBatchSize)
    {
        using var folder = new TemporaryFolder();
        var options = LabelledImages.Options with { MicroBatchSize = microBatchSize };
        using (var trainer = Start(options))
        {
            Take(trainer, 10);
            trainer.SaveCheckpoint(folder.File("undisturbed"));
        }
        using (var trainer = Start(options))
        {
            Take(trainer, 5);
            trainer.Validate();                              // must leave no trace
            trainer.SaveCheckpoint(folder.File("half"));
        }
        using (var trainer = Trainer.Resume(folder.File("half"), _data))
        {
            Take(trainer, 5);
            trainer.SaveCheckpoint(folder.File("resumed"));
        }
        foreach (string file in _tensorFiles)
            Assert.True(File.ReadAllBytes(folder.File($"undisturbed/{file}")).AsSpan().SequenceEqual(File.ReadAllBytes(folder.File($"resumed/{file}"))), file);
    }

    /// <summary>After one step the running mean of the first norm is a tenth of the batch's mean, which is the mean of the two shares' means.</summary>
    [Fact]
    public void Workers_WithAShareEach_HaveTheSameWeightsAndTheMeanOfTheirStatistics()
    {
        using var folder = new TemporaryFolder();
        var options = LabelledImages.Options with { Precision = Precision.Float64 };
        using (var alone = Start(options))
        {
            Take(alone, 1);
            alone.SaveCheckpoint(folder.File("alone"));
        }
        var group = InProcessCollective.CreateGroup(2);
        double[][] weights = new double[2][];
        var threads = group.Select(member => new Thread(() =>
        {
            using var trainer = Start(options, member);
            Take(trainer, 1);
            trainer.SaveCheckpoint(folder.File($"worker{member.Rank}"));
            Take(trainer, 4);
            Assert.True(trainer.Agrees(TimeSpan.FromMinutes(1)));
            weights[member.Rank] = trainer.CopyParameters();
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        foreach (var member in group)
            member.Dispose();

        Assert.Equal(weights[0], weights[1]);                // to the last bit
        double[] expected = Statistic("alone"), first = Statistic("worker0");
        Assert.Equal(first, Statistic("worker1"));
        Assert.All(expected.Zip(first), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.Contains(first, value => Math.Abs(value) > 1e-3);

        double[] Statistic(string name)
        {
            using var file = SafetensorsFile.Open(folder.File($"{name}/model.safetensors"));
            return file.Values<double>("encoder.bn1.running_mean").ToArray();
        }
    }

    [Fact]
    public void Checkpoint_AfterSomeSteps_HasNoMomentsOfStatistics()
    {
        using var folder = new TemporaryFolder();
        using (var trainer = Start(LabelledImages.Options))
        {
            Take(trainer, 3);
            trainer.SaveCheckpoint(folder.Path);
        }
        using var file = SafetensorsFile.Open(folder.File("optimizer.safetensors"));
        Assert.All(file.Values<float>("exp_avg_sq.norm.running_var").ToArray(), value => Assert.Equal(0, value));
        Assert.Contains(file.Values<float>("exp_avg_sq.norm.weight").ToArray(), value => value > 0);
    }

    [Fact]
    public void BFloat16_LearnsToo()
    {
        Assert.SkipUnless(Autocast.IsAvailable, "This libtorch has no autocast that is known.");
        using var trainer = Start(LabelledImages.Options with { Precision = Precision.BFloat16, Iterations = 40, LearningRateDecay = 20 });
        double first = Take(trainer, 1)[0], last = Take(trainer, 39)[^10..].Average();
        Assert.True(last < 0.8 * first, $"{first} to {last}");
        Assert.True(double.IsFinite(trainer.Validate().Loss));
    }

    [Fact]
    public void HeldOutImages_OfATraining_AreThoseItNeverTakes()
    {
        var data = new LabelledImages();
        var options = LabelledImages.Options with { BatchSize = 60, Iterations = 5, LearningRateDecay = 0 };
        var heldOut = HeldOutImages.Of(data.Count, options.ValidationFraction, options.Seed);
        Assert.Equal(60, heldOut.Count);
        using (var trainer = Trainer.Create(LabelledImages.Network, options, data))
            Take(trainer, 5);                                // 300 positions of 240 images
        Assert.Equal(Enumerable.Range(0, 300).Except(heldOut), data.Taken.Order());
    }

    /// <summary>N / (K n): 6 images of 3 classes, of which class 0 has 3, class 1 has 2 and class 2 has 1.</summary>
    [Fact]
    public void LossWeights_OfUnequalClasses_AreTheirInverseFrequencies() =>
        Assert.Equal([2.0 / 3, 1, 2], LossWeights.Of([0, 1, 0, 2, 0, 1], 3));

    [Fact]
    public void Batch_OfAClassifier_HasEveryLabelAndNoNoise()
    {
        var maker = new BatchMaker(_data, LabelledImages.Options with { LabelDropout = 1 }, LabelledImages.Network, TorchSharp.torch.CPU);
        var numbers = maker.Draw([0, 3, 5], [.. Enumerable.Range(0, 3).Select(i => new RandomStream(1, "image", i))], forTraining: true);
        Assert.Equal([1, 0, 0, 0, 1, 0, 0, 0, 1], numbers.Labels);
        Assert.Empty(numbers.Noise);
    }

    [Fact]
    public void Create_WithWhatDoesNotGoTogether_SaysSo()
    {
        AssertRefused("EmaRate", LabelledImages.Options with { EmaRate = 0.9 });
        AssertRefused("PowerEma", LabelledImages.Options with { PowerEma = [0.05] });
        AssertRefused("DiLoCo", LabelledImages.Options with { DiLoCo = new DiLoCoOptions { LocalSteps = 1 } });
        AssertRefused("one alone", LabelledImages.Options with { BatchSize = 1 });
        AssertRefused("one alone", LabelledImages.Options with { MicroBatchSize = 5 });
        AssertRefused("the data set has none", LabelledImages.Options, new LabelledImages { ClassCount = 0 });
        AssertRefused("class 2 (counted from 0) has none", LabelledImages.Options, new LabelledImages { Count = 5 });

        static void AssertRefused(string reason, TrainingOptions options, LabelledImages? data = null) =>
            Assert.Contains(reason, Assert.Throws<RadioDiffusionException>(() => Trainer.Create(LabelledImages.Network, options, data ?? _data)).Message);
    }

    [Fact]
    public void Create_FromWeightsOfTheOtherKind_SaysThatTheyAreOfAnotherArchitecture()
    {
        using var folder = new TemporaryFolder();
        using (var network = Initialisation.Create(TinyTraining.Network, 1))
            WeightFiles.Save(network, folder.File("denoiser.safetensors"));
        var error = Assert.Throws<RadioDiffusionException>(() => Trainer.Create(LabelledImages.Network, LabelledImages.Options, _data, initialWeights: folder.File("denoiser.safetensors")));
        Assert.Contains("another architecture", error.Message);
    }

    private static Trainer Start(TrainingOptions options, ICollective? collective = null) => Trainer.Create(LabelledImages.Network, options, _data, collective: collective);

    private static List<double> Take(Trainer trainer, int steps) => [.. Enumerable.Range(0, steps).Select(_ => trainer.Step().Loss)];
}
