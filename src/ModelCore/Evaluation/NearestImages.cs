using System.Runtime.ExceptionServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>An image of a set that is like another one.</summary>
/// <param name="Index">Which of the set.</param>
/// <param name="Similarity">The <see cref="StructuralSimilarity"/> of both along their principal axes, the largest over the two directions of the axis and mirror images.</param>
public readonly record struct NearestImage(int Index, double Similarity);

/// <summary>Finds the most similar images of a set, to see whether a model has learned images by heart.</summary>
/// <remarks>
/// <para>Paper, Appendix A: images are turned so that their principal axes lie along the rows, then compared by structural similarity.</para>
/// <para>
/// The most similar come first, of equal ones that with the lower index, however many threads compare. An image with a pixel that is not a finite number is like
/// no other: none is near it and it is near none. A constant one is 0 everywhere (<see cref="PrincipalAxis.ToUnit"/>): it is equal to another constant
/// one, and has a small similarity with all others.
/// </para>
/// <para>
/// Products are summed in float32, in 16 sums of at most side * side / 64 of them for each part of an image; the similarity of images of 80 x 80 pixels
/// differs from that in float64 by less than 1e-6 (by 1.3e-7 at most in the tests).
/// </para>
/// </remarks>
public static class NearestImages
{
    /// <summary>Together with as many of the set, these stay in the processor's second cache (0.8 MB of 80 x 80 pixels).</summary>
    private const int Block = 16;

    /// <summary>For each image the most similar ones of a set, which is read once for all of them and never held.</summary>
    /// <param name="images">Each with side times side pixels in [0, 1].</param>
    /// <param name="setCount">Images of the set.</param>
    /// <param name="read">Gives those of the set.</param>
    /// <param name="side">Pixels a row.</param>
    /// <param name="count">How many of the set are wanted; there are fewer if the set has no more.</param>
    /// <param name="except">For each image the one of the set that does not count, itself for example; -1 for none. Null for none at all.</param>
    /// <param name="threads">At most as many at once; 0 for one a processor.</param>
    /// <exception cref="ArgumentException">An image has another size, or <paramref name="except"/> another length.</exception>
    public static NearestImage[][] Of(
        IReadOnlyList<float[]> images, int setCount, ImageReader read, int side, int count = 1, IReadOnlyList<int>? except = null, int threads = 0, CancellationToken cancellationToken = default)
    {
        var all = new Search(AlignedImages.Of(images, side), count, except);
        var blocks = Enumerable.Range(0, (setCount + Block - 1) / Block);
        ForEach(blocks, Options(threads, cancellationToken), () => new Worker(all.Another(), new AlignedImages(side, Block), new float[side * side]), (block, _, worker) =>
        {
            int first = block * Block;
            worker.Set.Clear();
            for (int i = first; i < Math.Min(setCount, first + Block); i++)
            {
                read(i, worker.Pixels);
                worker.Set.Add(worker.Pixels);
            }
            worker.Search.Compare(worker.Set, first);
            return worker;
        }, worker => all.Add(worker.Search));
        return all.Found();
    }

    /// <summary>The same with a set that is aligned already, and given piece by piece.</summary>
    /// <param name="images">Aligned too, of the same size.</param>
    /// <param name="set">The pieces; together they are the set, in this order.</param>
    /// <param name="count">How many of the set are wanted; there are fewer if the set has no more.</param>
    /// <param name="except">For each image the one of the set that does not count; -1 for none. Null for none at all.</param>
    /// <exception cref="ArgumentException">An image has another size, or <paramref name="except"/> another length.</exception>
    public static NearestImage[][] Of(AlignedImages images, IEnumerable<AlignedImages> set, int count = 1, IReadOnlyList<int>? except = null, CancellationToken cancellationToken = default)
    {
        var search = new Search(images, count, except);
        int first = 0;
        foreach (var piece in set)
        {
            cancellationToken.ThrowIfCancellationRequested();
            search.Compare(piece, first);
            first += piece.Count;
        }
        return search.Found();
    }

