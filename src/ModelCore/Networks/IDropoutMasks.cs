using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Where networks take their dropout from, one mask each, in the order in which they are computed.</summary>
internal interface IDropoutMasks
{
    /// <summary>A mask of this shape (N, ...): 0 with probability p, else 1 / (1 - p).</summary>
    Tensor Next(long[] shape);
}
