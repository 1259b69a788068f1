using System.Runtime.Intrinsics;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>
/// A random field on the sky whose correlation is ln(1 + w(theta)), so that sources that are as frequent as its exponential cluster as w says (a log-normal field, Coles and Jones 1991). It can be had
/// at any place without any other: a sum over HEALPix orders of white noise on that order's pixels, smoothed with a compact kernel.
/// </summary>
/// <remarks>
/// G(x) = sum_k sqrt(v_k) g_k(x), g_k(x) = sum_j K(d_j) n_kj / sqrt(sum_j K(d_j)^2) over the pixels j of order k whose centres are nearer than R_k = 2.5 theta_k, K(d) = (1 - d^2/R_k^2)^4, theta_k being
/// the width of a pixel. Each g_k has unit variance everywhere, and borders of pixels and faces leave no trace. A power law is a sum of such bumps in steps of an octave to 0.2 %.
/// </remarks>
internal sealed class ClusteringField
{
    /// <summary>Degrees between which the correlation is that of the power law; beyond, it falls off.</summary>
    public const double From = 0.03, To = 8;
    private const int FirstOrder = 2, LastOrder = 12, Levels = LastOrder - FirstOrder + 1, Points = 300;
    private const double Reach = 2.5;                        // of a kernel, in widths of a pixel
    private static readonly double[] _correlation = CorrelationOfKernel();

    /// <summary>Of the cells for which the field is put together.</summary>
    public const int PartOrder = 6;
    private const int MostParts = 256;                       // some 250 kB each

    private readonly RecentlyUsed<long, Part> _parts = new(MostParts);
    private readonly SkyRandom[] _noise = new SkyRandom[Levels];
    private readonly double[] _weights;                      // sqrt(v_k)

    /// <param name="seed">The sky's.</param>
    /// <param name="clustering">What is wanted.</param>
    /// <param name="lastOrder">Of the orders that are summed; all of them make the correlation that is wanted.</param>
    public ClusteringField(ulong seed, SkyClustering clustering, int lastOrder = LastOrder)
    {
        double[] variances = Fit(clustering)[..(lastOrder - FirstOrder + 1)];
        Variance = variances.Sum();
        _weights = [.. variances.Select(Math.Sqrt)];
        var random = new SkyRandom(seed, "clustering");
        for (int level = 0; level < Levels; level++)
            _noise[level] = random.Of(FirstOrder + level);
    }

    /// <summary>sigma_G^2.</summary>
    public double Variance { get; }

    /// <summary>The field in a cell of <see cref="PartOrder"/>.</summary>
    public Part In(long cell) => _parts.GetOrAdd(cell, Gather);

    private Part Gather(long which)
    {
        var cell = new HealpixCell(PartOrder, which);
        var levels = new LevelPart[_weights.Length];
        for (int level = 0; level < levels.Length; level++)
            levels[level] = Block(level, cell) ?? Around(level, cell.CentreDirection, Healpix.BoundingRadius(PartOrder));
        return new Part(levels);
    }

    /// <summary>The pixels of a level in a cell and around it; null if they are not all on its face, or near a pole.</summary>
    private LevelPart? Block(int level, HealpixCell cell)
    {
        // A kernel reaches over 2.5 widths of a pixel, which are up to 3.8 columns or rows where the grid is sheared most.
        const int Margin = 5, FarFromPole = 8;
        int order = FirstOrder + level, down = order - PartOrder, most = (1 << PartOrder) - 1;
        int fromPole = cell.Face < 4 ? 2 * most - cell.X - cell.Y : cell.Face < 8 ? FarFromPole : cell.X + cell.Y;
        if (down < 0 || fromPole < FarFromPole)
            return null;
        int left = (cell.X << down) - Margin, bottom = (cell.Y << down) - Margin, side = (1 << down) + 2 * Margin, width = 1 << order;
        if (left < 0 || bottom < 0 || left + side > width || bottom + side > width)
            return null;
        var centres = new Direction[side * side];
        HealpixBlock.Fill(order, cell.Face, left, bottom, side, centres);
        var part = new LevelPart(_weights[level], ReachOf(order), centres.Length);
        for (int i = 0; i < centres.Length; i++)
            part.Set(i, centres[i], _noise[level].Normal(HealpixCell.FromFace(order, cell.Face, left + i % side, bottom + i / side).Pixel));
        return part;
    }

