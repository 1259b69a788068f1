using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>All parameters of a network side by side in one vector, and their gradients in another: one operation serves them all.</summary>
/// <remarks>Parameters without a gradient are statistics, which the network itself changes; in the second vector they have room all the same.</remarks>
internal sealed class FlatParameters : IDisposable
{
    private readonly (string Name, Tensor Parameter)[] _parameters;
    private readonly Tensor[] _gradientViews;
    private readonly int[] _statistics;
    private readonly Tensor _reduced;

    public FlatParameters(nn.Module network, Device device)
    {
        _parameters = [.. network.named_parameters().Select(pair => (pair.name, (Tensor)pair.parameter))];
        Length = _parameters.Sum(p => p.Parameter.numel());
        var type = _parameters[0].Parameter.dtype;
        Values = zeros(Length, type, device).DetachFromDisposeScope();
        _reduced = zeros(Length + 1, type, device).DetachFromDisposeScope();
        Gradients = _reduced.narrow(0, 0, Length).DetachFromDisposeScope();
        Loss = _reduced.narrow(0, Length, 1).DetachFromDisposeScope();
        _gradientViews = [.. Slices(Gradients).Select(slice => slice.Tensor.DetachFromDisposeScope())];
        for (int i = 0; i < _parameters.Length; i++)
        {
            if (_parameters[i].Parameter.requires_grad)
                _parameters[i].Parameter.grad = _gradientViews[i];   // backward adds into the vector
        }
        _statistics = [.. Enumerable.Range(0, _parameters.Length).Where(i => !_parameters[i].Parameter.requires_grad)];
        ReadFromNetwork();
    }

    public long Length { get; }

    /// <summary>Parameters without the statistics.</summary>
    public long Trainable => Length - _statistics.Sum(i => _parameters[i].Parameter.numel());

    public Tensor Values { get; }

    public Tensor Gradients { get; }

    /// <summary>One number beside the gradients: the loss that they belong to.</summary>
    public Tensor Loss { get; }

    /// <summary>Gradients and loss as one vector, to be summed over the workers by one call.</summary>
    public Tensor Reduced => _reduced;

    /// <summary>Copies the vector into the network.</summary>
    public void WriteToNetwork() => WriteToNetwork(Values);

    /// <summary>Copies another vector (the averaged weights) into the network.</summary>
    public void WriteToNetwork(Tensor vector)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        int i = 0;
        foreach (var (_, slice) in Slices(vector))
            _parameters[i++].Parameter.copy_(slice);
    }

    public void ReadFromNetwork()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        int i = 0;
        foreach (var (_, slice) in Slices(Values))
            slice.copy_(_parameters[i++].Parameter);
    }

    /// <summary>Puts the network's statistics into their room beside the gradients, so that a sum over workers is a weighted mean.</summary>
    /// <param name="weight">This worker's, one number; those of all add up to 1.</param>
    public void PutStatistics(Tensor weight)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (int i in _statistics)
            _gradientViews[i].copy_(_parameters[i].Parameter * weight);
    }

    /// <summary>Moves the statistics from beside the gradients to the values; their gradient is 0 then, which an optimiser without weight decay does nothing with.</summary>
    public void TakeStatistics()
    {
        if (_statistics.Length == 0)
            return;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var values = Slices(Values);
        foreach (int i in _statistics)
        {
            values[i].Tensor.copy_(_gradientViews[i]);
            _gradientViews[i].zero_();
        }
    }

    /// <summary>Views of a vector of this length under the parameters' names and shapes.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Slices(Tensor vector, string prefix = "")
    {
        var slices = new List<(string, Tensor)>(_parameters.Length);
        long offset = 0;
        foreach (var (name, parameter) in _parameters)
        {
            slices.Add((prefix + name, vector.narrow(0, offset, parameter.numel()).view(parameter.shape)));
            offset += parameter.numel();
        }
        return slices;
    }

    public void Dispose()
    {
        foreach (var view in _gradientViews)
            view.Dispose();
        Values.Dispose();
        Gradients.Dispose();
        Loss.Dispose();
        _reduced.Dispose();
    }
}
