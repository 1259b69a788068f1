using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>
/// Classifier-free guidance D = (1 + w) D(x | condition) - w D(x), with a strength w for each image and both halves in one
/// pass of the network. Images without condition, or with w = 0, take no second half.
/// </summary>
/// <remarks>
/// Ho and Salimans (2022), eq. 6. The radio paper's eq. 8 prints a plus before w; its code subtracts. Its code also returns
/// the unconditional D for w = 0; the formula, followed here, gives the conditional one.
/// </remarks>
internal sealed class GuidedDenoiser
{
    private readonly EdmPreconditioning _network;
    private readonly Conditions _conditions;
    private readonly int _count;
    private readonly int _guided;
    private readonly Tensor? _strength;

    /// <param name="network">The trained network.</param>
    /// <param name="samples">Conditions of the images; those with guidance must come first (see <see cref="NeedsGuidance"/>).</param>
    /// <param name="device">Where the network is.</param>
    public GuidedDenoiser(EdmPreconditioning network, IReadOnlyList<SampleConditions> samples, Device device)
    {
        _network = network;
        _count = samples.Count;
        _guided = samples.TakeWhile(NeedsGuidance).Count();
        if (samples.Skip(_guided).Any(NeedsGuidance))
            throw new ArgumentException("Samples with guidance should come first.", nameof(samples));
        if (_guided > 0)
            _strength = tensor(samples.Take(_guided).Select(s => (float)s.GuidanceStrength).ToArray(), device: device).reshape(-1, 1, 1, 1);
        _conditions = Stack(samples, device);
    }

    public static bool NeedsGuidance(SampleConditions sample) =>
        sample.GuidanceStrength != 0 && (sample.Context is not null || sample.Label is not null);

    /// <param name="x">(N, C, H, W), float32.</param>
    /// <param name="sigma">The noise level of all of them.</param>
    public Tensor Denoise(Tensor x, double sigma)
    {
        using var scope = NewDisposeScope();
        var doubled = _guided == 0 ? x : cat([x, x.narrow(0, 0, _guided)], 0);
        var sigmas = tensor((float)sigma, device: x.device).expand(doubled.shape[0]);
        var denoised = _network.forward(doubled, sigmas, _conditions);
        if (_guided == 0)
            return denoised.MoveToOuterDisposeScope();
        var conditional = denoised.narrow(0, 0, _guided);
        var unconditional = denoised.narrow(0, _count, _guided);
        var guided = _strength!.Plus(Numbers.One) * conditional - _strength! * unconditional;
        return cat([guided, denoised.narrow(0, _guided, _count - _guided)], 0).MoveToOuterDisposeScope();
    }

    /// <summary>The samples' conditions, followed by as many empty rows as there are guided samples.</summary>
    private Conditions Stack(IReadOnlyList<SampleConditions> samples, Device device)
    {
        int rows = _count + _guided;
        int classes = _network.Options.ClassCount;
        Tensor? context = null, present = null, labels = null;
        if (samples.Any(sample => sample.Context is not null))
        {
            int dimension = _network.Options.ContextDimension;
            var values = new float[rows * dimension];
            var counts = new float[rows];
            for (int i = 0; i < _count; i++)
            {
                if (samples[i].Context is not { } given)
                    continue;
                counts[i] = 1;
                for (int k = 0; k < dimension; k++)
                    values[i * dimension + k] = given[k];
            }
            context = tensor(values, [rows, dimension], device: device);
            present = tensor(counts, [rows, 1], device: device);
        }
        if (samples.Any(sample => sample.Label is not null))
        {
            var oneHot = new float[rows * classes];
            for (int i = 0; i < _count; i++)
            {
                if (samples[i].Label is int label)
                    oneHot[i * classes + label] = 1;
            }
            labels = tensor(oneHot, [rows, classes], device: device);
        }
        return new Conditions(context, present, labels);
    }
}
