using RadioDiffusion.ModelCore.Evaluation.Comparison;

namespace RadioDiffusion.ModelCore.Tests.Evaluation.Comparison;

public sealed class ConfusionMatrixTests
{
    [Fact]
    public void Matrix_OfAFewImages_IsThatByHand()
    {
        var matrix = ConfusionMatrix.Of(["FRI", "FRII", "Bent"], [0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 0, 0]);
        Assert.Equal([[3, 1, 0], [2, 2, 0], [0, 0, 0]], matrix.Counts);
        Assert.Equal(5 / 8.0, matrix.Accuracy);
        Assert.Equal(Math.Sqrt(5 / 8.0 * (3 / 8.0) / 8), matrix.AccuracyError, 1e-15);
        Assert.Equal((0.75, 0.5), (matrix.Recall(0), matrix.Recall(1)));
        Assert.Equal((3 / 5.0, 2 / 3.0), (matrix.Precision(0), matrix.Precision(1)));
        Assert.True(double.IsNaN(matrix.Recall(2)) && double.IsNaN(matrix.Precision(2)));
    }

    [Fact]
    public void Matrix_OfUnequalLists_IsRefused() => Assert.Throws<ArgumentException>(() => ConfusionMatrix.Of(["a"], [0], []));
}
