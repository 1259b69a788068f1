namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A rectangle of pixels.</summary>
/// <param name="FirstColumn">Zero-based.</param>
/// <param name="FirstRow">Zero-based.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct PixelWindow(int FirstColumn, int FirstRow, int Width, int Height);
