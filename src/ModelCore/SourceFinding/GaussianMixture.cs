using System.Numerics.Tensors;

namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>The pixels of one fit.</summary>
internal sealed record FitPixels(double[] X, double[] Y, double[] Values)
{
    public int Count => Values.Length;
}

/// <summary>Pixels minus a sum of Gaussians, with the derivatives by their parameters: height, position and, unless held, widths and angle in degrees.</summary>
internal sealed class GaussianMixture : ILeastSquaresProblem
{
    private const double Degree = Math.PI / 180;

    private readonly List<FitGaussian> _gaussians = [];
    private readonly List<bool> _hasFreeShape = [];
    private FitPixels _pixels = new([], [], []);
    private double[] _u = [], _v = [], _exponent = [];

    public IReadOnlyList<FitGaussian> Gaussians => _gaussians;

    public int ResidualCount => _pixels.Count;

    public int ParameterCount { get; private set; }

    public void Start(FitPixels pixels)
    {
        _pixels = pixels;
        _gaussians.Clear();
        _hasFreeShape.Clear();
        ParameterCount = 0;
        if (_u.Length < pixels.Count)
            (_u, _v, _exponent) = (new double[pixels.Count], new double[pixels.Count], new double[pixels.Count]);
    }

    public void Add(FitGaussian gaussian, bool hasFreeShape)
    {
        _gaussians.Add(gaussian);
        _hasFreeShape.Add(hasFreeShape);
        ParameterCount += hasFreeShape ? 6 : 3;
    }

    /// <param name="parameters">(parameters): written.</param>
    public void GetParameters(Span<double> parameters)
    {
        int at = 0;
        for (int g = 0; g < _gaussians.Count; g++)
        {
            var (height, x, y, sigma1, sigma2, angle) = _gaussians[g];
            (parameters[at], parameters[at + 1], parameters[at + 2]) = (height, x, y);
            if (_hasFreeShape[g])
                (parameters[at + 3], parameters[at + 4], parameters[at + 5]) = (sigma1, sigma2, angle);
            at += _hasFreeShape[g] ? 6 : 3;
        }
    }

    public void SetParameters(ReadOnlySpan<double> parameters)
    {
        int at = 0;
        for (int g = 0; g < _gaussians.Count; g++)
            _gaussians[g] = Take(parameters, g, ref at);
    }

    public void Residuals(ReadOnlySpan<double> parameters, Span<double> residuals)
    {
        _pixels.Values.CopyTo(residuals);
        var exponent = _exponent.AsSpan(0, _pixels.Count);
        int at = 0;
        for (int g = 0; g < _gaussians.Count; g++)
        {
            var gaussian = Take(parameters, g, ref at);
            Evaluate(gaussian);
            TensorPrimitives.MultiplyAdd(exponent, -gaussian.Height, residuals, residuals);
        }
    }

    public void Derivatives(ReadOnlySpan<double> parameters, Span<double> columns)
    {
        int m = _pixels.Count, at = 0;
        for (int g = 0; g < _gaussians.Count; g++)
        {
            int column = at;
            var gaussian = Take(parameters, g, ref at);
            Evaluate(gaussian);
            var (sin, cos) = gaussian.Direction;
            double height = gaussian.Height, sigma1 = gaussian.Sigma1, sigma2 = gaussian.Sigma2;
            Span<double> byHeight = columns.Slice(column * m, m), byX = columns.Slice((column + 1) * m, m), byY = columns.Slice((column + 2) * m, m);
            for (int i = 0; i < m; i++)
            {
                double value = height * _exponent[i], u = _u[i] / sigma1, v = _v[i] / sigma2;
                byHeight[i] = -_exponent[i];
                byX[i] = -value * ((u * cos) - (v * sin));
                byY[i] = -value * ((u * sin) + (v * cos));
            }
            if (!_hasFreeShape[g])
                continue;
            Span<double> bySigma1 = columns.Slice((column + 3) * m, m), bySigma2 = columns.Slice((column + 4) * m, m), byAngle = columns.Slice((column + 5) * m, m);
            double turn = ((sigma1 / sigma2) - (sigma2 / sigma1)) * Degree;
            for (int i = 0; i < m; i++)
            {
                double value = height * _exponent[i], u = _u[i], v = _v[i];
                bySigma1[i] = -value * u * u / sigma1;
                bySigma2[i] = -value * v * v / sigma2;
                byAngle[i] = -value * u * v * turn;
            }
        }
    }

    private FitGaussian Take(ReadOnlySpan<double> parameters, int g, ref int at)
    {
        int first = at;
        at += _hasFreeShape[g] ? 6 : 3;
        return _hasFreeShape[g]
            ? new FitGaussian(parameters[first], parameters[first + 1], parameters[first + 2], parameters[first + 3], parameters[first + 4], parameters[first + 5])
            : _gaussians[g] with { Height = parameters[first], X = parameters[first + 1], Y = parameters[first + 2] };
    }

    /// <summary>Coordinates along both axes in standard deviations, and the Gaussian for height 1.</summary>
    private void Evaluate(FitGaussian gaussian)
    {
        var (sin, cos) = gaussian.Direction;
        double[] xs = _pixels.X, ys = _pixels.Y;
        for (int i = 0; i < xs.Length; i++)
        {
            double dx = xs[i] - gaussian.X, dy = ys[i] - gaussian.Y;
            double u = ((dx * cos) + (dy * sin)) / gaussian.Sigma1, v = ((dy * cos) - (dx * sin)) / gaussian.Sigma2;
            (_u[i], _v[i], _exponent[i]) = (u, v, -0.5 * ((u * u) + (v * v)));
        }
        Exponentials.Replace(_exponent.AsSpan(0, xs.Length));
    }
}
