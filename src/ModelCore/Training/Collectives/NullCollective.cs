using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training.Collectives;

/// <summary>The group of a trainer that trains alone: the sum is what it has.</summary>
public sealed class NullCollective : ICollective
{
    public int Rank => 0;

    public int Size => 1;

    public bool SumInPlace(Tensor flat, TimeSpan timeout) => true;

    public void Dispose()
    {
    }
}
