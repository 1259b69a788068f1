using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training.Collectives;

/// <summary>What a collective takes.</summary>
internal static class FlatTensor
{
    /// <exception cref="ArgumentException">Not (L), contiguous, float32 or float64, on the device.</exception>
    public static void Check(Tensor flat, DeviceType device = DeviceType.CPU)
    {
        if (flat.dim() == 1 && flat.numel() > 0 && flat.is_contiguous() && flat.device_type == device && flat.dtype is ScalarType.Float32 or ScalarType.Float64)
            return;
        throw new ArgumentException($"The tensor to add up should be a contiguous vector of float32 or float64 on {device}, but it has shape "
            + $"({string.Join(",", flat.shape)}) and type {flat.dtype}, is on {flat.device_type} and {(flat.is_contiguous() ? "" : "not ")}contiguous.", nameof(flat));
    }
}
