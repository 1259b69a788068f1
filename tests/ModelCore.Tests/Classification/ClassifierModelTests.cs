using RadioDiffusion.ModelCore.Classification;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Tests.Training;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Classification;

public sealed class ClassifierModelTests : IDisposable
{
    private static readonly LabelledImages _data = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Classify_HeldOutImages_TellsTheirClasses()
    {
        Train(LabelledImages.Options);
        using var model = ClassifierModel.Load(_folder.Path);
        Assert.Equal(["one", "two", "three"], model.Description.Classes);
        Assert.Equal(150, model.Description.Iterations);
        var heldOut = HeldOutImages.Of(_data.Count, LabelledImages.Options.ValidationFraction, LabelledImages.Options.Seed);
        var classified = model.Classify([.. heldOut.Select(Image)]);
        int right = classified.Zip(heldOut).Count(pair => pair.First.Label == _data.Label(pair.Second));
        Assert.True(right >= 54, $"{right} of 60 are right");
        Assert.All(classified, image => Assert.Equal((3, 32), (image.Logits.Count, image.Features.Count)));
        Assert.All(classified, image => Assert.Equal(1, image.Probabilities.Sum(), 1e-12));
    }

    /// <summary>Pixels are scaled inside, so their unit is none of the classifier's business; 2^10 scales without rounding.</summary>
    [Fact]
    public void Classify_InAnotherUnitAndOtherBatches_GivesTheSameToRounding()
    {
        Train(LabelledImages.Options with { Iterations = 5, LearningRateDecay = 0 });
        using var model = ClassifierModel.Load(_folder.Path);
        float[][] images = [.. Enumerable.Range(0, 7).Select(Image)];
        var expected = model.Classify(images);
        model.MaximumBatch = 3;
        var again = model.Classify([.. images.Select(image => Array.ConvertAll(image, pixel => 1024 * pixel))]);
        foreach (var (first, second) in expected.Zip(again))
            Assert.All(first.Logits.Zip(second.Logits), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Classify_WhatItCannot_SaysWhichImage()
    {
        Train(LabelledImages.Options with { Iterations = 1, LearningRateDecay = 0 });
        using var model = ClassifierModel.Load(_folder.Path);
        Assert.Empty(model.Classify([]));
        Assert.Contains("image 1 (counted from 0) has 255", Assert.Throws<RadioDiffusionException>(() => model.Classify([Image(0), new float[255]])).Message);
        float[] image = Image(0);
        image[17] = float.NaN;
        Assert.Contains("finite", Assert.Throws<RadioDiffusionException>(() => model.Classify([image])).Message);
        Assert.Throws<OperationCanceledException>(() => model.Classify([Image(0)], new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Load_AModelOfTheOtherKind_SaysWhatItIs()
    {
        Train(LabelledImages.Options with { Iterations = 1, LearningRateDecay = 0 });
        Assert.Contains("is a classifier", Assert.Throws<RadioDiffusionException>(() => DiffusionModel.Load(_folder.Path)).Message);
        using (var trainer = Trainer.Create(TinyTraining.Network, TinyTraining.Options, new TinyTraining()))
            trainer.SaveSnapshot(_folder.File("denoiser"));
        Assert.Contains("should be a classifier", Assert.Throws<RadioDiffusionException>(() => ClassifierModel.Load(_folder.File("denoiser"))).Message);
    }

    /// <summary>The parameters that are told are those that are trained, without the running statistics.</summary>
    [Fact]
    public void Snapshot_OfAClassifier_CountsItsTrainableParameters()
    {
        Train(LabelledImages.Options with { Iterations = 1, LearningRateDecay = 0 });
        using var model = ClassifierModel.Load(_folder.Path);
        using var network = new Classifier(LabelledImages.Network);
        Assert.Equal(network.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel()), model.Description.Parameters);
    }

    private static float[] Image(int index) => _data.Image(index).ToArray();

    private void Train(TrainingOptions options)
    {
        using var trainer = Trainer.Create(LabelledImages.Network, options, _data);
        while (trainer.Iteration < options.Iterations)
            trainer.Step();
        trainer.SaveSnapshot(_folder.Path, new SnapshotDescription { Classes = ["one", "two", "three"] });
    }
}
