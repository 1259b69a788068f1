using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>A function whose sum of squares is to become small.</summary>
internal interface ILeastSquaresProblem
{
    int ResidualCount { get; }

    int ParameterCount { get; }

    /// <param name="parameters">(parameters).</param>
    /// <param name="residuals">(residuals): written.</param>
    void Residuals(ReadOnlySpan<double> parameters, Span<double> residuals);

    /// <param name="parameters">(parameters).</param>
    /// <param name="columns">(parameters, residuals): written, the derivatives by one parameter after those by another.</param>
    void Derivatives(ReadOnlySpan<double> parameters, Span<double> columns);
}

/// <summary>Nonlinear least squares in a trust region, with the step bounds, scaling and tests of convergence of MINPACK's <c>lmder</c>.</summary>
/// <remarks>
/// Moré (1978), "The Levenberg-Marquardt algorithm: implementation and theory"; constants as in MINPACK (Moré, Garbow, Hillstrom 1980):
/// scaled by the norms of the derivatives' columns, factor 10, no test of the gradient, equal tolerances for the sum and the parameters.
/// An instance keeps its buffers from one problem to the next and belongs to one thread.
/// </remarks>
internal sealed class LevenbergMarquardt
{
    private const int MaximumEvaluations = 200;
    private const double InitialBound = 10, Precision = 2.220446049250313e-16, Smallest = 2.2250738585072014e-308;

    private readonly TrustRegionStep _step = new();
    private double[] _residuals = [], _trialResiduals = [], _columns = [];
    private double[] _trial = [], _scale = [], _rotated = [], _work = [];

    /// <summary>Changes the parameters until neither they nor the sum of squares would change by more than the tolerance.</summary>
    /// <returns>Whether it came to that; not if there are fewer residuals than parameters.</returns>
    public bool Minimise(ILeastSquaresProblem problem, Span<double> parameters, double tolerance)
    {
        int m = problem.ResidualCount, n = problem.ParameterCount;
        if (n > m)
            return false;
        Prepare(m, n);
        Span<double> residuals = _residuals.AsSpan(0, m), trialResiduals = _trialResiduals.AsSpan(0, m), columns = _columns.AsSpan(0, m * n);
        Span<double> trial = _trial.AsSpan(0, n), scale = _scale.AsSpan(0, n), work = _work.AsSpan(0, n), rotated = _rotated.AsSpan(0, m);
        problem.Residuals(parameters, residuals);
        double norm = Norm(residuals), bound = 0, damping = 0, parameterNorm = 0;
        int evaluations = 1;
        for (bool first = true; ;)
        {
            problem.Derivatives(parameters, columns);
            residuals.CopyTo(rotated);
            _step.Factorise(columns, rotated, m, n);
            if (first)
            {
                for (int j = 0; j < n; j++)
                    scale[j] = _step.ColumnNorms[j] == 0 ? 1 : _step.ColumnNorms[j];
                parameterNorm = ScaledNorm(scale, parameters, work);
                bound = InitialBound * parameterNorm;
                if (bound == 0)
                    bound = InitialBound;
            }
            double slope = _step.LargestSlope(norm);
            if (slope <= 0)
                return false;                        // MINPACK's info 4: no direction leads down, which the published finder does not count as converged
            for (int j = 0; j < n; j++)
                scale[j] = Math.Max(scale[j], _step.ColumnNorms[j]);

            double gain;
            do
            {
                damping = _step.Solve(scale, bound, damping);
                ReadOnlySpan<double> step = _step.Step;
                for (int j = 0; j < n; j++)
                    trial[j] = parameters[j] - step[j];
                double stepNorm = ScaledNorm(scale, step, work);
                if (first)
                    bound = Math.Min(bound, stepNorm);
                problem.Residuals(trial, trialResiduals);
                evaluations++;
                double trialNorm = Norm(trialResiduals);
                double actual = 0.1 * trialNorm < norm ? 1 - Square(trialNorm / norm) : -1;
                double linear = _step.LinearChange() / norm, damped = Math.Sqrt(damping) * stepNorm / norm;
                double predicted = Square(linear) + (2 * Square(damped));
                double derivative = -(Square(linear) + Square(damped));
                gain = predicted == 0 ? 0 : actual / predicted;
                if (gain <= 0.25)
                {
                    double shrink = actual >= 0 ? 0.5 : 0.5 * derivative / (derivative + (0.5 * actual));
                    if (0.1 * trialNorm >= norm || shrink < 0.1)
                        shrink = 0.1;
                    bound = shrink * Math.Min(bound, stepNorm / 0.1);
                    damping /= shrink;
                }
                else if (damping == 0 || gain >= 0.75)
                {
                    bound = stepNorm / 0.5;
                    damping *= 0.5;
                }
                if (gain >= 1e-4)
                {
                    trial.CopyTo(parameters);
                    trialResiduals.CopyTo(residuals);
                    parameterNorm = ScaledNorm(scale, parameters, work);
                    norm = trialNorm;
                    first = false;
                }
                bool sumStands = Math.Abs(actual) <= tolerance && predicted <= tolerance && 0.5 * gain <= 1;
                if (sumStands || bound <= tolerance * parameterNorm)
                    return true;
                bool nothingToGain = Math.Abs(actual) <= Precision && predicted <= Precision && 0.5 * gain <= 1;
                if (evaluations >= MaximumEvaluations || nothingToGain || bound <= Precision * parameterNorm || slope <= Precision)
                    return false;
            }
            while (gain < 1e-4);
        }
    }

