using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>
/// The outer step of DiLoCo: trainers that have taken some steps each by themselves meet, and all go on from where the mean of their ways leads.
/// </summary>
/// <remarks>Douillard et al. (2023), arXiv:2311.08105, algorithm 1: stochastic gradient descent with Nesterov's momentum, in PyTorch's form, on the mean of the differences.</remarks>
internal sealed class OuterOptimizer : IDisposable
{
    private readonly Tensor _rate;
    private readonly Tensor _momentumRate;

    /// <param name="values">The parameters that all trainers begin with, (L).</param>
    /// <param name="options">Outer learning rate and momentum.</param>
    public OuterOptimizer(Tensor values, DiLoCoOptions options)
    {
        Common = values.clone().DetachFromDisposeScope();
        Momentum = zeros_like(values).DetachFromDisposeScope();
        _rate = tensor(-options.OuterLearningRate, values.dtype, values.device).DetachFromDisposeScope();
        _momentumRate = tensor(options.OuterMomentum, values.dtype, values.device).DetachFromDisposeScope();
    }

    /// <summary>The parameters with which the present round began, everywhere, (L).</summary>
    public Tensor Common { get; }

    /// <summary>Decaying sum of the mean differences, (L).</summary>
    public Tensor Momentum { get; }

    /// <summary>How far this trainer has come since the round began (the pseudo-gradient), (L).</summary>
    public Tensor Difference(Tensor values) => Common - values;

    /// <summary>Ends the round.</summary>
    /// <param name="meanDifference">The mean over all trainers of the round, (L).</param>
    /// <param name="values">This trainer's parameters, which become the common ones, (L).</param>
    public void Step(Tensor meanDifference, Tensor values)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Momentum.mul_(_momentumRate).Increase(meanDifference);
        Common.Increase(meanDifference.Plus(Momentum * _momentumRate) * _rate);
        values.copy_(Common);
    }

    /// <summary>Goes on with other parameters, those of a checkpoint.</summary>
    public void Begin(Tensor values)
    {
        using var noGradient = no_grad();
        Common.copy_(values);
    }

    public void Dispose()
    {
        Common.Dispose();
        Momentum.Dispose();
        _rate.Dispose();
        _momentumRate.Dispose();
    }
}

/// <summary>Vectors of several trainers, each in a safetensors file, and their mean.</summary>
internal static class SharedVectors
{
    /// <summary>The mean of what the files hold, added up in their order: equal bits wherever it is computed.</summary>
    /// <param name="files">One of each trainer.</param>
    /// <param name="slices">Names the tensors of a vector in a file.</param>
    /// <param name="like">A vector of their length, type and device, (L).</param>
    /// <exception cref="RadioDiffusionException">A file is missing, damaged, or of another network.</exception>
    public static Tensor Mean(IReadOnlyList<string> files, Func<Tensor, IReadOnlyList<(string Name, Tensor Tensor)>> slices, Tensor like)
    {
        var (sum, one) = (zeros_like(like), zeros_like(like));
        foreach (string file in files)
        {
            using var scope = NewDisposeScope();
            WeightFiles.Load(slices(one), file);
            sum.Increase(one);
        }
        one.Dispose();
        return sum.div_(tensor((double)files.Count, like.dtype, like.device));
    }
}
