namespace RadioDiffusion.ModelCore.Training;

/// <summary>Which images of a data set a training has not seen: those that it kept for its validations.</summary>
public static class HeldOutImages
{
    /// <param name="count">Images of the data set.</param>
    /// <param name="validationFraction"><see cref="TrainingOptions.ValidationFraction"/> of the training.</param>
    /// <param name="seed">Its <see cref="TrainingOptions.Seed"/>.</param>
    /// <returns>Indices into the data set, in the order in which validations take them.</returns>
    /// <exception cref="RadioDiffusionException">No image would be left to train on.</exception>
    public static IReadOnlyList<int> Of(int count, double validationFraction, ulong seed) => new DataSplit(count, validationFraction, seed).Validation;
}
