namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>A Gaussian as it is fitted.</summary>
/// <param name="Height">In the image's unit, above the background.</param>
/// <param name="X">Column of the centre; that of a pixel is a whole number, from 0.</param>
/// <param name="Y">Row of the centre.</param>
/// <param name="Sigma1">Standard deviation along the first axis, in pixels; the fit may make it negative, only its size counts.</param>
/// <param name="Sigma2">The same along the second axis.</param>
/// <param name="Angle">Of the first axis, in degrees from +x to +y.</param>
internal readonly record struct FitGaussian(double Height, double X, double Y, double Sigma1, double Sigma2, double Angle)
{
    public (double Sin, double Cos) Direction => Math.SinCos(Angle * (Math.PI / 180));

    public double LongSigma => Math.Max(Math.Abs(Sigma1), Math.Abs(Sigma2));

    public double ShortSigma => Math.Min(Math.Abs(Sigma1), Math.Abs(Sigma2));

    /// <summary>Of the longer axis, in degrees from +x to +y.</summary>
    public double LongAngle => Math.Abs(Sigma1) >= Math.Abs(Sigma2) ? Angle : Angle + 90;

    /// <summary>Subtracts it from pixels of an image whose columns lie one after another, (width, height).</summary>
    public void Subtract(Span<float> image, int height, int left, int right, int top, int bottom)
    {
        var (sin, cos) = Direction;
        for (int x = left; x < right; x++)
        {
            for (int y = top; y < bottom; y++)
                image[(x * height) + y] -= (float)At(x, y, sin, cos);
        }
    }

    /// <summary>Adds it to pixels of an image whose rows lie one after another, (height, width).</summary>
    public void Paint(Span<float> image, int width, int left, int right, int top, int bottom)
    {
        var (sin, cos) = Direction;
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
                image[(y * width) + x] += (float)At(x, y, sin, cos);
        }
    }

    public double At(double x, double y)
    {
        var (sin, cos) = Direction;
        return At(x, y, sin, cos);
    }

    private double At(double x, double y, double sin, double cos)
    {
        double u = (((x - X) * cos) + ((y - Y) * sin)) / Sigma1, v = (((y - Y) * cos) - ((x - X) * sin)) / Sigma2;
        return Height * Math.Exp(-0.5 * ((u * u) + (v * v)));
    }

    /// <summary>Half the side of the square that it is painted in, so that at its border it is a tenth of the noise at most.</summary>
    public int PaintedHalfWidth(double rms)
    {
        double share = 0.1 * rms / Height;
        double widths = share is > 0 and < 1 ? Math.Sqrt(-2 * Math.Log(share)) : 1.5;
        return (int)Math.Min(Math.Ceiling(Beam.FwhmPerSigma * LongSigma * widths), 1_000_000);
    }
}
