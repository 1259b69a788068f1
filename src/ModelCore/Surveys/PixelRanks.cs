using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>The pixel of any rank among the pixels of an image, without sorting all of them. For one image after another, without allocating.</summary>
/// <remarks>
/// Pixels are counted by the upper bits of their keys; only the bucket that holds a rank is gathered and sorted. The key of a float is
/// its bits with those of negative numbers turned round: keys order as the numbers do.
/// </remarks>
internal sealed class PixelRanks(int mostPixels)
{
    private const int BucketBits = 11;                       // sign, exponent and two bits of the mantissa
    private readonly ushort[] _buckets = new ushort[mostPixels];
    private const int Buckets = 1 << BucketBits;
    private const int Tables = 4;                            // noise falls into few buckets: counting in turns, no count waits for the one before
    private readonly int[] _counts = new int[Tables * Buckets];
    private readonly int[] _end = new int[Buckets];          // how many pixels there are up to a bucket and in it
    private readonly float[] _sorted = new float[mostPixels];
    private int _sortedBucket;
    private int _sortedCount;

    /// <param name="pixels">Finite; must stay as they are while ranks are asked for.</param>
    public void Count(ReadOnlySpan<float> pixels)
    {
        var bits = MemoryMarshal.Cast<float, int>(pixels);
        var buckets = _buckets.AsSpan(0, bits.Length);
        for (int i = 0; i < bits.Length; i++)
            buckets[i] = (ushort)(((uint)bits[i] ^ ((uint)(bits[i] >> 31) | 0x80000000)) >> (32 - BucketBits));
        _counts.AsSpan().Clear();
        Span<int> first = _counts.AsSpan(0, Buckets), second = _counts.AsSpan(Buckets, Buckets);
        Span<int> third = _counts.AsSpan(2 * Buckets, Buckets), fourth = _counts.AsSpan(3 * Buckets, Buckets);
        int next = 0;
        for (; next + Tables <= buckets.Length; next += Tables)
        {
            first[buckets[next]]++;
            second[buckets[next + 1]]++;
            third[buckets[next + 2]]++;
            fourth[buckets[next + 3]]++;
        }
        for (; next < buckets.Length; next++)
            first[buckets[next]]++;
        int sum = 0;
        for (int bucket = 0; bucket < Buckets; bucket++)
            _end[bucket] = sum += first[bucket] + second[bucket] + third[bucket] + fourth[bucket];
        _sortedBucket = -1;
    }

    /// <summary>The pixel that would be at <paramref name="rank"/> (from 0) if all were sorted.</summary>
    public float At(ReadOnlySpan<float> pixels, int rank)
    {
        int bucket = _end.AsSpan().BinarySearch(rank + 1);   // the first bucket whose end is beyond the rank
        if (bucket < 0)
            bucket = ~bucket;
        while (bucket > 0 && _end[bucket - 1] > rank)        // equal ends: empty buckets
            bucket--;
        if (bucket != _sortedBucket)
            SortBucket(pixels, bucket);
        return _sorted[rank - (_end[bucket] - _sortedCount)];
    }

    private void SortBucket(ReadOnlySpan<float> pixels, int bucket)
    {
        var buckets = _buckets.AsSpan(0, pixels.Length);
        int count = 0;
        for (int from = 0, next; (next = buckets[from..].IndexOf((ushort)bucket)) >= 0; from += next + 1)
            _sorted[count++] = pixels[from + next];
        _sorted.AsSpan(0, count).Sort();
        (_sortedBucket, _sortedCount) = (bucket, count);
    }
}