    private void Prepare(int m, int n)
    {
        if (_residuals.Length < m)
            (_residuals, _trialResiduals, _rotated) = (new double[m], new double[m], new double[m]);
        if (_trial.Length < n)
            (_trial, _scale, _work) = (new double[n], new double[n], new double[n]);
        if (_columns.Length < m * n)
            _columns = new double[m * n];
    }

    private static double ScaledNorm(ReadOnlySpan<double> scale, ReadOnlySpan<double> values, Span<double> work)
    {
        TensorPrimitives.Multiply(scale, values, work);
        return Norm(work);
    }

    /// <summary>Summed in an order that depends on nothing but the length: TensorPrimitives.Dot goes by where the values lie in memory, and a fit that stands on an edge then falls to one side today and to the other tomorrow.</summary>
    internal static double Norm(ReadOnlySpan<double> values)
    {
        ref double first = ref MemoryMarshal.GetReference(values);
        var sums = Vector<double>.Zero;
        int i = 0, width = Vector<double>.Count;
        for (; i + width <= values.Length; i += width)
        {
            var some = Vector.LoadUnsafe(ref first, (nuint)i);
            sums += some * some;
        }
        double sum = Vector.Sum(sums);
        for (; i < values.Length; i++)
            sum += values[i] * values[i];
        return Math.Sqrt(sum);
    }

    private static double Square(double value) => value * value;

    /// <summary>The step of one iteration: the derivatives as orthogonal times triangular, and from that the step of a wanted length.</summary>
    private sealed class TrustRegionStep
    {
        private int _n;
        private double[] _r = [], _s = [], _diagonal = [], _norms = [], _remaining = [], _reference = [], _b = [], _x = [], _w = [], _u = [];
        private int[] _order = [];

        public ReadOnlySpan<double> ColumnNorms => _norms.AsSpan(0, _n);

        /// <summary>What to subtract from the parameters.</summary>
        public ReadOnlySpan<double> Step => _x.AsSpan(0, _n);

