namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>What one generated image depends on beside the model and the solver.</summary>
/// <param name="Seed">Its latents are the random stream (seed, "latent"), whatever its batch.</param>
/// <param name="Context">The continuous values, such as the standardised Box-Cox peak flux; null to leave the condition out.</param>
/// <param name="Label">Class, from 0; null to leave the condition out.</param>
/// <param name="GuidanceStrength">w (ω) in D = (1 + w) D(x | condition) - w D(x); 0 for the conditional denoiser alone.</param>
public sealed record SampleConditions(ulong Seed, IReadOnlyList<float>? Context, int? Label, double GuidanceStrength)
{
    /// <summary>Guidance acts at noise levels above this one (sigma_lo of Kynkäänniemi et al. 2024, eq. 5).</summary>
    public double GuidanceFrom { get; init; }

    /// <summary>Guidance acts at noise levels up to this one (sigma_hi).</summary>
    public double GuidanceTo { get; init; } = double.PositiveInfinity;

    /// <summary>With a weaker model in the place of D(x), autoguidance (Karras et al. 2024b, eq. 3): what that model is given; null for classifier-free guidance.</summary>
    public GuideConditions? Guide { get; init; }

    /// <summary>Whether a second denoised image is needed at a noise level.</summary>
    internal bool NeedsGuidance(double sigma) =>
        GuidanceStrength != 0 && sigma > GuidanceFrom && sigma <= GuidanceTo && (Guide is not null || Context is not null || Label is not null);
}

/// <summary>The weaker model of autoguidance with its own transforms of the same conditions.</summary>
/// <param name="Model">Loaded where the model is, with images of the same size.</param>
/// <param name="Context">The continuous values; null for none.</param>
/// <param name="Label">Class, from 0; null for none.</param>
public sealed record GuideConditions(DiffusionModel Model, IReadOnlyList<float>? Context, int? Label);
