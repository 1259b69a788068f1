namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>An image has no noise to find sources above.</summary>
public sealed class UnphysicalNoiseException(string message) : RadioDiffusionException(message);
