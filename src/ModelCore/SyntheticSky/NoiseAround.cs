using System.Runtime.Intrinsics;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The noise in a block of pixels with each distance taken by itself: right everywhere on the sky, also where faces meet and at the poles, but slower than a table.</summary>
internal sealed class NoiseAround
{
    private const int Side = WhiteNoise.BlockSide, PartSide = 8, Lanes = 4, StepsOfWeight = 256;
    private static readonly double[] _weights = [.. Enumerable.Range(0, (int)(BeamTable.CutOff * StepsOfWeight) + 2).Select(i => PortableMath.Exp(-0.5 * i / StepsOfWeight))];
    private readonly BeamForm _beam;
    private readonly HealpixCell _block;
    private readonly Places _around = new(9 * Side * Side);

    /// <param name="white">The noise.</param>
    /// <param name="beam">The beam.</param>
    /// <param name="order">Of the pixels.</param>
    /// <param name="block">The block.</param>
    public NoiseAround(WhiteNoise white, BeamForm beam, int order, HealpixCell block)
    {
        (_beam, _block) = (beam, block);
        var centre = block.CentreDirection;
        double reach = Healpix.BoundingRadius(block.Order) + ReachOf(beam);
        Span<long> blocks = stackalloc long[9];
        block.CopyNeighbours(blocks);
        blocks[8] = block.Pixel;
        blocks.Sort();                                       // the same order of sums for whoever asks
        Span<float> values = stackalloc float[Side * Side];
        foreach (long pixel in blocks)
        {
            if (pixel < 0)
                continue;
            white.Fill(order, pixel, values);
            var other = new HealpixCell(block.Order, pixel);
            for (int i = 0; i < values.Length; i++)
            {
                var place = other.DirectionAt((i % Side + 0.5) / Side, (i / Side + 0.5) / Side);
                var step = place - centre;
                if (step.Dot(step) <= reach * reach)
                    _around.Add(place, values[i]);
            }
        }
    }

    /// <summary>Noise of unit variance, if the white noise is.</summary>
    /// <param name="made">(32, 32): y times 32 plus x.</param>
    public void Fill(Span<float> made)
    {
        var near = new Places(_around.Count);
        for (int part = 0; part < Side / PartSide * (Side / PartSide); part++)
        {
            int left = part % (Side / PartSide) * PartSide, bottom = part / (Side / PartSide) * PartSide;
            _around.CopyNear(PlaceOf(left, bottom), PlaceOf(left + PartSide - 1, bottom), PlaceOf(left, bottom + PartSide - 1), PlaceOf(left + PartSide - 1, bottom + PartSide - 1), ReachOf(_beam), near);
            for (int y = bottom; y < bottom + PartSide; y++)
            {
                for (int x = left; x < left + PartSide; x++)
                    made[y * Side + x] = At(PlaceOf(x, y), near);
            }
        }
    }

    /// <summary>The same at any places in the block.</summary>
    /// <param name="places">In the block.</param>
    /// <param name="made">Gets the noise there.</param>
    public void Fill(ReadOnlySpan<Place> places, Span<float> made)
    {
        var near = new Places(_around.Count);
        for (int part = 0; part < Side / PartSide * (Side / PartSide); part++)
        {
            int left = part % (Side / PartSide) * PartSide, bottom = part / (Side / PartSide) * PartSide;
            bool isReady = false;
            for (int i = 0; i < places.Length; i++)
            {
                if (Math.Min((int)places[i].X, Side - 1) / PartSide * PartSide != left || Math.Min((int)places[i].Y, Side - 1) / PartSide * PartSide != bottom)
                    continue;
                if (!isReady)
                    _around.CopyNear(CornerOf(left, bottom), CornerOf(left + PartSide, bottom), CornerOf(left, bottom + PartSide), CornerOf(left + PartSide, bottom + PartSide), ReachOf(_beam), near);
                isReady = true;
                made[i] = At(places[i].Direction, near);
            }
        }
    }

