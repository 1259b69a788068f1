namespace RadioDiffusion.ModelCore.Fits;

/// <summary>A FITS file that is not as the standard says: the message names file, HDU, and keyword or byte offset.</summary>
public sealed class FitsException(string message) : RadioDiffusionException(message);
