namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Fits sums of Gaussians to islands.</summary>
/// <remarks>
/// The rules of PyBDSF 1.10.3 (Mohan and Rafferty 2015), with those of its peculiarities that decide on numbers. An instance keeps
/// its buffers from one island to the next and belongs to one thread.
/// </remarks>
/// <param name="trace">Told each step, if wanted.</param>
internal sealed class IslandFitter(SourceFinderOptions options, Action<FitStep>? trace = null)
{
    private const int MostRounds = 5, MostGaussians = 25, MostGaussiansAStep = 10;
    private const double RoughTolerance = 1e-4, FineTolerance = 1e-6;

    /// <summary>Islands of so many half beams are split, or fitted step by step.</summary>
    private const double SplitSize = 50, StepwiseSize = 30;

    private readonly FitGaussian _startShape = options.StartShape;
    private readonly GaussianMixture _mixture = new();
    private readonly LevenbergMarquardt _solver = new();
    private readonly List<Rejection> _rejections = [];
    private double[] _parameters = [], _residuals = [];
    private bool _hasConverged;

    /// <summary>The Gaussians that make up an island.</summary>
    /// <param name="island">Not changed.</param>
    public IslandFit Fit(Island island)
    {
        _rejections.Clear();
        _hasConverged = true;
        return new IslandFit(FitWhole(island), [.. _rejections], _hasConverged);
    }

    private List<FitGaussian> FitWhole(Island island)
    {
        float[] image = island.Image;
        float[] aboveMean = new float[image.Length];
        for (int i = 0; i < image.Length; i++)
            aboveMean[i] = (float)(image[i] - island.Mean);
        double beams = 2 * island.PixelCount / options.Beam.Area;
        if (beams <= SplitSize)
            return FitPart(island, aboveMean, beams);
        var split = IslandSplit.Of(island);
        trace?.Invoke(new FitStep("split") { Opening = split?.Opening ?? 0, Parts = split?.Parts.Count ?? 0 });
        if (split is null)
            return FitPart(island, image, beams);    // the mean stays in, a peculiarity of the reference
        var all = new List<FitGaussian>();
        foreach (bool[] part in split.Parts)
            all.AddRange(FitPart(island with { Mask = part }, aboveMean, 2 * part.Count(inside => inside) / options.Beam.Area));
        return all;
    }

    private List<FitGaussian> FitPart(Island island, float[] image, double beams)
    {
        if (beams > StepwiseSize)
        {
            int before = _rejections.Count;
            var found = FitStepwise(island, image);
            if (found.Count > 0)
                return found;
            _rejections.RemoveRange(before, _rejections.Count - before);
        }
        return FitAtOnce(island, image, withGuess: true, MostGaussians);
    }

    /// <summary>For large islands: a few Gaussians at a time, and the next ones to what is left.</summary>
    private List<FitGaussian> FitStepwise(Island island, float[] image)
    {
        double threshold = Threshold(island);
        var all = new List<FitGaussian>();
        float[] left = [.. image];
        for (double peak = left.Max(); peak >= threshold;)
        {
            var found = FitAtOnce(island, left, withGuess: false, MostGaussiansAStep);
            if (found.Count == 0)
                break;
            all.AddRange(found);
            foreach (var gaussian in found)
                Paint(gaussian, left, island);
            double next = left.Max();
            if (Math.Abs(next - peak) < 1e-7 * Math.Abs(peak))
                break;
            peak = next;
        }
        return all;
    }

    private static void Paint(FitGaussian gaussian, float[] image, Island island)
    {
        int half = gaussian.PaintedHalfWidth(island.Rms), x = (int)gaussian.X, y = (int)gaussian.Y;
        gaussian.Subtract(image, island.Height, Math.Max(x - half, 0), Math.Min(x + half, island.Width), Math.Max(y - half, 0), Math.Min(y + half, island.Height));
    }

