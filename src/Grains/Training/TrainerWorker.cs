using System.Diagnostics;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Training;

/// <summary>
/// The loop of one trainer: steps on the device's thread, about a second at a time; between them it reports, validates, and
/// stores and commits checkpoints. Knows its run only through the run's grain, so it can run in any process.
/// </summary>
internal sealed partial class TrainerWorker(
    ITrainingRunGrain run, string runName, int rank, long generation, IArtifactStore store, IDeviceSlot slot, ILogger logger)
{
    private static readonly TimeSpan _chunk = TimeSpan.FromSeconds(1);
    private readonly Stopwatch _clock = new();
    private LossHistory _losses = null!;
    private SampleGrids _grids = null!;
    private TrainingSetReader _data = null!;
    private TrainingOptions _options = null!;
    private NetworkOptions _network = null!;
    private TrainerAssignment _assignment = null!;
    private string? _previousCheckpoint;
    private string? _committedCheckpoint;
    private long _imagesTimed;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            _assignment = await run.JoinAsync(rank, generation, cancellationToken);
            if (!_assignment.Accepted)
                return;
            var (snapshot, ended) = await TrainAsync(cancellationToken);
            if (ended)
                await run.EndAsync(new TrainerEnd { Rank = rank, Generation = generation, Snapshot = snapshot }, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped: the run goes on from the last committed checkpoint.
        }
        catch (Exception error)
        {
            LogFailed(error, runName, rank);
            await TellFailureAsync(error);
        }
    }

    private async Task TellFailureAsync(Exception failure)
    {
        try
        {
            await run.EndAsync(new TrainerEnd { Rank = rank, Generation = generation, Error = failure.Message }, CancellationToken.None);
        }
        catch (Exception error)
        {
            LogNotTold(error, runName, rank);                // the run shows it, or is interrupted; both can be resumed
        }
    }

    private async Task<(string? Snapshot, bool Ended)> TrainAsync(CancellationToken cancellationToken)
    {
        string dataDirectory = await store.GetDirectoryAsync(_assignment.DatasetArtifact!, cancellationToken);
        using var data = _data = TrainingSetReader.Open(dataDirectory);
        _options = TrainingSetup.OptionsFor(_assignment.Request!);
        _network = NetworkFor(data);
        var trainer = await PrepareAsync(data, cancellationToken);
        try
        {
            return await StepAndReportAsync(trainer, data, cancellationToken);
        }
        finally
        {
            TrainingInstruments.RecordEnd();
            await slot.RunAsync(trainer.Dispose, CancellationToken.None);
        }
    }

    private async Task<Trainer> PrepareAsync(TrainingSetReader data, CancellationToken cancellationToken)
    {
        if (_assignment.Checkpoint is not { } checkpoint)
        {
            _losses = new LossHistory();
            _grids = new SampleGrids();
            string? initial = _assignment.InitialSnapshot is { } snapshot
                ? Path.Combine(await store.GetDirectoryAsync(snapshot, cancellationToken), SnapshotDescription.WeightsFileName) : null;
            return await slot.RunAsync(() => Trainer.Create(_network, _options, data, slot.Device, _assignment.DatasetDigest!, initialWeights: initial), cancellationToken);
        }
        string directory = await store.GetDirectoryAsync(checkpoint.Artifact, cancellationToken);
        _committedCheckpoint = checkpoint.Artifact;
        _losses = LossHistory.Read(directory);
        _grids = SampleGrids.Read(directory);
        return await slot.RunAsync(() => Trainer.Resume(directory, data, slot.Device, _assignment.DatasetDigest!), cancellationToken);
    }

    private async Task<(string? Snapshot, bool Ended)> StepAndReportAsync(Trainer trainer, TrainingSetReader data, CancellationToken cancellationToken)
    {
        _clock.Start();
        while (trainer.Iteration < _options.Iterations)
        {
            double loss = await slot.RunAsync(() => StepForAWhile(trainer, cancellationToken), cancellationToken);
            double validation = await ValidateIfDueAsync(trainer, cancellationToken);
            bool committed = await CheckpointIfDueAsync(trainer, cancellationToken);
            var order = committed ? await ReportAsync(trainer, loss, validation, cancellationToken) : TrainerOrder.EndAtOnce;
            if (order == TrainerOrder.EndAtOnce)
                return (null, false);
            if (order == TrainerOrder.CheckpointAndEnd && trainer.Iteration < _options.Iterations)
                return (null, await CheckpointAsync(trainer, cancellationToken));
        }
        return (await StoreSnapshotAsync(trainer, data, cancellationToken), true);
    }

    /// <summary>On the device's thread: steps until a second has passed or something is due. Returns their mean loss.</summary>
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
        while (Stopwatch.GetElapsedTime(began) < _chunk && !SomethingIsDue(trainer.Iteration));
        // Native objects that wait for a finalizer lie scattered over the C heap and keep freed memory from being reused: without
        // this a training grows by some gigabytes in a few hundred steps.
        GC.Collect();
        _imagesTimed += (long)steps * _options.BatchSize;
        return sum / steps;
    }

    private bool SomethingIsDue(long iteration) =>
        iteration % _options.CheckpointEvery == 0 || iteration % _options.ValidateEvery == 0 || iteration >= _options.Iterations;

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

    private async Task<bool> CheckpointIfDueAsync(Trainer trainer, CancellationToken cancellationToken) =>
        (trainer.Iteration % _options.CheckpointEvery != 0 && trainer.Iteration < _options.Iterations)
        || await CheckpointAsync(trainer, cancellationToken);

    /// <summary>Stores a checkpoint, then commits it; the one before the last is no longer needed then.</summary>
    private async Task<bool> CheckpointAsync(Trainer trainer, CancellationToken cancellationToken)
    {
        int grids = SampleGrids.CountFor(_assignment.Request!.SampleGrids, _options);
        var recipe = TrainingSetup.CheckpointRecipe(runName, _network, _options, _assignment.DatasetDigest!, _assignment.InitialSnapshot, trainer.Iteration, grids);
        using var scratch = store.CreateScratchDirectory();
        await slot.RunAsync(() => trainer.SaveCheckpoint(scratch.Path), cancellationToken);
        if (SampleGrids.IsDue(grids, _options, trainer.Iteration))
            await slot.RunAsync(() => _grids.Draw(scratch.Path, Describe(trainer, _data), slot.Device, trainer.Iteration), cancellationToken);
        _losses.Write(scratch.Path);
        _grids.Write(scratch.Path);
        TrainingMachine.OfThisProcess(slot.Device).Write(scratch.Path);
        await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
        if (!await run.CommitCheckpointAsync(generation, new CommittedCheckpoint(recipe.Id, trainer.Iteration), cancellationToken))
            return false;
        LogCheckpoint(runName, trainer.Iteration, recipe.Id);
        if (_previousCheckpoint is { } old && old != recipe.Id)
            await store.DeleteAsync(old, cancellationToken);
        if (_committedCheckpoint != recipe.Id)
            _previousCheckpoint = _committedCheckpoint;
        _committedCheckpoint = recipe.Id;
        return true;
    }

    private Task<TrainerOrder> ReportAsync(Trainer trainer, double loss, double validation, CancellationToken cancellationToken)
    {
        double imagesPerSecond = _imagesTimed / Math.Max(_clock.Elapsed.TotalSeconds, 1e-9);
        double imagesLeft = (double)(_options.Iterations - trainer.Iteration) * _options.BatchSize;
        var report = new TrainerReport
        {
            Rank = rank,
            Generation = generation,
            Iteration = trainer.Iteration,
            TotalIterations = _options.Iterations,
            Loss = loss,
            ValidationLoss = validation,
            ImagesPerSecond = imagesPerSecond,
            TimeLeft = TimeSpan.FromSeconds(Math.Min(imagesLeft / imagesPerSecond, 1e8)),
        };
        return run.ReportAsync(report, cancellationToken);
    }

    private async Task<string> StoreSnapshotAsync(Trainer trainer, TrainingSetReader data, CancellationToken cancellationToken)
    {
        using var scratch = store.CreateScratchDirectory();
        await slot.RunAsync(() => trainer.SaveSnapshot(scratch.Path, Describe(trainer, data)), cancellationToken);
        var recipe = TrainingSetup.SnapshotRecipe(_network, _options, _assignment.DatasetDigest!, _assignment.InitialSnapshot, trainer.Iteration);
        string id = Models.SnapshotNames.IdFor(scratch.Path);
        await store.PutAsync(id, recipe, scratch.Path, cancellationToken);
        return id;
    }

    private NetworkOptions NetworkFor(TrainingSetReader data) => TrainingConfiguration.Of(_assignment.Request!.Preset, _assignment.Request.Configuration).Network with
    {
        ContextDimension = data.HasContext ? 1 : 0,
        ClassCount = data.ClassCount,
        ImageSize = data.ImageSize,
        ImageChannels = data.ImageChannels,
    };

    private static SnapshotDescription Describe(Trainer trainer, TrainingSetReader data) =>
        TrainingSetup.DescriptionOf(data.Description) with { Network = trainer.Network, Iterations = trainer.Iteration };

    [LoggerMessage(Level = LogLevel.Information, Message = "Training run {Run}: checkpoint of iteration {Iteration} is {Artifact}")]
    private partial void LogCheckpoint(string run, long iteration, string artifact);

    [LoggerMessage(Level = LogLevel.Error, Message = "The failure of trainer {Run}/{Rank} could not be stored")]
    private partial void LogNotTold(Exception error, string run, int rank);

    [LoggerMessage(Level = LogLevel.Error, Message = "Trainer {Run}/{Rank} failed")]
    private partial void LogFailed(Exception error, string run, int rank);
}
