namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Level and noise on a grid of boxes; boxes that are mostly blank take those of the nearest ones that are not.</summary>
internal sealed class NoiseGrid
{
    private readonly ClippedNoise[] _grid;
    private readonly int _columns, _rows, _step, _width, _height;

    /// <param name="grid">(columns, rows): columns one after another; null where there is nothing to measure.</param>
    /// <param name="step">From one box to the next, in pixels.</param>
    /// <param name="width">Of the image.</param>
    public NoiseGrid(ClippedNoise?[] grid, int columns, int rows, int step, int width, int height)
    {
        (_columns, _rows, _step, _width, _height) = (columns, rows, step, width, height);
        _grid = Filled(grid, columns, rows);
    }

    /// <summary>One of the values at each pixel, by a spline between the boxes' centres: (width, height).</summary>
    public float[] Map(Func<ClippedNoise, double> value)
    {
        var spline = new CubicSpline([.. _grid.Select(noise => (float)value(noise))], _columns, _rows);
        double[] byColumn = Positions(_width, _columns, _step), byRow = Positions(_height, _rows, _step);
        float[] map = new float[_width * _height];
        void Column(int x)
        {
            for (int y = 0; y < _height; y++)
                map[(x * _height) + y] = (float)spline.At(byColumn[x], byRow[y]);
        }

        if (map.Length < 100_000)
        {
            for (int x = 0; x < _width; x++)
                Column(x);
        }
        else
        {
            Parallel.For(0, _width, Column);
        }
        return map;
    }

    private static ClippedNoise[] Filled(ClippedNoise?[] grid, int columns, int rows)
    {
        var known = new Queue<int>(Enumerable.Range(0, grid.Length).Where(i => grid[i] is not null));
        while (known.TryDequeue(out int at))
        {
            int column = at / rows, row = at % rows;
            foreach (var (x, y) in (ReadOnlySpan<(int, int)>)[(column - 1, row), (column + 1, row), (column, row - 1), (column, row + 1)])
            {
                int next = (x * rows) + y;
                if (x < 0 || x >= columns || y < 0 || y >= rows || grid[next] is not null)
                    continue;
                grid[next] = grid[at];
                known.Enqueue(next);
            }
        }
        return [.. grid.Select(noise => noise!.Value)];
    }

    /// <summary>Where each pixel lies on the grid, whose points stand half a pixel before each step and on the last pixel.</summary>
    private static double[] Positions(int length, int points, int step)
    {
        double[] positions = new double[length];
        double lastButOne = ((points - 2) * step) - 0.5;
        for (int i = 0; i < length; i++)
            positions[i] = i <= lastButOne ? (i + 0.5) / step : points - 2 + ((i - lastButOne) / (length - 1 - lastButOne));
        return positions;
    }
}
