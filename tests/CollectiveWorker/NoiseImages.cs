using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.CollectiveWorker;

/// <summary>Thirty-two images of noise, 80 pixels a side, with a peak flux: for measuring how fast a training is, to which it does not matter what the pixels are.</summary>
internal sealed class NoiseImages : ITrainingData
{
    private readonly float[][] _images = [.. Enumerable.Range(0, 32).Select(index =>
    {
        float[] pixels = new float[80 * 80];
        new RandomStream(1, "benchmark", index).FillNormal(pixels);
        return Array.ConvertAll(pixels, Math.Abs);
    })];

    public int Count => 32;

    public int ImageSize => 80;

    public int ContextDimension => 1;

    public int ClassCount => 0;

    public ReadOnlySpan<float> Image(int index) => _images[index];

    public ReadOnlySpan<float> Context(int index) => new float[1];

    public int Label(int index) => 0;
}
