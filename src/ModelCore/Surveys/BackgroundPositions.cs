using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Places in mosaics where the catalogue has no source: what a model of the background is trained on (paper, Sect. 7).</summary>
public static class BackgroundPositions
{
    private const int AttemptsForEach = 100;

    /// <summary>Draws positions evenly over the pixels of a mosaic, none nearer to a source than that its cut-out could hold it.</summary>
    /// <param name="mosaic">The mosaic.</param>
    /// <param name="sources">All sources of the catalogue; those outside the mosaic do not matter.</param>
    /// <param name="count">Positions wanted; fewer come out where there is no more room.</param>
    /// <param name="options">Of the cut-outs, which lie wholly inside the mosaic.</param>
    /// <param name="seed">Equal seeds give equal positions.</param>
    public static IReadOnlyList<SkyCoordinate> Draw(Mosaic mosaic, IEnumerable<CatalogueRow> sources, int count, CutoutOptions options, ulong seed)
    {
        int side = options.SideIn(mosaic);
        var occupied = new Neighbourhoods(mosaic, sources, side);
        var stream = new RandomStream(seed, $"background {mosaic.Id}");
        double half = side / 2.0;
        var positions = new List<SkyCoordinate>(count);
        if (mosaic.Width < side || mosaic.Height < side)
            return positions;
        for (long attempt = 0; attempt < (long)count * AttemptsForEach && positions.Count < count; attempt++)
        {
            double column = stream.NextDouble(half, mosaic.Width - half), row = stream.NextDouble(half, mosaic.Height - half);
            if (occupied.Holds(column, row))
                continue;
            var position = mosaic.Wcs.PixelToSky(column, row);
            if (double.IsFinite(position.RightAscension))
                positions.Add(position);
        }
        return positions;
    }

    /// <summary>The squares around sources in which no cut-out may be centred, found by the cell of a grid that they lie in.</summary>
    private sealed class Neighbourhoods
    {
        private const double SmallestExtentArcsec = 30;      // of a source without a size in the catalogue
        private readonly Dictionary<(int, int), List<(double Column, double Row, double Reach)>> _cells = [];
        private readonly double _cell;

        public Neighbourhoods(Mosaic mosaic, IEnumerable<CatalogueRow> sources, int size)
        {
            var inside = new List<(double Column, double Row, double Reach)>();
            foreach (var source in sources)
            {
                double extent = Math.Max(source.LargestAngularSizeArcsec ?? 0, SmallestExtentArcsec);
                double reach = (size + extent / mosaic.Wcs.PixelScaleArcsec) / 2;
                if (mosaic.Wcs.TrySkyToPixel(source.Position, out double column, out double row)
                    && column > -reach && row > -reach && column < mosaic.Width + reach && row < mosaic.Height + reach)
                    inside.Add((column, row, reach));
            }
            _cell = inside.Count == 0 ? 1 : inside.Max(source => source.Reach);
            foreach (var source in inside)
            {
                var key = Key(source.Column, source.Row);
                if (!_cells.TryGetValue(key, out var list))
                    _cells[key] = list = [];
                list.Add(source);
            }
        }

        public bool Holds(double column, double row)
        {
            var (x, y) = Key(column, row);
            for (int dx = -1; dx <= 1; dx++)
            {
                for (int dy = -1; dy <= 1; dy++)
                {
                    if (_cells.TryGetValue((x + dx, y + dy), out var list)
                        && list.Exists(source => Math.Max(Math.Abs(source.Column - column), Math.Abs(source.Row - row)) < source.Reach))
                        return true;
                }
            }
            return false;
        }

        private (int, int) Key(double column, double row) => ((int)Math.Floor(column / _cell), (int)Math.Floor(row / _cell));
    }
}
