using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The weights with which white noise is seen through a beam in one block of the sky's pixels.</summary>
internal sealed class BeamTable
{
    /// <summary>Squared distance, in standard deviations, up to which there are weights.</summary>
    public const double CutOff = 16;
    private const int Side = WhiteNoise.BlockSide, Lanes = 8;
    private readonly List<Tap> _taps = [];

    /// <param name="beam">The beam.</param>
    /// <param name="block">A cell of 32 x 32 pixels.</param>
    public BeamTable(BeamForm beam, HealpixCell block)
    {
        var metric = new BlockMetric(beam, block);
        IsSameAllOver = metric.IsSameAllOver;
        var middle = metric.Middle;
        int reachX = metric.ReachX, reachY = metric.ReachY;
        double squares = 0;
        for (int y = -reachY; y <= reachY; y++)
        {
            for (int x = -reachX; x <= reachX; x++)
            {
                double q = middle.Of(x, y);
                if (q > CutOff)
                    continue;
                double weight = PortableMath.Exp(-q / 2);
                squares += weight * weight;
                _taps.Add(new Tap(x, y, (float)weight));
            }
        }
        float norm = (float)(1 / Math.Sqrt(squares));
        foreach (ref var tap in CollectionsMarshal.AsSpan(_taps))
            tap = tap with { Weight = tap.Weight * norm };
    }

    /// <summary>Whether the weights are good for the whole block.</summary>
    public bool IsSameAllOver { get; }

    /// <summary>White noise of unit variance becomes noise of unit variance, and that the means of some rows.</summary>
    /// <param name="patch">White noise.</param>
    /// <param name="column">Of the block.</param>
    /// <param name="row">Of the block.</param>
    /// <param name="orders">Each row of the result is the mean of 2^orders rows.</param>
    /// <param name="result">(32 >> orders, 32).</param>
    public void Convolve(Patch patch, int column, int row, int orders, float[] result)
    {
        int stride = patch.Stride, next = stride << orders, rows = Side >> orders;
        ref float first = ref MemoryMarshal.GetReference(patch.PixelsFrom(column, row));
        ref float made = ref MemoryMarshal.GetArrayDataReference(result);
        var taps = MeanOfRows(1 << orders, stride);
        int half = taps.Length / 2;
        for (int y = 0; y < rows; y++)
        {
            // A row of 32 by two halves of the weights: eight sums that do not wait for each other, and round less than four long ones.
            Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
            ref float line = ref Unsafe.Add(ref first, y * next);
            for (int i = 0; i < half; i++)
            {
                var (offset, tapped) = taps[i];
                var weight = Vector256.Create(tapped);
                ref float from = ref Unsafe.Add(ref line, offset);
                a0 += weight * Vector256.LoadUnsafe(ref from);
                a1 += weight * Vector256.LoadUnsafe(ref from, Lanes);
                a2 += weight * Vector256.LoadUnsafe(ref from, 2 * Lanes);
                a3 += weight * Vector256.LoadUnsafe(ref from, 3 * Lanes);
                (offset, tapped) = taps[half + i];
                weight = Vector256.Create(tapped);
                from = ref Unsafe.Add(ref line, offset);
                b0 += weight * Vector256.LoadUnsafe(ref from);
                b1 += weight * Vector256.LoadUnsafe(ref from, Lanes);
                b2 += weight * Vector256.LoadUnsafe(ref from, 2 * Lanes);
                b3 += weight * Vector256.LoadUnsafe(ref from, 3 * Lanes);
            }
            ref float to = ref Unsafe.Add(ref made, y * Side);
            (a0 + b0).StoreUnsafe(ref to);
            (a1 + b1).StoreUnsafe(ref to, Lanes);
            (a2 + b2).StoreUnsafe(ref to, 2 * Lanes);
            (a3 + b3).StoreUnsafe(ref to, 3 * Lanes);
        }
        if (patch.Deviation != 1)
        {
            float scale = (float)(1 / patch.Deviation);
            foreach (ref float value in result.AsSpan(0, rows * Side))
                value *= scale;
        }
    }

