using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>What a batch of images is conditioned on. Leaving a condition out is the same as a zero embedding.</summary>
/// <param name="Context">Continuous values, standardised, (N, context dimension); null for none.</param>
/// <param name="ContextPresent">(N, 1), 1 where the context counts and 0 where it is left out; null if it counts everywhere.</param>
/// <param name="Labels">Classes as one-hot rows, (N, classes), zero where left out; null for none.</param>
internal sealed record Conditions(Tensor? Context = null, Tensor? ContextPresent = null, Tensor? Labels = null)
{
    public static Conditions None { get; } = new();

    /// <summary>Those of one image, as a batch of one.</summary>
    public Conditions Of(int image) => new(Context?.narrow(0, image, 1), ContextPresent?.narrow(0, image, 1), Labels?.narrow(0, image, 1));
}
