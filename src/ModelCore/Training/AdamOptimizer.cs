using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>Adam over all parameters as one vector, in one pass over memory, with its state in tensors of ours that can be saved bit by bit.</summary>
/// <remarks>Kingma and Ba (2015), algorithm 1, by PyTorch's fused kernel, which TorchSharp reaches through TorchScript only.</remarks>
internal sealed class AdamOptimizer : IDisposable
{
    // An error in this text would end the process; AdamOptimizerTests run it. Its numbers are constants or tensors, since those that an invocation is given may be freed while they are read.
    private const string Script = """
        def step(parameters: List[Tensor], gradients: List[Tensor], first: List[Tensor], second: List[Tensor], steps: List[Tensor], rate: Tensor):
            none: List[Tensor] = []
            torch._fused_adam_(parameters, gradients, first, second, none, steps, lr=rate, beta1=0.9, beta2=0.999, weight_decay=0.0, eps=1e-8, amsgrad=False, maximize=False)

        """;

    private readonly jit.CompilationUnit _kernel = jit.compile(Script);
    private readonly Tensor _iteration;

    public AdamOptimizer(long length, Device device, ScalarType type = ScalarType.Float32)
    {
        FirstMoment = zeros(length, type, device).DetachFromDisposeScope();
        SecondMoment = zeros(length, type, device).DetachFromDisposeScope();
        _iteration = zeros(1, ScalarType.Float32, device).DetachFromDisposeScope();
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
        using var noGradient = no_grad();
        _iteration.copy_(tensor([(float)iteration]));        // not fill_, whose implicit number may be freed while it is read
        _kernel.invoke("step", (Tensor[])[parameters], (Tensor[])[gradient], (Tensor[])[FirstMoment], (Tensor[])[SecondMoment], (Tensor[])[_iteration], tensor(learningRate, ScalarType.Float64));
    }

    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
        _iteration.Dispose();
        _kernel.Dispose();
    }
}
