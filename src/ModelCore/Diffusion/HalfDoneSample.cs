using RadioDiffusion.ModelCore.Diffusion.Solvers;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>An image on its way, to go on with where another device left it: 25 kB for each image that its solver remembers (80 x 80 pixels).</summary>
/// <param name="CallsMade">Calls of the network that it has behind it.</param>
/// <param name="Rows">The rows of its solver's state, one after the other.</param>
public sealed record HalfDoneSample(int CallsMade, float[] Rows)
{
    /// <exception cref="RadioDiffusionException">This is a place on another solver's path, or of an image of another size.</exception>
    internal float[] RowsFor(SolverPath path, int pixels)
    {
        if (CallsMade < 0 || CallsMade >= path.Calls.Count || Rows.Length != path.UsedRows * pixels)
        {
            throw new RadioDiffusionException(
                $"A half-done sample should be before one of {path.Calls.Count} calls with {path.UsedRows} images of {pixels} pixels, but it is before call {CallsMade} with {Rows.Length} pixels.");
        }
        return Rows;
    }
}