        /// <summary>Householder's reflections, the column with the largest rest next; the right side is reflected likewise.</summary>
        public void Factorise(Span<double> columns, Span<double> right, int m, int n)
        {
            Prepare(n);
            for (int j = 0; j < n; j++)
            {
                _norms[j] = _remaining[j] = _reference[j] = Norm(columns.Slice(j * m, m));
                _order[j] = j;
            }
            for (int j = 0; j < n; j++)
            {
                int largest = j;
                for (int k = j + 1; k < n; k++)
                {
                    if (_remaining[k] > _remaining[largest])
                        largest = k;
                }
                if (largest != j)
                {
                    Swap(columns.Slice(j * m, m), columns.Slice(largest * m, m));
                    (_remaining[largest], _reference[largest]) = (_remaining[j], _reference[j]);
                    (_order[j], _order[largest]) = (_order[largest], _order[j]);
                }
                var mirror = columns.Slice((j * m) + j, m - j);
                double length = Norm(mirror);
                if (length != 0)
                {
                    if (mirror[0] < 0)
                        length = -length;
                    TensorPrimitives.Divide(mirror, length, mirror);
                    mirror[0] += 1;
                    Reflections.Apply(mirror, columns[Math.Min(((j + 1) * m) + j, n * m)..], m, n - j - 1);
                    for (int k = j + 1; k < n; k++)
                    {
                        if (_remaining[k] == 0)
                            continue;
                        var column = columns.Slice((k * m) + j, m - j);
                        _remaining[k] *= Math.Sqrt(Math.Max(0, 1 - Square(column[0] / _remaining[k])));
                        if (0.05 * Square(_remaining[k] / _reference[k]) <= Precision)
                            _remaining[k] = _reference[k] = Norm(column[1..]);
                    }
                    Reflections.Apply(mirror, right[j..], 0, 1);
                }
                _diagonal[j] = -length;
                _b[j] = right[j];
            }
            for (int j = 0; j < n; j++)
            {
                for (int i = 0; i < j; i++)
                    _r[(i * n) + j] = columns[(j * m) + i];
                _r[(j * n) + j] = _diagonal[j];
            }
        }

        /// <summary>The largest cosine between the residuals and a column of the derivatives.</summary>
        public double LargestSlope(double norm)
        {
            double largest = 0;
            if (norm == 0)
                return largest;
            for (int j = 0; j < _n; j++)
            {
                double columnNorm = _norms[_order[j]];
                if (columnNorm != 0)
                    largest = Math.Max(largest, Math.Abs(TransposedProduct(j) / norm / columnNorm));
            }
            return largest;
        }

        /// <summary>The damping with which the scaled step is as long as the bound, within a tenth, and its step; none for a step that is shorter anyway.</summary>
        public double Solve(ReadOnlySpan<double> scale, double bound, double damping)
        {
            int n = _n;
            int rank = Undamped();
            double length = ScaledNorm(scale, _x.AsSpan(0, n), _w.AsSpan(0, n));
            double excess = length - bound;
            if (excess <= 0.1 * bound)
                return 0;

            double least = 0;
            if (rank == n)
            {
                NewtonDirection(scale, length);
                for (int j = 0; j < n; j++)
                {
                    double sum = 0;
                    for (int i = 0; i < j; i++)
                        sum += _r[(i * n) + j] * _u[i];
                    _u[j] = (_u[j] - sum) / _r[(j * n) + j];
                }
                double norm = Norm(_u.AsSpan(0, n));
                least = excess / bound / norm / norm;
            }
            for (int j = 0; j < n; j++)
                _u[j] = TransposedProduct(j) / scale[_order[j]];
            double gradient = Norm(_u.AsSpan(0, n));
            double most = gradient / bound;
            if (most == 0)
                most = Smallest / Math.Min(bound, 0.1);
            damping = Math.Min(Math.Max(damping, least), most);
            if (damping == 0)
                damping = gradient / length;

            for (int iteration = 1; ; iteration++)
            {
                if (damping == 0)
                    damping = Math.Max(Smallest, 0.001 * most);
                Damped(scale, Math.Sqrt(damping));
                length = ScaledNorm(scale, _x.AsSpan(0, n), _w.AsSpan(0, n));
                double before = excess;
                excess = length - bound;
                if (Math.Abs(excess) <= 0.1 * bound || (least == 0 && excess <= before && before < 0) || iteration == 10)
                    return damping;
                NewtonDirection(scale, length);
                for (int j = 0; j < n; j++)
                {
                    _u[j] /= _diagonal[j];
                    for (int i = j + 1; i < n; i++)
                        _u[i] -= _s[(j * n) + i] * _u[j];
                }
                double norm = Norm(_u.AsSpan(0, n));
                double correction = excess / bound / norm / norm;
                if (excess > 0)
                    least = Math.Max(least, damping);
                else if (excess < 0)
                    most = Math.Min(most, damping);
                damping = Math.Max(least, damping + correction);
            }
        }

