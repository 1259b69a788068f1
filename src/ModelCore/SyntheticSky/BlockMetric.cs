using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>How distances in a block of 32 x 32 pixels of the sky are to be reckoned.</summary>
internal readonly record struct BlockMetric
{
    private const double SameShear = 0.01;                   // relative change of the metric within a block that one table is good for

    /// <param name="beam">The beam.</param>
    /// <param name="block">A cell of 32 x 32 pixels.</param>
    public BlockMetric(BeamForm beam, HealpixCell block)
    {
        Middle = MetricAt(beam, block, 0.5, 0.5);
        IsSameAllOver = true;
        for (int corner = 0; corner < 4 && IsSameAllOver; corner++)
            IsSameAllOver = Middle.IsLike(MetricAt(beam, block, (corner & 1) == 0 ? 0.05 : 0.95, (corner & 2) == 0 ? 0.05 : 0.95), SameShear);
        double determinant = Middle.E * Middle.G - Middle.F * Middle.F;
        ReachX = (int)Math.Sqrt(BeamTable.CutOff * Middle.G / determinant);
        ReachY = (int)Math.Sqrt(BeamTable.CutOff * Middle.E / determinant);
        IsSameAllOver &= ReachX <= WhiteNoise.BlockSide && ReachY <= WhiteNoise.BlockSide;
    }

    /// <summary>The metric in its middle.</summary>
    public PixelMetric Middle { get; }

    /// <summary>Pixels to both sides that have weights.</summary>
    public int ReachX { get; }

    public int ReachY { get; }

    /// <summary>Whether the metric of the middle is good for the whole block.</summary>
    public bool IsSameAllOver { get; }

    private static PixelMetric MetricAt(BeamForm beam, HealpixCell block, double u, double v)
    {
        const double Step = 0.04;                            // of the block's side
        const double Scale = 1 / (2 * Step * WhiteNoise.BlockSide);
        var (along, across) = beam.AxesAt(block.DirectionAt(u, v));
        var x = block.DirectionAt(u + Step, v) - block.DirectionAt(u - Step, v);
        var y = block.DirectionAt(u, v + Step) - block.DirectionAt(u, v - Step);
        return new PixelMetric(x.Dot(along) * Scale, x.Dot(across) * Scale, y.Dot(along) * Scale, y.Dot(across) * Scale);
    }
}
