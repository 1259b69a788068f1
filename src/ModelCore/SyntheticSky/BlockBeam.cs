using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>
/// White noise seen through the beam at any place of one block of pixels, where the grid's metric hardly changes within the block. At the pixels' centres it is what <see cref="BeamTable"/> gives.
/// </summary>
/// <remarks>
/// The weight of pixel (k, j) from the one that a place lies in, at (du, dv) from its centre, is exp(-q(k - du, j - dv)/2) = exp(-q(k, j)/2) P^k Q^j exp(-q(du, dv)/2) with P = exp(E du + F dv) and
/// Q = exp(F du + G dv): a table of the block, a power a column and a power a row. Eight columns go at once; sums run down the columns, then over the columns, then over the eight.
/// </remarks>
internal sealed class BlockBeam
{
    private const int Side = WhiteNoise.BlockSide, Lanes = 8, MostReach = Side - 1;
    private const float LeastWeight = 3.3546263e-4f;         // exp(-CutOff/2)
    private readonly PixelMetric _metric;
    private readonly int _groups;                            // of eight columns
    private readonly int _rows;
    private readonly float[] _weights = [];                  // (groups, rows, 8)
    private readonly (int First, int End)[] _used = [];      // rows of each group that have weights

    public BlockBeam(BlockMetric block)
    {
        _metric = block.Middle;
        var (e, f, g) = (_metric.E, _metric.F, _metric.G);
        double determinant = e * g - f * f;
        // A place is up to half a pixel from the centre of its own.
        ReachX = (int)(Math.Sqrt(BeamTable.CutOff * g / determinant) + 0.5);
        ReachY = (int)(Math.Sqrt(BeamTable.CutOff * e / determinant) + 0.5);
        IsGood = block.IsSameAllOver && ReachX <= MostReach && ReachY <= MostReach;
        if (!IsGood)
            return;
        double farthest = Math.Sqrt(BeamTable.CutOff) + 0.5 * (Math.Sqrt(e) + Math.Sqrt(g));
        (_groups, _rows) = ((2 * ReachX + Lanes) / Lanes, 2 * ReachY + 1);
        _weights = new float[_groups * _rows * Lanes];
        _used = new (int, int)[_groups];
        for (int group = 0; group < _groups; group++)
        {
            int first = _rows, end = 0;
            for (int row = 0; row < _rows; row++)
            {
                for (int lane = 0; lane < Lanes; lane++)
                {
                    int x = group * Lanes + lane - ReachX, y = row - ReachY;
                    double q = _metric.Of(x, y);
                    if (x > ReachX || q > farthest * farthest)
                        continue;
                    _weights[(group * _rows + row) * Lanes + lane] = (float)PortableMath.Exp(-q / 2);
                    (first, end) = (Math.Min(first, row), row + 1);
                }
            }
            _used[group] = (first, end);
        }
    }

    /// <summary>Whether this may be used for the block.</summary>
    public bool IsGood { get; }

    /// <summary>Columns to the left and right of a place's own that count.</summary>
    public int ReachX { get; }

    /// <summary>Rows below and above.</summary>
    public int ReachY { get; }

    /// <summary>Noise of unit deviation.</summary>
    /// <param name="white">White noise around the block.</param>
    /// <param name="stride">From one row of it to the next.</param>
    /// <param name="origin">Index of the block's first pixel in it.</param>
    /// <param name="x">Of the place, 0 to 32: pixels from the block's edge.</param>
    /// <param name="y">Of the place.</param>
    public float At(float[] white, int stride, int origin, double x, double y)
    {
        int column = Math.Min((int)x, Side - 1), row = Math.Min((int)y, Side - 1);
        double dx = x - column - 0.5, dy = y - row - 0.5;
        double p = _metric.E * dx + _metric.F * dy, q = _metric.F * dx + _metric.G * dy;
        float perColumn = (float)PortableMath.Exp(p), perRow = (float)PortableMath.Exp(q);
        Span<float> rows = stackalloc float[_rows];
        float factor = (float)PortableMath.Exp(-_metric.Of(dx, dy) / 2 - ReachY * q);
        for (int i = 0; i < rows.Length; i++, factor *= perRow)
            rows[i] = factor;

        float two = perColumn * perColumn, four = two * two, start = (float)PortableMath.Exp(-ReachX * p);
        var columns = Vector256.Create(1, perColumn, two, two * perColumn, four, four * perColumn, four * two, four * two * perColumn) * start;
        float eight = four * four;
        var least = Vector256.Create(LeastWeight);
        Vector256<float> sum = Vector256<float>.Zero, squares = Vector256<float>.Zero;
        ref float firstWhite = ref MemoryMarshal.GetArrayDataReference(white);
        ref float firstWeight = ref MemoryMarshal.GetArrayDataReference(_weights);
        int corner = origin + (row - ReachY) * stride + column - ReachX;
        for (int group = 0; group < _groups; group++, columns *= eight)
        {
            var (first, end) = _used[group];
            nuint at = (nuint)(corner + group * Lanes + first * stride), of = (nuint)((group * _rows + first) * Lanes);
            for (int i = first; i < end; i++, at += (nuint)stride, of += Lanes)
            {
                var weight = Vector256.LoadUnsafe(ref firstWeight, of) * columns * rows[i];
                weight &= Vector256.GreaterThanOrEqual(weight, least);
                sum += weight * Vector256.LoadUnsafe(ref firstWhite, at);
                squares += weight * weight;
            }
        }
        return Sum(sum) / MathF.Sqrt(Sum(squares));
    }

    /// <summary>In an order that no processor changes.</summary>
    private static float Sum(Vector256<float> values)
    {
        var half = values.GetLower() + values.GetUpper();
        return (half.GetElement(0) + half.GetElement(1)) + (half.GetElement(2) + half.GetElement(3));
    }
}
