using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.Benchmarks;

/// <summary>A training step as the published code takes it, op for op: float32, Adam over a list of tensors, each averaged by itself, libtorch's own dropout.</summary>
internal sealed class PublishedStep : IDisposable
{
    private readonly EdmPreconditioning _network;
    private readonly optim.Optimizer _adam;
    private readonly List<Tensor> _average;
    private readonly int _batch;

    public PublishedStep(NetworkOptions options, int batch)
    {
        _batch = batch;
        _network = Initialisation.Create(options, 1);
        _adam = optim.Adam(_network.parameters(), lr: 2e-5);
        _average = [.. _network.parameters().Select(parameter => parameter.detach().clone())];
    }

    public void Step()
    {
        using var scope = NewDisposeScope();
        var images = rand(_batch, 1, 80, 80) * 2 - 1;
        var sigma = (randn(_batch) * 1.8 - 2.5).exp();
        var noise = randn_like(images) * sigma.reshape(-1, 1, 1, 1);
        var conditions = new Conditions(randn(_batch, 1), ones(_batch, 1));
        _adam.zero_grad();
        var denoised = _network.forward(images + noise, sigma, conditions, new LibraryDropout(_network.Options.Dropout));
        EdmLoss.Mean(denoised, images, sigma, _network.Options.SigmaData).backward();
        _adam.step();
        using var noGradient = no_grad();
        foreach (var (average, parameter) in _average.Zip(_network.parameters()))
            average.mul_(0.9999).add_(parameter * 0.0001);
    }

    public void Dispose()
    {
        _adam.Dispose();
        _network.Dispose();
        _average.ForEach(average => average.Dispose());
    }

    private sealed class LibraryDropout(double probability) : IDropoutMasks
    {
        public Tensor Next(long[] shape) => nn.functional.dropout(ones(shape), probability, training: true);
    }
}