    /// <summary>From the pixels' maxima; without a first guess; to a smaller, then to a larger island: until something is found in a good round.</summary>
    private List<FitGaussian> FitAtOnce(Island island, float[] image, bool withGuess, int most)
    {
        double threshold = Threshold(island);
        var pixels = PixelsOf(island.Mask, image, island.Height);
        var judgement = new GaussianJudgement(island, pixels.Values.Max(), threshold, _startShape);
        var result = new IslandFit([], [], false);
        foreach (var (toFit, guesses, limit) in Attempts())
        {
            result = Attempt(island, toFit, guesses, limit, threshold, judgement);
            if (result.HasConverged && result.Gaussians.Count > 0)
                break;
        }
        _rejections.AddRange(result.Rejections);
        _hasConverged &= result.HasConverged;
        return result.Gaussians;

        IEnumerable<(FitPixels Pixels, FirstGuesses Guesses, int Limit)> Attempts()
        {
            if (withGuess && FirstGuess(island, image, threshold) is { Gaussians.Count: > 0 } guesses)
                yield return (pixels, guesses, guesses.Gaussians.Count);
            yield return (pixels, FirstGuesses.None, most);
            bool[] shrunk = Morphology.Shrink(island.Mask, island.Width, island.Height);
            if (shrunk.Count(inside => inside) >= options.SmallestIsland)
                yield return (PixelsOf(shrunk, image, island.Height), FirstGuesses.None, MostGaussians);
            yield return (PixelsOf(Morphology.Grow(island.Mask, island.Width, island.Height), image, island.Height), FirstGuesses.None, MostGaussians);
        }
    }

    /// <summary>Round after round, each from what was believed of the one before.</summary>
    private IslandFit Attempt(Island island, FitPixels pixels, FirstGuesses guesses, int limit, double threshold, GaussianJudgement judgement)
    {
        List<FitGaussian> believed = guesses.Gaussians;
        int use = guesses.Maxima;
        for (int round = 1; ; round++)
        {
            bool isGood = Round(pixels, believed, use, limit, threshold, island.PixelCount);
            trace?.Invoke(new FitStep("fit") { IsSimple = guesses.Gaussians.Count == 0, Round = round, Start = use, End = _mixture.Gaussians.Count, Limit = limit, HasConverged = isGood });
            Rejection[] verdicts = [.. _mixture.Gaussians.Select(judgement.Of)];
            believed = [.. _mixture.Gaussians.Where((_, i) => verdicts[i] == Rejection.None)];
            Rejection[] rejections = [.. verdicts.Where(verdict => verdict != Rejection.None)];
            if ((isGood && rejections.Length == 0) || round == MostRounds)
                return new IslandFit(believed, rejections, isGood);
            use = believed.Count;
        }
    }

    /// <summary>Fits the first ones, then one more at a time, until nothing above the threshold is left or there are enough.</summary>
    /// <param name="starts">Those behind the first <paramref name="use"/> come next, before the pixels that are left over.</param>
    /// <param name="pixelCount">Of the whole island: what the number of parameters is held against.</param>
    /// <returns>Whether every fit has converged and every Gaussian found room.</returns>
    private bool Round(FitPixels pixels, List<FitGaussian> starts, int use, int limit, double threshold, int pixelCount)
    {
        _mixture.Start(pixels);
        bool isGood = true;
        for (int i = 0; i < use; i++)
            isGood &= TryAdd(starts[i], pixelCount);
        int next = use;
        if (use > 0)
            isGood &= Solve(RoughTolerance);
        while (isGood)
        {
            int highest = HighestResidual(pixels);
            double residual = _residuals[highest];
            if (residual < threshold || _mixture.Gaussians.Count >= limit)
                break;
            var start = next < starts.Count ? starts[next++] : _startShape with { Height = residual, X = pixels.X[highest], Y = pixels.Y[highest] };
            isGood = TryAdd(start, pixelCount) && Solve(RoughTolerance);
        }
        return Solve(FineTolerance) && isGood;
    }

    private bool TryAdd(FitGaussian gaussian, int pixelCount)
    {
        int free = _mixture.ParameterCount;
        if (free + 3 > pixelCount)
            return false;
        _mixture.Add(gaussian, hasFreeShape: free + 6 <= pixelCount);
        return true;
    }

    private bool Solve(double tolerance)
    {
        if (_mixture.ParameterCount == 0)
            return true;
        var parameters = Parameters();
        bool hasConverged = _solver.Minimise(_mixture, parameters, tolerance);
        _mixture.SetParameters(parameters);
        return hasConverged;
    }

    private int HighestResidual(FitPixels pixels)
    {
        if (_residuals.Length < pixels.Count)
            _residuals = new double[pixels.Count];
        _mixture.Residuals(Parameters(), _residuals.AsSpan(0, pixels.Count));
        int highest = 0;
        for (int i = 1; i < pixels.Count; i++)
        {
            if (_residuals[i] > _residuals[highest])
                highest = i;
        }
        return highest;
    }

