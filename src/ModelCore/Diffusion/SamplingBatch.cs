using RadioDiffusion.ModelCore.Diffusion.Solvers;
using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>
/// Images on their way from noise, one call of the network at a time for all of them: each may join at any call and leaves when it is done, with its own seed,
/// conditions, guidance, solver and number of steps. An image depends on its batch mates by rounding only. For one thread: that of the device.
/// </summary>
public sealed class SamplingBatch : IDisposable
{
    private const string Latents = "latent", Churn = "churn";
    private readonly DiffusionModel _model;
    private readonly GuidedDenoiser _denoiser;
    private readonly SolverState _state;
    private readonly List<Item> _items = [];

    /// <param name="model">Not disposed of with the batch.</param>
    public SamplingBatch(DiffusionModel model)
    {
        var network = model.Description.Network;
        _model = model;
        _denoiser = new GuidedDenoiser(model.Network, model.Device);
        using var inference = inference_mode(true);
        _state = new SolverState([network.ImageChannels, network.ImageSize, network.ImageSize], model.Device);
    }

    public int Count => _items.Count;

    /// <summary>Solver steps that each image has behind it.</summary>
    public IEnumerable<(string Key, int Steps)> StepsDone => _items.Select(item => (item.Key, item.Path.Calls.Take(item.CallsMade).Count(call => call.EndsStep)));

    /// <summary>An image joins at the next call.</summary>
    /// <param name="key">What <see cref="Advance"/>, <see cref="Remove"/> and <see cref="HalfDone"/> call it.</param>
    /// <param name="conditions">What it depends on.</param>
    /// <param name="solver">How its noise is taken away.</param>
    /// <param name="from">How far it has come elsewhere; null for the beginning.</param>
    /// <exception cref="RadioDiffusionException">The model cannot make it, or what has been computed elsewhere belongs to something else.</exception>
    public void Add(string key, SampleConditions conditions, SolverOptions solver, HalfDoneSample? from = null)
    {
        _model.Check(conditions);
        var path = Solver.PathOf(solver);
        float[] rows = from is null ? FirstRow(conditions.Seed, path) : from.RowsFor(path, PixelCount);
        using var inference = inference_mode(true);
        using var scope = NewDisposeScope();
        _state.Add(tensor(rows).reshape(-1, PixelCount));
        _items.Add(new Item(key, conditions, path) { CallsMade = from?.CallsMade ?? 0 });
    }

    /// <summary>An image leaves, however far it has come; false if it is not there.</summary>
    public bool Remove(string key)
    {
        int place = _items.FindIndex(item => item.Key == key);
        if (place < 0)
            return false;
        Keep([.. Enumerable.Range(0, _items.Count).Where(i => i != place)]);
        return true;
    }

    /// <summary>How far an image has come, to go on with it elsewhere.</summary>
    public HalfDoneSample HalfDone(string key)
    {
        int place = _items.FindIndex(item => item.Key == key);
        var item = _items[place];
        using var inference = inference_mode(true);
        return new HalfDoneSample(item.CallsMade, _state.Read(place, item.Path.UsedRows));
    }

    /// <summary>One call of the network for every image. Those that are done leave.</summary>
    /// <returns>The images that are done: channels times side times side pixels in [0, 1], clamped to [-1, 1], then (x + 1) / 2; with the number of solver steps that were completed by this call, in all images.</returns>
    public BatchProgress Advance()
    {
        if (_items.Count == 0)
            return new BatchProgress([], 0);
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        SolverCall[] calls = [.. _items.Select(item => item.Path.Calls[item.CallsMade])];
        AddNoise(calls);
        var denoised = _denoiser.Denoise(_state.Images, [.. _items.Select(item => item.Conditions)], [.. calls.Select(call => call.Sigma)]);
        _state.Advance(denoised, calls);
        foreach (var item in _items)
            item.CallsMade++;
        return new BatchProgress(TakeDone(), calls.Count(call => call.EndsStep));
    }

    public void Dispose() => _state.Dispose();

    /// <summary>Standard normal numbers: what an image begins as, at unit noise level.</summary>
    internal static void FillLatents(ulong seed, Span<float> latents) => new RandomStream(seed, Latents).FillNormal(latents);

    private int PixelCount => _model.Description.Network.ImageChannels * _model.Description.Network.ImageSize * _model.Description.Network.ImageSize;

    private float[] FirstRow(ulong seed, SolverPath path)
    {
        float[] latents = new float[PixelCount];
        FillLatents(seed, latents);
        for (int i = 0; i < latents.Length; i++)
            latents[i] *= (float)path.FirstSigma;
        return latents;
    }

    private void AddNoise(SolverCall[] calls)
    {
        for (int i = 0; i < calls.Length; i++)
        {
            if (calls[i].AddedNoise == 0)
                continue;
            float[] noise = new float[PixelCount];
            new RandomStream(_items[i].Conditions.Seed, Churn, _items[i].CallsMade).FillNormal(noise);
            for (int k = 0; k < noise.Length; k++)
                noise[k] *= (float)calls[i].AddedNoise;
            _state.AddNoise(i, noise);
        }
    }

    private List<(string Key, float[] Image)> TakeDone()
    {
        var done = new List<(string, float[])>();
        for (int i = 0; i < _items.Count; i++)
        {
            if (_items[i].CallsMade == _items[i].Path.Calls.Count)
                done.Add((_items[i].Key, Array.ConvertAll(_state.Read(i, 1), value => (Math.Clamp(value, -1, 1) + 1) / 2)));
        }
        if (done.Count > 0)
            Keep([.. Enumerable.Range(0, _items.Count).Where(i => _items[i].CallsMade < _items[i].Path.Calls.Count)]);
        return done;
    }

    private void Keep(int[] places)
    {
        using var inference = inference_mode(true);
        _state.Keep(places);
        Item[] kept = [.. places.Select(i => _items[i])];
        _items.Clear();
        _items.AddRange(kept);
    }

    private sealed record Item(string Key, SampleConditions Conditions, SolverPath Path)
    {
        public int CallsMade { get; set; }
    }
}

/// <summary>What one call of the network brought.</summary>
/// <param name="Done">Images that are done, by their keys.</param>
/// <param name="StepsEnded">Solver steps that ended, summed over the images.</param>
public sealed record BatchProgress(IReadOnlyList<(string Key, float[] Image)> Done, int StepsEnded);
