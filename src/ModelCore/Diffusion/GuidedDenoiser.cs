using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>
/// Guidance D = (1 + w) D(x | condition) - w D'(x), with a noise level, a strength and an interval for each image. D' is the same network without condition
/// (classifier-free guidance, both halves in one pass) or a weaker one with it (autoguidance). Images without guidance take no second half.
/// </summary>
/// <remarks>
/// Ho and Salimans (2022), eq. 6. The radio paper's eq. 8 prints a plus before w; its code subtracts. Its code also returns
/// the unconditional D for w = 0; the formula, followed here, gives the conditional one.
/// </remarks>
internal sealed class GuidedDenoiser(EdmPreconditioning network, Device device)
{
    /// <param name="x">(N, C, H, W), float32.</param>
    /// <param name="samples">What each image is conditioned on.</param>
    /// <param name="sigmas">Its noise level.</param>
    public Tensor Denoise(Tensor x, IReadOnlyList<SampleConditions> samples, IReadOnlyList<double> sigmas)
    {
        using var scope = NewDisposeScope();
        int count = samples.Count;
        int[] guided = [.. Enumerable.Range(0, count).Where(i => samples[i].NeedsGuidance(sigmas[i]))];
        int[] halved = [.. guided.Where(i => samples[i].Guide is null)];
        var rows = samples.Select((sample, i) => (sample.Context, sample.Label, Sigma: sigmas[i]))
            .Concat(halved.Select(i => ((IReadOnlyList<float>?)null, (int?)null, sigmas[i]))).ToArray();
        var denoised = Call(network, halved.Length == 0 ? x : cat([x, Pick(x, halved)], 0), rows);
        if (guided.Length == 0)
            return denoised.MoveToOuterDisposeScope();
        var result = halved.Length == 0 ? denoised : denoised.narrow(0, 0, count).clone();
        if (halved.Length > 0)
            Apply(result, halved, denoised.narrow(0, count, halved.Length));
        foreach (var group in guided.Where(i => samples[i].Guide is not null).GroupBy(i => samples[i].Guide!.Model))
        {
            int[] places = [.. group];
            Apply(result, places, Call(group.Key.Network, Pick(x, places), [.. places.Select(i => (samples[i].Guide!.Context, samples[i].Guide!.Label, sigmas[i]))]));
        }
        return result.MoveToOuterDisposeScope();

        void Apply(Tensor all, int[] places, Tensor second)
        {
            var w = tensor(places.Select(i => (float)samples[i].GuidanceStrength).ToArray(), device: device).to(all.dtype).reshape(-1, 1, 1, 1);
            var conditional = places.Length == count ? all : Pick(all, places);
            var combined = w.Plus(Numbers.One) * conditional - w * second;
            all.index_copy_(0, Index(places), combined);
        }
    }

    private Tensor Pick(Tensor x, int[] places) => x.index_select(0, Index(places));

    private Tensor Index(int[] places) => tensor(places.Select(place => (long)place).ToArray(), device: device);

    private Tensor Call(EdmPreconditioning denoiser, Tensor x, (IReadOnlyList<float>? Context, int? Label, double Sigma)[] rows)
    {
        var sigma = tensor(rows.Select(row => (float)row.Sigma).ToArray(), device: device).to(x.dtype);
        return denoiser.forward(x, sigma, Stack(denoiser.Options, rows));
    }

    private Conditions Stack(NetworkOptions options, (IReadOnlyList<float>? Context, int? Label, double Sigma)[] rows)
    {
        Tensor? context = null, present = null, labels = null;
        if (rows.Any(row => row.Context is not null))
        {
            int dimension = options.ContextDimension;
            float[] values = new float[rows.Length * dimension], counts = new float[rows.Length];
            for (int i = 0; i < rows.Length; i++)
            {
                if (rows[i].Context is not { } given)
                    continue;
                counts[i] = 1;
                for (int k = 0; k < dimension; k++)
                    values[i * dimension + k] = given[k];
            }
            context = tensor(values, [rows.Length, dimension], device: device);
            present = tensor(counts, [rows.Length, 1], device: device);
        }
        if (rows.Any(row => row.Label is not null))
        {
            int classes = options.ClassCount;
            float[] oneHot = new float[rows.Length * classes];
            for (int i = 0; i < rows.Length; i++)
            {
                if (rows[i].Label is int label)
                    oneHot[i * classes + label] = 1;
            }
            labels = tensor(oneHot, [rows.Length, classes], device: device);
        }
        return new Conditions(context, present, labels);
    }
}
