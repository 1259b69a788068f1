using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;
using TorchSharp;

namespace RadioDiffusion.ModelCore.Tests.Training;

public class TrainerTests
{
    private static readonly string[] TensorFiles = ["model.safetensors", "ema.safetensors", "optimizer.safetensors"];

    private static readonly NetworkOptions _twoValues = TinyTraining.Network with { ContextDimension = 2 };

    [Fact]
    public void Step_TwiceWithOneSeed_GivesEqualBits()
    {
        using var folder = new TemporaryFolder();
        foreach (string run in new[] { "first", "second" })
        {
            using var trainer = Start();
            Take(trainer, 3);
            trainer.SaveCheckpoint(folder.File(run));
        }
        AssertEqualCheckpoints(folder.File("first"), folder.File("second"));
    }

    [Fact]
    public void Resume_AfterTenOfTwentySteps_EndsWithTheBitsOfTheUndisturbedTraining()
    {
        using var folder = new TemporaryFolder();
        double[] losses;
        using (var trainer = Start())
        {
            losses = [.. Take(trainer, 20)];
            trainer.SaveCheckpoint(folder.File("undisturbed"));
        }
        using (var trainer = Start())
        {
            Take(trainer, 10);
            trainer.Validate();                              // must leave no trace
            trainer.SaveCheckpoint(folder.File("half"));
        }
        using (var trainer = Trainer.Resume(folder.File("half"), new TinyTraining(), dataDigest: "tiny"))
        {
            Assert.Equal(10, trainer.Iteration);
            Assert.Equal(losses[10..], Take(trainer, 10));
            trainer.SaveCheckpoint(folder.File("resumed"));
        }
        AssertEqualCheckpoints(folder.File("undisturbed"), folder.File("resumed"));
    }

    [Fact]
    public void Step_FiftyTimes_LowersTheLossOfModelAndAverage()
    {
        using var trainer = Start();
        var before = trainer.Validate();
        Take(trainer, 50);
        var after = trainer.Validate();
        Assert.True(after.Loss < 0.8 * before.Loss, $"{before.Loss} to {after.Loss}");
        Assert.True(after.EmaLoss < 0.8 * before.EmaLoss, $"{before.EmaLoss} to {after.EmaLoss}");
        Assert.Equal(after, trainer.Validate());             // the same noise each time
    }

    [Fact]
    public void StepValidateAndSave_AgainAndAgain_LeaveNoTensorsBehind()
    {
        using var folder = new TemporaryFolder();
        using var trainer = Start();
        Cycle();
        long before = LiveTensors();
        for (int i = 0; i < 3; i++)
            Cycle();
        Assert.Equal(before, LiveTensors());

        static long LiveTensors() => DisposeScopeManager.Statistics.ThreadTotalLiveCount;   // of this thread: other tests run beside
        void Cycle()
        {
            trainer.Step();
            trainer.Validate();
            trainer.SaveCheckpoint(folder.File("checkpoint"));
            trainer.SaveSnapshot(folder.File("snapshot"));
        }
    }

    [Fact]
    public void EmaRateAt_WithThePublishedStart_CopiesUntilThenAndAveragesAfterwards()
    {
        var published = new TrainingOptions();
        Assert.Equal(0, published.EmaRateAt(500));
        Assert.Equal(0, published.EmaRateAt(501));
        Assert.Equal(0.9999, published.EmaRateAt(502));
    }

    [Fact]
    public void Resume_WithoutDescription_SaysThatTheCheckpointIsIncomplete()
    {
        using var folder = new TemporaryFolder();
        SaveOne(folder.File("checkpoint"));
        File.Delete(Path.Combine(folder.File("checkpoint"), "trainer.json"));
        AssertResumeFails(folder.File("checkpoint"), "tiny", "no complete checkpoint");
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("ema.safetensors")]
    [InlineData("optimizer.safetensors")]
    public void Resume_FromAFileThatIsCutOff_NamesTheFile(string file)
    {
        using var folder = new TemporaryFolder();
        SaveOne(folder.File("checkpoint"));
        string path = Path.Combine(folder.File("checkpoint"), file);
        using (var stream = File.OpenWrite(path))
            stream.SetLength(stream.Length - 1000);
        AssertResumeFails(folder.File("checkpoint"), "tiny", file);
    }

