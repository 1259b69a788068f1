using System.Numerics;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>An image as points of positive flux seen through the beam, so that it falls off no faster than the beam does, and nowhere below 0.</summary>
/// <remarks>
/// Richardson (1972), J. Opt. Soc. Am. 62, 55; Lucy (1974), AJ 79, 745; each iteration goes on from a place that the last ones point to (Biggs and Andrews 1997, Applied Optics 36, 1766), which makes some ten
/// of one. Sums are taken in an order that no processor changes.
/// </remarks>
internal sealed class RichardsonLucy
{
    /// <summary>Standard deviations of the beam beyond which it is 0: 4e-6 of a point's peak.</summary>
    public const double CutOff = 5;
    private readonly float[] _beam;                          // one axis, from the middle on; all of it sums to 1
    private readonly int _width, _height;
    private readonly float[] _along;

    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="beamFwhm">Pixels.</param>
    public RichardsonLucy(int width, int height, double beamFwhm)
    {
        (_width, _height, _along) = (width, height, new float[width * height]);
        double sigma = beamFwhm / BeamForm.SigmasPerFwhm;
        double[] beam = [.. Enumerable.Range(0, Reach(beamFwhm) + 1).Select(i => PortableMath.Exp(-i * i / (2 * sigma * sigma)))];
        double sum = 2 * beam.Sum() - beam[0];
        _beam = Array.ConvertAll(beam, value => (float)(value / sum));
    }

    /// <summary>Pixels to which a point reaches.</summary>
    /// <param name="beamFwhm">Pixels.</param>
    public static int Reach(double beamFwhm) => (int)(CutOff * beamFwhm / BeamForm.SigmasPerFwhm);

    /// <summary>The most likely fluxes after some iterations.</summary>
    /// <param name="image">(height, width); what is below 0 counts as 0.</param>
    /// <param name="mask">(height, width): where the image says something, and where points may be.</param>
    /// <param name="iterations">More bring out more, also of the noise.</param>
    /// <returns>(height, width), in the image's unit: their sum is about that of the image.</returns>
    public float[] Points(ReadOnlySpan<float> image, ReadOnlySpan<bool> mask, int iterations)
    {
        float[] points = new float[image.Length], share = new float[image.Length], weights = new float[image.Length], ratio = new float[image.Length], seen = new float[image.Length];
        float[] from = new float[image.Length], before = new float[image.Length], step = new float[image.Length], lastStep = new float[image.Length];
        for (int i = 0; i < points.Length; i++)
            (points[i], share[i]) = mask[i] ? (Math.Max(image[i], 0), 1) : (0, 0);
        Convolve(share, weights);
        for (int iteration = 0; iteration < iterations; iteration++)
        {
            double onward = iteration < 2 ? 0 : Math.Clamp(Dot(step, lastStep) / (Dot(lastStep, lastStep) + double.Epsilon), 0, 1);
            for (int i = 0; i < points.Length; i++)
                from[i] = Math.Max(points[i] + (float)onward * (points[i] - before[i]), 0);
            Convolve(from, seen);
            for (int i = 0; i < points.Length; i++)
                ratio[i] = mask[i] && seen[i] > 0 ? Math.Max(image[i], 0) / seen[i] : 0;
            Convolve(ratio, share);
            points.CopyTo(before, 0);
            (step, lastStep) = (lastStep, step);
            for (int i = 0; i < points.Length; i++)
            {
                points[i] = mask[i] ? from[i] * share[i] / weights[i] : 0;
                step[i] = points[i] - from[i];
            }
        }
        return points;
    }

    /// <summary>The points through the beam; what falls outside is lost.</summary>
    /// <param name="points">(height, width).</param>
    /// <param name="seen">(height, width).</param>
    public void Convolve(ReadOnlySpan<float> points, Span<float> seen)
    {
        int reach = _beam.Length - 1;
        Array.Clear(_along);
        for (int y = 0; y < _height; y++)
        {
            var line = points.Slice(y * _width, _width);
            var target = _along.AsSpan(y * _width, _width);
            for (int step = -Math.Min(reach, _width - 1); step <= Math.Min(reach, _width - 1); step++)
                AddTimes(_beam[Math.Abs(step)], step < 0 ? line[..^-step] : line[step..], step < 0 ? target[-step..] : target[..^step]);
        }
        seen.Clear();
        for (int y = 0; y < _height; y++)
        {
            var target = seen.Slice(y * _width, _width);
            for (int other = Math.Max(0, y - reach); other <= Math.Min(_height - 1, y + reach); other++)
                AddTimes(_beam[Math.Abs(other - y)], _along.AsSpan(other * _width, _width), target);
        }
    }

    private static double Dot(float[] a, float[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }

    private static void AddTimes(float factor, ReadOnlySpan<float> values, Span<float> sums)
    {
        int i = 0;
        var factors = new Vector<float>(factor);
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(sums[i..]) + factors * new Vector<float>(values[i..])).CopyTo(sums[i..]);
        for (; i < values.Length; i++)
            sums[i] += factor * values[i];
    }
}
