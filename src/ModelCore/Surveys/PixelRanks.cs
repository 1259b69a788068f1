using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>The pixel of any rank among the pixels of an image, without sorting all of them. For one image after another, without allocating.</summary>
/// <remarks>
/// Pixels are counted by the upper bits of their keys; only the bucket that holds a rank is gathered and sorted. The key of a float is
/// its bits with those of negative numbers turned round: keys order as the numbers do.
/// </remarks>
internal sealed class PixelRanks(int mostPixels)
{
    private const int BucketBits = 10;                       // sign, exponent and a bit of the mantissa
    private const int KeyBits = 32 - BucketBits;             // those of a key that its bucket does not tell
    private const int Buckets = 1 << BucketBits;
    private const int Tables = 4;                            // noise falls into few buckets: counting in turns, no count waits for the one before
    private readonly ushort[] _buckets = new ushort[mostPixels];
    private readonly int[] _counts = new int[Tables * Buckets];
    private readonly int[] _end = new int[Buckets];          // how many pixels there are up to a bucket and in it
    private readonly float[] _sorted = new float[mostPixels];
    private int _sortedBucket;
    private int _sortedCount;

    /// <param name="pixels">Finite; must stay as they are while ranks are asked for.</param>
    public void Count(ReadOnlySpan<float> pixels)
    {
        var buckets = _buckets.AsSpan(0, pixels.Length);
        var vectors = MemoryMarshal.Cast<float, Vector512<int>>(pixels);
        int done = 0;
        for (; done + 1 < vectors.Length; done += 2)
            Vector512.Narrow(Bucket(vectors[done]), Bucket(vectors[done + 1])).CopyTo(buckets[(done * Vector512<int>.Count)..]);
        for (int i = done * Vector512<int>.Count; i < pixels.Length; i++)
            buckets[i] = Bucket(pixels[i]);
        _counts.AsSpan().Clear();
        Span<int> first = _counts.AsSpan(0, Buckets), second = _counts.AsSpan(Buckets, Buckets);
        Span<int> third = _counts.AsSpan(2 * Buckets, Buckets), fourth = _counts.AsSpan(3 * Buckets, Buckets);
        foreach (ulong four in MemoryMarshal.Cast<ushort, ulong>(buckets))
        {
            first[(int)(four & 0xFFFF)]++;
            second[(int)((four >> 16) & 0xFFFF)]++;
            third[(int)((four >> 32) & 0xFFFF)]++;
            fourth[(int)(four >> 48)]++;
        }
        foreach (ushort bucket in buckets[(buckets.Length / Tables * Tables)..])
            first[bucket]++;
        int sum = 0;
        for (int bucket = 0; bucket < Buckets; bucket++)
            _end[bucket] = sum += first[bucket] + second[bucket] + third[bucket] + fourth[bucket];
        _sortedBucket = -1;
    }

    /// <summary>The pixel that would be at <paramref name="rank"/> (from 0) if all were sorted.</summary>
    public float At(ReadOnlySpan<float> pixels, int rank)
    {
        int bucket = BucketOf(rank);
        if (bucket != _sortedBucket)
            SortBucket(pixels, bucket);
        return _sorted[rank - (_end[bucket] - _sortedCount)];
    }

    /// <summary>About the pixel at <paramref name="rank"/>, as if the pixels of its bucket lay evenly.</summary>
    public double Roughly(int rank)
    {
        int bucket = BucketOf(rank), begin = bucket == 0 ? 0 : _end[bucket - 1];
        double share = (rank - begin + 0.5) / (_end[bucket] - begin);
        return (1 - share) * FirstOf(bucket) + share * FirstOf(bucket + 1);
    }

    /// <summary>The smallest number whose key lies in a bucket; finite numbers fill neither the first nor the last one.</summary>
    private static float FirstOf(int bucket)
    {
        uint key = (uint)bucket << KeyBits;
        return BitConverter.UInt32BitsToSingle(key ^ ((uint)((int)~key >> 31) | 0x80000000));
    }

    private int BucketOf(int rank)
    {
        int bucket = _end.AsSpan().BinarySearch(rank + 1);   // the first bucket whose end is beyond the rank
        if (bucket < 0)
            bucket = ~bucket;
        while (bucket > 0 && _end[bucket - 1] > rank)        // equal ends: empty buckets
            bucket--;
        return bucket;
    }

    private void SortBucket(ReadOnlySpan<float> pixels, int bucket)
    {
        var buckets = _buckets.AsSpan(0, pixels.Length);
        var vectors = MemoryMarshal.Cast<ushort, Vector512<ushort>>(buckets);
        var wanted = Vector512.Create((ushort)bucket);
        int count = 0, first = 0;
        foreach (var vector in vectors)
        {
            for (ulong hits = Vector512.ExtractMostSignificantBits(Vector512.Equals(vector, wanted)); hits != 0; hits &= hits - 1)
                _sorted[count++] = pixels[first + BitOperations.TrailingZeroCount(hits)];
            first += Vector512<ushort>.Count;
        }
        for (; first < buckets.Length; first++)
        {
            if (buckets[first] == bucket)
                _sorted[count++] = pixels[first];
        }
        _sorted.AsSpan(0, count).Sort();
        (_sortedBucket, _sortedCount) = (bucket, count);
    }

    private static Vector512<uint> Bucket(Vector512<int> bits) =>
        (bits ^ ((bits >> 31) | Vector512.Create(int.MinValue))).AsUInt32() >>> KeyBits;

    private static ushort Bucket(float pixel)
    {
        int bits = BitConverter.SingleToInt32Bits(pixel);
        return (ushort)((uint)(bits ^ ((bits >> 31) | int.MinValue)) >>> KeyBits);
    }
}
