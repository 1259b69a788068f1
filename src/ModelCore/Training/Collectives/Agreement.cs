using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training.Collectives;

/// <summary>The proof, before the first step of a group, that all its members go on from the same state.</summary>
public static class Agreement
{
    /// <summary>SHA-256 of all that the members must have in common.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="configuration">The options, written out.</param>
    /// <param name="state">Parameters and whatever else must be equal: (L), contiguous, on any device, bit by bit.</param>
    public static byte[] Digest(long step, string configuration, params IEnumerable<Tensor> state)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] text = Encoding.UTF8.GetBytes(configuration);
        hash.AppendData(BitConverter.GetBytes(step));
        hash.AppendData(BitConverter.GetBytes(text.Length));
        hash.AppendData(text);
        foreach (var tensor in state)
        {
            using var onCpu = tensor.cpu();
            hash.AppendData(BitConverter.GetBytes(onCpu.numel()));
            hash.AppendData(onCpu.bytes);
        }
        return hash.GetHashAndReset();
    }

    /// <summary>Compares the members' digests.</summary>
    /// <returns>False: a member was lost, as in <see cref="ICollective.SumInPlace"/>.</returns>
    /// <exception cref="RadioDiffusionException">They differ; every member gets the same message.</exception>
    public static bool Check(ICollective collective, ReadOnlySpan<byte> digest, TimeSpan timeout)
    {
        if (Gather(collective, digest, timeout) is not { } digests)
            return false;
        int[] others = [.. Enumerable.Range(1, collective.Size - 1).Where(rank => !digests[rank].AsSpan().SequenceEqual(digests[0]))];
        if (others.Length == 0)
            return true;
        throw new RadioDiffusionException($"The {collective.Size} trainers of a group should start from the same step, options and parameters, but "
            + $"{(others.Length == 1 ? "rank" : "ranks")} {string.Join(", ", others)} and rank 0 do not. Start them from the same checkpoint, with the same version of the program.");
    }

    /// <summary>Every member's bytes, by rank.</summary>
    /// <param name="collective">The group.</param>
    /// <param name="mine">This member's bytes; all members give equally many, at least one.</param>
    /// <param name="timeout">How long the other members may take.</param>
    /// <returns>Null: a member was lost, as in <see cref="ICollective.SumInPlace"/>.</returns>
    /// <remarks>Each member writes into its own place among zeros; the sum of these vectors has all of them, and a float64 holds a byte exactly.</remarks>
    public static byte[][]? Gather(ICollective collective, ReadOnlySpan<byte> mine, TimeSpan timeout)
    {
        double[] places = new double[collective.Size * mine.Length];
        for (int i = 0; i < mine.Length; i++)
            places[collective.Rank * mine.Length + i] = mine[i];
        using var scope = NewDisposeScope();
        var flat = tensor(places);
        if (!collective.SumInPlace(flat, timeout))
            return null;
        return [.. flat.data<double>().ToArray().Select(value => (byte)value).Chunk(mine.Length)];
    }
}
