using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Exchange;
using RadioDiffusion.ModelCore.Tests.Evaluation.Comparison;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Surveys.Exchange;

/// <summary>A labelled set with generated images added.</summary>
public sealed class AugmentedSourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("augmented").FullName;

    [Fact]
    public void Set_WithGeneratedImagesAdded_HoldsOutTheSameRealImagesAndNothingElse()
    {
        using var real = GeneratedSets.Write(Path.Combine(_folder, "real"), 20, 1, hasClasses: true);
        using var generated = GeneratedSets.Write(Path.Combine(_folder, "generated"), 7, 2, hasClasses: true);
        var heldOut = HeldOutImages.Of(20, 0.2, 42);
        string directory = Directory.CreateDirectory(Path.Combine(_folder, "set")).FullName;
        using (var source = new AugmentedSource(real, heldOut, generated))
            DatasetImport.Write(directory, source, new DatasetImportOptions { HeldOutSplit = AugmentedSource.HeldOut });
        using var set = TrainingSetReader.Open(directory);
        Assert.Equal((27, GeneratedSets.Side), (set.Count, set.ImageSize));
        Assert.Equal(heldOut.Order(), set.HeldOut!.Order());
        for (int i = 0; i < 27; i++)
        {
            var (from, index) = i < 20 ? (real, i) : (generated, i - 20);
            Assert.Equal(from.Label(index), set.Label(i));
            Assert.True(from.Image(index).SequenceEqual(set.Image(i)));
        }
        var split = new DataSplit(set.Count, 0.2, 42, heldOut: ConditionedSet.Of(set, []).HeldOut);
        Assert.Equal(set.HeldOut, split.Validation);
        Assert.Equal(Enumerable.Range(0, 27).Except(heldOut), split.Training.Order());
        Assert.Equal(split.Training.Order(), Enumerable.Range(0, split.TrainingCount).Select(position => split.ImageAt(position)).Order());
    }

    [Fact]
    public void Sets_ThatDoNotGoTogether_AreRefused()
    {
        using var labelled = GeneratedSets.Write(Path.Combine(_folder, "labelled"), 4, 1, hasClasses: true);
        using var fluxes = GeneratedSets.Write(Path.Combine(_folder, "fluxes"), 4, 1);
        Assert.Contains("the real set has point, double and the generated one none", Assert.Throws<RadioDiffusionException>(() => new AugmentedSource(labelled, [], fluxes)).Message);
        Assert.Contains("the real set has none", Assert.Throws<RadioDiffusionException>(() => new AugmentedSource(fluxes, [], labelled)).Message);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
