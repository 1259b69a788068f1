namespace RadioDiffusion.ModelCore.Sky;

/// <summary>The centres of many pixels of a face at once: along a ring only the longitude changes, in equal steps, so that two sines and cosines do for all of it.</summary>
/// <remarks>Gorski et al. (2005), ApJ 622, 759, eqs. 4 to 9. Within 1e-14 of what <see cref="HealpixCell"/> has one by one.</remarks>
internal static class HealpixBlock
{
    private const double SqrtHalf = 0.70710678118654752440;
    private static readonly double[] _sines = [0, SqrtHalf, 1, SqrtHalf, 0, -SqrtHalf, -1, -SqrtHalf];   // of multiples of 45 degrees

    /// <param name="order">Of the pixels.</param>
    /// <param name="face">0 to 11.</param>
    /// <param name="left">First x.</param>
    /// <param name="bottom">First y.</param>
    /// <param name="side">Pixels a side; all of them on the face.</param>
    /// <param name="centres">(side, side): y times the side plus x, each counted from the first.</param>
    public static void Fill(int order, int face, int left, int bottom, int side, Span<Direction> centres)
    {
        long width = 1L << order;
        int south = face < 4 ? 2 : face < 8 ? 3 : 4, east = face is >= 4 and < 8 ? 2 * (face - 4) : 2 * (face & 3) + 1;
        double sinMiddle = _sines[east], cosMiddle = _sines[(east + 2) & 7];
        for (int sum = 0; sum <= 2 * (side - 1); sum++)
        {
            long ring = south * width - (left + bottom + sum) - 1;
            double count = ring < width ? ring : ring > 3 * width ? 4 * width - ring : width, share = count / width, fromPole = share * share / 3, z, axisDistance;
            if (ring < width || ring > 3 * width)
            {
                z = ring < width ? 1 - fromPole : fromPole - 1;
                axisDistance = Math.Sqrt(fromPole * (2 - fromPole));
            }
            else
            {
                z = (2 * width - ring) * 2.0 / (3 * width);
                axisDistance = Math.Sqrt((1 - z) * (1 + z));
            }
            int first = Math.Max(0, sum - side + 1), last = Math.Min(side - 1, sum);
            var (sinTurn, cosTurn) = PortableTrigonometry.SinCos(Math.PI / 4 * ((left + first - bottom - (sum - first)) / count));
            double sin = sinMiddle * cosTurn + cosMiddle * sinTurn, cos = cosMiddle * cosTurn - sinMiddle * sinTurn;
            var (sinStep, cosStep) = PortableTrigonometry.SinCos(Math.PI / 2 / Math.Max(count, 2));   // next to the pole a ring has one pixel of a face
            for (int x = first; x <= last; x++)
            {
                centres[(sum - x) * side + x] = new Direction(axisDistance * cos, axisDistance * sin, z);
                (sin, cos) = (sin * cosStep + cos * sinStep, cos * cosStep - sin * sinStep);
            }
        }
    }
}
