using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>Adam over all parameters as one vector, with its state in tensors of ours that can be saved bit by bit.</summary>
/// <remarks>Kingma and Ba (2015), algorithm 1, in the order of operations of PyTorch's Adam.</remarks>
internal sealed class AdamOptimizer : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    public AdamOptimizer(long length, Device device)
    {
        FirstMoment = zeros(length, device: device).DetachFromDisposeScope();
        SecondMoment = zeros(length, device: device).DetachFromDisposeScope();
    }

    /// <summary>Decaying mean of the gradients.</summary>
    public Tensor FirstMoment { get; }

    /// <summary>Decaying mean of their squares.</summary>
    public Tensor SecondMoment { get; }

    /// <param name="parameters">All parameters in one vector, changed in place.</param>
    /// <param name="gradient">Their gradient.</param>
    /// <param name="iteration">Which step this is, counted from 1.</param>
    /// <param name="learningRate">Learning rate of this step.</param>
    public void Step(Tensor parameters, Tensor gradient, long iteration, double learningRate)
    {
        using var scope = NewDisposeScope();
        FirstMoment.lerp_(gradient, 1 - Beta1);
        SecondMoment.mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
        double correction1 = 1 - Math.Pow(Beta1, iteration);
        double correction2 = 1 - Math.Pow(Beta2, iteration);
        var denominator = SecondMoment.sqrt().div_(Math.Sqrt(correction2)).add_(Epsilon);
        parameters.addcdiv_(FirstMoment, denominator, -learningRate / correction1);
    }

    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
