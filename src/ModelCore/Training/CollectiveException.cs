namespace RadioDiffusion.ModelCore.Training;

/// <summary>Those who train together could not add up their gradients: a new group has to go on from the last checkpoint.</summary>
public sealed class CollectiveException(string message) : RadioDiffusionException(message);
