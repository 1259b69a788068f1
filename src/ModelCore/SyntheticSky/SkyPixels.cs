using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The places of an image's pixels on the sky, in blocks of which only those are worked out that some source reaches.</summary>
internal sealed class SkyPixels
{
    /// <summary>Pixels a side of a block.</summary>
    public const int BlockSide = 16;
    private const double GoodEnough = 1e-10;                 // radians: 0.02 milliarcseconds
    private static readonly double[] _quadratic = Quadratic();
    private readonly Func<double, double, Direction> _placeOf;
    private readonly Direction[] _places;                    // block after block
    private readonly bool[] _isMade;
    private readonly (Direction Centre, double Radius)[] _blocks;
    private readonly int _across;

    /// <param name="width">Pixels, a multiple of 16.</param>
    /// <param name="height">Pixels, a multiple of 16.</param>
    /// <param name="placeOf">Where a column and row are, 0 being the middle of the first pixel; <see cref="Direction.Nowhere"/> where the projection ends.</param>
    public SkyPixels(int width, int height, Func<double, double, Direction> placeOf)
    {
        (Width, _placeOf, _across) = (width, placeOf, width / BlockSide);
        _blocks = new (Direction, double)[_across * (height / BlockSide)];
        _places = new Direction[_blocks.Length * BlockSide * BlockSide];
        _isMade = new bool[_blocks.Length];
        for (int block = 0; block < _blocks.Length; block++)
        {
            var (left, bottom) = CornerOf(block);
            var centre = placeOf(left + (BlockSide - 1) / 2.0, bottom + (BlockSide - 1) / 2.0);
            double radius = 0;
            for (int corner = 0; corner < 4; corner++)
            {
                double angle = centre.SeparationTo(placeOf(left + (corner & 1) * (BlockSide - 1), bottom + (corner >> 1) * (BlockSide - 1)));
                radius = double.IsNaN(angle) ? double.NaN : Math.Max(radius, angle);
            }
            _blocks[block] = double.IsNaN(radius) ? Bound(block) : (centre, 1.01 * radius);
        }
    }

    public int Width { get; }

    /// <summary>The blocks that reach into a circle.</summary>
    /// <param name="centre">Unit vector.</param>
    /// <param name="radius">Radians.</param>
    /// <param name="blocks">Gets their numbers.</param>
    public void BlocksWithin(in Direction centre, double radius, List<int> blocks)
    {
        blocks.Clear();
        for (int block = 0; block < _blocks.Length; block++)
        {
            var (place, blockRadius) = _blocks[block];
            double limit = radius + blockRadius, x = place.X - centre.X, y = place.Y - centre.Y, z = place.Z - centre.Z;
            if (x * x + y * y + z * z <= limit * limit)      // chords are shorter than arcs
                blocks.Add(block);
        }
    }

    /// <summary>First column and row of a block.</summary>
    public (int Left, int Bottom) CornerOf(int block) => (block % _across * BlockSide, block / _across * BlockSide);

    /// <summary>(16, 16): the places of its pixels, row by row.</summary>
    public ReadOnlySpan<Direction> PlacesOf(int block)
    {
        var places = _places.AsSpan(block * BlockSide * BlockSide, BlockSide * BlockSide);
        if (!_isMade[block])
        {
            Make(block, places);
            _isMade[block] = true;
        }
        return places;
    }

    /// <summary>Of a block in which the projection ends: all of it that is on the sky.</summary>
    private (Direction Centre, double Radius) Bound(int block)
    {
        var (centre, radius) = SkyGrid.Circle(PlacesOf(block));
        return radius < 0 ? (Direction.Nowhere, 0) : (centre, 1.01 * radius);
    }

    /// <summary>Quadratic in columns and rows through nine exact places; where that is not good enough, each by itself.</summary>
    private void Make(int block, Span<Direction> places)
    {
        var (left, bottom) = CornerOf(block);
        Span<Direction> nodes = stackalloc Direction[9];
        for (int i = 0; i < 9; i++)
            nodes[i] = _placeOf(left + i % 3 * ((BlockSide - 1) / 2.0), bottom + i / 3 * ((BlockSide - 1) / 2.0));
        for (int row = 0; row < BlockSide; row++)
        {
            Direction a = Between(nodes[0], nodes[3], nodes[6], row), b = Between(nodes[1], nodes[4], nodes[7], row), c = Between(nodes[2], nodes[5], nodes[8], row);
            for (int column = 0; column < BlockSide; column++)
                places[row * BlockSide + column] = Between(a, b, c, column);
        }
        foreach (var (column, row) in ((int, int)[])[(3, 4), (12, 3), (4, 11), (11, 12)])
        {
            if (places[row * BlockSide + column].SeparationTo(_placeOf(left + column, bottom + row)) <= GoodEnough)
                continue;
            for (int i = 0; i < places.Length; i++)
                places[i] = _placeOf(left + i % BlockSide, bottom + i / BlockSide);
            return;
        }
    }

    private static Direction Between(in Direction a, in Direction b, in Direction c, int place)
    {
        double wa = _quadratic[3 * place], wb = _quadratic[3 * place + 1], wc = _quadratic[3 * place + 2];
        return new Direction(wa * a.X + wb * b.X + wc * c.X, wa * a.Y + wb * b.Y + wc * c.Y, wa * a.Z + wb * b.Z + wc * c.Z);
    }

    private static double[] Quadratic()
    {
        double[] weights = new double[3 * BlockSide];
        for (int place = 0; place < BlockSide; place++)
        {
            double t = place / ((BlockSide - 1) / 2.0) - 1;
            (weights[3 * place], weights[3 * place + 1], weights[3 * place + 2]) = (t * (t - 1) / 2, 1 - t * t, t * (t + 1) / 2);
        }
        return weights;
    }
}