    private LevelPart Around(int level, in Direction place, double radius)
    {
        int order = FirstOrder + level;
        double reach = ReachOf(order);
        var cells = Healpix.CellsCentredWithin(order, place, radius + 2 * Math.Asin(Math.Min(1, reach / 2)));
        var part = new LevelPart(_weights[level], reach, cells.Length);
        for (int i = 0; i < cells.Length; i++)
            part.Set(i, cells[i].CentreDirection, _noise[level].Normal(cells[i].Pixel));
        return part;
    }

    /// <summary>What <see cref="In"/> has at a place, of the pixels around that alone.</summary>
    internal double At(Direction place) => new Part([.. Enumerable.Range(0, _weights.Length).Select(level => Around(level, place, 0))]).At(place);

    /// <summary>v_k: how much of the variance each order has.</summary>
    internal static double[] Fit(SkyClustering clustering)
    {
        // Least squares of the relative deviation at points spread evenly in the logarithm, with v_k >= 0.
        double[,] products = new double[Levels, Levels];
        double[] sums = new double[Levels], row = new double[Levels], variances = new double[Levels];
        for (int point = 0; point < Points; point++)
        {
            double angle = From * PortableMath.Pow(To / From, point / (Points - 1.0));
            double target = PortableMath.Log(1 + clustering.Amplitude * PortableMath.Pow(angle, -clustering.Gamma));
            for (int k = 0; k < Levels; k++)
                row[k] = Correlation(angle / HealpixCell.WidthDegrees(FirstOrder + k)) / target;
            for (int k = 0; k < Levels; k++)
            {
                sums[k] += row[k];
                for (int other = 0; other < Levels; other++)
                    products[k, other] += row[k] * row[other];
            }
        }
        for (int sweep = 0; sweep < 100_000; sweep++)
        {
            double largest = 0;
            for (int k = 0; k < Levels; k++)
            {
                double gradient = sums[k];
                for (int other = 0; other < Levels; other++)
                    gradient -= products[k, other] * variances[other];
                double next = Math.Max(0, variances[k] + gradient / products[k, k]);
                largest = Math.Max(largest, Math.Abs(next - variances[k]) / (next + 1e-30));
                variances[k] = next;
            }
            if (largest < 1e-13)
                break;
        }
        return variances;
    }

    /// <summary>What the fields at two places have in common, summed over the pixels themselves.</summary>
    /// <param name="variances">Of the levels.</param>
    /// <param name="a">Unit vector.</param>
    /// <param name="b">Unit vector.</param>
    internal static double CovarianceOf(double[] variances, in Direction a, in Direction b)
    {
        double covariance = 0;
        for (int level = 0; level < Levels; level++)
        {
            int order = FirstOrder + level;
            double reach = ReachOf(order), both = 0, ofA = 0, ofB = 0;
            foreach (var cell in Healpix.CellsCentredWithin(order, a, 2.1 * reach))
            {
                var (atA, atB) = (KernelAt(a), KernelAt(b));
                both += atA * atB;
                ofA += atA * atA;

                double KernelAt(in Direction place)
                {
                    var step = cell.CentreDirection - place;
                    return Kernel(step.Dot(step) / (reach * reach));
                }
            }
            foreach (var cell in Healpix.CellsCentredWithin(order, b, 1.1 * reach))
            {
                var step = cell.CentreDirection - b;
                double kernel = Kernel(step.Dot(step) / (reach * reach));
                ofB += kernel * kernel;
            }
            covariance += variances[level] * both / Math.Sqrt(ofA * ofB);
        }
        return covariance;
    }

    /// <summary>Correlation of one level at a distance of so many widths of its pixels.</summary>
    internal static double Correlation(double widths)
    {
        double place = widths * TableSteps;
        int i = (int)place;
        return i + 1 >= _correlation.Length ? 0 : _correlation[i] + (place - i) * (_correlation[i + 1] - _correlation[i]);
    }

    private const int TableSteps = 50;                       // entries for each width

