using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Diffusion.Solvers;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Diffusion;

/// <summary>A solver with any denoiser, the images all together.</summary>
internal static class SolverRun
{
    /// <param name="denoise">D(x; sigma).</param>
    /// <param name="latents">Standard normal numbers, (N, C, H, W).</param>
    /// <param name="solver">Which solver.</param>
    /// <param name="afterStep">Called before the first step (with 0) and after each.</param>
    public static Tensor Solve(Func<Tensor, double, Tensor> denoise, Tensor latents, SolverOptions solver, Action<int, Tensor>? afterStep = null)
    {
        var path = Solver.PathOf(solver);
        using var state = new SolverState(latents.shape[1..], latents.device, latents.dtype);
        for (int i = 0; i < latents.shape[0]; i++)
            state.Add((latents[i] * path.FirstSigma).unsqueeze(0));
        int step = 0;
        afterStep?.Invoke(step, state.Images);
        foreach (var call in path.Calls)
        {
            state.Advance(denoise(state.Images, call.Sigma), [.. Enumerable.Repeat(call, state.Count)]);
            if (call.EndsStep)
                afterStep?.Invoke(++step, state.Images);
        }
        return state.Images.clone();
    }
}
