using System.Diagnostics;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;
using RadioDiffusion.ModelCore.Training.Collectives;

namespace RadioDiffusion.Grains.Training;

/// <summary>
/// One trainer in one generation of its run: steps on the device's thread, about a second at a time; between them rank 0 reports, and stores and commits
/// checkpoints. The others go along: they validate with it, and notice at the next sum of gradients when it has left.
/// </summary>
internal sealed partial class TrainerGeneration(
    ITrainingRunGrain run, string runName, string place, TrainerAssignment assignment, IArtifactStore store, IDeviceSlot slot, ICollective collective, ILogger logger)
{
    private static readonly TimeSpan _chunk = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestAgreement = TimeSpan.FromMinutes(2);
    private readonly TrainerAssignment _assignment = assignment;
    private readonly Stopwatch _clock = new();
    private LossHistory _losses = null!;
    private SampleGrids _grids = null!;
    private TrainingSetReader _set = null!;
    private ITrainingData _data = null!;
    private TrainingOptions _options = null!;
    private NetworkOptions _network = null!;
    private TrainerMeetings? _meetings;
    private long _stopAt = assignment.StopAt;
    private long _imagesTimed;

    private bool IsFirst => _meetings?.IsFirst ?? _assignment.Rank == 0;

    private TrainerShare Share => new(_assignment.Rank, _assignment.Size);

    /// <summary>Trains until the run is done (with a snapshot), or rank 0 was asked to stop, or the generation is over (not ended by us then).</summary>
    /// <exception cref="CollectiveException">The group has lost a member.</exception>
    public async Task<(string? Snapshot, bool Ended)> TrainAsync(CancellationToken cancellationToken)
    {
        string dataDirectory = await store.GetDirectoryAsync(_assignment.DatasetArtifact!, cancellationToken);
        using var set = _set = TrainingSetReader.Open(dataDirectory);
        var configuration = TrainingConfiguration.Of(_assignment.Request!.Preset, _assignment.Request.Configuration);
        _data = await slot.RunAsync(() => ConditionedSet.Of(set, configuration.Conditions), cancellationToken);
        _options = TrainingSetup.OptionsFor(_assignment.Request!);
        _network = configuration.Network with
        {
            ContextDimension = _data.ContextDimension,
            ClassCount = _data.ClassCount,
            ImageSize = _data.ImageSize,
            ImageChannels = _data.ImageChannels,
        };
        if (_network.Kind == NetworkKind.Classifier && _network.ClassCount < 2)
            throw new RadioDiffusionException($"A classifier needs a data set with two classes or more, but '{_assignment.Request.Dataset}' has {(_network.ClassCount == 0 ? "none" : "one")}: 'radiodiffusion dataset import' takes images with classes.");
        if (_options.DiLoCo != null)
            _meetings = new TrainerMeetings(run, runName, place, _assignment, store, slot);
        if (_meetings is { IsFirst: true })
            await TrainerMeetings.DeleteAsync(store, runName, before: _assignment.Generation, cancellationToken);
        if (await PrepareOrRejectAsync(cancellationToken) is not { } trainer)
            return (null, false);
        try
        {
            _options = trainer.Options;
            if (trainer.Measured is { } measured && IsFirst)
                LogPrecision(runName, _options.Precision, measured.Float32Seconds, measured.BFloat16Seconds, _assignment.Size);
            if (!await slot.RunAsync(() => trainer.Agrees(_longestAgreement), cancellationToken))
                throw new CollectiveException("A member of the group was lost before the first step.");
            return await StepAndReportAsync(trainer, cancellationToken);
        }
        finally
        {
            TrainingInstruments.RecordEnd();
            await slot.RunAsync(trainer.Dispose, CancellationToken.None);
        }
    }

    /// <summary>Null if the checkpoint cannot be used, which the run is told: it goes on from the one before.</summary>
    private async Task<Trainer?> PrepareOrRejectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await PrepareAsync(cancellationToken);
        }
        catch (RadioDiffusionException error) when (_assignment.Checkpoint is not null && error.InnerException is null)
        {
            // A judgement of what was read. A store that does not answer and a full disk have their cause inside: nothing is wrong with the checkpoint then.
            string artifact = _assignment.Checkpoint!.Artifact;
            if (await run.RejectCheckpointAsync(_assignment.Generation, artifact, error.Message, cancellationToken))
                await store.DeleteAsync(artifact, cancellationToken);          // so that the training can store it anew
            return null;
        }
    }

    private async Task<Trainer> PrepareAsync(CancellationToken cancellationToken)
    {
        bool needsInitial = _assignment.Checkpoint is null || _options.Distillation != null;
        string? initial = needsInitial && _assignment.InitialSnapshot is { } snapshot
            ? Path.Combine(await store.GetDirectoryAsync(snapshot, cancellationToken), SnapshotDescription.WeightsFileName) : null;
        if (_assignment.Checkpoint is not { } checkpoint)
        {
            _losses = new LossHistory();
            _grids = new SampleGrids();
            return await slot.RunAsync(() => Trainer.Create(_network, _options, _data, slot.Device, _assignment.DatasetDigest!, collective, initial, Share), cancellationToken);
        }
        string directory = await store.GetDirectoryAsync(checkpoint.Artifact, cancellationToken);
        var manifest = await store.FindAsync(checkpoint.Artifact, cancellationToken);
        await slot.RunAsync(() => CheckpointCopies.CheckBytes(manifest!, directory), cancellationToken);
        _losses = LossHistory.Read(directory);
        _grids = SampleGrids.Read(directory);
        return await slot.RunAsync(() => Trainer.Resume(directory, _data, slot.Device, _assignment.DatasetDigest!, collective, _network, _options, Share, initial), cancellationToken);
    }

    private async Task<(string? Snapshot, bool Ended)> StepAndReportAsync(Trainer trainer, CancellationToken cancellationToken)
    {
        _clock.Start();
        while (trainer.Iteration < _options.Iterations)
        {
            double loss = await slot.RunAsync(() => StepForAWhile(trainer, cancellationToken), cancellationToken);
            bool isDue = trainer.Iteration % _options.CheckpointEvery == 0 || trainer.Iteration >= _options.Iterations;
            if (_meetings != null)
                await _meetings.HoldAsync(trainer, isDue, cancellationToken);
            double validation = _meetings == null || IsFirst ? await ValidateIfDueAsync(trainer, cancellationToken) : double.NaN;
            if (!IsFirst && _meetings is { IsLast: true })
                break;
            if (!IsFirst)
                continue;
            if (_options.KeepsAveragesAt(trainer.Iteration) && await KeepAveragesAsync(trainer, cancellationToken) == TrainerOrder.EndAtOnce)
                return (null, false);
            bool isStop = trainer.Iteration < _options.Iterations && (_meetings?.IsLast ?? (_stopAt > 0 && trainer.Iteration >= _stopAt));
            isDue |= isStop;
            var order = isDue ? await CheckpointAsync(trainer, cancellationToken) : TrainerOrder.GoOn;
            if (order is TrainerOrder.EndAtOnce || (order is TrainerOrder.Regroup && trainer.Iteration < _options.Iterations))
                return (null, false);
            order = await ReportAsync(trainer, loss, validation, cancellationToken);
            if (isStop)
                return (null, true);
            if (order == TrainerOrder.EndAtOnce)
                return (null, false);
            if (order == TrainerOrder.CheckpointAndEnd && _meetings == null && trainer.Iteration < _options.Iterations)
                return (null, isDue || await CheckpointAsync(trainer, cancellationToken) != TrainerOrder.EndAtOnce);
        }
        if (IsFirst)
            return (await StoreSnapshotAsync(trainer, cancellationToken), true);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);   // rank 0 still stores what all have made; then the generation is over
        return (null, false);
    }

    /// <summary>On the device's thread: steps until a second has passed or something is due, or until the next meeting. Returns their mean loss.</summary>
    private double StepForAWhile(Trainer trainer, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        double sum = 0;
        int steps = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            long stepBegan = Stopwatch.GetTimestamp();
            var step = trainer.Step();
            TrainingInstruments.Record(_options.BatchSize, Stopwatch.GetElapsedTime(stepBegan));
            _losses.Add(step.Iteration, step.Loss);
            sum += step.Loss;
            steps++;
        }
        while (_meetings != null ? !trainer.IsRoundOver : Stopwatch.GetElapsedTime(began) < _chunk && !SomethingIsDue(trainer.Iteration));
        // Native objects that wait for a finalizer lie scattered over the C heap and keep freed memory from being reused: without
        // this a training grows by some gigabytes in a few hundred steps.
        GC.Collect();
        _imagesTimed += (long)steps * _options.BatchSize;
        return sum / steps;
    }

    private bool SomethingIsDue(long iteration) =>
        iteration % _options.CheckpointEvery == 0 || iteration % _options.ValidateEvery == 0 || iteration == _stopAt
        || _options.KeepsAveragesAt(iteration) || iteration >= _options.Iterations;

    private async Task<double> ValidateIfDueAsync(Trainer trainer, CancellationToken cancellationToken)
    {
        if (trainer.Iteration % _options.ValidateEvery != 0 && trainer.Iteration < _options.Iterations)
            return double.NaN;
        _clock.Stop();
        var result = await slot.RunAsync(trainer.Validate, cancellationToken);
        _clock.Start();
        _losses.AddValidation(trainer.Iteration, result.Loss, result.EmaLoss);
        return result.Loss;
    }

    /// <summary>Stores a checkpoint, then commits it; those before it that are not kept any more are deleted then.</summary>
    private async Task<TrainerOrder> CheckpointAsync(Trainer trainer, CancellationToken cancellationToken)
    {
        int grids = _network.Kind == NetworkKind.Classifier ? 0 : SampleGrids.CountFor(_assignment.Request!.SampleGrids, _options);
        var recipe = TrainingSetup.CheckpointRecipe(runName, _network, _options, _data.Conditions, _assignment.DatasetDigest!, _assignment.InitialSnapshot, _assignment.ForkedFrom, trainer.Iteration, grids);
        using var scratch = store.CreateScratchDirectory();
        await slot.RunAsync(() => trainer.SaveCheckpoint(scratch.Path), cancellationToken);
        if (SampleGrids.IsDue(grids, _options, trainer.Iteration))
            await slot.RunAsync(() => _grids.Draw(scratch.Path, Describe(trainer), slot.Device, trainer.Iteration), cancellationToken);
        _losses.Write(scratch.Path);
        _grids.Write(scratch.Path);
        TrainingMachine.OfThisProcess(slot.Device).Write(scratch.Path);
        await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
        var answer = await run.CommitCheckpointAsync(_assignment.Generation, new CommittedCheckpoint(recipe.Id, trainer.Iteration), cancellationToken);
        if (answer.Order == TrainerOrder.EndAtOnce)
            return answer.Order;
        LogCheckpoint(runName, trainer.Iteration, recipe.Id);
        foreach (string old in answer.Obsolete)
            await store.DeleteAsync(old, cancellationToken);
        return answer.Order;
    }

    /// <summary>Stores the power-function averages for good, before the checkpoint of the same iteration: whoever goes on from there has them.</summary>
    private async Task<TrainerOrder> KeepAveragesAsync(Trainer trainer, CancellationToken cancellationToken)
    {
        var recipe = TrainingSetup.AveragesRecipe(runName, _network, _options, _data.Conditions, _assignment.DatasetDigest!, _assignment.InitialSnapshot, _assignment.ForkedFrom, trainer.Iteration);
        using var scratch = store.CreateScratchDirectory();
        await slot.RunAsync(() => trainer.SaveAverages(scratch.Path, Describe(trainer)), cancellationToken);
        await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
        return (await run.CommitAveragesAsync(_assignment.Generation, new CommittedCheckpoint(recipe.Id, trainer.Iteration), cancellationToken)).Order;
    }

    private async Task<TrainerOrder> ReportAsync(Trainer trainer, double loss, double validation, CancellationToken cancellationToken)
    {
        double imagesPerSecond = _imagesTimed / Math.Max(_clock.Elapsed.TotalSeconds, 1e-9);
        double imagesLeft = (double)(_options.Iterations - trainer.Iteration) * _options.BatchSize;
        var report = new TrainerReport
        {
            Rank = _assignment.Rank,
            Generation = _assignment.Generation,
            Iteration = trainer.Iteration,
            TotalIterations = _options.Iterations,
            Loss = loss,
            ValidationLoss = validation,
            ImagesPerSecond = imagesPerSecond,
            TimeLeft = TimeSpan.FromSeconds(Math.Min(imagesLeft / imagesPerSecond, 1e8)),
        };
        var answer = await run.ReportAsync(report, cancellationToken);
        _stopAt = answer.StopAt;
        return answer.Order;
    }

    private async Task<string> StoreSnapshotAsync(Trainer trainer, CancellationToken cancellationToken)
    {
        using var scratch = store.CreateScratchDirectory();
        await slot.RunAsync(() => trainer.SaveSnapshot(scratch.Path, Describe(trainer)), cancellationToken);
        var recipe = TrainingSetup.SnapshotRecipe(_network, _options, _data.Conditions, _assignment.DatasetDigest!, _assignment.InitialSnapshot, _assignment.ForkedFrom, trainer.Iteration);
        string id = Models.SnapshotNames.IdFor(scratch.Path);
        await store.PutAsync(id, recipe, scratch.Path, cancellationToken);
        return id;
    }

    private SnapshotDescription Describe(Trainer trainer) =>
        TrainingSetup.DescriptionOf(_set.Description, _data.Conditions) with
        {
            Network = trainer.Network,
            Iterations = trainer.Iteration,
            Usual = _options.Distillation is { } student ? UsualSampling.Of(student) : null,
        };

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Training run {Run}: precision {Precision} was chosen, since a few images took {Single:0.000} s in Float32 and {Half:0.000} s in BFloat16 (summed over {Trainers} trainers)")]
    private partial void LogPrecision(string run, Precision precision, double single, double half, int trainers);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training run {Run}: checkpoint of iteration {Iteration} is {Artifact}")]
    private partial void LogCheckpoint(string run, long iteration, string artifact);
}
