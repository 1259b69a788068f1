using RadioDiffusion.ModelCore.SourceFinding;

namespace RadioDiffusion.ModelCore.Tests.SourceFinding;

public sealed class CubicSplineTests
{
    [Fact]
    public void Spline_AtItsPoints_HasTheirValues()
    {
        var stream = new RandomStream(1, "grid");
        float[] grid = [.. Enumerable.Range(0, 7 * 5).Select(_ => (float)stream.NextNormal())];
        var spline = new CubicSpline(grid, 7, 5);
        for (int i = 0; i < grid.Length; i++)
            Assert.Equal(grid[i], spline.At(i / 5, i % 5), 1e-6);
    }

    /// <summary>scipy.ndimage.map_coordinates (1.10.1, order 3, the mirror filter) of 1, 4, 2, 8 at 0.5, 1.25 and 2.75.</summary>
    [Theory]
    [InlineData(0.5, 2.5)]
    [InlineData(1.25, 3.546875)]
    [InlineData(2.75, 7.203125)]
    public void Spline_BetweenPoints_IsTheReferences(double at, double expected)
    {
        float[] grid = [1, 4, 2, 8];
        Assert.Equal(expected, new CubicSpline(grid, 4, 1).At(at, 0), 1e-6);
        Assert.Equal(expected, new CubicSpline(grid, 1, 4).At(0, at), 1e-6);
    }
}
