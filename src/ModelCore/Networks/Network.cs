using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>A whole network, of the shape that its options say.</summary>
internal abstract class Network(string name, NetworkOptions options) : nn.Module(name)
{
    public NetworkOptions Options { get; } = options;

    /// <summary>Moves the parameters to a device.</summary>
    public void MoveTo(Device device, ScalarType type = ScalarType.Float32)
    {
        this.to(device, type);
        KeepParameters();
    }

    /// <summary>So that the network outlives the dispose scope in which it was made.</summary>
    protected void KeepParameters()
    {
        foreach (var parameter in parameters())
            parameter.DetachFromDisposeScope();
    }
}
