using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary>The parameters of a network by their names, in float32, with kernels that are standardised already.</summary>
internal sealed class CpuWeights(IEnumerable<(string name, Parameter parameter)> parameters)
{
    private readonly Dictionary<string, Tensor> _tensors = parameters.ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter);

    public bool Has(string name) => _tensors.ContainsKey(name);

    public int Size(string name, int dimension) => checked((int)_tensors[name].shape[dimension]);

    /// <summary>Numbers in the order of the tensor, the last dimension fastest.</summary>
    public float[] this[string name]
    {
        get
        {
            using var noGradient = no_grad();
            using var tensor = _tensors[name].detach().contiguous();
            return tensor.data<float>().ToArray();
        }
    }
}
