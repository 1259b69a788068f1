using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using System.Text;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>
/// Random numbers as a function of where they are used: of a seed, a purpose and indices. Nothing is drawn in turn, so whoever computes a part of a sky gets the numbers of that part,
/// whatever was computed before.
/// </summary>
/// <remarks>SplitMix64 (Steele, Lea and Flood 2014) as a function of its counter; normal numbers by Wichura's algorithm AS 241 (1988, Applied Statistics 37, 477). No call of the system's mathematics.</remarks>
internal readonly struct SkyRandom
{
    /// <summary>How many are made at a time.</summary>
    public const int MostNormals = 768;
    private const int Lanes = 4;
    private const ulong Golden = 0x9E3779B97F4A7C15, Branch = 0xD1B54A32D192ED03;
    private readonly ulong _key;

    public SkyRandom(ulong seed, string purpose)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/sky/{purpose}"), hash);
        _key = BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    private SkyRandom(ulong key) => _key = key;

    /// <summary>Other numbers for each index: those of a cell, of a source in it, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SkyRandom Of(long index) => new(Mix(Mix(_key ^ Branch) + (ulong)index * Golden));

    /// <summary>64 uniform random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Bits(long index) => Mix(_key + ((ulong)index + 1) * Golden);

    /// <summary>Uniform, above 0 and below 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Uniform(long index) => ((Bits(index) >> 12) + 0.5) * (1.0 / (1UL << 52));

    /// <summary>Mean 0, variance 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Normal(long index)
    {
        double q = Uniform(index) - 0.5;
        if (Math.Abs(q) > 0.425)
            return Tail(q);
        double r = 0.180625 - q * q;
        return q * (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r
                + 1.9715909503065514427e3) * r + 1.3314166789178437745e2) * r + 3.387132872796366608)
            / (((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r
                + 6.8718700749205790830e2) * r + 4.2313330701600911252e1) * r + 1);
    }

    /// <summary>The same for indices in turn: bit by bit what <see cref="Normal"/> gives, in about half the time.</summary>
    /// <param name="first">Index of the first.</param>
    /// <param name="values">Gets one for each, no more than <see cref="MostNormals"/>.</param>
    [SkipLocalsInit]
    public void Normals(long first, Span<double> values)
    {
        Span<double> middles = stackalloc double[MostNormals], results = stackalloc double[Lanes];
        Span<int> tails = stackalloc int[MostNormals + 1];
        int count = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double q = Uniform(first + i) - 0.5;
            middles[i] = q;
            tails[count] = i;
            count += Math.Abs(q) > 0.425 ? 1 : 0;
        }
        for (int i = values.Length; i < middles.Length && i % Lanes != 0; i++)
            middles[i] = 0;
        for (int i = 0; i < values.Length; i += Lanes)
        {
            var q = Vector256.Create(middles.Slice(i, Lanes));
            var r = Vector256.Create(0.180625) - q * q;
            var above = Vector256.Create(2.5090809287301226727e3);
            above = above * r + Vector256.Create(3.3430575583588128105e4);
            above = above * r + Vector256.Create(6.7265770927008700853e4);
            above = above * r + Vector256.Create(4.5921953931549871457e4);
            above = above * r + Vector256.Create(1.3731693765509461125e4);
            above = above * r + Vector256.Create(1.9715909503065514427e3);
            above = above * r + Vector256.Create(1.3314166789178437745e2);
            above = above * r + Vector256.Create(3.387132872796366608);
            var below = Vector256.Create(5.2264952788528545610e3);
            below = below * r + Vector256.Create(2.8729085735721942674e4);
            below = below * r + Vector256.Create(3.9307895800092710610e4);
            below = below * r + Vector256.Create(2.1213794301586595867e4);
            below = below * r + Vector256.Create(5.3941960214247511077e3);
            below = below * r + Vector256.Create(6.8718700749205790830e2);
            below = below * r + Vector256.Create(4.2313330701600911252e1);
            below = below * r + Vector256<double>.One;
            var result = q * above / below;
            result.CopyTo(results);
            results[..Math.Min(Lanes, values.Length - i)].CopyTo(values[i..]);
        }
        foreach (int i in tails[..count])
            values[i] = Tail(middles[i]);
    }

    /// <summary>How often something happens that happens <paramref name="mean"/> times on average.</summary>
    /// <param name="index">Which number.</param>
    /// <param name="mean">Up to some hundreds.</param>
    public int Poisson(long index, double mean)
    {
        double u = Uniform(index), probability = PortableMath.Exp(-mean);
        int count = 0;
        for (double sum = probability; u > sum && count < 20 * (mean + 50); sum += probability)
            probability *= mean / ++count;
        return count;
    }

    private static double Tail(double q)
    {
        double r = Math.Sqrt(-PortableMath.Log(q < 0 ? 0.5 + q : 0.5 - q)), value;
        if (r <= 5)
        {
            r -= 1.6;
            value = (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r + 1.27045825245236838258) * r + 3.64784832476320460504) * r
                    + 5.76949722146069140550) * r + 4.63033784615654529590) * r + 1.42343711074968357734)
                / (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r
                    + 1.67638483018380384940) * r + 2.05319162663775882187) * r + 1);
        }
        else
        {
            r -= 5;
            value = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r
                    + 1.78482653991729133580) * r + 5.46378491116411436990) * r + 6.65790464350110377720)
                / (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r
                    + 1.36929880922735805310e-1) * r + 5.99832206555887937690e-1) * r + 1);
        }
        return q < 0 ? -value : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
