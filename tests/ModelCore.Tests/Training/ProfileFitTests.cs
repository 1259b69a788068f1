using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Training;

public sealed class ProfileFitTests(ITestOutputHelper output)
{
    private const int Steps = 4000;

    /// <summary>
    /// Weights that wander at random, and an average at some step: computed step by step, and made of averages of 0.05 and 0.1 that were stored 40 times. The
    /// difference is at most (Cauchy and Schwarz) misfit times the norm of the profile times that of the walk; what rounding adds is some 1e-12.
    /// </summary>
    [Theory]
    [InlineData(0.15, 4000)]
    [InlineData(0.15, 2000)]
    [InlineData(0.08, 4000)]
    [InlineData(0.25, 4000)]
    public void RandomWalk_AverageFromStoredOnes_IsTheAverageComputedStepByStep(double width, int at)
    {
        double[] walk = RandomWalk();
        var stored = Stored(40, Steps).Where(profile => profile.Time <= at).ToArray();
        var target = new PowerFunctionProfile(width, at);
        var fit = ProfileFit.Solve(stored, target);
        double made = stored.Zip(fit.Coefficients).Sum(pair => pair.Second * Average(walk, pair.First.SigmaRel, (int)pair.First.Time));
        double direct = Average(walk, width, at);
        double bound = fit.Misfit * Math.Sqrt(PowerFunctionProfile.InnerProduct(target, target) * walk.Take(at).Sum(value => value * value));
        double error = Math.Abs(made - direct);
        output.WriteLine($"sigma_rel {width} at {at}: {direct:0.0000}, made {made:0.0000}, error {error:0.0e0} ({error / Deviation(walk, at):0.0e0} of the walk's deviation), bound {bound:0.0e0}, misfit {fit.Misfit:0.0e0}, coefficients' absolute sum {fit.Amplification:0.00}");
        Assert.InRange(error, 0, bound + 1e-9);
        Assert.InRange(error / Deviation(walk, at), 0, 0.01);
        Assert.Equal(1, fit.Coefficients.Sum(), 0.01);
    }

    /// <summary>How well widths are met, by how often the averages of 0.05 and 0.1 were stored: the figures that the documentation gives.</summary>
    [Theory]
    [InlineData(10, 0.08, 0.15, 0.25)]
    [InlineData(20, 0.08, 0.15, 0.25)]
    [InlineData(40, 0.03, 0.15, 0.25)]
    public void Misfit_WithMoreStoredTimes_IsSmaller(int count, params double[] widths)
    {
        foreach (double width in widths)
        {
            double misfit = ProfileFit.Solve(Stored(count, 1), new PowerFunctionProfile(width, 1)).Misfit, twice = ProfileFit.Solve(Stored(2 * count, 1), new PowerFunctionProfile(width, 1)).Misfit;
            output.WriteLine($"{count} times, sigma_rel {width}: {misfit:0.0000}; {2 * count} times: {twice:0.0000}");
            Assert.True(twice < 0.7 * misfit);
        }
    }

    [Fact]
    public void Solve_ForAStoredProfile_TakesItAlone()
    {
        PowerFunctionProfile[] stored = [new(0.05, 100), new(0.1, 100), new(0.05, 200), new(0.1, 200)];
        var fit = ProfileFit.Solve(stored, stored[2]);
        Assert.Equal([0, 0, 1, 0], fit.Coefficients);
        Assert.Equal(0, fit.Misfit);
        var computed = ProfileFit.SolveNormalEquations(stored, stored[2]);
        Assert.All(computed.Coefficients.Zip(fit.Coefficients), pair => Assert.Equal(pair.Second, pair.First, 1e-9));   // the condition number of these four is some 1e4
    }

    /// <summary>Hundreds of profiles that nearly are combinations of each other: the coefficients stay small all the same.</summary>
    [Fact]
    public void Solve_WithManyStoredTimes_StaysAccurate()
    {
        var fit = ProfileFit.Solve(Stored(150, 150_000), new PowerFunctionProfile(0.15, 150_000));
        output.WriteLine($"300 stored averages: misfit {fit.Misfit:0.0e0}, coefficients' absolute sum {fit.Amplification:0.0}");
        Assert.InRange(fit.Misfit, 0, 1e-3);
        Assert.InRange(fit.Amplification, 1, 100);
    }

    [Fact]
    public void Solve_OfNothing_SaysSo() =>
        Assert.Contains("no stored averages", Assert.Throws<RadioDiffusionException>(() => ProfileFit.Solve([], new PowerFunctionProfile(0.1, 1))).Message);

    private static PowerFunctionProfile[] Stored(int count, double end) =>
        [.. Enumerable.Range(1, count).SelectMany(i => new[] { 0.05, 0.1 }.Select(width => new PowerFunctionProfile(width, i * end / count)))];

    private static double[] RandomWalk()
    {
        var random = new RandomStream(5, "walk");
        double[] walk = new double[Steps];
        double place = 0;
        for (int i = 0; i < Steps; i++)
            walk[i] = place += random.NextNormal();
        return walk;
    }

    private static double Average(double[] walk, double width, int steps)
    {
        double gamma = PowerFunctionProfile.GammaOf(width), average = 0;
        for (int step = 1; step <= steps; step++)
            average += (1 - PowerFunctionProfile.Decay(gamma, step)) * (walk[step - 1] - average);
        return average;
    }

    private static double Deviation(double[] walk, int steps)
    {
        double mean = walk.Take(steps).Average();
        return Math.Sqrt(walk.Take(steps).Average(value => (value - mean) * (value - mean)));
    }
}
