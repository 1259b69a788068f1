using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;

namespace RadioDiffusion.Grains.Sampling;

/// <inheritdoc cref="ISamplerGrain"/>
[GrainType("sampler")]
[Immovable, NeedsDevice]
internal sealed partial class SamplerGrain(IArtifactStore store, DeviceLeases devices, SnapshotDescriptions models, ILogger<SamplerGrain> logger)
    : Grain, ISamplerGrain
{
    private const int LongestQueue = 1024;
    private const int LargestBatch = 16;
    private readonly CancellationTokenSource _deactivated = new();
    private readonly List<Waiting> _queue = [];
    private readonly HashSet<string> _queued = [];
    private DeviceLease _lease = null!;
    private DiffusionModel? _model;
    private Task _work = Task.CompletedTask;

    private string Digest => this.GetPrimaryKeyString().Split('/')[0];

    private IDeviceSlot Slot => _lease.Slot;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _lease = devices.Take();
        return Task.CompletedTask;
    }

    public Task<int> SubmitAsync(string sampleId, CancellationToken cancellationToken = default)
    {
        if (_queued.Contains(sampleId))
            return Task.FromResult(Math.Max(0, _queue.FindIndex(waiting => waiting.Key == sampleId)));
        if (_queue.Count >= LongestQueue)
            throw new UserErrorException(ErrorKind.Busy, Digest, $"{LongestQueue} samples of model {Digest} are waiting already: ask again later.");
        _queue.Add(new Waiting(sampleId, SampleId.Parse(sampleId), Activity.Current?.Context ?? default));
        _queued.Add(sampleId);
        SamplerInstruments.QueueLength.Add(1);
        if (_work.IsCompleted)
            _work = SampleAsync();
        return Task.FromResult(_queue.Count - 1);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _deactivated.CancelAsync();
        await _work.WaitAsync(cancellationToken);
        SamplerInstruments.QueueLength.Add(-_queue.Count);
        if (_model is { } model)
            await Slot.RunAsync(model.Dispose, cancellationToken);
        _lease.Dispose();
    }

    /// <summary>Computes batch after batch until the queue is empty. What waits with equal solver settings shares a batch.</summary>
    private async Task SampleAsync()
    {
        await Task.Yield();                                    // let the requests that arrive together be queued together
        Activity.Current = null;                               // each batch is part of the traces of those who wait for it
        DelayDeactivation(TimeSpan.FromHours(1));
        while (_queue.Count > 0 && !_deactivated.IsCancellationRequested)
        {
            int steps = _queue[0].Id.Steps;
            var batch = _queue.Where(waiting => waiting.Id.Steps == steps).Take(LargestBatch).ToList();
            _queue.RemoveAll(batch.Contains);
            SamplerInstruments.QueueLength.Add(-batch.Count);
            using var span = Telemetry.Spans.StartActivity("sample batch", ActivityKind.Internal, batch[0].Trace,
                links: batch.Skip(1).Where(waiting => waiting.Trace != default).Select(waiting => new ActivityLink(waiting.Trace)));
            try
            {
                await SampleBatchAsync([.. batch.Select(waiting => waiting.Id)], steps);
            }
            finally
            {
                foreach (var waiting in batch)
                    _queued.Remove(waiting.Key);
            }
        }
        DelayDeactivation(TimeSpan.Zero);
    }

    private async Task SampleBatchAsync(List<SampleId> batch, int steps)
    {
        try
        {
            var description = await models.GetAsync(Digest, _deactivated.Token);
            var conditions = batch.Select(id => SampleConditionsOf.Sample(id, description)).ToList();
            string directory = await store.GetDirectoryAsync(SnapshotNames.IdOf(Digest), _deactivated.Token);
            var images = await Slot.RunAsync(
                () =>
                {
                    _model ??= DiffusionModel.Load(directory, Slot.Device);
                    long began = Stopwatch.GetTimestamp();
                    float[][] sampled = _model.Sample(conditions, new SolverOptions(steps), null, _deactivated.Token);
                    SamplerInstruments.Record(sampled.Length, Stopwatch.GetElapsedTime(began));
                    return sampled;
                },
                _deactivated.Token);
            LogBatch(Digest, batch.Count, steps);
            for (int i = 0; i < batch.Count; i++)
                await DeliverAsync(batch[i], images[i]);
        }
        catch (OperationCanceledException) when (_deactivated.IsCancellationRequested)
        {
            // The silo stops: whoever asks again finds a sampler elsewhere.
        }
        catch (Exception error)
        {
            foreach (var id in batch)
                await FailAsync(id, error);
        }
    }

    private async Task DeliverAsync(SampleId id, float[] image)
    {
        try
        {
            await SampleGrainOf(id).DeliverAsync(MemoryMarshal.AsBytes(image.AsSpan()).ToArray(), _deactivated.Token);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            await FailAsync(id, error);                      // the batch's other images are delivered all the same
        }
    }

    /// <summary>Tells everyone who waits for a sample; the sampler goes on with the next batch.</summary>
    private async Task FailAsync(SampleId id, Exception reason)
    {
        LogFailed(reason, id.ToString());
        try
        {
            await SampleGrainOf(id).FailAsync(UserErrors.From(reason, id.ToString()), CancellationToken.None);
        }
        catch (Exception error) when (error is OrleansException or TimeoutException)
        {
            LogFailed(error, id.ToString());                 // its grain is gone; the next request for it starts anew
        }
    }

    private ISampleGrain SampleGrainOf(SampleId id) => GrainFactory.GetGrain<ISampleGrain>(id.ToString());

    /// <summary>A sample that is asked for, and the trace of who asked first.</summary>
    private sealed record Waiting(string Key, SampleId Id, ActivityContext Trace);

    [LoggerMessage(Level = LogLevel.Information, Message = "Model {Model}: {Count} samples in {Steps} steps")]
    private partial void LogBatch(string model, int count, int steps);

    [LoggerMessage(Level = LogLevel.Error, Message = "Sample {Id} failed")]
    private partial void LogFailed(Exception error, string id);
}
