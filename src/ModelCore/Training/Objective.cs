using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>What a network is trained for: the loss of its images.</summary>
internal abstract class Objective : IDisposable
{
    /// <summary>Whether training needs masks of dropout.</summary>
    public abstract bool NeedsMasks { get; }

    /// <summary>The objective of a network.</summary>
    /// <param name="network">A denoiser or a classifier.</param>
    /// <param name="options">How it is trained.</param>
    /// <param name="teacher">What a student learns from; null for others.</param>
    /// <param name="data">What it is trained on.</param>
    /// <param name="split">Which of it.</param>
    /// <param name="toNumber">A number on the network's device.</param>
    /// <exception cref="RadioDiffusionException">A class has no image to train on.</exception>
    public static Objective Of(Network network, TrainingOptions options, EdmPreconditioning? teacher, ITrainingData data, DataSplit split, Func<double, Tensor> toNumber) => network switch
    {
        EdmPreconditioning student when teacher != null => new DistillationObjective(student, teacher, options, toNumber),
        EdmPreconditioning denoiser => new DenoisingObjective(denoiser, options.CoarseLoss),
        Classifier classifier => new ClassificationObjective(classifier, LossWeights.Of(split.Training.Select(data.Label), classifier.Options.ClassCount), toNumber),
        _ => throw new NotSupportedException($"Nothing is known of what a {network.GetName()} is trained for."),
    };

    /// <summary>The sum of the losses of a batch's images, a scalar.</summary>
    /// <param name="batch">The images.</param>
    /// <param name="dropout">Masks for training, if it needs them; null for validation.</param>
    /// <param name="precision">In which numbers the network is computed.</param>
    public abstract Tensor SumOfLosses(TrainingBatch batch, IDropoutMasks? dropout, Precision precision);

    /// <param name="share">Images of a batch that this trainer takes.</param>
    /// <param name="atOnce">How many of them go through the network together.</param>
    /// <exception cref="RadioDiffusionException">The network cannot be trained on so few images at once.</exception>
    public virtual void CheckShare(int share, int atOnce)
    {
    }

    public abstract void Dispose();
}

/// <summary>The squared error of a denoiser.</summary>
internal sealed class DenoisingObjective(EdmPreconditioning network, double coarse) : Objective
{
    public override bool NeedsMasks => network.Options.Dropout > 0;

    public override Tensor SumOfLosses(TrainingBatch batch, IDropoutMasks? dropout, Precision precision)
    {
        var (noise, sigma) = (batch.Noise!, batch.Sigma!);
        Tensor denoised;
        using (Autocast.For(precision, batch.Images.device_type))
            denoised = network.forward(batch.Images.Plus(noise), sigma, batch.Conditions, dropout);
        return EdmLoss.PerImage(denoised, batch.Images, sigma, network.Options.SigmaData, coarse).sum();
    }

    public override void Dispose()
    {
    }
}

/// <summary>The cross-entropy of a classifier, -w ln p of an image whose class has the loss weight w and is given the probability p.</summary>
internal sealed class ClassificationObjective : Objective
{
    private readonly Classifier _network;
    private readonly Tensor _weights;                        // (classes)

    public ClassificationObjective(Classifier network, double[] lossWeights, Func<double, Tensor> toNumber)
    {
        _network = network;
        _weights = stack([.. lossWeights.Select(toNumber)]).DetachFromDisposeScope();
    }

    /// <summary>Always: it is by them that a classifier knows that it is trained, also where they leave everything in.</summary>
    public override bool NeedsMasks => true;

    public override Tensor SumOfLosses(TrainingBatch batch, IDropoutMasks? dropout, Precision precision)
    {
        Tensor logits;
        using (Autocast.For(precision, batch.Images.device_type))
            logits = _network.forward(batch.Images, dropout);
        return (nn.functional.log_softmax(logits.to(batch.Images.dtype), 1) * (batch.Conditions.Labels! * _weights)).sum().neg();
    }

    public override void CheckShare(int share, int atOnce)
    {
        if (Math.Min(share, atOnce) < 2 || share % atOnce == 1)
        {
            throw new RadioDiffusionException($"A classifier normalises over images that go through it together, which should be two at least, but a trainer's {share} images of a batch, {atOnce} at once, "
                + $"leave one alone. Change {nameof(TrainingOptions.BatchSize)} or {nameof(TrainingOptions.MicroBatchSize)}.");
        }
    }

    public override void Dispose() => _weights.Dispose();
}
