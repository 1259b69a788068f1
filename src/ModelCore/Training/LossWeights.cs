namespace RadioDiffusion.ModelCore.Training;

/// <summary>Weights of the classes in a classifier's loss, N / (K n) for a class of n images out of N of K classes: all classes together weigh the same, and the mean over the images is 1.</summary>
/// <remarks>Paper, Sect. 5.3, which weights the loss against the imbalance of the classes.</remarks>
internal static class LossWeights
{
    /// <param name="labels">The class of each image to train on.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <exception cref="RadioDiffusionException">One of them has no image.</exception>
    public static double[] Of(IEnumerable<int> labels, int classes)
    {
        int[] images = new int[classes];
        foreach (int label in labels)
            images[label]++;
        int empty = Array.IndexOf(images, 0);
        return empty < 0
            ? [.. images.Select(count => (double)images.Sum() / (classes * count))]
            : throw new RadioDiffusionException($"A classifier should have images of each of the {classes} classes to train on, but class {empty} (counted from 0) has none beside those kept for validation.");
    }
}
