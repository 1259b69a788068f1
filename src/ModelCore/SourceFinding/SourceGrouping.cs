namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Says which Gaussians of an island are one source.</summary>
internal static class SourceGrouping
{
    /// <summary>A number for each Gaussian, from 0; equal ones are one source.</summary>
    /// <remarks>
    /// PyBDSF's rule: two belong together if between them the sum of all does not fall by more than the threshold below the lower one, and they are
    /// no farther from each other than their half widths add up to; or if it does not fall at all. So do those that a third one connects.
    /// </remarks>
    /// <param name="threshold">In the image's unit: the island's threshold times its noise.</param>
    public static int[] Of(IReadOnlyList<FoundGaussian> gaussians, double threshold)
    {
        int[] groups = [.. Enumerable.Range(0, gaussians.Count)];
        FitGaussian[] fits = [.. gaussians.Select(gaussian => gaussian.ToFit())];
        for (int i = 0; i < fits.Length; i++)
        {
            for (int j = i + 1; j < fits.Length; j++)
            {
                if (groups[i] != groups[j] && BelongTogether(fits, i, j, threshold))
                {
                    var (kept, dropped) = (Math.Min(groups[i], groups[j]), Math.Max(groups[i], groups[j]));
                    for (int k = 0; k < groups.Length; k++)
                        groups[k] = groups[k] == dropped ? kept : groups[k];
                }
            }
        }
        int[] order = [.. groups.Distinct()];
        return [.. groups.Select(group => Array.IndexOf(order, group))];
    }

    private static bool BelongTogether(FitGaussian[] all, int i, int j, double threshold)
    {
        var (one, other) = (all[i], all[j]);
        double dx = other.X - one.X, dy = other.Y - one.Y, distance = Math.Sqrt((dx * dx) + (dy * dy));
        int steps = Math.Max(1, (int)Math.Round(distance));
        double[] line = new double[steps + 1];
        for (int k = 0; k <= steps; k++)
        {
            foreach (var gaussian in all)
                line[k] += gaussian.At(one.X + (dx * k / steps), one.Y + (dy * k / steps));
        }
        bool rises = true, falls = true;
        for (int k = 1; k <= steps; k++)
            (rises, falls) = (rises && line[k] >= line[k - 1], falls && line[k] <= line[k - 1]);
        if (rises || falls)
            return true;
        double reach = 0.5 * Beam.FwhmPerSigma * (WidthAlong(one, dx, dy) + WidthAlong(other, dx, dy));
        return Math.Min(line[0], line[^1]) - line.Min() <= threshold && distance <= reach;
    }

    /// <summary>The ellipse's half axis, in standard deviations of 1, in a direction.</summary>
    private static double WidthAlong(FitGaussian gaussian, double dx, double dy)
    {
        double turn = Math.Atan2(dy, dx) - (gaussian.Angle * (Math.PI / 180));
        var (sin, cos) = Math.SinCos(turn);
        return Math.Abs(gaussian.Sigma1 * gaussian.Sigma2) / Math.Sqrt((gaussian.Sigma2 * gaussian.Sigma2 * cos * cos) + (gaussian.Sigma1 * gaussian.Sigma1 * sin * sin));
    }
}
