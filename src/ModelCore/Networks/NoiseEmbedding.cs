using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Sines and cosines of c_noise = ln(sigma) / 4 at frequencies from 1 down to 1e-5, (N) to (N, width), sines first.</summary>
internal sealed class NoiseEmbedding : nn.Module<Tensor, Tensor>
{
    private readonly float[] frequencies;

    public NoiseEmbedding(int width)
        : base(nameof(NoiseEmbedding))
    {
        int half = width / 2;
        frequencies = [.. Enumerable.Range(0, half).Select(i => (float)Math.Exp(-i * Math.Log(1e5) / (half - 1)))];
    }

    public override Tensor forward(Tensor cNoise)
    {
        var angle = cNoise.unsqueeze(1) * tensor(frequencies, dtype: cNoise.dtype, device: cNoise.device).unsqueeze(0);
        return cat([angle.sin(), angle.cos()], 1);
    }
}
