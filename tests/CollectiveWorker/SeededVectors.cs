using static TorchSharp.torch;

namespace RadioDiffusion.CollectiveWorker;

/// <summary>What the members add up: every process can draw every member's vector.</summary>
public static class SeededVectors
{
    /// <summary>Standard normal numbers (L).</summary>
    public static Tensor Draw(int seed, int rank, long length, ScalarType type)
    {
        using var generator = new Generator((ulong)(seed * 1000 + rank), CPU);
        return randn(length, dtype: type, generator: generator);
    }
}
