namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>White noise convolved with a Gaussian beam, scaled back to unit variance.</summary>
internal static class BeamNoise
{
    /// <param name="white">(side, side), independent, unit variance.</param>
    /// <param name="side">Pixels; the image is taken to repeat itself, so that its edges are like its middle.</param>
    /// <param name="sigma">Standard deviation of the beam in pixels.</param>
    public static float[] Convolve(float[] white, int side, double sigma)
    {
        int reach = (int)Math.Ceiling(4 * sigma);
        float[] kernel = [.. Enumerable.Range(-reach, 2 * reach + 1).Select(i => (float)Math.Exp(-i * i / (2 * sigma * sigma)))];
        float norm = MathF.Sqrt(kernel.Sum(value => value * value));
        for (int i = 0; i < kernel.Length; i++)
            kernel[i] /= norm;
        float[] rows = new float[white.Length], result = new float[white.Length];
        for (int row = 0; row < side; row++)
        {
            for (int column = 0; column < side; column++)
            {
                float sum = 0;
                for (int k = -reach; k <= reach; k++)
                    sum += kernel[k + reach] * white[row * side + (column + k + side) % side];
                rows[row * side + column] = sum;
            }
        }
        for (int row = 0; row < side; row++)
        {
            var target = result.AsSpan(row * side, side);
            for (int k = -reach; k <= reach; k++)
            {
                var source = rows.AsSpan((row + k + side) % side * side, side);
                float weight = kernel[k + reach];
                for (int column = 0; column < side; column++)
                    target[column] += weight * source[column];
            }
        }
        return result;
    }
}
