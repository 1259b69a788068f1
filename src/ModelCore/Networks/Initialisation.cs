using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Initial weights from a seed: each parameter has a random stream of its own name, so the order does not matter.</summary>
/// <remarks>
/// PyTorch's defaults, uniform in ±1/sqrt(fan-in) for weights and biases, with norms at 1 and 0. Of a denoiser, the last convolution of
/// every residual block and of the network starts at zero, so that D = c_skip x at first. A classifier's convolutions are normal with variance 2/fan-out
/// (He et al. 2015, eq. 14), as torchvision's are.
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

    public static Classifier CreateClassifier(NetworkOptions options, ulong seed)
    {
        var network = new Classifier(options);
        var parameters = network.named_parameters().ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter);
        foreach (var (name, parameter) in parameters)
        {
            var weight = name.EndsWith(".bias", StringComparison.Ordinal) ? parameters[name[..^"bias".Length] + "weight"] : parameter;
            var stream = new RandomStream(seed, "initial/" + name);
            if (weight.dim() == 4)
                FillNormal(parameter, Math.Sqrt(2 / (double)(weight.shape[0] * weight.shape[2] * weight.shape[3])), stream);
            else if (weight.dim() == 2)
                FillUniform(parameter, 1 / Math.Sqrt(weight.shape[1]), stream);
        }
        return network;                                      // norms and their statistics: 1 and 0 from their constructor
    }

    private static bool StartsAtZero(string name) =>
        name.Contains(".out_layers.3.", StringComparison.Ordinal) || name.StartsWith("model.out.2.", StringComparison.Ordinal);

    private static void FillUniform(Tensor parameter, double bound, RandomStream stream)
    {
        foreach (ref float value in MemoryMarshal.Cast<byte, float>(parameter.bytes))
            value = (float)stream.NextDouble(-bound, bound);
    }

    private static void FillNormal(Tensor parameter, double deviation, RandomStream stream)
    {
        foreach (ref float value in MemoryMarshal.Cast<byte, float>(parameter.bytes))
            value = (float)(stream.NextNormal() * deviation);
    }
}
