using System.Numerics.Tensors;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>A square part of a grid, with the places of its pixels; it is filled up beyond the grid's end to whole blocks of <see cref="SkyPixels"/>.</summary>
internal sealed class SkySquare
{
    private const int BlockSide = SkyPixels.BlockSide;
    private readonly Direction[] _places;                    // row by row

    private SkySquare(SkyGrid grid, int left, int bottom, int most)
    {
        (Left, Bottom) = (left, bottom);
        Width = Math.Min(most, grid.Width - left);
        Height = Math.Min(most, grid.Height - bottom);
        (Side, Rows) = ((Width + BlockSide - 1) / BlockSide * BlockSide, (Height + BlockSide - 1) / BlockSide * BlockSide);
        Pixels = new SkyPixels(Side, Rows, (column, row) => grid.PlaceOf(left + column, bottom + row));
        _places = new Direction[Side * Rows];
        for (int block = 0; block < _places.Length / (BlockSide * BlockSide); block++)
        {
            var (x, y) = Pixels.CornerOf(block);
            var places = Pixels.PlacesOf(block);
            for (int row = 0; row < BlockSide; row++)
                places.Slice(row * BlockSide, BlockSide).CopyTo(_places.AsSpan((y + row) * Side + x));
        }
    }

    /// <summary>Its first column in the grid.</summary>
    public int Left { get; }

    /// <summary>Its first row in the grid.</summary>
    public int Bottom { get; }

    /// <summary>Columns of the grid in it.</summary>
    public int Width { get; }

    /// <summary>Rows of the grid in it.</summary>
    public int Height { get; }

    /// <summary>Pixels from one row to the next: <see cref="Width"/> and what fills it up.</summary>
    public int Side { get; }

    /// <summary><see cref="Height"/> and what fills it up.</summary>
    public int Rows { get; }

    public SkyPixels Pixels { get; }

    /// <summary>The squares of a row of squares, several at a time.</summary>
    public static void ForEach(SkyGrid grid, int most, int bottom, int workers, Action<SkySquare> use, CancellationToken cancellationToken)
    {
        int count = (grid.Width + most - 1) / most;
        if (workers <= 1)
        {
            for (int i = 0; i < count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                use(new SkySquare(grid, i * most, bottom, most));
            }
            return;
        }
        var options = new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellationToken };
        try
        {
            Parallel.For(0, count, options, i => use(new SkySquare(grid, i * most, bottom, most)));
        }
        catch (AggregateException error) when (error.InnerExceptions.Count > 0)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error.InnerExceptions[0]);
        }
    }

    /// <summary>Jy/beam, row by row.</summary>
    public void FillNoise(NoiseAtPlaces noise, Span<float> pixels, CancellationToken cancellationToken) => noise.Fill(_places, pixels, cancellationToken);

    /// <summary>The same, made of images.</summary>
    public void FillNoise(NoiseAtPlaces noise, NoiseImages images, Span<float> pixels, CancellationToken cancellationToken)
    {
        noise.FillDeviations(_places, pixels, cancellationToken);
        var (centre, radius) = SkyGrid.Circle(_places);
        if (radius < 0)
            return;
        float[] unit = new float[pixels.Length];
        images.Fill(Pixels, centre, radius, unit, cancellationToken);
        TensorPrimitives.Multiply(pixels, unit, pixels);
    }

    /// <summary>The noise's deviation, Jy/beam, row by row.</summary>
    public void FillDeviations(NoiseAtPlaces noise, Span<float> pixels, CancellationToken cancellationToken) => noise.FillDeviations(_places, pixels, cancellationToken);

    /// <summary>The sources that may reach a pixel, by their names, with their images.</summary>
    public IEnumerable<(SkySource Source, SkyStamp? Stamp)> Sources(SkyCatalogue catalogue, SourcePainter painter, AngularSizes sizes, Func<SkySource, SkyStamp?> imageOf)
    {
        var (centre, radius) = SkyGrid.Circle(_places);
        if (radius < 0)
            yield break;
        double most = painter.MostReach(sizes) / Degrees.ArcsecPerRadian;
        foreach (var source in catalogue.Around(centre, Math.Min(Math.PI, radius + most)))
        {
            var stamp = source.IsResolved ? imageOf(source) : null;
            double limit = radius + painter.ReachOf(source, stamp) / Degrees.ArcsecPerRadian;
            var step = source.Direction - centre;
            if (step.Dot(step) <= limit * limit)
                yield return (source, stamp);
        }
    }

    /// <summary>Sets the pixels that are not on the sky.</summary>
    public void Blank<T>(Span<T> pixels, T value)
    {
        for (int i = 0; i < pixels.Length; i++)
        {
            if (double.IsNaN(_places[i].X))
                pixels[i] = value;
        }
    }
}
