namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Which of the Gaussians fitted to an island are believed.</summary>
/// <param name="highest">The largest pixel of the island that was to be fitted.</param>
/// <param name="threshold">Height that a further Gaussian must have.</param>
internal sealed class GaussianJudgement(Island island, double highest, double threshold, FitGaussian startShape)
{
    private CubicSpline? _spline;

    public Rejection Of(FitGaussian gaussian)
    {
        var (height, x, y, sigma1, sigma2, angle) = gaussian;
        if (!double.IsFinite(height + x + y + sigma1 + sigma2 + angle) || sigma1 == 0 || sigma2 == 0)
            return Rejection.NotANumber;
        var rejection = Rejection.None;
        if (height < 0.6 * threshold)
            rejection |= Rejection.TooFaint;
        bool outsideX = x < 0 || x + 1 > island.Width, outsideY = y < 0 || y + 1 > island.Height;
        if (height > 1.5 * highest || (!outsideX && !outsideY && height > 1.5 * ImageAt(x, y)))
            rejection |= Rejection.TooHigh;
        bool onIsland = IsIsland(x, y);
        if (outsideX || !onIsland)
            rejection |= Rejection.OutsideInX;
        if (outsideY || !onIsland)
            rejection |= Rejection.OutsideInY;
        double big = gaussian.LongSigma, small = gaussian.ShortSigma;
        var (sin, cos) = Math.SinCos(gaussian.LongAngle * (Math.PI / 180));
        if (Extent(big, small, cos, sin) > 2 * island.Width)
            rejection |= Rejection.TooWideInX;
        if (Extent(big, small, sin, cos) > 2 * island.Height)
            rejection |= Rejection.TooWideInY;
        if (big * small > 25 * startShape.Sigma1 * startShape.Sigma2)
            rejection |= Rejection.TooLarge;
        if (big / small > 2 && LeavesIsland(gaussian))
            rejection |= Rejection.LeavesIsland;
        return rejection;
    }

    private double ImageAt(double x, double y) => (_spline ??= new CubicSpline(island.Image, island.Width, island.Height)).At(x, y);

    private bool IsIsland(double x, double y) =>
        x > -1 && x < island.Width && y > -1 && y < island.Height && island.Mask[((int)x * island.Height) + (int)y];

    /// <summary>Twice the standard deviation that the Gaussian has along an axis, as far as its long axis leads.</summary>
    private static double Extent(double big, double small, double along, double across)
    {
        double ratio = small / big;
        return 2 * ((big * along * along) + (small * ratio * across * across)) / Math.Sqrt((along * along) + (ratio * ratio * across * across));
    }

    /// <summary>Whether the ellipse at half height has its leftmost, rightmost, lowest or highest point on a pixel of something else.</summary>
    private bool LeavesIsland(FitGaussian gaussian)
    {
        const int Points = 37;
        var (sin, cos) = gaussian.Direction;
        double half1 = 0.5 * Beam.FwhmPerSigma * gaussian.Sigma1, half2 = 0.5 * Beam.FwhmPerSigma * gaussian.Sigma2;
        Span<(double X, double Y)> ellipse = stackalloc (double, double)[Points];
        for (int i = 0; i < Points; i++)
        {
            var (sinT, cosT) = Math.SinCos(i * (Math.PI / 18));
            ellipse[i] = (gaussian.X + (half1 * cosT * cos) - (half2 * sinT * sin), gaussian.Y + (half1 * cosT * sin) + (half2 * sinT * cos));
        }
        int left = 0, right = 0, low = 0, high = 0;
        for (int i = 1; i < Points; i++)
        {
            left = ellipse[i].X < ellipse[left].X ? i : left;
            right = ellipse[i].X > ellipse[right].X ? i : right;
            low = ellipse[i].Y < ellipse[low].Y ? i : low;
            high = ellipse[i].Y > ellipse[high].Y ? i : high;
        }
        foreach (int i in (ReadOnlySpan<int>)[left, right, low, high])
        {
            if (!IsIsland(ellipse[i].X, ellipse[i].Y))
                return true;
        }
        return false;
    }
}
