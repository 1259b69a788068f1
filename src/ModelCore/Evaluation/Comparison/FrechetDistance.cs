using MathNet.Numerics.LinearAlgebra;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>The distance between the normal distributions that have the means and covariances of two sets of features (FID in the features of another network).</summary>
/// <remarks>
/// Heusel et al. (2017), eq. 6: |m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^1/2). It grows as sets get smaller, so sets of different sizes should not be compared by it, and it is told beside that of two
/// halves of the real set.
/// </remarks>
public static class FrechetDistance
{
    /// <param name="one">(images, features); at least 2 images.</param>
    /// <param name="other">As many features.</param>
    public static double Of(IReadOnlyList<float[]> one, IReadOnlyList<float[]> other)
    {
        var (meanOne, covarianceOne) = Moments(one);
        var (meanOther, covarianceOther) = Moments(other);
        var root = Root(covarianceOne);
        var middle = root * covarianceOther * root;         // has the eigenvalues of C1 C2 and is symmetric
        double crossed = ((middle + middle.Transpose()) / 2).Evd(Symmetricity.Symmetric).EigenValues.Sum(value => Math.Sqrt(Math.Max(0, value.Real)));
        double distance = (meanOne - meanOther).DotProduct(meanOne - meanOther) + covarianceOne.Trace() + covarianceOther.Trace() - (2 * crossed);
        return Math.Max(0, distance);
    }

    private static (Vector<double> Mean, Matrix<double> Covariance) Moments(IReadOnlyList<float[]> features)
    {
        if (features.Count < 2)
            throw new ArgumentException($"A covariance needs at least 2 images, but there are {features.Count}.", nameof(features));
        int width = features[0].Length;
        var rows = Matrix<double>.Build.Dense(features.Count, width, (i, j) => features[i][j]);
        var mean = rows.ColumnSums() / features.Count;
        var centred = Matrix<double>.Build.Dense(features.Count, width, (i, j) => rows[i, j] - mean[j]);
        return (mean, centred.TransposeThisAndMultiply(centred) / (features.Count - 1));
    }

    /// <summary>Of a symmetric matrix without negative eigenvalues, but for rounding.</summary>
    private static Matrix<double> Root(Matrix<double> matrix)
    {
        var evd = ((matrix + matrix.Transpose()) / 2).Evd(Symmetricity.Symmetric);
        var roots = Matrix<double>.Build.DenseDiagonal(matrix.RowCount, matrix.ColumnCount, i => Math.Sqrt(Math.Max(0, evd.EigenValues[i].Real)));
        return evd.EigenVectors * roots * evd.EigenVectors.Transpose();
    }
}
