using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training.Collectives;

/// <summary>The trainers of one group, who add up their gradients after every step. A group never changes: when a member is lost, the others form a new one.</summary>
public interface ICollective : IDisposable
{
    /// <summary>Which member this is, from 0.</summary>
    int Rank { get; }

    /// <summary>How many members the group has.</summary>
    int Size { get; }

    /// <summary>
    /// Replaces the tensor by the sum of all members' tensors, in the same order of additions every time: all members get the same bits,
    /// and a second run of a group of the same size gets them again. All members call this equally often, with tensors of one length and type.
    /// </summary>
    /// <param name="flat">(L), float32 or float64, contiguous, on the CPU (on the GPU for NCCL), L at least 1. No gradient is recorded.</param>
    /// <param name="timeout">How long the other members may take.</param>
    /// <returns>
    /// True: summed here (that the others have it too is known when the next sum succeeds). False: a member was lost or took too long. The tensor's contents
    /// are then undefined and may still change, so let go of it; the group is of no use any more, and every further call returns false.
    /// </returns>
    /// <exception cref="ArgumentException">The tensor is of another kind.</exception>
    bool SumInPlace(Tensor flat, TimeSpan timeout);
}