    private static double[] CorrelationOfKernel()
    {
        const double Step = 0.05;
        double[] table = new double[(int)(2 * Reach * TableSteps) + 2];
        for (int i = 0; i < table.Length; i++)
        {
            double distance = (double)i / TableSteps, sum = 0;
            for (double y = -Reach + Step / 2; y < Reach; y += Step)
            {
                for (double x = -Reach + Step / 2; x < Reach; x += Step)
                    sum += Kernel((x * x + y * y) / (Reach * Reach)) * Kernel(((x - distance) * (x - distance) + y * y) / (Reach * Reach));
            }
            table[i] = sum;
        }
        for (int i = table.Length - 1; i >= 0; i--)
            table[i] /= table[0];
        return table;
    }

    /// <param name="share">d^2/R^2.</param>
    private static double Kernel(double share)
    {
        double rest = Math.Max(0, 1 - share), square = rest * rest;
        return square * square;
    }

    private static double ReachOf(int order) => Reach * double.DegreesToRadians(HealpixCell.WidthDegrees(order));

    /// <summary>The pixels of one order that count around some place, by their numbers.</summary>
    internal sealed class LevelPart
    {
        private const int Lanes = 4;                         // whatever the processor has, so that sums are the same everywhere
        private const double Nowhere = 1e3;
        private readonly double _weight, _reach;
        private readonly int _count;
        private readonly double[] _x, _y, _z, _noise;

        public LevelPart(double weight, double reach, int count)
        {
            (_weight, _reach, _count) = (weight, reach, count);
            int length = (count + Lanes - 1) / Lanes * Lanes;
            (_x, _y, _z, _noise) = (new double[length], new double[length], new double[length], new double[length]);
            Array.Fill(_x, Nowhere);
        }

        public void Set(int i, in Direction place, double noise) => (_x[i], _y[i], _z[i], _noise[i]) = (place.X, place.Y, place.Z, noise);

        public double At(in Direction place)
        {
            Vector256<double> x = Vector256.Create(place.X), y = Vector256.Create(place.Y), z = Vector256.Create(place.Z), inverse = Vector256.Create(1 / (_reach * _reach));
            Vector256<double> sum = Vector256<double>.Zero, squares = Vector256<double>.Zero;
            for (int i = 0; i < _x.Length; i += Lanes)
            {
                Vector256<double> dx = Vector256.Create(_x, i) - x, dy = Vector256.Create(_y, i) - y, dz = Vector256.Create(_z, i) - z;
                var rest = Vector256.Max(Vector256<double>.Zero, Vector256<double>.One - (dx * dx + dy * dy + dz * dz) * inverse);
                rest *= rest;
                var kernel = rest * rest;
                sum += kernel * Vector256.Create(_noise, i);
                squares += kernel * kernel;
            }
            return _weight * (sum[0] + sum[1] + sum[2] + sum[3]) / Math.Sqrt(squares[0] + squares[1] + squares[2] + squares[3]);
        }

        /// <summary>Only those that count within a distance of a place.</summary>
        public LevelPart Near(in Direction place, double radius)
        {
            double limit = (radius + _reach) * (radius + _reach);
            var which = new List<int>(64);
            for (int i = 0; i < _count; i++)
            {
                double x = _x[i] - place.X, y = _y[i] - place.Y, z = _z[i] - place.Z;
                if (x * x + y * y + z * z <= limit)
                    which.Add(i);
            }
            var part = new LevelPart(_weight, _reach, which.Count);
            for (int i = 0; i < which.Count; i++)
                part.Set(i, new Direction(_x[which[i]], _y[which[i]], _z[which[i]]), _noise[which[i]]);
            return part;
        }
    }

    /// <summary>The field around some place. Whatever it was made for, it has the same value at a place that it is good for, to rounding.</summary>
    internal sealed class Part(LevelPart[] levels)
    {
        /// <summary>G at a direction, unit vector.</summary>
        public double At(in Direction direction)
        {
            double field = 0;
            foreach (var level in levels)
                field += level.At(direction);
            return field;
        }

        /// <summary>What it takes within a distance (radians) of a place.</summary>
        public Part Near(Direction place, double radius) => new(Array.ConvertAll(levels, level => level.Near(place, radius)));
    }
}
