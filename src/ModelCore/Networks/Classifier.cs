using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Tells the morphological class of an image: a residual network, and two fully connected layers behind it.</summary>
/// <remarks>
/// Paper, Sect. 5.3. Its "two fully connected layers with 256 hidden units" are read as features - 256 - classes. It names no non-linearity between the two, so
/// there is none: what is between them is the dropout alone. Parameters have the names of torchvision's resnet18.
/// </remarks>
internal sealed class Classifier : Network
{
    private readonly ResidualEncoder encoder;
    private readonly BatchNorm norm;
    private readonly ModuleList<Dense> head;

    public Classifier(NetworkOptions options)
        : base(nameof(Classifier), options)
    {
        int features = options.InitialChannels * options.ChannelMultipliers[^1], hidden = 4 * options.InitialChannels;
        encoder = new ResidualEncoder(options);
        norm = new BatchNorm(features);
        head = new(new Dense(features, hidden), new Dense(hidden, options.ClassCount));
        RegisterComponents();
        KeepParameters();
    }

    /// <param name="images">In [-1, 1], (N, C, H, W); at least two of them for training.</param>
    /// <param name="dropout">Masks for training; null for evaluation, which takes the running statistics.</param>
    /// <returns>Logits, (N, classes).</returns>
    public Tensor forward(Tensor images, IDropoutMasks? dropout = null)
    {
        using var scope = NewDisposeScope();
        return Logits(encoder.forward(images, isTraining: dropout != null), dropout).MoveToOuterDisposeScope();
    }

    /// <summary>What the encoder makes of images, averaged over all pixels: a point for each image whose neighbours look alike.</summary>
    /// <param name="images">In [-1, 1], (N, C, H, W).</param>
    /// <returns>(N, F), F being the channels of the last level.</returns>
    public Tensor Features(Tensor images) => encoder.forward(images, isTraining: false);

    /// <summary>The logits of <see cref="Features"/>, (N, F) to (N, classes).</summary>
    public Tensor Classify(Tensor features) => Logits(features, dropout: null);

    private Tensor Logits(Tensor features, IDropoutMasks? dropout)
    {
        var x = norm.forward(features, isTraining: dropout != null);
        foreach (var layer in head)
            x = layer.forward(dropout == null ? x : x * dropout.Next(x.shape));
        return x;
    }
}
