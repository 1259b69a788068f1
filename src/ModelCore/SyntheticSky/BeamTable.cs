using System.Numerics;
using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The weights with which white noise is seen through a beam in one block of the sky's pixels.</summary>
internal sealed class BeamTable
{
    /// <summary>Squared distance, in standard deviations, up to which there are weights.</summary>
    public const double CutOff = 16;
    private const int Side = WhiteNoise.BlockSide;
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

    /// <summary>White noise of unit variance becomes noise of unit variance.</summary>
    /// <param name="patch">White noise.</param>
    /// <param name="column">Of the block.</param>
    /// <param name="row">Of the block.</param>
    /// <param name="result">(32, 32).</param>
    public void Convolve(Patch patch, int column, int row, float[] result)
    {
        int stride = patch.Stride, width = Vector<float>.Count;
        ref float first = ref MemoryMarshal.GetReference(patch.PixelsFrom(column, row));
        foreach (ref var tap in CollectionsMarshal.AsSpan(_taps))
            tap = tap with { Offset = tap.Y * stride + tap.X };
        var taps = CollectionsMarshal.AsSpan(_taps);
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x += width)
            {
                var sum = Vector<float>.Zero;
                nint place = y * stride + x;
                foreach (ref readonly var tap in taps)
                    sum += new Vector<float>(tap.Weight) * Vector.LoadUnsafe(ref System.Runtime.CompilerServices.Unsafe.Add(ref first, place + tap.Offset));
                sum.CopyTo(result, y * Side + x);
            }
        }
        if (patch.Deviation != 1)
        {
            float scale = (float)(1 / patch.Deviation);
            foreach (ref float value in result.AsSpan())
                value *= scale;
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

    private readonly record struct Tap(int X, int Y, float Weight)
    {
        public int Offset { get; init; }
    }
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
