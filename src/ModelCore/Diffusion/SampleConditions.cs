namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>What one generated image depends on beside the model and the solver.</summary>
/// <param name="Seed">Its latents are the random stream (seed, "latent"), whatever its batch.</param>
/// <param name="Context">The continuous values, such as the standardised Box-Cox peak flux; null to leave the condition out.</param>
/// <param name="Label">Class, from 0; null to leave the condition out.</param>
/// <param name="GuidanceStrength">w (ω) in D = (1 + w) D(x | condition) - w D(x); 0 for the conditional denoiser alone.</param>
public sealed record SampleConditions(ulong Seed, IReadOnlyList<float>? Context, int? Label, double GuidanceStrength);