    [Fact]
    public void Resume_WithAFileOfAnotherStep_SaysWhichStepItIsOf()
    {
        using var folder = new TemporaryFolder();
        using (var trainer = Start())
        {
            trainer.Step();
            trainer.SaveCheckpoint(folder.File("one"));
            trainer.Step();
            trainer.SaveCheckpoint(folder.File("two"));
        }
        File.Copy(Path.Combine(folder.File("one"), "ema.safetensors"), Path.Combine(folder.File("two"), "ema.safetensors"), overwrite: true);
        AssertResumeFails(folder.File("two"), "tiny", "should be of iteration 2", "is of 1");
    }

    [Fact]
    public void Create_WithWeightsOfANetworkWithOtherConditions_TakesAllButTheirEmbeddings()
    {
        using var folder = new TemporaryFolder();
        SaveOne(folder.File("checkpoint"), TinyTraining.Network with { ContextDimension = 0 });
        string weights = folder.File("checkpoint/model.safetensors");
        using var warm = Trainer.Create(TinyTraining.Network with { ClassCount = 0 }, TinyTraining.Options, new TinyTraining { ClassCount = 0 }, initialWeights: weights);
        using var cold = Trainer.Create(TinyTraining.Network with { ClassCount = 0 }, TinyTraining.Options, new TinyTraining { ClassCount = 0 });
        warm.SaveCheckpoint(folder.File("warm"));
        cold.SaveCheckpoint(folder.File("cold"));
        using SafetensorsFile given = SafetensorsFile.Open(weights), warmed = SafetensorsFile.Open(folder.File("warm/model.safetensors")), random = SafetensorsFile.Open(folder.File("cold/model.safetensors"));
        Assert.Contains("model.label_emb.weight", given.Entries.Keys);
        Assert.Equal(random.Entries.Keys.Order(), warmed.Entries.Keys.Order());
        foreach (string name in warmed.Entries.Keys)
            Assert.Equal((name.StartsWith("model.context_emb.", StringComparison.Ordinal) ? random : given).Values<float>(name), warmed.Values<float>(name));
    }

