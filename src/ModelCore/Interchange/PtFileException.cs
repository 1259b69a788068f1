namespace RadioDiffusion.ModelCore.Interchange;

/// <summary>A .pt file that is damaged, of another format, or asks for what no checkpoint needs: the message names file, entry and byte.</summary>
public sealed class PtFileException(string message) : RadioDiffusionException(message);
