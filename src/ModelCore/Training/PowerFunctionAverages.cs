using System.Globalization;
using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>
/// Averages of all parameters over a training, with power-function profiles of some widths, one flat vector each. They are part of every checkpoint; at
/// intervals they are kept for good, and <see cref="PostHocEma"/> makes averages of other widths of them.
/// </summary>
/// <remarks>Karras et al. (2024), Sect. 3.</remarks>
internal sealed class PowerFunctionAverages : IDisposable
{
    private readonly (double SigmaRel, double Gamma, Tensor Values)[] _averages;

    public PowerFunctionAverages(IReadOnlyList<double>? widths, Tensor parameters) =>
        _averages = [.. (widths ?? []).Select(width => (width, PowerFunctionProfile.GammaOf(width), parameters.clone().DetachFromDisposeScope()))];

    public IEnumerable<Tensor> Values => _averages.Select(average => average.Values);

    /// <summary>Takes in the parameters after a step, counted from 1; the first one's become the average.</summary>
    public void Update(Tensor parameters, long iteration)
    {
        using var scope = NewDisposeScope();
        foreach (var (_, gamma, values) in _averages)
            values.lerp_(parameters, tensor(1 - PowerFunctionProfile.Decay(gamma, iteration), parameters.dtype, parameters.device));
    }

    /// <summary>A file of a checkpoint for each average.</summary>
    public IEnumerable<(string File, IReadOnlyList<(string Name, Tensor Tensor)> Tensors)> Files(FlatParameters parameters) =>
        _averages.Select(average => (PostHocEma.FileNameOf(average.SigmaRel), parameters.Slices(average.Values)));

    /// <summary>Writes the averages as <see cref="PostHocEma"/> reads them.</summary>
    public void Save(string directory, FlatParameters parameters, long iteration)
    {
        using var scope = NewDisposeScope();
        Directory.CreateDirectory(directory);
        foreach (var (width, _, values) in _averages)
        {
            WeightFiles.Save(parameters.Slices(values), Path.Combine(directory, PostHocEma.FileNameOf(width)), new Dictionary<string, string>
            {
                [PostHocEma.SigmaRelKey] = width.ToString("R", CultureInfo.InvariantCulture),
                [PostHocEma.IterationKey] = iteration.ToString(CultureInfo.InvariantCulture),
            });
        }
    }

    public void Dispose()
    {
        foreach (var (_, _, values) in _averages)
            values.Dispose();
    }
}
