using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Sampling;

/// <inheritdoc cref="ISampleGrain"/>
/// <remarks>Everyone who asks for an ID meets in its one activation, so it is computed once; the stored artifact is the only state.</remarks>
[GrainType("sample")]
internal sealed class SampleGrain(IArtifactStore store, IDeviceSlots devices, ClusterDevices cluster, SnapshotDescriptions models, LocalTrainers leaving, TimeProvider time) : Grain, ISampleGrain
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(8);

    /// <summary>So often it looks whether its sampler still has it: a sampler that was killed is another one then.</summary>
    private static readonly TimeSpan _betweenLooks = TimeSpan.FromSeconds(2);

    /// <summary>Who was told to come again is waited for so long.</summary>
    private static readonly TimeSpan _interest = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, long> _interested = [];
    private SampleId _id = null!;
    private TaskCompletionSource<SampleStatus> _computed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;

    private string Key => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (!SampleId.TryParse(Key, out var id, out string error))
            throw new UserErrorException(ErrorKind.Invalid, Key, error);
        _id = id;
        return Task.CompletedTask;
    }

    public async Task<SampleStatus> GetAsync(TimeSpan wait, SampleOrder order, CancellationToken cancellationToken = default)
    {
        if (await ReadAsync(cancellationToken) is { } stored)
            return stored;
        SampleConditionsOf.Sample(_id, await models.GetAsync(_id.Model, cancellationToken));    // refuses what the model cannot make
        if (_id.Guide is { } guide)
            SampleConditionsOf.Sample(_id, await models.GetAsync(guide, cancellationToken));
        _waiting++;
        try
        {
            return await WaitAsync(wait < _longestWait ? wait : _longestWait, order, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _interested.Remove(order.Client);
            if (_waiting == 1 && !leaving.IsLeaving && !_interested.Values.Any(until => until > time.GetTimestamp()))
                await Sampler.CancelAsync(Key, CancellationToken.None);
            throw;
        }
        finally
        {
            _waiting--;
        }
    }

    private async Task<SampleStatus> WaitAsync(TimeSpan wait, SampleOrder order, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        while (true)
        {
            var computed = _computed.Task;
            var place = computed.IsCompleted ? new SamplerPlace() : await Sampler.SubmitAsync(Key, order, cancellationToken);
            var left = wait - time.GetElapsedTime(began);
            try
            {
                return await computed.WaitAsync(left < TimeSpan.Zero ? TimeSpan.Zero : left < _betweenLooks ? left : _betweenLooks, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                if (time.GetElapsedTime(began) < wait)
                    continue;
                _interested[order.Client] = time.GetTimestamp() + (long)(_interest.TotalSeconds * time.TimestampFrequency);
                return new SampleStatus { Id = Key, State = WorkState.Running, QueuePosition = place.QueuePosition, StepsDone = place.StepsDone, Steps = _id.Solver.Steps };
            }
        }
    }

    public async Task DeliverAsync(byte[] pixels, CancellationToken cancellationToken = default)
    {
        var model = await models.GetAsync(_id.Model, cancellationToken);
        using var scratch = store.CreateScratchDirectory();
        await devices.Cpu.RunAsync(() => SampleFiles.Write(scratch.Path, _id, model, pixels), cancellationToken);
        await store.PutAsync(Key, SampleFiles.RecipeOf(_id), scratch.Path, cancellationToken);
        var status = await ReadAsync(cancellationToken);
        _computed.TrySetResult(status! with { FromStore = false });
    }

    public Task FailAsync(UserErrorException error, CancellationToken cancellationToken = default)
    {
        _computed.TrySetException(error);
        _computed = new(TaskCreationOptions.RunContinuationsAsynchronously);                   // the next request tries again
        return Task.CompletedTask;
    }

    /// <summary>Samples of one model spread over the device slots of the cluster by their seeds.</summary>
    private ISamplerGrain Sampler =>
        GrainFactory.GetGrain<ISamplerGrain>($"{_id.Model}/{_id.Seed % (ulong)cluster.SlotCount}");

    private async Task<SampleStatus?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await store.FindAsync(Key, cancellationToken) == null)
            return null;
        return new SampleStatus
        {
            Id = Key,
            State = WorkState.Done,
            Fits = await store.ReadFileAsync(Key, StoredSamples.Fits, cancellationToken),
            Png = await store.ReadFileAsync(Key, StoredSamples.Png, cancellationToken),
            FromStore = true,
            StepsDone = _id.Solver.Steps,
            Steps = _id.Solver.Steps,
        };
    }
}
