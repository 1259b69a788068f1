using RadioDiffusion.Grains.Devices;
using RadioDiffusion.ModelCore.Diffusion;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>
/// The models that this silo has loaded, each once for a device slot and number format, however many samplers use it. What nobody uses stays until memory is wanted; then the one that
/// was not used for longest goes.
/// </summary>
public sealed class LoadedModels(LoadedModelsOptions options)
{
    private readonly List<Loaded> _loaded = [];

    /// <summary>What is loaded now, in bytes.</summary>
    public long Bytes
    {
        get
        {
            lock (_loaded)
                return _loaded.Sum(loaded => loaded.Model.Bytes);
        }
    }

    public int Count
    {
        get
        {
            lock (_loaded)
                return _loaded.Count;
        }
    }

    /// <summary>A model, for as long as the lease is not disposed of. To be called on the slot's thread.</summary>
    /// <param name="slot">Where it computes.</param>
    /// <param name="digest">Of its snapshot.</param>
    /// <param name="precision">As in sample IDs.</param>
    /// <param name="directory">The snapshot's files.</param>
    internal ModelLease Rent(IDeviceSlot slot, string digest, string precision, string directory)
    {
        lock (_loaded)
        {
            var found = _loaded.Find(loaded => loaded.Slot == slot && loaded.Digest == digest && loaded.Precision == precision);
            if (found == null)
            {
                found = new Loaded(slot, digest, precision, DiffusionModel.Load(directory, slot.Device, precision));
                _loaded.Add(found);
            }
            found.Users++;
            MakeRoom();
            return new ModelLease(found.Model, () => Return(found));
        }
    }

    private void Return(Loaded loaded)
    {
        lock (_loaded)
        {
            loaded.Users--;
            _loaded.Remove(loaded);
            _loaded.Add(loaded);                             // the last one is the one that was used last
            MakeRoom();
        }
    }

    private void MakeRoom()
    {
        long excess = _loaded.Sum(loaded => loaded.Model.Bytes) - options.MemoryBudget;
        foreach (var loaded in _loaded.Where(loaded => loaded.Users == 0).ToArray())
        {
            if (excess <= 0)
                return;
            excess -= loaded.Model.Bytes;
            _loaded.Remove(loaded);
            loaded.Model.Dispose();
        }
    }

    private sealed record Loaded(IDeviceSlot Slot, string Digest, string Precision, DiffusionModel Model)
    {
        public int Users { get; set; }
    }
}

/// <summary>How much memory loaded models may take.</summary>
public sealed class LoadedModelsOptions
{
    /// <summary>Bytes of weights, on all devices of a silo together; models in use stay whatever they take.</summary>
    public long MemoryBudget { get; set; } = 2L << 30;
}

/// <summary>A loaded model for as long as it is not disposed of.</summary>
internal sealed class ModelLease(DiffusionModel model, Action giveBack) : IDisposable
{
    private Action? _giveBack = giveBack;

    public DiffusionModel Model => model;

    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}
