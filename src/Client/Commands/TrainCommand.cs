using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`train start`, `watch`, `pause`, `resume`, `scale`, `fork`, `delete` and `list`; `report` is <see cref="TrainReportCommand"/>.</summary>
internal static class TrainCommand
{
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the training run." };
    private static readonly Option<string> _dataset = new("--dataset") { Description = "Name of the data set.", Required = true };
    private static readonly Option<string> _preset = new("--preset") { Description = "lofar or first (the paper's), small, or demo; classifier (the paper's) or classifier-small, which tell the classes of images.", DefaultValueFactory = _ => "small" };
    private static readonly Option<long?> _iterations = new Option<long?>("--iterations") { Description = "Iterations; default: the preset's." }.AtLeast(1);
    private static readonly Option<int?> _batch = new Option<int?>("--batch") { Description = "Images per iteration; default: the preset's." }.AtLeast(1);
    private static readonly Option<double?> _rate = new Option<double?>("--learning-rate") { Description = "Learning rate of Adam; default: the preset's." }.Positive();
    private static readonly Option<int?> _checkpointEvery = new Option<int?>("--checkpoint-every") { Description = "Iterations between checkpoints; default: the preset's." }.AtLeast(1);
    private static readonly Option<int?> _validateEvery = new Option<int?>("--validate-every") { Description = "Iterations between validations; default: the preset's." }.AtLeast(1);
    private static readonly Option<int> _workers = new Option<int>("--workers") { Description = "Trainers, each a process on a device of its own, that share every batch.", DefaultValueFactory = _ => 1 }.AtLeast(1);
    private static readonly Option<int?> _minWorkers = new Option<int?>("--min-workers") { Description = "With fewer trainers the run waits; default: as many as --workers." }.AtLeast(1);
    private static readonly Option<long?> _stopAt = new Option<long?>("--stop-at") { Description = "The iteration after which the run pauses, with a checkpoint." }.AtLeast(1);
    private static readonly Option<int> _keep = new Option<int>("--keep") { Description = "How many of the last checkpoints are kept.", DefaultValueFactory = _ => 2 }.AtLeast(1);
    private static readonly Option<long?> _milestones = new Option<long?>("--milestone-every") { Description = "Checkpoints of iterations that this divides are kept for good; 0 (the default) for none." }.AtLeast(0);
    private static readonly Argument<string> _source = new("FROM") { Description = "Name of the run to begin from." };
    private static readonly Option<long?> _forkIteration = new Option<long?>("--at") { Description = "Iteration of the checkpoint to begin with; default: the last one." }.AtLeast(1);
    private static readonly Option<int?> _newWorkers = new Option<int?>("--workers") { Description = "Trainers from the next checkpoint on.", Required = true }.AtLeast(1);
    private static readonly Option<long?> _pauseAt = new Option<long?>("--at") { Description = "Only after this iteration; 0 takes an earlier --at back." }.AtLeast(0);
    private static readonly Option<int?> _sampleGrids = new Option<int?>("--sample-grids")
    {
        Description = "Grids of samples drawn at checkpoints, for the report; default: as many as cost less than 1 % of the run, at most 10. 0 for none.",
    }.AtLeast(0);

    private static readonly Option<FileInfo?> _configuration = new("--config") { Description = "JSON with what is different from the preset: {\"network\": {...}, \"training\": {...}, \"conditions\": [{\"name\": \"LAS\", \"transform\": \"log\"}]}.", HelpName = "FILE" };
    private static readonly Option<string?> _from = new("--from-model") { Description = "A model whose weights training begins with, instead of random ones; it may have other classes and conditions." };

    public static Command Build()
    {
        var start = new Command("start", "Starts a run and stays with it; Ctrl-C writes a checkpoint and pauses it.")
            .With(_name, _dataset, _preset, _iterations, _batch, _rate, _checkpointEvery, _validateEvery, _workers, _minWorkers, _stopAt, _keep, _milestones, _sampleGrids, _configuration, _from, CommonOptions.Seed, CommonOptions.UntilInputEnds);
        start.SetGuardedAction(InputEnd.Minding(StartAsync));
        var watch = new Command("watch", "Watches a run of another process.").With(_name);
        watch.SetGuardedAction(WatchAsync);
        var pause = new Command("pause", "Writes a checkpoint and pauses a run of another process.").With(_name, _pauseAt);
        pause.SetGuardedAction(PauseAsync);
        var resume = new Command("resume", "Goes on from the last checkpoint, and stays with the run.").With(_name, CommonOptions.UntilInputEnds);
        resume.SetGuardedAction(InputEnd.Minding(ResumeAsync));
        var list = new Command("list", "The runs and their states.").With();
        list.SetGuardedAction(ListAsync);
        var scale = new Command("scale", "Changes how many trainers a run has, from its next checkpoint on.").With(_name, _newWorkers, _minWorkers);
        scale.SetGuardedAction(ScaleAsync);
        var fork = new Command("fork", "Makes a new run from another one's checkpoint, with its settings except for those that are given; 'train resume' starts it.")
            .With(_source, _name, _forkIteration, _iterations, _batch, _rate, _checkpointEvery, _validateEvery, _configuration);
        fork.SetGuardedAction(ForkAsync);
        var delete = new Command("delete", "Forgets a run that stands still, and deletes its checkpoints and averages; models made of it stay.").With(_name);
        delete.SetGuardedAction(DeleteAsync);
        return new Command("train", "Training runs.") { start, watch, pause, resume, scale, fork, delete, list, TrainReportCommand.Build() };
    }

