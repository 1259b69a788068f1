using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Diffusion.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Diffusion.Solvers;

/// <summary>Every solver on distributions whose exact solution is known.</summary>
public class SolverTests
{
    private const double Deviation = 0.3, Mean = -0.8;

    public static TheoryData<string> Names => [.. SolverOptions.Names];

    /// <summary>
    /// The solver, and between what its measured order should lie. A solver of third order begins with a step of first and one of second order: their part of the error, which has the other
    /// sign, makes the fall steeper first and leaves second order in the end.
    /// </summary>
    public static TheoryData<string, double, double> Orders => new()
    {
        { "euler", 0.9, 1.1 },
        { "heun", 1.8, 2.3 },
        { "dpmpp2m", 1.8, 2.4 },
        { "dpmpp3m", 2.8, 5 },
        { "unipc", 2.8, 5 },
    };

    [Fact]
    public void Orders_NameEverySolver() => Assert.Equal(SolverOptions.Names.Order(), Orders.Select(row => row.Data.Item1).Order());

    /// <summary>
    /// For data ~ N(m, s²) the denoiser is linear and x(sigma) = m + (x(sigma_max) - m) sqrt((s² + sigma²) / (s² + sigma_max²)). The last noise level is so low that the step to 0, which every
    /// solver takes as x = D, does not count.
    /// </summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public void Solve_WithTwiceTheSteps_GainsWhatItsOrderPromises(string solver, double lowest, double highest)
    {
        using var scope = NewDisposeScope();
        double Error(int steps)
        {
            // From 5 to 0.05, where the solution bends; no further, so that the last step is not what is measured.
            var options = new SolverOptions(steps, 0.05, 5, 1e6) { Name = solver };
            double error = 0;
            SolverRun.Solve(Gaussian, Latents(), options, (step, x) =>
            {
                if (step == steps - 1)
                    error = (x - Exact(Latents() * 5, 5, 0.05)).abs().max().item<double>();
            });
            return error;
        }
        double order = Math.Log2(Error(20) / Error(40));
        Assert.InRange(order, lowest, highest);
    }

    /// <summary>Forty calls from 80 to 0.002 in the usual steps: each order is better than the one below, and the corrector better than none.</summary>
    [Fact]
    public void Solve_WithEqualCalls_IsTheBetterTheHigherTheOrder()
    {
        using var scope = NewDisposeScope();
        double Error(string solver) =>
            (SolverRun.Solve(Gaussian, Latents(), new SolverOptions(40) { Name = solver }) - Exact(Latents() * 80, 80, 0)).abs().max().item<double>();
        Assert.True(Error("dpmpp2m") < Error("euler"), $"{Error("dpmpp2m"):g3}, Euler's {Error("euler"):g3}");
        Assert.True(Error("dpmpp3m") < Error("dpmpp2m"), $"{Error("dpmpp3m"):g3}, of second order {Error("dpmpp2m"):g3}");
        Assert.True(Error("unipc") < Error("dpmpp3m"), $"{Error("unipc"):g3}, without corrector {Error("dpmpp3m"):g3}");
    }

