using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Tests.Training;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Diffusion;

public class DiffusionModelTests
{
    private static readonly SolverOptions FourSteps = new(Steps: 4);

    [Fact]
    public void Sample_AloneOrWithFourOthers_AgreesToRounding()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainedModel(folder);
        SampleConditions[] samples =
        [
            new(1, [0.5f], 0, 0.75), new(2, null, null, 0.1), new(3, [-1], 1, 0), new(4, null, 1, 0.5), new(5, [2], null, 0.1),
        ];
        float[][] together = model.Sample(samples, FourSteps);
        for (int i = 0; i < samples.Length; i++)
        {
            float[] alone = model.Sample([samples[i]], FourSteps)[0];
            if (model.Network.BytesOnCpu > 0)
                Assert.Equal(alone, together[i]);
            // Images in [0, 1]; libtorch takes other convolution kernels for other batch sizes, and seven calls amplify 1e-7 a little.
            Assert.All(alone.Zip(together[i]), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }
        Assert.Equal(together, model.Sample(samples, FourSteps));
    }

    [Fact]
    public void Sample_MoreThanOneBatch_KeepsTheOrderAndReportsUpToHundredPerCent()
    {
        using var folder = new TemporaryFolder();
        TrainedModel(folder).Dispose();
        using var all = DiffusionModel.Load(folder.Path);
        using var two = Load(folder.Path, 2);
        SampleConditions[] samples = [.. Enumerable.Range(0, 5).Select(i => new SampleConditions((ulong)i, [i], i % 2, i % 2))];
        var percent = new Recorder();
        float[][] inTwos = two.Sample(samples, FourSteps, percent);
        float[][] atOnce = all.Sample(samples, FourSteps);
        for (int i = 0; i < samples.Length; i++)
            Assert.All(atOnce[i].Zip(inTwos[i]), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        Assert.Equal(12, percent.Values.Count);
        Assert.Equal(100, percent.Values[^1]);
        Assert.All(inTwos.SelectMany(image => image), pixel => Assert.InRange(pixel, 0, 1));
    }

    [Fact]
    public void Sample_WithOtherConditionOrSeed_GivesAnotherImage()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainedModel(folder);
        float[][] images = model.Sample([new(1, [0.5f], 0, 0), new(1, [1.5f], 0, 0), new(1, [0.5f], 1, 0), new(2, [0.5f], 0, 0), new(1, [0.5f], 0, 1)], FourSteps);
        for (int i = 1; i < images.Length; i++)
            Assert.NotEqual(images[0], images[i]);
    }

    [Fact]
    public void Sample_WhenCancelled_Stops()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainedModel(folder);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => model.Sample([new(1, null, null, 0)], FourSteps, ct: cancelled.Token));
    }

    [Fact]
    public void Sample_WithAClassThatTheModelLacks_SaysWhichThereAre()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainedModel(folder);
        var error = Assert.Throws<RadioDiffusionException>(() => model.Sample([new(1, null, 2, 0)], FourSteps));
        Assert.Contains("0 to 1", error.Message);
    }

    [Theory]
    [InlineData(new float[] { 1, 2 }, "1 continuous values, but 2")]
    [InlineData(new float[] { float.NaN }, "finite")]
    public void Sample_WithContextThatTheModelCannotTake_SaysWhy(float[] context, string expected)
    {
        using var folder = new TemporaryFolder();
        using var model = TrainedModel(folder);
        var error = Assert.Throws<RadioDiffusionException>(() => model.Sample([new(1, context, null, 0)], FourSteps));
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Load_ASnapshot_KeepsItsDescription()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainedModel(folder);
        Assert.Equal(["FRI", "FRII"], model.Description.Classes);
        Assert.Equal(new BoxCoxTransform(0.1, 2, 3), model.Description.FluxTransform);
        Assert.Equal(5, model.Description.Iterations);
        Assert.Equal(TinyTraining.Network.ChannelMultipliers, model.Description.Network.ChannelMultipliers);
    }

    [Fact]
    public void Load_WithTheDescriptionOfAnotherNetwork_NamesTensorAndShapes()
    {
        using var folder = new TemporaryFolder();
        TrainedModel(folder).Dispose();
        string path = folder.File("model.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"initialChannels\": 32", "\"initialChannels\": 64"));
        var error = Assert.Throws<RadioDiffusionException>(() => DiffusionModel.Load(folder.Path));
        Assert.Contains("another architecture", error.Message);
        Assert.Contains("model.context_emb.lin1.weight", error.Message);
        Assert.Contains("(256, 1)", error.Message);
        Assert.Contains("(128, 1)", error.Message);
    }

    private static DiffusionModel TrainedModel(TemporaryFolder folder)
    {
        using var trainer = Trainer.Create(TinyTraining.Network, TinyTraining.Options with { LearningRate = 1e-2 }, new TinyTraining());
        for (int i = 0; i < 5; i++)
            trainer.Step();
        trainer.SaveSnapshot(folder.Path, new SnapshotDescription { Classes = ["FRI", "FRII"], FluxTransform = new BoxCoxTransform(0.1, 2, 3) });
        return DiffusionModel.Load(folder.Path);
    }

    private static DiffusionModel Load(string path, int maximumBatch)
    {
        var model = DiffusionModel.Load(path);
        model.MaximumBatch = maximumBatch;
        return model;
    }

    private sealed class Recorder : IProgress<int>
    {
        public List<int> Values { get; } = [];

        public void Report(int value) => Values.Add(value);
    }
}