    private Direction CornerOf(int x, int y) => _block.DirectionAt(x / (double)Side, y / (double)Side);

    private Direction PlaceOf(int x, int y) => _block.DirectionAt((x + 0.5) / Side, (y + 0.5) / Side);

    private float At(in Direction place, Places near)
    {
        var (along, across) = _beam.AxesAt(place);
        Vector256<double> x = Vector256.Create(place.X), y = Vector256.Create(place.Y), z = Vector256.Create(place.Z);
        Vector256<double> ax = Vector256.Create(along.X), ay = Vector256.Create(along.Y), az = Vector256.Create(along.Z);
        Vector256<double> bx = Vector256.Create(across.X), by = Vector256.Create(across.Y), bz = Vector256.Create(across.Z);
        Span<double> distances = stackalloc double[Lanes];
        double sum = 0, squares = 0;
        for (int i = 0; i < near.Count; i += Lanes)
        {
            Vector256<double> dx = Vector256.Create(near.X, i) - x, dy = Vector256.Create(near.Y, i) - y, dz = Vector256.Create(near.Z, i) - z;
            Vector256<double> a = dx * ax + dy * ay + dz * az, b = dx * bx + dy * by + dz * bz;
            var q = a * a + b * b;
            if (!Vector256.LessThanOrEqualAny(q, Vector256.Create(BeamTable.CutOff)))
                continue;
            q.CopyTo(distances);
            for (int lane = 0; lane < Lanes; lane++)
            {
                if (distances[lane] > BeamTable.CutOff)
                    continue;
                double step = distances[lane] * StepsOfWeight;
                int index = (int)step;
                double weight = _weights[index] + (step - index) * (_weights[index + 1] - _weights[index]);
                sum += weight * near.Value[i + lane];
                squares += weight * weight;
            }
        }
        return (float)(sum / Math.Sqrt(squares));
    }

    private static double ReachOf(BeamForm beam) => Math.Sqrt(BeamTable.CutOff) * beam.MajorRadians;

    /// <summary>A place in the block.</summary>
    /// <param name="Direction">Unit vector.</param>
    /// <param name="X">0 to 32.</param>
    /// <param name="Y">0 to 32.</param>
    public readonly record struct Place(Direction Direction, double X, double Y);

    /// <summary>Pixels with their noise.</summary>
    private sealed class Places(int most)
    {
        private const double Nowhere = 1e3;

        public double[] X { get; } = new double[most + Lanes];

        public double[] Y { get; } = new double[most + Lanes];

        public double[] Z { get; } = new double[most + Lanes];

        public float[] Value { get; } = new float[most + Lanes];

        public int Count { get; private set; }

        public void Add(in Direction place, float value)
        {
            (X[Count], Y[Count], Z[Count], Value[Count]) = (place.X, place.Y, place.Z, value);
            Count++;
        }

        /// <summary>Those near a quadrilateral, with some that are nowhere up to full lanes.</summary>
        public void CopyNear(in Direction a, in Direction b, in Direction c, in Direction d, double reach, Places near)
        {
            var middle = new Direction((a.X + b.X + c.X + d.X) / 4, (a.Y + b.Y + c.Y + d.Y) / 4, (a.Z + b.Z + c.Z + d.Z) / 4);
            double radius = 0;
            foreach (var corner in (ReadOnlySpan<Direction>)[a, b, c, d])
            {
                var step = corner - middle;
                radius = Math.Max(radius, step.Dot(step));
            }
            double limit = 1.2 * Math.Sqrt(radius) + 1.01 * reach;
            near.Count = 0;
            for (int i = 0; i < Count; i++)
            {
                double x = X[i] - middle.X, y = Y[i] - middle.Y, z = Z[i] - middle.Z;
                if (x * x + y * y + z * z <= limit * limit)
                    near.Add(new Direction(X[i], Y[i], Z[i]), Value[i]);
            }
            for (int i = near.Count; i < near.Count + Lanes; i++)
                near.X[i] = Nowhere;
        }
    }
}
