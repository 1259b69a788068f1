using RadioDiffusion.ModelCore.SourceFinding;

namespace RadioDiffusion.ModelCore.Tests.SourceFinding;

/// <summary>Problems with known answers: Moré, Garbow and Hillstrom (1981), "Testing unconstrained optimization software".</summary>
public sealed class LevenbergMarquardtTests
{
    /// <summary>Equal numbers have an equal norm, to the last bit, wherever they lie: else the same image is measured differently from one day to the next.</summary>
    [Fact]
    public void Norm_DoesNotDependOnWhereTheValuesLie()
    {
        var random = new Random(5);
        double[] values = [.. Enumerable.Range(0, 1003).Select(_ => random.NextDouble() - 0.5)];
        double expected = Math.Sqrt(values.Sum(value => value * value));
        var found = new HashSet<double>();
        for (int offset = 0; offset < 17; offset++)
        {
            double[] elsewhere = new double[values.Length + offset];
            values.CopyTo(elsewhere, offset);
            found.Add(LevenbergMarquardt.Norm(elsewhere.AsSpan(offset)));
        }
        Assert.Equal(expected, Assert.Single(found), 1e-12);
    }

    [Fact]
    public void Rosenbrock_FromTheUsualStart_EndsAtOneOne()
    {
        double[] at = [-1.2, 1];
        var problem = new Problem(2, 2,
            p => [10 * (p[1] - (p[0] * p[0])), 1 - p[0]],
            p => [-20 * p[0], -1, 10, 0]);
        new LevenbergMarquardt().Minimise(problem, at, 1e-10);
        Assert.Equal(1, at[0], 1e-9);
        Assert.Equal(1, at[1], 1e-9);
    }

    /// <summary>Data and answer of Bard (1970): three parameters, a least sum of squares of 8.21487e-3.</summary>
    [Fact]
    public void Bard_FromTheUsualStart_HasThePublishedSumOfSquares()
    {
        double[] y = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39];
        static (double U, double V, double W) Of(int i) => (i + 1, 15 - i, Math.Min(i + 1, 15 - i));
        var problem = new Problem(15, 3,
            p => [.. y.Select((value, i) => value - (p[0] + (Of(i).U / ((Of(i).V * p[1]) + (Of(i).W * p[2])))))],
            p =>
            [
                .. y.Select(_ => -1.0),
                .. y.Select((_, i) => Of(i).U * Of(i).V / Math.Pow((Of(i).V * p[1]) + (Of(i).W * p[2]), 2)),
                .. y.Select((_, i) => Of(i).U * Of(i).W / Math.Pow((Of(i).V * p[1]) + (Of(i).W * p[2]), 2)),
            ]);
        double[] at = [1, 1, 1];
        Assert.True(new LevenbergMarquardt().Minimise(problem, at, 1e-10));
        double[] left = new double[15];
        problem.Residuals(at, left);
        Assert.Equal(8.21487e-3, left.Sum(value => value * value), 1e-8);
        Assert.Equal(0.0824106, at[0], 1e-6);
    }

    /// <summary>Singular at the solution: all four parameters 0.</summary>
    [Fact]
    public void Powell_SingularAtItsSolution_GetsThere()
    {
        double root5 = Math.Sqrt(5), root10 = Math.Sqrt(10);
        var problem = new Problem(4, 4,
            p => [p[0] + (10 * p[1]), root5 * (p[2] - p[3]), Math.Pow(p[1] - (2 * p[2]), 2), root10 * Math.Pow(p[0] - p[3], 2)],
            p =>
            [
                1, 0, 0, 2 * root10 * (p[0] - p[3]),
                10, 0, 2 * (p[1] - (2 * p[2])), 0,
                0, root5, -4 * (p[1] - (2 * p[2])), 0,
                0, -root5, 0, -2 * root10 * (p[0] - p[3]),
            ]);
        double[] at = [3, -1, 0, 1];
        new LevenbergMarquardt().Minimise(problem, at, 1e-12);
        Assert.All(at, value => Assert.InRange(Math.Abs(value), 0, 1e-4));
    }

    [Fact]
    public void MoreParametersThanResiduals_DoesNotConverge()
    {
        double[] at = [1, 1];
        Assert.False(new LevenbergMarquardt().Minimise(new Problem(1, 2, p => [p[0] + p[1]], _ => [1, 1]), at, 1e-6));
        Assert.Equal([1, 1], at);
    }

    [Fact]
    public void Residuals_ThatAreNotNumbers_EndTheFit()
    {
        double[] at = [1];
        Assert.False(new LevenbergMarquardt().Minimise(new Problem(2, 1, _ => [double.NaN, 1], _ => [1, 1]), at, 1e-6));
    }

    private sealed class Problem(int residuals, int parameters, Func<double[], double[]> values, Func<double[], double[]> columns) : ILeastSquaresProblem
    {
        public int ResidualCount => residuals;

        public int ParameterCount => parameters;

        public void Residuals(ReadOnlySpan<double> at, Span<double> written) => values(at.ToArray()).CopyTo(written);

        public void Derivatives(ReadOnlySpan<double> at, Span<double> written) => columns(at.ToArray()).CopyTo(written);
    }
}
