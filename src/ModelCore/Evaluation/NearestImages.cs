namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>The image of a set that is most like another one.</summary>
/// <param name="Index">Which of the set; -1 if there is none.</param>
/// <param name="Similarity">The <see cref="StructuralSimilarity"/> of both along their principal axes, the largest over the two directions of the axis and mirror images.</param>
public readonly record struct NearestImage(int Index, double Similarity);

/// <summary>Finds the most similar image of a set, to see whether a model has learned images by heart.</summary>
/// <remarks>Paper, Appendix A: images are turned so that their principal axes lie along the rows, then compared by structural similarity.</remarks>
/// <param name="images">The set, each with side times side pixels in [0, 1].</param>
/// <param name="side">Pixels a row.</param>
public sealed class NearestImages(IEnumerable<float[]> images, int side)
{
    private readonly float[][] _aligned = [.. images.AsParallel().AsOrdered().Select(image => PrincipalAxis.Align(image, side))];

    public int Count => _aligned.Length;

    /// <param name="image">Side times side pixels in [0, 1].</param>
    /// <param name="except">An image of the set that does not count: this one itself. -1 for none.</param>
    public NearestImage Of(ReadOnlySpan<float> image, int except = -1)
    {
        float[] aligned = PrincipalAxis.Align(image, side);
        float[][] poses = [aligned, Turned(aligned, rows: true, columns: true), Turned(aligned, rows: true, columns: false), Turned(aligned, rows: false, columns: true)];
        var best = new NearestImage(-1, double.NegativeInfinity);
        for (int i = 0; i < _aligned.Length; i++)
        {
            if (i == except)
                continue;
            foreach (float[] pose in poses)
            {
                double similarity = StructuralSimilarity.Of(pose, _aligned[i]);
                if (similarity > best.Similarity)
                    best = new NearestImage(i, similarity);
            }
        }
        return best;
    }

    private float[] Turned(float[] image, bool rows, bool columns)
    {
        float[] turned = new float[image.Length];
        for (int row = 0; row < side; row++)
        {
            for (int column = 0; column < side; column++)
                turned[((rows ? side - 1 - row : row) * side) + (columns ? side - 1 - column : column)] = image[(row * side) + column];
        }
        return turned;
    }
}
