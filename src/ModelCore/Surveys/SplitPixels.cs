using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Pixels from a lower to an upper bound, both included, as distances from a pivot.</summary>
/// <param name="Below">Pixels under the lower bound.</param>
/// <param name="Count">Pixels inside.</param>
/// <param name="Sum">Of the distances of those inside.</param>
/// <param name="Squares">Of their squares.</param>
internal readonly record struct PixelSums(int Below, int Count, double Sum, double Squares);

/// <summary>
/// An image split into its core, the pixels near a pivot, of which the sums are kept, and its tails, whose pixels are kept: clipping again and again at
/// bounds outside the core reads the tails alone. For one image after another, without allocating.
/// </summary>
/// <remarks>Distances of float32 numbers from a pivot are taken and summed in float64, where they are exact or rounded once.</remarks>
internal sealed class SplitPixels(int mostPixels)
{
    private const ulong AllOfAVector = 0xFFFF;
    private readonly double[] _tails = new double[mostPixels];
    private int _tailCount;
    private double _pivot, _halfWidth;
    private PixelSums _core;

    /// <param name="pixels">Finite.</param>
    /// <param name="pivot">Where distances begin.</param>
    /// <param name="halfWidth">The core is what lies at most this far from the pivot.</param>
    public void Split(ReadOnlySpan<float> pixels, double pivot, double halfWidth)
    {
        (_pivot, _halfWidth, _tailCount) = (pivot, halfWidth, 0);
        var vectors = MemoryMarshal.Cast<float, Vector512<float>>(pixels);
        Vector512<double> centre = Vector512.Create(pivot), width = Vector512.Create(halfWidth), sums = default, squares = default;
        for (int i = 0; i < vectors.Length; i++)
        {
            var (lower, upper) = Vector512.Widen(vectors[i]);
            var (near, far) = (lower - centre, upper - centre);
            var isNear = Vector512.LessThanOrEqual(Vector512.Abs(near), width);
            var isFar = Vector512.LessThanOrEqual(Vector512.Abs(far), width);
            ulong core = isNear.ExtractMostSignificantBits() | isFar.ExtractMostSignificantBits() << Vector512<double>.Count;
            if (core != AllOfAVector)
                Keep(pixels.Slice(i * Vector512<float>.Count, Vector512<float>.Count), core ^ AllOfAVector);
            near &= isNear;
            far &= isFar;
            sums += near + far;
            squares += near * near + far * far;
        }
        double sum = Vector512.Sum(sums), square = Vector512.Sum(squares);
        foreach (float pixel in pixels[(vectors.Length * Vector512<float>.Count)..])
        {
            double distance = pixel - pivot;
            if (Math.Abs(distance) <= halfWidth)
                (sum, square) = (sum + distance, square + distance * distance);
            else
                _tails[_tailCount++] = distance;
        }
        _core = new PixelSums(0, pixels.Length - _tailCount, sum, square);
    }

    /// <summary>The sums of what lies from <paramref name="low"/> to <paramref name="high"/>, distances from the pivot.</summary>
    /// <param name="pixels">Those that were split; they are split anew where a bound lies in the core.</param>
    /// <param name="low">Lower bound.</param>
    /// <param name="high">Upper bound.</param>
    public PixelSums Between(ReadOnlySpan<float> pixels, double low, double high)
    {
        if (low > -_halfWidth || high < _halfWidth)
            Split(pixels, _pivot, Math.Max(Math.Min(-low, high), -1));   // a core of less than nothing has no pixels
        var tails = _tails.AsSpan(0, _tailCount);
        var vectors = MemoryMarshal.Cast<double, Vector512<double>>(tails);
        Vector512<double> lows = Vector512.Create(low), highs = Vector512.Create(high), sums = default, squares = default;
        Vector512<long> belows = default, counts = default;
        foreach (var distance in vectors)
        {
            var isBelow = Vector512.LessThan(distance, lows);
            var isInside = Vector512.AndNot(Vector512.LessThanOrEqual(distance, highs), isBelow);
            belows -= isBelow.AsInt64();                     // true is -1
            counts -= isInside.AsInt64();
            var inside = distance & isInside;
            sums += inside;
            squares += inside * inside;
        }
        int below = (int)Vector512.Sum(belows), count = _core.Count + (int)Vector512.Sum(counts);
        double sum = _core.Sum + Vector512.Sum(sums), square = _core.Squares + Vector512.Sum(squares);
        foreach (double distance in tails[(vectors.Length * Vector512<double>.Count)..])
        {
            if (distance < low)
                below++;
            else if (distance <= high)
                (count, sum, square) = (count + 1, sum + distance, square + distance * distance);
        }
        return new PixelSums(below, count, sum, square);
    }

    /// <summary>How many pixels lie above a bound outside the core, and the sum of their distances from the pivot.</summary>
    public (int Count, double Sum) Above(double bound)
    {
        var (count, sum) = (0, 0.0);
        foreach (double distance in _tails.AsSpan(0, _tailCount))
        {
            if (distance > bound)
                (count, sum) = (count + 1, sum + distance);
        }
        return (count, sum);
    }

    private void Keep(ReadOnlySpan<float> pixels, ulong tails)
    {
        for (; tails != 0; tails &= tails - 1)
            _tails[_tailCount++] = pixels[BitOperations.TrailingZeroCount(tails)] - _pivot;
    }
}