    /// <summary>The weights of a mean of some rows, the lowest of which counts as the place; an even number of them.</summary>
    private (int Offset, float Weight)[] MeanOfRows(int count, int stride)
    {
        if (count == 1)
            return Even(_taps.Select(tap => (tap.Y * stride + tap.X, tap.Weight)));
        int first = _taps[0].Y, width = 2 * -_taps.Min(tap => tap.X) + 1, rows = 1 - 2 * first + count - 1;
        float[] sums = new float[width * rows];
        foreach (var tap in _taps)
        {
            for (int i = 0; i < count; i++)
                sums[(tap.Y - first + i) * width + tap.X + width / 2] += tap.Weight / count;
        }
        return Even(Enumerable.Range(0, sums.Length).Where(i => sums[i] != 0).Select(i => ((i / width + first) * stride + i % width - width / 2, sums[i])));

        static (int, float)[] Even(IEnumerable<(int Offset, float Weight)> taps)
        {
            var all = taps.ToList();
            if (all.Count % 2 == 1)
                all.Add((all[0].Offset, 0));
            return [.. all];
        }
    }

    /// <summary>Deviation of the mean over a square of pixels of noise that was made with these weights.</summary>
    /// <param name="width">Pixels.</param>
    public double RmsOfMean(int width)
    {
        var sums = new Dictionary<(int, int), double>();
        foreach (var tap in _taps)
        {
            for (int j = 0; j < width; j++)
            {
                for (int i = 0; i < width; i++)
                    CollectionsMarshal.GetValueRefOrAddDefault(sums, (tap.X + i, tap.Y + j), out _) += tap.Weight;
            }
        }
        return Math.Sqrt(sums.Values.Sum(value => value * value)) / (width * width);
    }

    private readonly record struct Tap(int X, int Y, float Weight);
}

/// <summary>White noise of a square of pixels within a face, with a block around it as far as the face goes.</summary>
internal sealed class Patch
{
    private const int Side = WhiteNoise.BlockSide, BlockOrders = WhiteNoise.BlockOrders;
    private readonly float[] _pixels;
    private readonly int _face, _column, _row, _blocksOfFace;

    /// <param name="white">The noise.</param>
    /// <param name="order">Of the pixels.</param>
    /// <param name="face">0 to 11.</param>
    /// <param name="x">First pixel, a multiple of 32.</param>
    /// <param name="y">First pixel, a multiple of 32.</param>
    /// <param name="width">Pixels, a multiple of 32.</param>
    /// <param name="cancellationToken">Ends it between rows.</param>
    public Patch(WhiteNoise white, int order, int face, int x, int y, int width, CancellationToken cancellationToken)
    {
        (Order, _face, _column, _row) = (order, face, x >> BlockOrders, y >> BlockOrders);
        int blocks = width >> BlockOrders;
        _blocksOfFace = 1 << (order - BlockOrders);
        Stride = (blocks + 2) * Side;
        Deviation = white.DeviationOf(order);
        _pixels = new float[Stride * Stride];
        Span<float> block = stackalloc float[Side * Side];
        for (int row = -1; row <= blocks; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int column = -1; column <= blocks; column++)
            {
                if (!IsOnFace(column, row))
                    continue;
                white.Fill(order, BlockAt(column, row).Pixel, block);
                var target = PixelsFrom(column, row);
                for (int line = 0; line < Side; line++)
                    block.Slice(line * Side, Side).CopyTo(target[(line * Stride)..]);
            }
        }
    }

    /// <summary>Of the pixels.</summary>
    public int Order { get; }

    /// <summary>Pixels from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>That of the white noise.</summary>
    public double Deviation { get; }

    public HealpixCell BlockAt(int column, int row) => HealpixCell.FromFace(Order - BlockOrders, _face, _column + column, _row + row);

    public bool IsWholeAround(int column, int row) => IsOnFace(column - 1, row - 1) && IsOnFace(column + 1, row + 1);

    public Span<float> PixelsFrom(int column, int row) => _pixels.AsSpan(((row + 1) * Stride + column + 1) * Side);

    private bool IsOnFace(int column, int row) => (uint)(_column + column) < (uint)_blocksOfFace && (uint)(_row + row) < (uint)_blocksOfFace;
}
