using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Runtime;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;

namespace RadioDiffusion.Grains.Sampling;

/// <inheritdoc cref="ISamplerGrain"/>
/// <remarks>
/// One loop: what waits joins the batch, the slot's thread calls the network for some time, what is done is delivered. Calls to the grain come in between, and end
/// the time on the thread after the present call of the network.
/// </remarks>
[GrainType("sampler")]
[Immovable, NeedsDevice, OnDeviceSlot]
internal sealed partial class SamplerGrain(
    [PersistentState("sampler", GrainStorageNames.Default)] IPersistentState<SamplerState> handedOver,
    IArtifactStore store, DeviceLeases devices, SnapshotDescriptions models, LoadedModels loadedModels, LocalSamplers locals, LocalTrainers leaving,
    TimeProvider time, ILogger<SamplerGrain> logger)
    : Grain, ISamplerGrain
{
    private const int LongestQueue = 1024;

    /// <summary>For so long the slot's thread is kept from trainings and other samplers at a time.</summary>
    private static readonly TimeSpan _turn = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _deactivated = new();
    private readonly SampleQueue _queue = new(LongestQueue);
    private readonly Dictionary<string, WaitingSample> _batch = [];
    private readonly Dictionary<string, Task> _deliveries = [];
    private readonly HashSet<string> _cancelled = [];
    private readonly HashSet<string> _known = [];            // waiting, in the batch, or being delivered: what is asked for again is not computed again
    private readonly HashSet<string> _loaded = [];           // number formats
    private readonly Dictionary<string, int> _bestBatch = [];
    private Dictionary<string, int> _stepsDone = [];
    private DeviceLease _lease = null!;
    private SamplerBatches _batches = null!;
    private Task _work = Task.CompletedTask;
    private volatile bool _isWanted;                         // somebody wants something of the loop: the slot's thread should return
    private bool _isLeaving;

    private string Key => this.GetPrimaryKeyString();

    private string Digest => Key.Split('/')[0];

    private IDeviceSlot Slot => _lease.Slot;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _lease = devices.Take();
        _batches = new SamplerBatches(Slot, loadedModels);
        locals.Began(Key);
        if (handedOver.State.Samples.Count > 0 && !leaving.IsLeaving)
            await TakeOverAsync(cancellationToken);
    }

    public Task<SamplerPlace> SubmitAsync(string sampleId, SampleOrder order, CancellationToken cancellationToken = default)
    {
        if (_isLeaving || leaving.IsLeaving)
            throw new UserErrorException(ErrorKind.Busy, Digest, $"The silo that makes samples of model {Digest} is about to stop: ask again.");
        _cancelled.Remove(sampleId);
        if (!_known.Contains(sampleId))
        {
            _queue.Add(new WaitingSample(sampleId, SampleId.Parse(sampleId), order, Activity.Current?.Context ?? default, null));
            _known.Add(sampleId);
            Begin();
        }
        else
        {
            _queue.Hurry(sampleId, order);
        }
        return Task.FromResult(PlaceOf(sampleId));
    }

    public Task<SamplerPlace?> FindAsync(string sampleId, CancellationToken cancellationToken = default) =>
        Task.FromResult(_known.Contains(sampleId) ? PlaceOf(sampleId) : null);

    public Task CancelAsync(string sampleId, CancellationToken cancellationToken = default)
    {
        if (_queue.Remove(sampleId))
        {
            _known.Remove(sampleId);
        }
        else if (_known.Contains(sampleId))
        {
            _cancelled.Add(sampleId);
            _isWanted = true;
        }
        return Task.CompletedTask;
    }

    public async Task HandOverAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await LeaveAsync(cancellationToken);
        }
        finally
        {
            DeactivateOnIdle();                              // in any case: it takes nothing any more
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        try
        {
            await LeaveAsync(cancellationToken);
        }
        catch (Exception error) when (error is UserErrorException or OrleansException or OperationCanceledException)
        {
            LogNotHandedOver(error, Key);                    // they are computed again when they are asked for
        }
        await _deactivated.CancelAsync();
        _queue.Clear();
        locals.Ended(Key);
        await Slot.RunAsync(_batches.Dispose, cancellationToken);
        _lease.Dispose();
    }

    private SamplerPlace PlaceOf(string key) => new() { QueuePosition = Math.Max(0, _queue.PositionOf(key)), StepsDone = _stepsDone.GetValueOrDefault(key) };

    private void Begin()
    {
        _isWanted = true;
        if (_work.IsCompleted && !_isLeaving)
            _work = SampleAsync();
    }

    /// <summary>Until nobody waits and nothing is in the batch.</summary>
    private async Task SampleAsync()
    {
        await Task.Yield();                                    // let the requests that arrive together be queued together
        Activity.Current = null;                               // each sample belongs to the traces of those who wait for it
        DelayDeactivation(TimeSpan.FromHours(1));
        while (!_isLeaving && (_queue.Count > 0 || _batch.Count > 0))
        {
            _isWanted = false;
            try
            {
                await TakeTurnAsync();
            }
            catch (OperationCanceledException) when (_deactivated.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                await FailAllAsync(error);
            }
        }
        DelayDeactivation(TimeSpan.Zero);
    }

    /// <summary>What waits joins, what is cancelled or has to give way leaves, the network is called, what is done is delivered.</summary>
    private async Task TakeTurnAsync()
    {
        string[] cancelled = [.. _cancelled.Where(_batch.ContainsKey)];
        _cancelled.Clear();
        foreach (string key in cancelled)
            Forget(key);
        string[] givingWay = MakeRoom();
        var joining = await TakeJoiningAsync();
        var (done, halfDone, refused, steps) = await Slot.RunAsync(
            () =>
            {
                foreach (string key in cancelled)
                    _batches.Leave(key);
                var left = givingWay.Select(key => (Key: key, HalfDone: _batches.Leave(key))).ToArray();
                var problems = new List<(string Key, Exception Error)>();
                foreach (var sample in joining)
                {
                    try
                    {
                        _batches.Join(sample);
                    }
                    catch (RadioDiffusionException error)
                    {
                        problems.Add((sample.Key, error));
                    }
                }
                var images = _batches.Advance(_turn, () => _isWanted);
                return (images, left, problems, _batches.StepsDone());
            },
            _deactivated.Token);
        _stepsDone = steps;
        foreach (var (key, state) in halfDone)
        {
            if (_batch.Remove(key, out var sample))
                _queue.PutBack(sample with { HalfDone = state });
        }
        foreach (var (key, error) in refused)
        {
            Forget(key);
            await FailAsync(key, error);
        }
        foreach (var (key, image) in done)
            Deliver(key, image);
    }

    /// <summary>Samples in bulk that give way to those who wait in person, if the batch is full.</summary>
    private string[] MakeRoom()
    {
        if (!_queue.HasInteractive)
            return [];
        int wanted = _queue.All.Where(waiting => !waiting.Order.IsBulk).Sum(RowsOf);
        var giving = new List<string>();
        foreach (var sample in _batch.Values.Where(sample => sample.Order.IsBulk).Reverse())
        {
            int room = _bestBatch.GetValueOrDefault(sample.Id.Precision, 1) - RowsInBatch(sample.Id.Precision) + giving.Sum(key => RowsOf(_batch[key]));
            if (room >= wanted)
                break;
            giving.Add(sample.Key);
        }
        return [.. giving];
    }

    /// <summary>As many as there is room for, with what their networks need: looked up together, since the network waits for it.</summary>
    private async Task<List<JoiningSample>> TakeJoiningAsync()
    {
        var joining = new List<JoiningSample>();
        while (await TakeWhatHasRoomAsync() is { Count: > 0 } taken)
            joining.AddRange((await Task.WhenAll(taken.Select(JoinAsync))).OfType<JoiningSample>());
        return joining;
    }

    private async Task<List<WaitingSample>> TakeWhatHasRoomAsync()
    {
        var taken = new List<WaitingSample>();
        while (_queue.TakeNext(client => _batch.Values.Count(sample => sample.Order.Client == client)) is { } next)
        {
            try
            {
                await LoadAsync(next.Id.Precision);
                int rows = RowsInBatch(next.Id.Precision);
                if (rows > 0 && rows + RowsOf(next) > await BestBatchAsync(next.Id.Precision))
                {
                    _queue.PutBack(next);
                    break;
                }
                _batch.Add(next.Key, next with { JoinedAt = time.GetUtcNow() });
                taken.Add(next);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                Forget(next.Key);
                await FailAsync(next.Key, error);
            }
        }
        return taken;
    }

    /// <summary>What a sample's network needs; null where nothing is to be computed.</summary>
    private async Task<JoiningSample?> JoinAsync(WaitingSample sample)
    {
        try
        {
            if (await store.FindAsync(sample.Key, _deactivated.Token) == null)
                return await PrepareAsync(sample);
            Forget(sample.Key);                              // it was asked for when it had just been delivered, or another sampler was quicker
            await SampleGrainOf(sample.Key).FoundAsync(_deactivated.Token);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            Forget(sample.Key);
            await FailAsync(sample.Key, error);
        }
        return null;
    }

    private int RowsInBatch(string precision) => _batch.Values.Where(sample => sample.Id.Precision == precision).Sum(RowsOf);

    /// <summary>Images in a call of the network: with guidance there is a second half.</summary>
    private static int RowsOf(WaitingSample sample) => sample.Id.Guidance > 0 ? 2 : 1;

    private async Task LoadAsync(string precision)
    {
        if (!_loaded.Add(precision))
            return;
        try
        {
            await models.GetAsync(Digest, _deactivated.Token);   // brings a model into the store that comes with the program
            string directory = await store.GetDirectoryAsync(SnapshotNames.IdOf(Digest), _deactivated.Token);
            await Slot.RunAsync(() => _batches.Load(Digest, precision, directory), _deactivated.Token);
        }
        catch
        {
            _loaded.Remove(precision);
            throw;
        }
    }

    /// <summary>Measured when two samples are there at a time: whoever asks for one alone does not wait for it.</summary>
    private async Task<int> BestBatchAsync(string precision)
    {
        if (_bestBatch.TryGetValue(precision, out int best))
            return best;
        best = await Slot.RunAsync(() => _batches.BestBatch(precision), _deactivated.Token);
        LogBestBatch(Digest, precision, best);
        return _bestBatch[precision] = best;
    }

    private async Task<JoiningSample> PrepareAsync(WaitingSample sample)
    {
        var conditions = SampleConditionsOf.Sample(sample.Id, await models.GetAsync(Digest, _deactivated.Token));
        GuideModel? guide = null;
        if (sample.Id.Guide is { } digest)
        {
            var weaker = SampleConditionsOf.Sample(sample.Id, await models.GetAsync(digest, _deactivated.Token));
            guide = new GuideModel(digest, await store.GetDirectoryAsync(SnapshotNames.IdOf(digest), _deactivated.Token), weaker.Context, weaker.Label);
        }
        return new JoiningSample(sample.Key, conditions, sample.Id.Solver, sample.Id.Precision, guide, sample.HalfDone);
    }

    private void Deliver(string key, float[] image)
    {
        _batch.Remove(key, out var sample);
        SamplerInstruments.Done();
        _deliveries[key] = DeliverAsync(sample!, image);
    }

    private async Task DeliverAsync(WaitingSample sample, float[] image)
    {
        await Task.Yield();                                    // so that it is in the list before it can be taken out
        string key = sample.Key;
        using var span = Telemetry.Spans.StartActivity("sample", ActivityKind.Internal, sample.Trace, startTime: sample.JoinedAt);
        try
        {
            await StoreAsync(SampleGrainOf(key), MemoryMarshal.AsBytes(image.AsSpan()).ToArray());
        }
        catch (Exception error)
        {
            if (!_deactivated.IsCancellationRequested)
                await FailAsync(key, error);                 // the others are delivered all the same
        }
        finally
        {
            _deliveries.Remove(key);
            _known.Remove(key);
        }
    }

    /// <summary>Delivers until it is stored: the silo of the sample's grain may have died, and takes some time to be missed.</summary>
    private async Task StoreAsync(ISampleGrain sample, byte[] pixels)
    {
        var patience = new Patience(time);
        while (true)
        {
            try
            {
                await sample.DeliverAsync(pixels, _deactivated.Token);
                return;
            }
            catch (Exception error) when (Outages.IsOutage(error))
            {
                if (!await patience.PauseAsync(_deactivated.Token))
                    throw;
            }
        }
    }

    /// <summary>What was computed is not to be trusted, or there is no model to compute with: tells everyone who waits for it.</summary>
    private async Task FailAllAsync(Exception error)
    {
        string[] keys = [.. _batch.Keys];
        foreach (string key in keys)
            Forget(key);
        _loaded.Clear();
        await Slot.RunAsync(_batches.Dispose, CancellationToken.None);
        foreach (string key in keys)
            await FailAsync(key, error);
    }

    /// <summary>Tells everyone who waits for a sample; the sampler goes on with the others.</summary>
    private async Task FailAsync(string key, Exception reason)
    {
        LogFailed(reason, key);
        try
        {
            await SampleGrainOf(key).FailAsync(UserErrors.From(reason, key), CancellationToken.None);
        }
        catch (Exception error) when (error is OrleansException or TimeoutException)
        {
            LogFailed(error, key);                           // its grain is gone; the next request for it starts anew
        }
    }

    private void Forget(string key)
    {
        _batch.Remove(key);
        _known.Remove(key);
        _stepsDone.Remove(key);
    }

    private ISampleGrain SampleGrainOf(string key) => GrainFactory.GetGrain<ISampleGrain>(key);

    /// <summary>Stops after the present call of the network and stores what waits and what is half done.</summary>
    private async Task LeaveAsync(CancellationToken cancellationToken)
    {
        _isLeaving = true;
        _isWanted = true;
        await _work.WaitAsync(cancellationToken);
        await Task.WhenAll([.. _deliveries.Values]).WaitAsync(cancellationToken);
        if (_batch.Count == 0 && _queue.Count == 0)
            return;
        string[] keys = [.. _batch.Keys.Where(key => !_cancelled.Contains(key))];
        var halfDone = await Slot.RunAsync(() => keys.Select(key => _batches.Leave(key)).ToArray(), cancellationToken);
        var begun = keys.Zip(halfDone, (key, state) => _batch[key] with { HalfDone = state ?? _batch[key].HalfDone });
        var left = begun.Concat(_queue.All).Select(sample => new HandedOverSample
        {
            Id = sample.Key,
            Order = sample.Order,
            CallsMade = sample.HalfDone?.CallsMade ?? 0,
            Rows = sample.HalfDone is { } state ? MemoryMarshal.AsBytes(state.Rows.AsSpan()).ToArray() : null,
        }).ToArray();
        await handedOver.ReplaceAsync(new SamplerState { Samples = left }, Key, cancellationToken);
        _batch.Clear();
        _queue.Clear();
        LogHandedOver(Key, left.Length, keys.Length);
    }

    /// <summary>Goes on with what another activation left.</summary>
    private async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        var samples = handedOver.State.Samples;
        await handedOver.ReplaceAsync(new SamplerState(), Key, cancellationToken);      // only one goes on with them
        foreach (var sample in samples.Reverse())             // each is put before those that are there already
        {
            _known.Add(sample.Id);
            var halfDone = sample.Rows is { } rows ? new HalfDoneSample(sample.CallsMade, MemoryMarshal.Cast<byte, float>(rows).ToArray()) : null;
            _queue.PutBack(new WaitingSample(sample.Id, SampleId.Parse(sample.Id), sample.Order, default, halfDone));
        }
        LogTakenOver(Key, samples.Count, samples.Count(sample => sample.CallsMade > 0));
        Begin();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Model {Model} in {Precision}: {Count} images are computed together, of guided ones half as many")]
    private partial void LogBestBatch(string model, string precision, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Sampler {Key} leaves {Count} samples to the next one, {HalfDone} of them half done")]
    private partial void LogHandedOver(string key, int count, int halfDone);

    [LoggerMessage(Level = LogLevel.Information, Message = "Sampler {Key} goes on with {Count} samples, {HalfDone} of them half done")]
    private partial void LogTakenOver(string key, int count, int halfDone);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sampler {Key} could not hand over what it had begun: it is computed again when it is asked for")]
    private partial void LogNotHandedOver(Exception error, string key);

    [LoggerMessage(Level = LogLevel.Error, Message = "Sample {Id} failed")]
    private partial void LogFailed(Exception error, string id);
}
