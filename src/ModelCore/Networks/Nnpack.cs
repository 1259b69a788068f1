using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Turns NNPACK off, which libtorch 2.10 asks before each convolution of a large enough batch and which oneDNN surpasses anyway.</summary>
/// <remarks>
/// On CPUs that NNPACK does not know, libtorch writes "Could not initialize NNPACK" to standard error at every such convolution, into the middle of our log.
/// TorchSharp has no API for it; this is the function of libtorch behind torch.backends.nnpack.set_flags.
/// </remarks>
internal static unsafe class Nnpack
{
    /// <summary>For the whole process; where libtorch does not have the function under this name, nothing changes.</summary>
    public static void TurnOff()
    {
        InitializeDeviceType(DeviceType.CPU);            // loads libtorch
        if (NativeLibrary.TryLoad("libtorch_cpu.so", typeof(torch).Assembly, null, out nint library)
            && NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out nint globalContext)
            && NativeLibrary.TryGetExport(library, "_ZN2at7Context20setUserEnabledNNPACKEb", out nint setUserEnabled))
            ((delegate* unmanaged<nint, byte, void>)setUserEnabled)(((delegate* unmanaged<nint>)globalContext)(), 0);
    }
}
