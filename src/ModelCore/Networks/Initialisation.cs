using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Initial weights from a seed: each parameter has a random stream of its own name, so the order does not matter.</summary>
/// <remarks>
/// PyTorch's defaults, uniform in ±1/sqrt(fan-in) for weights and biases, with norms at 1 and 0. The last convolution of
/// every residual block and of the network starts at zero, so that D = c_skip x at first.
/// </remarks>
internal static class Initialisation
{
    public static EdmPreconditioning Create(NetworkOptions options, ulong seed)
    {
        var network = new EdmPreconditioning(options);
        var parameters = network.named_parameters().ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter);
        foreach (var (name, parameter) in parameters)
        {
            var weight = name.EndsWith(".bias", StringComparison.Ordinal) ? parameters[name[..^"bias".Length] + "weight"] : parameter;
            if (weight.dim() == 1)
                continue;                                    // a norm: 1 and 0 from its constructor
            if (StartsAtZero(name))
                continue;                                    // zero from its constructor
            double bound = 1 / Math.Sqrt(weight.numel() / weight.shape[0]);
            FillUniform(parameter, bound, new RandomStream(seed, "initial/" + name));
        }
        return network;
    }

    private static bool StartsAtZero(string name) =>
        name.Contains(".out_layers.3.", StringComparison.Ordinal) || name.StartsWith("model.out.2.", StringComparison.Ordinal);

    private static void FillUniform(Tensor parameter, double bound, RandomStream stream)
    {
        foreach (ref float value in MemoryMarshal.Cast<byte, float>(parameter.bytes))
            value = (float)stream.NextDouble(-bound, bound);
    }
}
