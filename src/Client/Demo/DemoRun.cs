using System.Diagnostics;
using System.Globalization;
using RadioDiffusion.Client.Commands;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.SyntheticSky;
using Spectre.Console;

namespace RadioDiffusion.Client.Demo;

/// <summary>
/// The demo, step by step. Every step is idempotent: run again on the same folder, it finds what is there and goes on.
/// </summary>
internal sealed class DemoRun(DemoPlan plan, Output output)
{
    private readonly List<(string Step, TimeSpan Duration)> _durations = [];
    private long? _killedAt;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var shipped = await StepAsync("1/6  Galaxies of a model that comes with the program", () => ShippedAsync(cancellationToken));
        var (mosaics, catalogue) = await StepAsync("2/6  A survey", () => SurveyAsync(cancellationToken));
        var dataset = await StepAsync("3/6  A data set", () => DatasetAsync(mosaics, catalogue, cancellationToken));
        var training = await StepAsync("4/6  A training, killed half-way and resumed", () => TrainAsync(dataset, cancellationToken));
        var samples = await StepAsync("5/6  Samples by ID", () => SampleAsync(dataset, training, cancellationToken));
        await WriteReportAsync(shipped, dataset, training, samples, cancellationToken);
        output.Result(
            new { plan.Report, plan.Store, Samples = samples.Select(sample => sample.Id), dataset.Selected, training.Iteration },
            console => console.Line($"\nReport: {plan.Report}"));
        return dataset.Problems.Count > 0 ? ExitCode.PartlyDone : ExitCode.Done;
    }

    /// <summary>One of each class, before anything is trained.</summary>
    private async Task<IReadOnlyList<SampleStatus>> ShippedAsync(CancellationToken cancellationToken)
    {
        await using var session = await Session.OpenAsync(plan.Store, null, false, cancellationToken);
        var model = await session.Grains.Model(DemoPlan.ShippedModel).GetAsync(cancellationToken);
        string[] ids = [.. model.Classes.Select((name, i) => SampleIds.For(model, new SampleParameters(model.Name, Class: name, Seed: plan.Seed + (ulong)i)))];
        var samples = await FetchAsync(session, ids, cancellationToken);
        foreach (var sample in samples)
            SampleCommand.SaveBoth(sample, plan.ShippedFolder);
        output.Message($"  {string.Join(", ", model.Classes)}, as FITS and PNG in {plan.ShippedFolder}. The model {model.Name} was trained on labelled FIRST images.");
        return samples;
    }

    private Task<(string Mosaics, string Catalogue)> SurveyAsync(CancellationToken cancellationToken)
    {
        if (plan.Mosaics != null)
        {
            output.Message($"  Yours: {plan.Mosaics} with {plan.Catalogue}");
            return Task.FromResult((plan.Mosaics, plan.Catalogue!));
        }
        var survey = SimulatedSurvey.Write(plan.SurveyFolder, new SimulatedSurveyOptions { Seed = plan.Seed },
            new Progress<string>(line => output.Message($"  {line}")), cancellationToken);
        output.Message($"  Simulated: {survey.MosaicDirectory} with {survey.CataloguePath}");
        return Task.FromResult((survey.MosaicDirectory, survey.CataloguePath));
    }

    private async Task<DatasetStatus> DatasetAsync(string mosaics, string catalogue, CancellationToken cancellationToken)
    {
        await using var session = await Session.OpenAsync(plan.Store, null, false, cancellationToken);
        var request = DatasetCommand.RequestFrom(mosaics, catalogue) with { MinimumSnr = plan.MinimumSnr };
        var status = await DatasetCommand.RunAsync(session, DemoPlan.Name, request, output, cancellationToken);
        output.Terminal.Write(Tables.Of(DatasetCommand.SelectionTable(status)));
        foreach (string problem in status.Problems)
            output.Message($"  Left out: {problem}");
        return status;
    }

    /// <summary>One process trains and is killed with SIGKILL half-way; a second one goes on from the last checkpoint.</summary>
    private async Task<TrainingStatus> TrainAsync(DatasetStatus dataset, CancellationToken cancellationToken)
    {
        string run = plan.RunNameFor(dataset);
        if (await FinishedAsync(run, cancellationToken) is { } finished)
        {
            output.Message("  The model is there already: nothing to train.");
            return finished;
        }
        string iterations = plan.Iterations.ToString(CultureInfo.InvariantCulture);
        string every = plan.CheckpointEvery.ToString(CultureInfo.InvariantCulture);
        string seed = plan.Seed.ToString(CultureInfo.InvariantCulture);
        var killed = await TrainInChildAsync(
            run,
            ["train", "start", run, "--until-input-ends", "--dataset", DemoPlan.Name, "--preset", "demo", "--iterations", iterations, "--checkpoint-every", every,
                "--validate-every", every, "--seed", seed, "--store", plan.Store],
            killHalfWay: true, cancellationToken);
        if (killed.State == WorkState.Done)
            return killed;
        _killedAt = killed.Iteration;
        output.Message($"  Killed (SIGKILL) at iteration {killed.Iteration}; the last checkpoint is of iteration {killed.Checkpoint!.Iteration}. A second process goes on from there.");
        return await TrainInChildAsync(run, ["train", "resume", run, "--until-input-ends", "--store", plan.Store], killHalfWay: false, cancellationToken);
    }

    private async Task<TrainingStatus?> FinishedAsync(string run, CancellationToken cancellationToken)
    {
        await using var session = await Session.OpenAsync(plan.Store, null, false, cancellationToken);
        var status = await session.Grains.TrainingRun(run).GetStatusAsync(cancellationToken);
        return status.State == WorkState.Done ? status : null;
    }

    private async Task<TrainingStatus> TrainInChildAsync(string name, string[] arguments, bool killHalfWay, CancellationToken cancellationToken)
    {
        using var child = ChildProcess.Start(arguments);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TrainingStatus last;
        await using (var session = await ConnectAsync(child, cancellationToken))
        {
            var run = session.Grains.TrainingRun(name);
            last = await BegunAsync(run, child, cancellationToken);
            try
            {
                await TrainingDisplay.ShowAsync(
                    run,
                    output,
                    status =>
                    {
                        last = status;
                        if (killHalfWay && IsHalfWay(status))
                            enough.Cancel();
                    },
                    enough.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                await child.KillAsync(cancellationToken);
                return last;
            }
        }
        int exitCode = await child.WaitAsync(cancellationToken);
        return last.State == WorkState.Done && exitCode == ExitCode.Done
            ? last
            : throw new UserErrorException(ErrorKind.Failed, DemoPlan.Name, $"The training process ended with {exitCode}: {last.Error ?? await child.ErrorsAsync()}");
    }

    /// <summary>Half-way, with something to go on from, and something to lose where a checkpoint is not written after every report.</summary>
    private bool IsHalfWay(TrainingStatus status)
    {
        long half = status.TotalIterations / 2;
        return !status.StandsStill && status.Checkpoint is { } checkpoint
            && ((status.Iteration >= half && status.Iteration > checkpoint.Iteration) || status.Iteration >= half + plan.CheckpointEvery);
    }

    /// <summary>Connects to the silo in the child, unless the child ends first.</summary>
    private async Task<Session> ConnectAsync(ChildProcess child, CancellationToken cancellationToken)
    {
        try
        {
            return await Session.ConnectToOwnerAsync(plan.Store, child.Id, cancellationToken);
        }
        catch (UserErrorException) when (child.HasExited)
        {
            throw await EndedEarlyAsync(child);
        }
    }

    /// <summary>The run once the child has begun it: this process may have come first, and then sees no run, or what the killed one left.</summary>
    private static async Task<TrainingStatus> BegunAsync(ITrainingRunGrain run, ChildProcess child, CancellationToken cancellationToken)
    {
        for (; ; )
        {
            TrainingStatus status;
            try
            {
                status = await run.GetStatusAsync(cancellationToken);
            }
            catch (Exception error) when (child.HasExited && error is not OperationCanceledException)
            {
                throw await EndedEarlyAsync(child);
            }
            if (!status.StandsStill || status.State == WorkState.Done)
                return status;
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    private static async Task<UserErrorException> EndedEarlyAsync(ChildProcess child) =>
        new(ErrorKind.Failed, DemoPlan.Name, $"The training process ended early: {await child.ErrorsAsync()}");

    private async Task<IReadOnlyList<SampleStatus>> SampleAsync(DatasetStatus dataset, TrainingStatus training, CancellationToken cancellationToken)
    {
        await using var session = await Session.OpenAsync(plan.Store, null, false, cancellationToken);
        var model = await session.Grains.Model(training.Name).GetAsync(cancellationToken);
        using var set = TrainingSetReader.Open(await session.Artifacts.GetDirectoryAsync(dataset.Artifact!, cancellationToken));
        string[] ids = [.. DemoReport.FluxesOf(set, plan.Samples)
            .Select((flux, i) => SampleIds.For(model, new SampleParameters(model.Name, Flux: flux, Seed: plan.Seed + (ulong)i)))];
        long began = Stopwatch.GetTimestamp();
        var samples = await FetchAsync(session, ids, cancellationToken);
        var first = Stopwatch.GetElapsedTime(began);
        foreach (var sample in samples)
            SampleCommand.SaveBoth(sample, plan.SamplesFolder);

        began = Stopwatch.GetTimestamp();
        var again = await FetchAsync(session, ids, cancellationToken);
        bool same = samples.Zip(again).All(pair => pair.First.Fits!.AsSpan().SequenceEqual(pair.Second.Fits) && pair.First.Png!.AsSpan().SequenceEqual(pair.Second.Png));
        if (!same)
            throw new UserErrorException(ErrorKind.Failed, DemoPlan.Name, "Asking for the samples a second time gave other bytes.");
        output.Message(string.Create(CultureInfo.InvariantCulture,
            $"  {ids.Length} galaxies in {first.TotalSeconds:0.0} s, as FITS and PNG in {plan.SamplesFolder}. Asked for again: the same bytes from the store in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s."));
        output.Message($"  for example  {ids[0]}");
        return samples;
    }

    /// <summary>In the order of the IDs; all of them, or the reason why not.</summary>
    private static async Task<SampleStatus[]> FetchAsync(Session session, string[] ids, CancellationToken cancellationToken)
    {
        var samples = new Dictionary<string, SampleStatus>();
        await foreach (var fetched in session.Grains.FetchSamplesAsync(ids, cancellationToken))
            samples[fetched.Id] = fetched.Sample ?? throw fetched.Error!;
        return [.. ids.Select(id => samples[id])];
    }

    private async Task WriteReportAsync(IReadOnlyList<SampleStatus> shipped, DatasetStatus dataset, TrainingStatus training, IReadOnlyList<SampleStatus> samples, CancellationToken cancellationToken)
    {
        output.Message("\n6/6  A report");
        using var store = new LocalArtifactStore(plan.Store);
        await new DemoReport(plan, shipped, dataset, training, _killedAt, samples, _durations).WriteAsync(store, cancellationToken);
    }

    private async Task<T> StepAsync<T>(string name, Func<Task<T>> step)
    {
        output.Message($"\n{name}");
        long began = Stopwatch.GetTimestamp();
        var result = await step();
        var duration = Stopwatch.GetElapsedTime(began);
        _durations.Add((name[(name.IndexOf(' ', StringComparison.Ordinal) + 1)..].Trim(), duration));
        output.Message($"  {TrainingDisplay.Duration(duration)}");
        return result;
    }
}