    [Fact]
    public void Create_WithWeightsOfAnotherArchitecture_NamesTheFirstTensorThatDiffers()
    {
        using var folder = new TemporaryFolder();
        SaveOne(folder.File("wider"), TinyTraining.Network with { InitialChannels = 64 });
        var error = Assert.Throws<RadioDiffusionException>(() => Trainer.Create(TinyTraining.Network, TinyTraining.Options, new TinyTraining(), initialWeights: folder.File("wider/model.safetensors")));
        Assert.Contains("tensor 'model.feature_emb.lin1.weight' should have shape (128, 128), but it has (256, 256)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resume_OnOtherData_NamesBothDataSets()
    {
        using var folder = new TemporaryFolder();
        SaveOne(folder.File("checkpoint"));
        AssertResumeFails(folder.File("checkpoint"), "other", "'tiny'", "'other'");
    }

    [Fact]
    public void Resume_WithWeightsOfAnotherArchitecture_NamesTheFirstTensorThatDiffers()
    {
        using var folder = new TemporaryFolder();
        SaveOne(folder.File("checkpoint"));
        SaveOne(folder.File("wider"), TinyTraining.Network with { InitialChannels = 64 });
        File.Copy(folder.File("wider/model.safetensors"), folder.File("checkpoint/model.safetensors"), overwrite: true);
        AssertResumeFails(folder.File("checkpoint"), "tiny", "model.context_emb.lin1.weight", "(128, 1)", "(256, 1)");
    }

    [Fact]
    public void Resume_WithTwoValuesAndClasses_EndsWithTheBitsOfTheUndisturbedTraining()
    {
        using var folder = new TemporaryFolder();
        var data = TwoValues("LAS");
        using (var trainer = Trainer.Create(_twoValues, TinyTraining.Options, data, dataDigest: "tiny"))
        {
            Take(trainer, 2);
            trainer.SaveCheckpoint(folder.File("half"));
            Take(trainer, 2);
            trainer.SaveCheckpoint(folder.File("undisturbed"));
        }
        using (var trainer = Trainer.Resume(folder.File("half"), data, dataDigest: "tiny"))
        {
            Take(trainer, 2);
            trainer.SaveCheckpoint(folder.File("resumed"));
        }
        AssertEqualCheckpoints(folder.File("undisturbed"), folder.File("resumed"));

        var error = Assert.Throws<RadioDiffusionException>(() => Trainer.Resume(folder.File("half"), TwoValues("rms"), dataDigest: "tiny"));
        Assert.Contains("trained with the conditions snrSigma (Log), LAS (None), but the configuration asks for the conditions snrSigma (Log), rms (None)", error.Message);
    }

    [Fact]
    public void Create_WithMoreValuesThanTheDataHave_SaysBothNumbers()
    {
        var error = Assert.Throws<RadioDiffusionException>(() => Trainer.Create(_twoValues, TinyTraining.Options, new TinyTraining()));
        Assert.Contains("2 continuous values, but the data set has 1", error.Message);
    }

    [Fact]
    public void Batch_OfTwoValues_HoldsThoseOfEachImageInTheirOrder()
    {
        var data = TwoValues("LAS");
        var batches = new BatchMaker(data, TinyTraining.Options with { ContextDropout = 0.5 }, _twoValues, torch.CPU);
        RandomStream[] streams = [.. Enumerable.Range(0, 40).Select(i => new RandomStream(1, "test", i))];
        var numbers = batches.Draw([.. Enumerable.Range(0, 40)], streams, forTraining: true);
        int dropped = 0;
        for (int i = 0; i < 40; i++)
        {
            bool isThere = numbers.ContextPresent[i] == 1;
            dropped += isThere ? 0 : 1;
            Assert.Equal(isThere ? data.Context(i).ToArray() : [0, 0], numbers.Context[(2 * i)..(2 * i + 2)]);      // both or none
        }
        Assert.InRange(dropped, 8, 32);                      // half of 40: 4 standard deviations of sqrt(10)
    }

    [Fact]
    public void Create_ForImagesOfAnotherSize_SaysBothSizes()
    {
        var error = Assert.Throws<RadioDiffusionException>(() =>
            Trainer.Create(TinyTraining.Network with { ImageSize = 16 }, TinyTraining.Options, new TinyTraining()));
        Assert.Contains("16", error.Message);
        Assert.Contains("8", error.Message);
    }

    private static TinyTraining TwoValues(string second) => new()
    {
        ContextDimension = 2,
        Conditions = [ConditionDescription.Fit(new("snrSigma", ConditionTransform.Log), "", [1, 2]), ConditionDescription.Fit(new(second, ConditionTransform.None), "", [1, 2])],
    };

    private static Trainer Start(NetworkOptions? network = null) =>
        Trainer.Create(network ?? TinyTraining.Network, TinyTraining.Options, new TinyTraining(), dataDigest: "tiny");

    private static List<double> Take(Trainer trainer, int steps) => [.. Enumerable.Range(0, steps).Select(_ => trainer.Step().Loss)];

    private static void SaveOne(string directory, NetworkOptions? network = null)
    {
        using var trainer = Start(network);
        trainer.SaveCheckpoint(directory);
    }

    private static void AssertEqualCheckpoints(string expected, string found)
    {
        foreach (string file in TensorFiles)
            Assert.True(File.ReadAllBytes(Path.Combine(expected, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(found, file))), file);
    }

    private static void AssertResumeFails(string directory, string digest, params string[] parts)
    {
        var error = Assert.Throws<RadioDiffusionException>(() => Trainer.Resume(directory, new TinyTraining(), dataDigest: digest));
        Assert.All(parts, part => Assert.Contains(part, error.Message));
    }
}