    private static async Task<int> StartAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var request = new TrainingRequest
        {
            Dataset = Names.Check(parsed.GetValue(_dataset)!, "a data set"),
            Preset = parsed.GetValue(_preset)!,
            Iterations = parsed.GetValue(_iterations),
            BatchSize = parsed.GetValue(_batch),
            LearningRate = parsed.GetValue(_rate),
            CheckpointEvery = parsed.GetValue(_checkpointEvery),
            ValidateEvery = parsed.GetValue(_validateEvery),
            Workers = parsed.GetValue(_workers),
            MinWorkers = parsed.GetValue(_minWorkers),
            StopAt = parsed.GetValue(_stopAt),
            KeepCheckpoints = parsed.GetValue(_keep),
            MilestoneEvery = parsed.GetValue(_milestones) ?? 0,
            Configuration = parsed.GetValue(_configuration) is { } file ? await File.ReadAllTextAsync(file.FullName, cancellationToken) : null,
            InitialModel = parsed.GetValue(_from),
            SampleGrids = parsed.GetValue(_sampleGrids),
            Seed = parsed.GetValue(CommonOptions.Seed),
        };
        string name = Names.Check(parsed.GetValue(_name)!, "a training run");
        return await StayAsync(session, name, () => StartAsync(session.Grains.TrainingRun(name), request, output), output, cancellationToken);
    }

    private static async Task StartAsync(ITrainingRunGrain run, TrainingRequest request, Output output)
    {
        // Not cancelled half-way: Ctrl-C pauses a run, and for that it must have begun.
        var status = await run.StartAsync(request, CancellationToken.None);
        if (status.State is WorkState.Interrupted or WorkState.Paused or WorkState.Failed)
        {
            output.Message($"Run '{status.Name}' exists with these settings and is {Word(status.State)}: going on from {From(status)}.");
            await run.ResumeAsync(CancellationToken.None);
        }
    }

    private static async Task<int> ResumeAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string name = await KnownNameAsync(session, parsed, cancellationToken);
        return await StayAsync(session, name, () => ResumeAsync(session.Grains.TrainingRun(name), output), output, cancellationToken);
    }

    private static async Task ResumeAsync(ITrainingRunGrain run, Output output)
    {
        var before = await run.GetStatusAsync(CancellationToken.None);
        if (before.State is not (WorkState.Done or WorkState.Running) && !before.IsForkUnfinished)
            output.Message($"Run '{before.Name}' was {Word(before.State)}: going on from {From(before)}.");
        await run.ResumeAsync(CancellationToken.None);
    }

    private static async Task<int> WatchAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string name = await KnownNameAsync(session, parsed, cancellationToken);
        var status = await session.WorkAsync(token => TrainingDisplay.ShowAsync(session.Grains.TrainingRun(name), output, token), IsDone, cancellationToken);
        return Report(status, output);
    }

    private static async Task<int> PauseAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string name = await KnownNameAsync(session, parsed, cancellationToken);
        if (parsed.GetValue(_pauseAt) is { } iteration)
        {
            var status = await session.Grains.TrainingRun(name).StopAtAsync(iteration, cancellationToken);
            output.Result(status, console => console.Line(iteration == 0 ? $"Run '{name}' goes on to its end." : $"Run '{name}' pauses after iteration {iteration}."));
            return ExitCode.Done;
        }
        await session.Grains.TrainingRun(name).PauseAsync(cancellationToken);
        return Report(await session.Grains.TrainingRun(name).FollowAsync(_ => { }, cancellationToken), output);
    }

    private static async Task<int> ScaleAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string name = await KnownNameAsync(session, parsed, cancellationToken);
        int workers = parsed.GetValue(_newWorkers)!.Value;
        var status = await session.Grains.TrainingRun(name).ScaleAsync(workers, parsed.GetValue(_minWorkers) ?? workers, cancellationToken);
        output.Result(status, console => console.Line($"Run '{name}' has {workers} trainers{(status.State == WorkState.Running ? " from its next checkpoint on" : "")}."));
        return ExitCode.Done;
    }

    private static async Task<int> ForkAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string source = await session.Grains.KnownAsync(INameIndexGrain.Runs, Names.Check(parsed.GetValue(_source)!, "a training run"), "training run", cancellationToken);
        string name = Names.Check(parsed.GetValue(_name)!, "a training run");
        var request = (await session.Grains.TrainingRun(source).GetStatusAsync(cancellationToken)).Request!;
        var fork = new TrainingFork
        {
            From = source,
            Iteration = parsed.GetValue(_forkIteration),
            Request = request with
            {
                Iterations = parsed.GetValue(_iterations) ?? request.Iterations,
                BatchSize = parsed.GetValue(_batch) ?? request.BatchSize,
                LearningRate = parsed.GetValue(_rate) ?? request.LearningRate,
                CheckpointEvery = parsed.GetValue(_checkpointEvery) ?? request.CheckpointEvery,
                ValidateEvery = parsed.GetValue(_validateEvery) ?? request.ValidateEvery,
                Configuration = parsed.GetValue(_configuration) is { } file ? await File.ReadAllTextAsync(file.FullName, cancellationToken) : request.Configuration,
                ModelName = null,
                StopAt = null,
            },
        };
        try
        {
            var status = await session.WorkAsync(
                async token =>
                {
                    var run = session.Grains.TrainingRun(name);
                    await run.ForkAsync(fork, token);
                    return await TrainingDisplay.ShowAsync(run, output, token);
                },
                status => !status.IsForkUnfinished,
                cancellationToken);
            return Report(status, output);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            output.Message(session.IsEmbedded
                ? $"Copying is interrupted: the same command goes on with it, and 'radiodiffusion train delete {name}' gives it up."
                : $"Copying goes on without this command: 'radiodiffusion train watch {name}' shows it.");
            return ExitCode.Cancelled;
        }
    }

    private static async Task<int> DeleteAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string name = await KnownNameAsync(session, parsed, cancellationToken);
        await session.Grains.TrainingRun(name).DeleteAsync(cancellationToken);
        output.Result(new { Deleted = name }, console => console.Line($"Run '{name}', its checkpoints and its averages are deleted."));
        return ExitCode.Done;
    }

    private static async Task<int> ListAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var runs = await session.Grains.RunsAsync(cancellationToken);
        output.Result(runs, console =>
        {
            var table = new Table().AddColumns("Name", "State", "Iteration", "Data set", "Preset", "Last checkpoint");
            foreach (var run in runs)
            {
                table.AddRow(Markup.Escape(run.Name), Word(run.State), $"{run.Iteration} of {run.TotalIterations}", Markup.Escape(run.Request?.Dataset ?? ""),
                    Markup.Escape(run.Request?.Preset ?? ""), run.Checkpoint is { } checkpoint ? $"iteration {checkpoint.Iteration}" : "none");
            }
            console.Write(table);
        });
        return ExitCode.Done;
    }

    /// <summary>Begins the run and shows it until it stands still. When cancelled: asks for a checkpoint, and waits for it.</summary>
    private static async Task<int> StayAsync(Session session, string name, Func<Task> begin, Output output, CancellationToken cancellationToken)
    {
        try
        {
            var status = await session.WorkAsync(
                async token =>
                {
                    await begin();
                    return await TrainingDisplay.ShowAsync(session.Grains.TrainingRun(name), output, token);
                },
                IsDone,
                cancellationToken);
            return Report(status, output);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            output.Message("Writing a checkpoint ...");
            var run = session.Grains.TrainingRun(name);
            await run.PauseAsync(CancellationToken.None);
            Report(await run.FollowAsync(_ => { }, CancellationToken.None), output);
            return ExitCode.Cancelled;
        }
    }

    private static bool IsDone(TrainingStatus status) => status.State == WorkState.Done;

    private static int Report(TrainingStatus status, Output output)
    {
        output.Result(status, console => console.Line(status.State switch
        {
            WorkState.Done => $"Run '{status.Name}' is done after {status.Iteration} iterations: model '{status.Request!.ModelName ?? status.Name}', {status.Snapshot}.",
            WorkState.Failed => $"Run '{status.Name}' failed: {status.Error}",
            _ when status.IsForkUnfinished => $"Run '{status.Name}' is {Word(status.State)}. {status.Error}",
            _ => $"Run '{status.Name}' is {Word(status.State)} at {From(status)}: 'radiodiffusion train resume {status.Name}' goes on.",
        }));
        return status.State == WorkState.Failed || (status.IsForkUnfinished && status.StandsStill) ? ExitCode.Failed : ExitCode.Done;
    }

    private static Task<string> KnownNameAsync(Session session, ParseResult parsed, CancellationToken cancellationToken) =>
        session.Grains.KnownAsync(INameIndexGrain.Runs, Names.Check(parsed.GetValue(_name)!, "a training run"), "training run", cancellationToken);

    private static string From(TrainingStatus status) => status.Checkpoint is { } checkpoint ? $"the checkpoint of iteration {checkpoint.Iteration}" : "the beginning";

    private static string Word(WorkState state) => state.ToString().ToLowerInvariant();
}
