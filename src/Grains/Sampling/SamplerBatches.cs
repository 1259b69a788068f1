using System.Diagnostics;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.ModelCore.Diffusion;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>The batches of one sampler, one for each number format that is asked for. To be used on the thread of its slot only.</summary>
internal sealed class SamplerBatches(IDeviceSlot slot, LoadedModels models) : IDisposable
{
    private readonly Dictionary<string, (ModelLease Model, SamplingBatch Batch)> _batches = [];
    private readonly Dictionary<(string Digest, string Precision), ModelLease> _guides = [];
    private readonly Dictionary<string, string> _precisions = [];

    /// <summary>Loads the model in a number format.</summary>
    public void Load(string digest, string precision, string directory)
    {
        if (_batches.ContainsKey(precision))
            return;
        var lease = models.Rent(slot, digest, precision, directory);
        _batches.Add(precision, (lease, new SamplingBatch(lease.Model)));
    }

    /// <summary>The images of a batch that are worth computing together, guided ones counted twice; measured when it is asked for first.</summary>
    public int BestBatch(string precision) => _batches[precision].Model.Model.BestBatch;

    /// <exception cref="ModelCore.RadioDiffusionException">The model cannot make it.</exception>
    public void Join(JoiningSample sample)
    {
        var conditions = sample.Conditions;
        if (sample.Guide is { } guide)
        {
            if (!_guides.TryGetValue((guide.Digest, sample.Precision), out var lease))
                _guides.Add((guide.Digest, sample.Precision), lease = models.Rent(slot, guide.Digest, sample.Precision, guide.Directory));
            conditions = conditions with { Guide = new GuideConditions(lease.Model, guide.Context, guide.Label) };
        }
        _batches[sample.Precision].Batch.Add(sample.Key, conditions, sample.Solver, sample.HalfDone);
        _precisions[sample.Key] = sample.Precision;
    }

    /// <summary>A sample leaves before it is done.</summary>
    /// <returns>How far it had come; null if it is not there.</returns>
    public HalfDoneSample? Leave(string key)
    {
        if (!_precisions.Remove(key, out string? precision))
            return null;
        var batch = _batches[precision].Batch;
        var halfDone = batch.HalfDone(key);
        batch.Remove(key);
        return halfDone;
    }

    /// <summary>Calls of the network until an image is done, or the time is over, or there is something else to do.</summary>
    /// <param name="time">How long the slot's thread may be kept from others.</param>
    /// <param name="isEnough">Looked at after each call.</param>
    public List<(string Key, float[] Image)> Advance(TimeSpan time, Func<bool> isEnough)
    {
        var done = new List<(string, float[])>();
        long began = Stopwatch.GetTimestamp();
        do
        {
            foreach (var (_, batch) in _batches.Values)
            {
                if (batch.Count == 0)
                    continue;
                long callBegan = Stopwatch.GetTimestamp();
                int images = batch.Count;
                done.AddRange(batch.Advance().Done);
                SamplerInstruments.Called(images, Stopwatch.GetElapsedTime(callBegan));
            }
        }
        while (done.Count == 0 && !isEnough() && Stopwatch.GetElapsedTime(began) < time && _batches.Values.Any(pair => pair.Batch.Count > 0));
        foreach (var (key, _) in done)
            _precisions.Remove(key);
        return done;
    }

    /// <summary>Solver steps that each sample has behind it.</summary>
    public Dictionary<string, int> StepsDone() => _batches.Values.SelectMany(pair => pair.Batch.StepsDone).ToDictionary(pair => pair.Key, pair => pair.Steps);

    public void Dispose()
    {
        foreach (var (model, batch) in _batches.Values)
        {
            batch.Dispose();
            model.Dispose();
        }
        foreach (var guide in _guides.Values)
            guide.Dispose();
        _batches.Clear();
        _guides.Clear();
        _precisions.Clear();
    }
}

/// <summary>A sample with all that its network needs.</summary>
/// <param name="Key">The ID as text.</param>
/// <param name="Conditions">What it is conditioned on.</param>
/// <param name="Solver">How its noise is taken away.</param>
/// <param name="Precision">As in sample IDs.</param>
/// <param name="Guide">The weaker model of autoguidance; null without.</param>
/// <param name="HalfDone">How far it has come before; null for not begun.</param>
internal sealed record JoiningSample(string Key, SampleConditions Conditions, SolverOptions Solver, string Precision, GuideModel? Guide, HalfDoneSample? HalfDone);

/// <param name="Digest">Of the weaker model's snapshot.</param>
/// <param name="Directory">The snapshot's files.</param>
/// <param name="Context">The continuous values, by its transforms.</param>
/// <param name="Label">Its class.</param>
internal sealed record GuideModel(string Digest, string Directory, IReadOnlyList<float>? Context, int? Label);