    private Span<double> Parameters()
    {
        if (_parameters.Length < _mixture.ParameterCount)
            _parameters = new double[_mixture.ParameterCount];
        var parameters = _parameters.AsSpan(0, _mixture.ParameterCount);
        _mixture.GetParameters(parameters);
        return parameters;
    }

    /// <summary>A Gaussian of nearly the beam's shape on each local maximum, and on what stands out when those are taken away.</summary>
    private FirstGuesses FirstGuess(Island island, float[] image, double threshold)
    {
        var (width, height) = (island.Width, island.Height);
        float[] left = [.. image];
        var guesses = new List<FitGaussian>();
        void Take(int pixel, double guessedHeight)
        {
            var guess = _startShape with { Height = guessedHeight, X = pixel / height, Y = pixel % height };
            guesses.Add(guess);
            (guess with { Height = left[pixel], Angle = guess.Angle + 90 }).Subtract(left, height, 0, width, 0, height);   // turned, a peculiarity of the reference
        }

        for (int pixel = 0; pixel < image.Length; pixel++)
        {
            if (island.Mask[pixel] && image[pixel] > threshold && IsMaximum(image, width, height, pixel))
                Take(pixel, image[pixel]);
        }
        if (guesses.Count == 0)
        {
            int pixel = Highest(image, island.Mask);
            Take(pixel, image[pixel]);
        }
        int maxima = guesses.Count;
        double nearest = Math.Max(2.2, 0.5 * Beam.FwhmPerSigma * Math.Sqrt(_startShape.Sigma1 * _startShape.Sigma2));
        while (true)
        {
            int pixel = Highest(left, island.Mask);
            if (!(Deviation(left, island.Mask) > island.Rms && left[pixel] >= threshold && left[pixel] >= island.Mean + (2 * island.Rms)))
                break;
            int x = pixel / height, y = pixel % height;
            if (guesses.Any(guess => Math.Sqrt(((guess.X - x) * (guess.X - x)) + ((guess.Y - y) * (guess.Y - y))) < nearest))
                break;
            Take(pixel, left[pixel]);
        }
        var sorted = guesses.OrderByDescending(guess => guess.Height).ToList();
        trace?.Invoke(new FitStep("guess") { Start = maxima, Limit = sorted.Count, Peaks = [.. sorted.Select(guess => guess with { X = island.Box.Left + guess.X, Y = island.Box.Top + guess.Y })] });
        return sorted.Count > MostGaussians ? FirstGuesses.None : new FirstGuesses(sorted, maxima);
    }

    private static bool IsMaximum(float[] image, int width, int height, int pixel)
    {
        int x = pixel / height, y = pixel % height;
        for (int nextX = Math.Max(x - 1, 0); nextX <= Math.Min(x + 1, width - 1); nextX++)
        {
            for (int nextY = Math.Max(y - 1, 0); nextY <= Math.Min(y + 1, height - 1); nextY++)
            {
                int next = (nextX * height) + nextY;
                if (next != pixel && image[next] >= image[pixel])
                    return false;
            }
        }
        return true;
    }

    private static int Highest(float[] image, bool[] mask)
    {
        int highest = -1;
        for (int i = 0; i < image.Length; i++)
        {
            if (mask[i] && (highest < 0 || image[i] > image[highest]))
                highest = i;
        }
        return highest;
    }

    private static double Deviation(float[] image, bool[] mask)
    {
        double sum = 0, squares = 0;
        int count = 0;
        for (int i = 0; i < image.Length; i++)
        {
            if (!mask[i])
                continue;
            sum += image[i];
            squares += (double)image[i] * image[i];
            count++;
        }
        double mean = sum / count;
        return Math.Sqrt(Math.Max(0, (squares / count) - (mean * mean)));
    }

    private static FitPixels PixelsOf(bool[] mask, float[] image, int height)
    {
        int count = mask.Count(inside => inside), next = 0;
        double[] xs = new double[count], ys = new double[count], values = new double[count];
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i])
                (xs[next], ys[next], values[next++]) = (i / height, i % height, image[i]);
        }
        return new FitPixels(xs, ys, values);
    }

    /// <summary>The height above which a further Gaussian is needed; it holds the mean although the pixels that are compared do not, a peculiarity of the reference.</summary>
    private double Threshold(Island island) => island.Mean + (options.IslandThreshold * island.Rms);

    private sealed record FirstGuesses(List<FitGaussian> Gaussians, int Maxima)
    {
        public static FirstGuesses None { get; } = new([], 0);
    }
}
