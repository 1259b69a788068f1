namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>What becomes of a value between the cuts, which are 0 and 1: as in astropy.visualization and hips2fits.</summary>
public enum PictureStretch
{
    Linear,

    /// <summary>sqrt(x).</summary>
    SquareRoot,

    /// <summary>x^2.</summary>
    Square,

    /// <summary>log(1000 x + 1) / log(1001).</summary>
    Logarithm,

    /// <summary>asinh(10 x) / asinh(10).</summary>
    Asinh,
}

/// <summary>Colour maps of pictures.</summary>
public enum PictureColours
{
    /// <summary>Black over violet and orange to pale yellow.</summary>
    Inferno,

    /// <summary>Black to white.</summary>
    Grey,

    /// <summary>White to black.</summary>
    GreyReversed,
}

/// <summary>From values to colours.</summary>
/// <param name="Low">The first colour, below too.</param>
/// <param name="High">The last colour, above too.</param>
/// <param name="Stretch">Between them.</param>
/// <param name="Colours">The colour map.</param>
public sealed record PictureScale(double Low, double High, PictureStretch Stretch = PictureStretch.Linear, PictureColours Colours = PictureColours.Inferno)
{
    /// <summary>0 to 1.</summary>
    public double Of(double value)
    {
        double x = Math.Clamp((value - Low) / (High - Low), 0, 1);
        return Stretch switch
        {
            PictureStretch.SquareRoot => Math.Sqrt(x),
            PictureStretch.Square => x * x,
            PictureStretch.Logarithm => Math.Log(1000 * x + 1) / Math.Log(1001),
            PictureStretch.Asinh => Math.Asinh(10 * x) / Math.Asinh(10),
            _ => x,
        };
    }
}
