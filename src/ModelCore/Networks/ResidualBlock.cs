using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>What a residual block does to height and width.</summary>
internal enum Resampling
{
    None,
    Halve,
    Double,
}

/// <summary>Two convolutions beside a skip, with the embedding as scale and shift in between, (N, C, H, W) and (N, E).</summary>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor, IDropoutMasks?, Tensor>
{
    private readonly ModuleList<nn.Module<Tensor, Tensor>> in_layers;
    private readonly ModuleList<nn.Module<Tensor, Tensor>>? h_upd;
    private readonly ModuleList<nn.Module<Tensor, Tensor>>? x_upd;
    private readonly ModuleList<nn.Module<Tensor, Tensor>> emb_layers;
    private readonly ModuleList<nn.Module<Tensor, Tensor>> out_layers;
    private readonly Convolution? res_conv;
    private readonly Resampling resampling;

    public ResidualBlock(int inputs, int outputs, int embeddingWidth, int normGroups, Resampling resampling = Resampling.None)
        : base(nameof(ResidualBlock))
    {
        this.resampling = resampling;
        in_layers = new(new GroupNorm(normGroups, inputs), nn.SiLU(), new StandardisedConvolution(inputs, outputs));
        if (resampling == Resampling.Halve)
        {
            h_upd = new(nn.PixelUnshuffle(2), new Convolution(4 * inputs, inputs, kernel: 1));
            x_upd = new(nn.PixelUnshuffle(2), new Convolution(4 * inputs, inputs, kernel: 1));
        }
        emb_layers = new(nn.SiLU(), new Dense(embeddingWidth, 2 * outputs));
        // The third is where the published model has its dropout module; here the masks come from the caller.
        out_layers = new(new GroupNorm(normGroups, outputs), nn.SiLU(), nn.Identity(), new StandardisedConvolution(outputs, outputs));
        if (inputs != outputs)
            res_conv = new Convolution(inputs, outputs, kernel: 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor embedding, IDropoutMasks? dropout)
    {
        using var scope = NewDisposeScope();                 // what the gradient needs stays; the rest is free at once
        var h = nn.functional.silu(in_layers[0].forward(x));
        h = in_layers[2].forward(Resample(h, h_upd));
        var film = emb_layers[1].forward(nn.functional.silu(embedding)).unsqueeze(2).unsqueeze(3).chunk(2, 1);
        var (scale, shift) = (film[0], film[1]);
        h = addcmul(shift, out_layers[0].forward(h), scale.Plus(Numbers.One), Numbers.One);
        h = nn.functional.silu(h);
        if (dropout != null)
            h = h * dropout.Next(h.shape);
        var skip = Resample(x, x_upd);
        return out_layers[3].forward(h).Plus(res_conv?.forward(skip) ?? skip).MoveToOuterDisposeScope();
    }

    private Tensor Resample(Tensor x, ModuleList<nn.Module<Tensor, Tensor>>? down) => resampling switch
    {
        // Blocks of 2x2 pixels become channels: channel slowest, then row, then column.
        Resampling.Halve => down![1].forward(nn.functional.pixel_unshuffle(x, 2)),
        Resampling.Double => nn.functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest),
        _ => x,
    };
}
