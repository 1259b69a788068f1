using MathNet.Numerics;

namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Mean and noise of pixels without their sources.</summary>
/// <param name="Mean">Of the background, in the image's unit.</param>
/// <param name="Rms">Standard deviation of the background, corrected for the tails that were cut off.</param>
/// <remarks>As PyBDSF 1.10.3 clips: about the median, wider the more independent beams there are, until no further pixel falls out.</remarks>
internal readonly record struct ClippedNoise(double Mean, double Rms)
{
    private const int MostTurns = 200;

    /// <summary>Share of a normal distribution beyond 3 standard deviations.</summary>
    private const double BeyondThree = 0.0026997960632601866;

    /// <param name="pixels">Finite ones, at least one; put into order.</param>
    /// <param name="beamArea">In pixels.</param>
    /// <returns>An rms of 0 if the pixels that are left are all equal.</returns>
    public static ClippedNoise Of(Span<float> pixels, double beamArea)
    {
        pixels.Sort();
        var sums = new OrderedSums(pixels);
        int first = 0, end = pixels.Length, turn = 0;
        double kappa = 0;
        for (; turn < MostTurns; turn++)
        {
            kappa = Bound(end - first, beamArea);
            double median = Median(pixels[first..end]), width = kappa * sums.Deviation(first, end, 0);
            int newFirst = first, newEnd = end;
            while (newFirst < end && !(Math.Abs(pixels[newFirst] - median) < width))
                newFirst++;
            while (newEnd > newFirst && !(Math.Abs(pixels[newEnd - 1] - median) < width))
                newEnd--;
            int change = (end - first) - (newEnd - newFirst);
            if (newEnd == newFirst)
                break;                               // they are all equal
            bool isDone = change < 1e-6 * (end - first);
            (first, end) = (newFirst, newEnd);
            if (isDone)
                break;
        }
        double mean = sums.Mean(first, end), middle = Median(pixels[first..end]), deviation = pixels[first] == pixels[end - 1] ? 0 : sums.Deviation(first, end, 1);
        if (!(deviation > 0))
            return new ClippedNoise(middle, 0);
        if (turn > MostTurns - 2)
            return new ClippedNoise(sums.Mean(0, pixels.Length), sums.Deviation(0, pixels.Length, 1));
        double level = Math.Abs(mean - middle) <= 0.3 * deviation ? (2.5 * middle) - (1.5 * mean) : middle;
        double inBounds = Math.Sqrt(2 * Math.PI) * SpecialFunctions.Erf(kappa / Math.Sqrt(2));
        return new ClippedNoise(level, deviation * Math.Sqrt(inBounds / (inBounds - (2 * kappa * Math.Exp(-0.5 * kappa * kappa)))));
    }

    /// <summary>How many standard deviations one of so many independent values may be off; at least 3.</summary>
    private static double Bound(int count, double beamArea)
    {
        double share = beamArea / (2.0 * count);
        return share < BeyondThree ? Math.Sqrt(2) * SpecialFunctions.ErfcInv(share) : 3;
    }

    private static double Median(ReadOnlySpan<float> ordered) => 0.5 * ((double)ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]);

    /// <summary>Sums of the first pixels and of their squares, so that those of any stretch are a difference.</summary>
    private readonly ref struct OrderedSums
    {
        private readonly double _origin;
        private readonly double[] _values, _squares;

        public OrderedSums(ReadOnlySpan<float> ordered)
        {
            _origin = Median(ordered);               // far outliers would drown the differences of the others otherwise
            (_values, _squares) = (new double[ordered.Length + 1], new double[ordered.Length + 1]);
            for (int i = 0; i < ordered.Length; i++)
            {
                double value = ordered[i] - _origin;
                _values[i + 1] = _values[i] + value;
                _squares[i + 1] = _squares[i] + (value * value);
            }
        }

        public double Mean(int first, int end) => _origin + ((_values[end] - _values[first]) / (end - first));

        public double Deviation(int first, int end, int degreesLost)
        {
            double sum = _values[end] - _values[first], squares = _squares[end] - _squares[first];
            return Math.Sqrt(Math.Max(0, squares - (sum * sum / (end - first))) / (end - first - degreesLost));
        }
    }
}
