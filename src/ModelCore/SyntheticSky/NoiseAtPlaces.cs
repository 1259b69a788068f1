using System.Buffers;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The noise of a synthetic sky at any places, as <see cref="SkyNoise"/> has it at the centres of its pixels; a place's value depends on nothing but the place.</summary>
/// <remarks>Places are taken by the block of 32 x 32 pixels that they lie in: most blocks have one table of weights (<see cref="BlockBeam"/>), the others take each distance by itself (<see cref="NoiseAround"/>).</remarks>
internal sealed class NoiseAtPlaces
{
    private const int Side = WhiteNoise.BlockSide, Stride = 3 * Side, Spare = Side, MostBlocks = 8192, None = -1;
    private const double FarFromEachOther = 0.1;             // radians: beyond, pointings are sought block by block
    private readonly RecentlyUsed<long, float[]> _blocks = new(MostBlocks);
    private readonly int _order;
    private readonly double _rms;
    private readonly WhiteNoise _white;
    private readonly BeamForm _beam;
    private readonly SkySensitivity _sensitivity;

    public NoiseAtPlaces(SkyRecipe recipe)
    {
        var survey = recipe.Survey;
        _order = survey.PixelOrder;
        _rms = survey.RmsMicroJansky * 1e-6;
        _white = new WhiteNoise(recipe.Seed, _order);
        _beam = new BeamForm(survey.BeamMajorArcsec / BeamForm.SigmasPerFwhm, (survey.BeamMinorArcsec ?? survey.BeamMajorArcsec) / BeamForm.SigmasPerFwhm, survey.BeamAngleDegrees);
        _sensitivity = new SkySensitivity(survey);
    }

    /// <summary>Jy/beam; several threads may ask at a time.</summary>
    /// <param name="places">ICRS unit vectors near each other; <see cref="Direction.Nowhere"/> where there is no sky.</param>
    /// <param name="values">Gets the noise there; NaN where there is no sky.</param>
    /// <param name="cancellationToken">Ends it between blocks.</param>
    public void Fill(ReadOnlySpan<Direction> places, Span<float> values, CancellationToken cancellationToken) => Fill(places, values, isDeviation: false, cancellationToken);

    /// <summary>The same for the noise's standard deviation, Jy/beam.</summary>
    /// <inheritdoc cref="Fill(ReadOnlySpan{Direction}, Span{float}, CancellationToken)"/>
    public void FillDeviations(ReadOnlySpan<Direction> places, Span<float> values, CancellationToken cancellationToken) => Fill(places, values, isDeviation: true, cancellationToken);

    private void Fill(ReadOnlySpan<Direction> places, Span<float> values, bool isDeviation, CancellationToken cancellationToken)
    {
        double[] xs = ArrayPool<double>.Shared.Rent(places.Length), ys = ArrayPool<double>.Shared.Rent(places.Length);
        int[] next = ArrayPool<int>.Shared.Rent(places.Length);
        var blocks = Group(places, values, xs, ys, next);
        double[] factors = Factors(places, blocks);
        float[] patch = new float[Stride * Stride + Spare];
        for (int i = 0; i < blocks.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var block = blocks[i];
            if (isDeviation)
            {
                for (int place = block.First; place != None; place = next[place])
                    values[place] = 1;
            }
            else
            {
                FillBlock(block, places, xs, ys, next, patch, values);
            }
            Scale(block, factors.AsSpan(4 * i, 4), xs, ys, next, values);
        }
        ArrayPool<double>.Shared.Return(xs);
        ArrayPool<double>.Shared.Return(ys);
        ArrayPool<int>.Shared.Return(next);
    }

    /// <summary>The blocks that places lie in, each with a chain of its places.</summary>
    private List<Block> Group(ReadOnlySpan<Direction> places, Span<float> values, double[] xs, double[] ys, int[] next)
    {
        int side = 1 << _order, blockOrder = _order - WhiteNoise.BlockOrders, lastGroup = None;
        long last = None;
        var groups = new Dictionary<long, int>();
        var blocks = new List<Block>();
        for (int i = places.Length - 1; i >= 0; i--)
        {
            if (double.IsNaN(places[i].X))
            {
                values[i] = float.NaN;
                continue;
            }
            var (face, x, y) = Healpix.FaceCoordinates(places[i]);
            (x, y) = (x * side, y * side);
            int blockX = (int)x >> WhiteNoise.BlockOrders, blockY = (int)y >> WhiteNoise.BlockOrders;
            (xs[i], ys[i]) = (x - blockX * Side, y - blockY * Side);
            long key = ((long)face << (2 * blockOrder)) | ((long)blockX << blockOrder) | (long)blockY;
            if (key != last)
            {
                last = key;
                if (!groups.TryGetValue(key, out lastGroup))
                {
                    groups[key] = lastGroup = blocks.Count;
                    blocks.Add(new Block(HealpixCell.FromFace(blockOrder, face, blockX, blockY), None));
                }
            }
            next[i] = blocks[lastGroup].First;
            blocks[lastGroup] = blocks[lastGroup] with { First = i };
        }
        return blocks;
    }

