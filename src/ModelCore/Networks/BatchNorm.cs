using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Batch normalisation with a scale and an offset for each channel (Ioffe and Szegedy 2015), (N, C, ...) to the same.</summary>
/// <remarks>
/// Own class, so that the running mean and variance are parameters, though no gradient reaches them: whatever keeps, copies or sends a network's parameters then
/// has its statistics too.
/// </remarks>
internal sealed class BatchNorm : nn.Module
{
    private const double Momentum = 0.1;
    private const double Epsilon = 1e-5;
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly Parameter running_mean;
    private readonly Parameter running_var;

    public BatchNorm(int channels)
        : base(nameof(BatchNorm))
    {
        weight = new Parameter(ones(channels));
        bias = new Parameter(zeros(channels));
        running_mean = new Parameter(zeros(channels), requires_grad: false);
        running_var = new Parameter(ones(channels), requires_grad: false);
        RegisterComponents();
    }

    /// <param name="x">(N, C, ...).</param>
    /// <param name="isTraining">Whether to take mean and variance from these images, which go into the running ones by a tenth; at least two values of each channel then. Otherwise the running ones are taken.</param>
    public Tensor forward(Tensor x, bool isTraining) =>
        nn.functional.batch_norm(x, running_mean, running_var, weight, bias, isTraining, Momentum, Epsilon);
}