        /// <summary>The length of what the step changes in the linear model.</summary>
        public double LinearChange()
        {
            double sum = 0;
            for (int i = 0; i < _n; i++)
            {
                double value = 0;
                for (int j = i; j < _n; j++)
                    value += _r[(i * _n) + j] * _x[_order[j]];
                sum += value * value;
            }
            return Math.Sqrt(sum);
        }

        /// <summary>The step of Gauss and Newton, with 0 for what a singular matrix leaves open.</summary>
        private int Undamped()
        {
            int n = _n, rank = 0;
            while (rank < n && _r[(rank * n) + rank] != 0)
                rank++;
            for (int j = 0; j < n; j++)
                _w[j] = j < rank ? _b[j] : 0;
            for (int j = rank - 1; j >= 0; j--)
            {
                double sum = 0;
                for (int i = j + 1; i < rank; i++)
                    sum += _r[(j * n) + i] * _w[i];
                _w[j] = (_w[j] - sum) / _r[(j * n) + j];
            }
            for (int j = 0; j < n; j++)
                _x[_order[j]] = _w[j];
            return rank;
        }

        /// <summary>The step with the damping's rows below the triangle, rotated away one after the other.</summary>
        private void Damped(ReadOnlySpan<double> scale, double root)
        {
            int n = _n;
            Array.Copy(_r, _s, n * n);
            _b.AsSpan(0, n).CopyTo(_w);
            Span<double> row = _u.AsSpan(0, n);
            for (int j = 0; j < n; j++)
            {
                double damped = root * scale[_order[j]];
                if (damped == 0)
                    continue;
                row[j..].Clear();
                row[j] = damped;
                double right = 0;
                for (int k = j; k < n; k++)
                {
                    if (row[k] == 0)
                        continue;
                    double pivot = _s[(k * n) + k], cos, sin;
                    if (Math.Abs(pivot) < Math.Abs(row[k]))
                    {
                        double cotangent = pivot / row[k];
                        sin = 0.5 / Math.Sqrt(0.25 + (0.25 * cotangent * cotangent));
                        cos = sin * cotangent;
                    }
                    else
                    {
                        double tangent = row[k] / pivot;
                        cos = 0.5 / Math.Sqrt(0.25 + (0.25 * tangent * tangent));
                        sin = cos * tangent;
                    }
                    Reflections.Rotate(_s.AsSpan((k * n) + k, n - k), row[k..], cos, sin);
                    (_w[k], right) = ((cos * _w[k]) + (sin * right), (cos * right) - (sin * _w[k]));
                }
            }
            int rank = 0;
            for (int j = 0; j < n; j++)
            {
                _diagonal[j] = _s[(j * n) + j];
                if (_diagonal[j] != 0 && rank == j)
                    rank++;
            }
            _w.AsSpan(rank, n - rank).Clear();
            for (int j = rank - 1; j >= 0; j--)
            {
                double sum = 0;
                for (int i = j + 1; i < rank; i++)
                    sum += _s[(j * n) + i] * _w[i];
                _w[j] = (_w[j] - sum) / _diagonal[j];
            }
            for (int j = 0; j < n; j++)
                _x[_order[j]] = _w[j];
        }

        /// <summary>The scaled step, of unit length and scaled once more.</summary>
        private void NewtonDirection(ReadOnlySpan<double> scale, double length)
        {
            for (int j = 0; j < _n; j++)
            {
                int l = _order[j];
                _u[j] = scale[l] * (scale[l] * _x[l] / length);
            }
        }

        private double TransposedProduct(int j)
        {
            double sum = 0;
            for (int i = 0; i <= j; i++)
                sum += _r[(i * _n) + j] * _b[i];
            return sum;
        }

        private void Prepare(int n)
        {
            _n = n;
            if (_x.Length >= n)
                return;
            _r = new double[n * n];
            _s = new double[n * n];
            _order = new int[n];
            (_diagonal, _norms, _remaining, _reference, _b, _x, _w, _u) = (new double[n], new double[n], new double[n], new double[n], new double[n], new double[n], new double[n], new double[n]);
        }

        private static void Swap(Span<double> one, Span<double> other)
        {
            for (int i = 0; i < one.Length; i++)
                (one[i], other[i]) = (other[i], one[i]);
        }
    }
}