    /// <summary>What a reader throws comes out as it is.</summary>
    private static void ForEach(IEnumerable<int> blocks, ParallelOptions options, Func<Worker> begin, Func<int, ParallelLoopState, Worker, Worker> work, Action<Worker> end)
    {
        try
        {
            Parallel.ForEach(blocks, options, begin, work, end);
        }
        catch (AggregateException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerExceptions[0]);
        }
    }

    private static ParallelOptions Options(int threads, CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount, CancellationToken = cancellationToken };

    /// <summary>What one thread works with.</summary>
    private sealed record Worker(Search Search, AlignedImages Set, float[] Pixels);

    /// <summary>Some images, and what was found for them so far.</summary>
    private sealed class Search
    {
        private readonly AlignedImages _images;
        private readonly int _count;
        private readonly IReadOnlyList<int>? _except;
        private readonly List<NearestImage>[] _found;

        public Search(AlignedImages images, int count, IReadOnlyList<int>? except)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
            if (except != null && except.Count != images.Count)
                throw new ArgumentException($"There should be one exception for each of {images.Count} images, but there are {except.Count}.", nameof(except));
            (_images, _count, _except) = (images, count, except);
            _found = [.. Enumerable.Range(0, images.Count).Select(_ => new List<NearestImage>())];
        }

        public Search Another() => new(_images, _count, _except);

        public NearestImage[][] Found() => [.. _found.Select(found => found.ToArray())];

        public void Add(Search other)
        {
            lock (_found)
            {
                for (int image = 0; image < _found.Length; image++)
                {
                    foreach (var one in other._found[image])
                        Keep(image, one);
                }
            }
        }

        /// <param name="set">Some of the set.</param>
        /// <param name="first">The index of its first.</param>
        public void Compare(AlignedImages set, int first)
        {
            if (set.Side != _images.Side)
                throw new ArgumentException($"The images of the set should have {_images.Side} pixels a side, but they have {set.Side}.", nameof(set));
            for (int block = 0; block < _images.Count; block += Block)
            {
                int end = Math.Min(_images.Count, block + Block);
                for (int candidate = 0; candidate < set.Count; candidate += 2)
                {
                    for (int image = block; image < end; image += 4)
                        CompareTile(set, candidate, first, image, end);
                }
            }
        }

        /// <summary>Two of the set with four images, so that each vector that is loaded serves several products. What is over at an end is compared twice.</summary>
        private void CompareTile(AlignedImages set, int candidate, int first, int image, int end)
        {
            int other = Math.Min(candidate + 1, set.Count - 1), last = end - 1;
            var one = set.Parts(candidate);
            var two = set.Parts(other);
            if (last == image)
            {
                // One image alone: nothing to share but what is loaded of it.
                var (left, right) = Covariances(one, two, _images.Parts(image), set.PartEnds);
                Judge(set, candidate, first, image, left);
                if (other != candidate)
                    Judge(set, other, first, image, right);
                return;
            }
            Span<float> covariances = stackalloc float[8];
            Covariances(one, two, _images.Parts(image), _images.Parts(Math.Min(image + 1, last)), _images.Parts(Math.Min(image + 2, last)), _images.Parts(Math.Min(image + 3, last)), set.PartEnds, covariances);
            for (int i = 0; i < 4 && image + i < end; i++)
            {
                Judge(set, candidate, first, image + i, covariances[i]);
                if (other != candidate)
                    Judge(set, other, first, image + i, covariances[4 + i]);
            }
        }

        /// <param name="sum">Of the products, in the direction where it is largest: with the covariance the similarity grows, since no mean of aligned images is negative.</param>
        private void Judge(AlignedImages set, int candidate, int first, int image, float sum)
        {
            int index = first + candidate;
            if (_except != null && _except[image] == index)
                return;
            double similarity = StructuralSimilarity.Of(
                _images.Mean(image), set.Mean(candidate), _images.Variance(image), set.Variance(candidate), sum / ((double)set.Side * set.Side));
            if (!double.IsNaN(similarity))
                Keep(image, new NearestImage(index, Math.Min(1, similarity)));      // an image and itself: 1, give or take a rounding
        }

        private void Keep(int image, NearestImage one)
        {
            var found = _found[image];
            if (found.Count == _count)
            {
                if (!IsBefore(one, found[^1]))
                    return;
                found.RemoveAt(found.Count - 1);
            }
            int place = found.Count;
            while (place > 0 && IsBefore(one, found[place - 1]))
                place--;
            found.Insert(place, one);
        }

        private static bool IsBefore(NearestImage one, NearestImage other) =>
            one.Similarity > other.Similarity || (one.Similarity == other.Similarity && one.Index < other.Index);

        private static (float One, float Two) Covariances(
            ReadOnlySpan<Vector512<float>> one, ReadOnlySpan<Vector512<float>> two, ReadOnlySpan<Vector512<float>> image, int[] ends)
        {
            Span<float> sums = stackalloc float[8];
            for (int part = 0; part < 4; part++)
            {
                var (a, b) = (Vector512<float>.Zero, Vector512<float>.Zero);
                for (int i = ends[part]; i < ends[part + 1]; i++)
                {
                    a = Vector512.MultiplyAddEstimate(one[i], image[i], a);
                    b = Vector512.MultiplyAddEstimate(two[i], image[i], b);
                }
                sums[part] = Vector512.Sum(a);
                sums[4 + part] = Vector512.Sum(b);
            }
            return (Largest(sums[..4]), Largest(sums[4..]));
        }

        /// <param name="results">Of the first with the four images, then of the second.</param>
        private static void Covariances(
            ReadOnlySpan<Vector512<float>> one, ReadOnlySpan<Vector512<float>> two,
            ReadOnlySpan<Vector512<float>> p, ReadOnlySpan<Vector512<float>> q, ReadOnlySpan<Vector512<float>> r, ReadOnlySpan<Vector512<float>> s,
            int[] ends, Span<float> results)
        {
            Span<float> sums = stackalloc float[32];
            for (int part = 0; part < 4; part++)
            {
                Vector512<float> p1 = default, q1 = default, r1 = default, s1 = default, p2 = default, q2 = default, r2 = default, s2 = default;
                for (int i = ends[part]; i < ends[part + 1]; i++)
                {
                    var (a, b) = (one[i], two[i]);
                    p1 = Vector512.MultiplyAddEstimate(a, p[i], p1);
                    p2 = Vector512.MultiplyAddEstimate(b, p[i], p2);
                    q1 = Vector512.MultiplyAddEstimate(a, q[i], q1);
                    q2 = Vector512.MultiplyAddEstimate(b, q[i], q2);
                    r1 = Vector512.MultiplyAddEstimate(a, r[i], r1);
                    r2 = Vector512.MultiplyAddEstimate(b, r[i], r2);
                    s1 = Vector512.MultiplyAddEstimate(a, s[i], s1);
                    s2 = Vector512.MultiplyAddEstimate(b, s[i], s2);
                }
                sums[part] = Vector512.Sum(p1);
                sums[4 + part] = Vector512.Sum(q1);
                sums[8 + part] = Vector512.Sum(r1);
                sums[12 + part] = Vector512.Sum(s1);
                sums[16 + part] = Vector512.Sum(p2);
                sums[20 + part] = Vector512.Sum(q2);
                sums[24 + part] = Vector512.Sum(r2);
                sums[28 + part] = Vector512.Sum(s2);
            }
            for (int i = 0; i < results.Length; i++)
                results[i] = Largest(sums.Slice(4 * i, 4));
        }

        /// <summary>The largest sum of products over the four directions: reversed columns change the sign of the second and fourth part, reversed rows that of the third and fourth.</summary>
        private static float Largest(ReadOnlySpan<float> parts) =>
            parts[0] + Math.Max(
                Math.Max(parts[1] + parts[2] + parts[3], parts[1] - parts[2] - parts[3]),
                Math.Max(parts[2] - parts[1] - parts[3], parts[3] - parts[1] - parts[2]));
    }
}
