using RadioDiffusion.ModelCore.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>D(x; sigma) for images that all have the same noise level.</summary>
internal delegate Tensor Denoiser(Tensor x, double sigma);

/// <summary>Deterministic sampling by Heun's method, with an Euler step to noise level 0 at the end.</summary>
/// <remarks>Karras et al. (2022), algorithm 1: dx/dsigma = (x - D(x; sigma)) / sigma.</remarks>
internal static class HeunSolver
{
    /// <param name="denoise">The denoiser, guidance included.</param>
    /// <param name="latents">Standard normal numbers of the images' shape.</param>
    /// <param name="sigmas">Noise levels as of <see cref="NoiseSchedule.Levels"/>.</param>
    /// <param name="afterStep">Called before the first step (with 0) and after each; the tensor is the solver's own.</param>
    public static Tensor Solve(Denoiser denoise, Tensor latents, IReadOnlyList<double> sigmas, Action<int, Tensor>? afterStep = null)
    {
        using Scalar first = sigmas[0];
        var x = latents * first;
        afterStep?.Invoke(0, x);
        for (int i = 0; i < sigmas.Count - 1; i++)
        {
            var next = Step(denoise, x, sigmas[i], sigmas[i + 1]);
            x.Dispose();
            x = next;
            afterStep?.Invoke(i + 1, x);
        }
        return x;
    }

    private static Tensor Step(Denoiser denoise, Tensor x, double sigma, double nextSigma)
    {
        using var scope = NewDisposeScope();
        using Scalar from = sigma, to = nextSigma, step = nextSigma - sigma;
        var slope = (x - denoise(x, sigma)) / from;
        var euler = x.Plus(step * slope);
        if (nextSigma == 0)
            return euler.MoveToOuterDisposeScope();
        var nextSlope = (euler - denoise(euler, nextSigma)) / to;
        return x.Plus(step * slope.Plus(nextSlope) / Numbers.Of(2)).MoveToOuterDisposeScope();
    }
}
