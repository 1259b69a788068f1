using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace RadioDiffusion.ModelCore;

/// <summary>
/// A counted stream of random numbers: equal (seed, purpose, index) give equal numbers, on every machine, in any order of
/// creation. There is no other randomness in this program, so nothing random ever needs to be stored to go on after a crash.
/// </summary>
/// <remarks>
/// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). The key is taken from the SHA-256 of
/// the seed and the purpose; the index fills the upper half of the counter, the block number the lower half.
/// </remarks>
public sealed class RandomStream
{
    private readonly uint _key0;
    private readonly uint _key1;
    private readonly uint _index0;
    private readonly uint _index1;
    private readonly uint[] _block = new uint[4];
    private ulong _nextBlock;
    private int _used = 4;
    private double _spareNormal = double.NaN;

    public RandomStream(ulong seed, string purpose, long index = 0)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{purpose}"), hash);
        _key0 = BinaryPrimitives.ReadUInt32LittleEndian(hash);
        _key1 = BinaryPrimitives.ReadUInt32LittleEndian(hash[4..]);
        _index0 = (uint)(ulong)index;
        _index1 = (uint)((ulong)index >> 32);
    }

    /// <summary>32 uniform random bits.</summary>
    public uint NextUInt32()
    {
        if (_used == 4)
        {
            Philox((uint)_nextBlock, (uint)(_nextBlock >> 32), _index0, _index1, _key0, _key1, _block);
            _nextBlock++;
            _used = 0;
        }
        return _block[_used++];
    }

    /// <summary>64 uniform random bits; also a seed for a generator of another library.</summary>
    public ulong NextUInt64() => ((ulong)NextUInt32() << 32) | NextUInt32();

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>A whole number in [0, bound), without bias.</summary>
    public int NextInt32(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        uint rejected = (uint)(0x100000000UL % (uint)bound);
        uint value;
        do
            value = NextUInt32();
        while (value >= 0u - rejected && rejected != 0);
        return (int)(value % (uint)bound);
    }

    /// <summary>Standard normal (mean 0, variance 1), by Box and Muller's transform.</summary>
    public double NextNormal()
    {
        if (!double.IsNaN(_spareNormal))
        {
            double spare = _spareNormal;
            _spareNormal = double.NaN;
            return spare;
        }
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        double angle = 2 * Math.PI * NextDouble();
        _spareNormal = radius * Math.Sin(angle);
        return radius * Math.Cos(angle);
    }

    /// <summary>Fills with standard normal numbers.</summary>
    public void FillNormal(Span<float> destination)
    {
        foreach (ref float value in destination)
            value = (float)NextNormal();
    }

    /// <summary>The numbers 0 to count - 1 in random order (Fisher and Yates).</summary>
    public int[] Permutation(int count)
    {
        int[] order = new int[count];
        for (int i = 0; i < count; i++)
            order[i] = i;
        for (int i = count - 1; i > 0; i--)
        {
            int j = NextInt32(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }

    /// <summary>One block of Philox4x32-10: counter (c0..c3) and key (k0, k1) to four words.</summary>
    internal static void Philox(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, Span<uint> result)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong product0 = 0xD2511F53UL * c0;
            ulong product1 = 0xCD9E8D57UL * c2;
            c0 = (uint)(product1 >> 32) ^ c1 ^ k0;
            c1 = (uint)product1;
            c2 = (uint)(product0 >> 32) ^ c3 ^ k1;
            c3 = (uint)product0;
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        result[0] = c0;
        result[1] = c1;
        result[2] = c2;
        result[3] = c3;
    }
}
