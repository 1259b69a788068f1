using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Training;

public class BatchMakerTests
{
    [Fact]
    public void Orientations_OfFourPixels_AreTheFlipsAndQuarterTurnsWorkedOutByHand()
    {
        float[] image = [1, 2, 3, 4];                        // 1 2 over 3 4
        Assert.Equal([1, 2, 3, 4], Turn(new Orientation(false, false, 0)));
        Assert.Equal([2, 1, 4, 3], Turn(new Orientation(true, false, 0)));
        Assert.Equal([3, 4, 1, 2], Turn(new Orientation(false, true, 0)));
        Assert.Equal([2, 4, 1, 3], Turn(new Orientation(false, false, 1)));
        Assert.Equal([4, 3, 2, 1], Turn(new Orientation(false, false, 2)));
        Assert.Equal([3, 1, 4, 2], Turn(new Orientation(false, false, 3)));

        float[] Turn(Orientation orientation)
        {
            var turned = new float[4];
            orientation.Apply(image, turned, 2);
            return turned;
        }
    }

    [Fact]
    public void ScaleToUnitRange_OfAnyImage_RunsFromMinusOneToOneAndAConstantIsMinusOne()
    {
        float[] image = [2, 3, 6];
        BatchMaker.ScaleToUnitRange(image);
        Assert.Equal([-1, -0.5f, 1], image);
        float[] constant = [5, 5];
        BatchMaker.ScaleToUnitRange(constant);
        Assert.Equal([-1, -1], constant);
    }

    [Fact]
    public void Make_ManyTrainingImages_DropsATenthOfTheConditionsAndDrawsTheLogNormalNoiseLevel()
    {
        using var scope = NewDisposeScope();
        var maker = new BatchMaker(new TinyTraining(), TinyTraining.Options, TinyTraining.Network, CPU);
        const int count = 4000;
        int[] images = [.. Enumerable.Range(0, count).Select(i => i % 40)];
        RandomStream[] streams = [.. Enumerable.Range(0, count).Select(i => new RandomStream(1, "image", i))];
        var batch = maker.Make(images, streams, forTraining: true);
        // Four standard errors each, at 4000 images.
        Assert.Equal(0.9, batch.Conditions.ContextPresent!.mean().item<float>(), 0.019);
        Assert.Equal(0.9, batch.Conditions.Labels!.sum(1).mean().item<float>(), 0.019);
        var logSigma = batch.Sigma!.log();
        Assert.Equal(-2.5, logSigma.mean().item<float>(), 0.12);
        Assert.Equal(1.8, logSigma.std().item<float>(), 0.08);
        var unit = batch.Noise! / batch.Sigma!.reshape(-1, 1, 1, 1);
        Assert.Equal(1, unit.std().item<float>(), 0.006);
    }

    [Fact]
    public void Split_OfThePublishedDataSets_HasThePublishedSizesAndNoImageTwice()
    {
        var split = new DataSplit(1392, 0.1, 42);
        Assert.Equal(1253, split.TrainingCount);
        Assert.Equal(139, split.Validation.Count);
        var firstEpoch = Enumerable.Range(0, 1253).Select(i => split.ImageAt(i)).ToArray();
        Assert.Equal(Enumerable.Range(0, 1392), firstEpoch.Concat(split.Validation).Order());
        Assert.NotEqual(firstEpoch, [.. Enumerable.Range(1253, 1253).Select(i => split.ImageAt(i))]);
        Assert.Equal(96_109, new DataSplit(106_787, 0.1, 42).TrainingCount);
    }
}