    /// <summary>How much more noise there is than usual at the four corners of each block: as in <see cref="SkyRenderer"/>, it changes evenly between them.</summary>
    private double[] Factors(ReadOnlySpan<Direction> places, List<Block> blocks)
    {
        var corners = new Direction[4 * blocks.Count];
        for (int i = 0; i < corners.Length; i++)
            corners[i] = blocks[i / 4].Cell.DirectionAt(i & 1, (i >> 1) & 1);
        double[] factors = new double[corners.Length];
        if (corners.Length == 0)
            return factors;
        if (SkyGrid.Circle(places).Radius < FarFromEachOther)
        {
            _sensitivity.Fill(corners, factors);
            return factors;
        }
        for (int i = 0; i < corners.Length; i += 4)
            _sensitivity.Fill(corners.AsSpan(i, 4), factors.AsSpan(i, 4));
        return factors;
    }

    private void FillBlock(Block block, ReadOnlySpan<Direction> places, double[] xs, double[] ys, int[] next, float[] patch, Span<float> values)
    {
        var cell = block.Cell;
        int most = (1 << cell.Order) - 1;
        bool isWholeAround = cell.X > 0 && cell.Y > 0 && cell.X < most && cell.Y < most;
        var beam = isWholeAround ? new BlockBeam(new BlockMetric(_beam, cell)) : null;
        if (beam is not { IsGood: true })
        {
            FillApart(block, places, xs, ys, next, values);
            return;
        }
        CopyWhite(cell, beam, block.First, xs, ys, next, patch);
        for (int i = block.First; i != None; i = next[i])
            values[i] = beam.At(patch, Stride, Side * Stride + Side, xs[i], ys[i]);
    }

    /// <summary>The white noise of the block, and of those around it that its places need.</summary>
    private void CopyWhite(HealpixCell cell, BlockBeam beam, int first, double[] xs, double[] ys, int[] next, float[] patch)
    {
        double left = Side, right = 0, bottom = Side, top = 0;
        for (int i = first; i != None; i = next[i])
            (left, right, bottom, top) = (Math.Min(left, xs[i]), Math.Max(right, xs[i]), Math.Min(bottom, ys[i]), Math.Max(top, ys[i]));
        int fromX = (int)left < beam.ReachX ? -1 : 0, toX = (int)right + beam.ReachX >= Side ? 1 : 0;
        int fromY = (int)bottom < beam.ReachY ? -1 : 0, toY = (int)top + beam.ReachY >= Side ? 1 : 0;
        for (int y = fromY; y <= toY; y++)
        {
            for (int x = fromX; x <= toX; x++)
            {
                float[] white = _blocks.GetOrAdd(HealpixCell.FromFace(cell.Order, cell.Face, cell.X + x, cell.Y + y).Pixel, MakeWhite);
                for (int row = 0; row < Side; row++)
                    white.AsSpan(row * Side, Side).CopyTo(patch.AsSpan(((y + 1) * Side + row) * Stride + (x + 1) * Side));
            }
        }
    }

    private float[] MakeWhite(long block)
    {
        float[] white = new float[Side * Side];
        _white.Fill(_order, block, white);
        return white;
    }

    private void FillApart(Block block, ReadOnlySpan<Direction> places, double[] xs, double[] ys, int[] next, Span<float> values)
    {
        var numbers = new List<int>();
        for (int i = block.First; i != None; i = next[i])
            numbers.Add(i);
        var own = new NoiseAround.Place[numbers.Count];
        for (int i = 0; i < own.Length; i++)
            own[i] = new NoiseAround.Place(OffThePole(places[numbers[i]]), xs[numbers[i]], ys[numbers[i]]);
        float[] made = new float[own.Length];
        new NoiseAround(_white, _beam, _order, block.Cell).Fill(own, made);
        for (int i = 0; i < own.Length; i++)
            values[numbers[i]] = made[i];
    }

    /// <summary>At a pole there is no north; a hair's breadth from it there is.</summary>
    private static Direction OffThePole(in Direction place) => place.AxisDistance > 0 ? place : new Direction(1e-15, 0, place.Z);

    private void Scale(Block block, ReadOnlySpan<double> factors, double[] xs, double[] ys, int[] next, Span<float> values)
    {
        for (int i = block.First; i != None; i = next[i])
        {
            double u = xs[i] / Side, v = ys[i] / Side;
            values[i] *= (float)(_rms * ((1 - v) * ((1 - u) * factors[0] + u * factors[1]) + v * ((1 - u) * factors[2] + u * factors[3])));
        }
    }

    /// <param name="Cell">32 x 32 pixels.</param>
    /// <param name="First">The first of its places.</param>
    private readonly record struct Block(HealpixCell Cell, int First);
}
