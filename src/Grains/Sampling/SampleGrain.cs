using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Sampling;

/// <inheritdoc cref="ISampleGrain"/>
/// <remarks>
/// Everyone who asks for an ID meets in its one activation, so it is computed once. Its state says which sampler has been asked, until the artifact is stored: silos that come and go change
/// which one would be chosen, but not which one has the sample.
/// </remarks>
[GrainType("sample")]
internal sealed class SampleGrain(
    [PersistentState("sample", GrainStorageNames.Default)] IPersistentState<SampleState> asked,
    IArtifactStore store, IDeviceSlots devices, ClusterDevices cluster, SnapshotDescriptions models, LocalTrainers leaving, TimeProvider time)
    : Grain, ISampleGrain
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(8);

    /// <summary>So often it looks whether its sampler still has it: a sampler that was killed is another one then.</summary>
    private static readonly TimeSpan _betweenLooks = TimeSpan.FromSeconds(2);

    /// <summary>Those who wait share what is known for so long.</summary>
    private static readonly TimeSpan _fresh = TimeSpan.FromMilliseconds(200);

    /// <summary>Who was told to come again is waited for so long.</summary>
    private static readonly TimeSpan _interest = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, long> _interested = [];
    private SampleId _id = null!;
    private TaskCompletionSource<SampleStatus> _computed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<ISamplerGrain>? _sampler;
    private Task<SamplerPlace>? _place;
    private long _lookedAt;
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
            {
                _place = null;
                await (await SamplerAsync()).CancelAsync(Key, CancellationToken.None);
            }
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
            var place = computed.IsCompleted ? new SamplerPlace() : await LookAsync(order).WaitAsync(cancellationToken);
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

    /// <summary>Asks the sampler where the sample is, and for it if it is nowhere.</summary>
    private Task<SamplerPlace> LookAsync(SampleOrder order)
    {
        if (_place is { IsFaulted: false } && (!_place.IsCompleted || time.GetElapsedTime(_lookedAt) < _fresh))
            return _place;
        _lookedAt = time.GetTimestamp();
        return _place = SubmitAsync();

        async Task<SamplerPlace> SubmitAsync() => await (await SamplerAsync()).SubmitAsync(Key, order, CancellationToken.None);
    }

    public async Task FoundAsync(CancellationToken cancellationToken = default)
    {
        if (await ReadAsync(cancellationToken) is { } status)
            await CompleteAsync(status, cancellationToken);
    }

    public async Task DeliverAsync(byte[] pixels, CancellationToken cancellationToken = default)
    {
        var model = await models.GetAsync(_id.Model, cancellationToken);
        using var scratch = store.CreateScratchDirectory();
        await devices.Cpu.RunAsync(() => SampleFiles.Write(scratch.Path, _id, model, pixels), cancellationToken);
        await store.PutAsync(Key, SampleFiles.RecipeOf(_id), scratch.Path, cancellationToken);
        await CompleteAsync((await ReadAsync(cancellationToken))! with { FromStore = false }, cancellationToken);
    }

    private async Task CompleteAsync(SampleStatus status, CancellationToken cancellationToken)
    {
        _computed.TrySetResult(status);
        if (asked.RecordExists)
            await asked.ClearStateAsync(cancellationToken);
    }

    public Task FailAsync(UserErrorException error, CancellationToken cancellationToken = default)
    {
        _place = null;
        _computed.TrySetException(error);
        _computed = new(TaskCreationOptions.RunContinuationsAsynchronously);                   // the next request tries again
        return Task.CompletedTask;
    }

    /// <summary>The one that has been asked before, or now is: samples of one model spread over the device slots of the cluster by their seeds.</summary>
    private async Task<ISamplerGrain> SamplerAsync()
    {
        var choosing = _sampler ??= ChooseAsync();
        try
        {
            return await choosing;
        }
        catch
        {
            _sampler = null;
            throw;
        }
    }

    private async Task<ISamplerGrain> ChooseAsync()
    {
        if (asked.State.Sampler is null)
            await asked.ReplaceAsync(new SampleState { Sampler = $"{_id.Model}/{_id.Seed % (ulong)cluster.SlotCount}" }, Key, CancellationToken.None);
        return GrainFactory.GetGrain<ISamplerGrain>(asked.State.Sampler!);
    }

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