    /// <summary>With the same denoised image everywhere, every solver ends at that image exactly, whatever the step.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Solve_OfASingleImage_IsExact(string solver)
    {
        using var scope = NewDisposeScope();
        var image = tensor([0.25, -0.5], [1, 1, 1, 2], ScalarType.Float64);
        foreach (int steps in new[] { Solver.Named(solver).FewestSteps, 2, 3, 4, 7 })
        {
            var found = SolverRun.Solve((x, _) => image.expand(x.shape), Latents(), new SolverOptions(steps) { Name = solver });
            Assert.True((found - image).abs().max().item<double>() < 1e-12, $"{solver}, {steps} steps");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Path_HasAnEndOfStepForEachStep(string solver)
    {
        foreach (int steps in new[] { Solver.Named(solver).FewestSteps, 2, 5, 25 })
        {
            var path = Solver.PathOf(new SolverOptions(steps) { Name = solver });
            Assert.Equal(steps, path.Calls.Count(call => call.EndsStep));
            Assert.Equal(solver == "heun" ? 2 * steps - 1 : steps, path.Calls.Count);
            Assert.Equal(80, path.FirstSigma, 1e-9);
            Assert.Equal(80, path.Calls[0].Sigma, 1e-9);
        }
    }

    /// <summary>Karras et al. (2022), algorithm 2: noise is added so that its level is right, between the limits only; worked out for one step.</summary>
    [Fact]
    public void Churn_RaisesTheNoiseLevelAndAddsWhatIsMissing()
    {
        var options = new SolverOptions(10) { Churn = 2, ChurnFrom = 0.1, ChurnTo = 50, ChurnNoise = 1.01 };
        double[] sigmas = NoiseSchedule.Levels(options);
        var firstCalls = Solver.PathOf(options).Calls.Where((_, i) => i % 2 == 0).ToArray();
        int raised = 0;
        for (int i = 0; i < 10; i++)
        {
            bool expected = sigmas[i] is >= 0.1 and <= 50;
            double sigma = expected ? sigmas[i] * 1.2 : sigmas[i];
            Assert.Equal(sigma, firstCalls[i].Sigma, 1e-12 * sigma);
            Assert.Equal(expected ? 1.01 * Math.Sqrt(sigma * sigma - sigmas[i] * sigmas[i]) : 0, firstCalls[i].AddedNoise, 1e-12 * sigma);
            raised += expected ? 1 : 0;
        }
        Assert.InRange(raised, 3, 8);
        var most = Solver.PathOf(options with { Churn = 100 });
        Assert.Equal(sigmas[3] * Math.Sqrt(2), most.Calls[6].Sigma, 1e-12 * sigmas[3]);
    }

    /// <summary>The stochastic sampler keeps the distribution: 4,000 numbers, the deviation within 4 standard errors and what the step size costs.</summary>
    [Fact]
    public void Churn_KeepsTheDistribution()
    {
        using var scope = NewDisposeScope();
        const int Count = 4000;
        var options = new SolverOptions(60, 0.002, 20) { Churn = 20 };
        var path = Solver.PathOf(options);
        using var state = new SolverState([1, 1, Count], CPU, ScalarType.Float64);
        float[] noise = new float[Count];
        new RandomStream(1, "latents").FillNormal(noise);
        state.Add(tensor(noise, [1, 1, 1, Count]).to_type(ScalarType.Float64) * path.FirstSigma);
        for (int i = 0; i < path.Calls.Count; i++)
        {
            var call = path.Calls[i];
            new RandomStream(1, "noise", i).FillNormal(noise);
            if (call.AddedNoise > 0)
                state.AddNoise(0, Array.ConvertAll(noise, value => value * (float)call.AddedNoise));
            state.Advance(Gaussian(state.Images, call.Sigma), [call]);
        }
        double standardError = Deviation / Math.Sqrt(2 * Count);
        Assert.Equal(Deviation, state.Images.std().item<double>(), 4 * standardError + 0.002);
        Assert.Equal(Mean, state.Images.mean().item<double>(), 4 * Deviation / Math.Sqrt(Count) + 0.002);
    }

    [Fact]
    public void Check_OfOptions_SaysWhatIsWrong()
    {
        static string MessageOf(SolverOptions options) => Assert.Throws<RadioDiffusionException>(options.Check).Message;
        Assert.Contains("one of heun, dpmpp2m, dpmpp3m, euler, unipc, but it is 'rk4'", MessageOf(new SolverOptions { Name = "rk4" }));
        Assert.Contains("Churn should be 0 for the solver unipc", MessageOf(new SolverOptions { Name = "unipc", Churn = 1 }));
        Assert.Contains("Steps should be a whole number from 2 to 1000, but it is 1", MessageOf(new SolverOptions(1)));
        Assert.Contains("SigmaMin", MessageOf(new SolverOptions(25, 3, 2)));
        Assert.Contains("ChurnFrom", MessageOf(new SolverOptions { Churn = 1, ChurnFrom = 2, ChurnTo = 1 }));
    }

    private static Tensor Gaussian(Tensor x, double sigma) => (Deviation * Deviation * x + sigma * sigma * Mean) / (Deviation * Deviation + sigma * sigma);

    private static Tensor Exact(Tensor x, double from, double to) =>
        Mean + (x - Mean) * Math.Sqrt((Deviation * Deviation + to * to) / (Deviation * Deviation + from * from));

    private static Tensor Latents() => tensor([-1.7, -0.6, 0.1, 0.9, 2.2, 0.4], [3, 1, 1, 2], ScalarType.Float64);
}
