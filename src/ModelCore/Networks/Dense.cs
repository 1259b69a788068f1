using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>A fully connected layer, (N, in) to (N, out).</summary>
/// <remarks>Own class, as TorchSharp's draws its initial values from the global generator; see <see cref="Initialisation"/>.</remarks>
internal sealed class Dense : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter? bias;

    public Dense(int inputs, int outputs, bool hasBias = true)
        : base(nameof(Dense))
    {
        weight = new Parameter(zeros(outputs, inputs));
        bias = hasBias ? new Parameter(zeros(outputs)) : null;
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => nn.functional.linear(x, weight, bias);
}
