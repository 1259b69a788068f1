using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.Grains.Workflows;
using RadioDiffusion.ModelCore.Workflows;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`study list`, `show`, `log`, `history`, `compare`, `pause`, `resume`, `cancel` and `schema`: studies that were built, or are being built by another process.</summary>
internal static class StudyCommand
{
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the study." };
    private static readonly Argument<string?> _a = new("A") { Description = "A build by its ID or number as 'study history' shows them: 1 is the last one. The one before the last if it is not given.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Argument<string?> _b = new("B") { Description = "Another one; the last one if it is not given.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Argument<string> _target = new("TARGET") { Description = "Name of the target, with the values of its matrix: 'plots[guidance=0.1]'." };
    private static readonly Option<string> _build = new("--build") { Description = "As a build left it: by its ID or number as 'study history' shows them. Default: as it is now.", HelpName = "BUILD", DefaultValueFactory = _ => "" };
    private static readonly Option<string?> _with = new("--with") { Description = "Another study, whose build B is (its last one if B is not given); A is the last one of NAME then.", HelpName = "STUDY" };
    private static readonly Option<int> _most = new Option<int>("--most") { Description = "So many builds, the newest ones.", DefaultValueFactory = _ => 50 }.Between(1, 100_000);
    private static readonly JsonSerializerOptions _schemaText = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build()
    {
        var list = new Command("list", "The studies and their states.").With();
        list.SetGuardedAction(ListAsync);
        var show = new Command("show", "A study's targets, as its last build left them.").With(_name);
        show.SetGuardedAction(ShowAsync);
        var log = new Command("log", "What the program of a target (kind exec) wrote, also where it failed: the last 1 MB then.").With(_name, _target, _build);
        log.SetGuardedAction(LogAsync);
        var history = new Command("history", "A study's builds, the newest first.").With(_name, _most);
        history.SetGuardedAction(HistoryAsync);
        var compare = new Command("compare", "Two builds beside each other: which targets differ, why, and their numbers.").With(_name, _a, _b, _with);
        compare.SetGuardedAction(CompareAsync);
        var pause = new Command("pause", "Stops a build of another process, each target at a point where it can go on.").With(_name);
        pause.SetGuardedAction((parsed, output, cancellationToken) => StopAsync(parsed, output, workflow => workflow.PauseAsync(cancellationToken), cancellationToken));
        var resume = new Command("resume", "Goes on with a build, and stays with it.").With(_name, CommonOptions.UntilInputEnds);
        resume.SetGuardedAction(InputEnd.Minding(ResumeAsync));
        var cancel = new Command("cancel", "Stops a build and gives it up; what is done stays up to date.").With(_name);
        cancel.SetGuardedAction((parsed, output, cancellationToken) => StopAsync(parsed, output, workflow => workflow.CancelAsync(cancellationToken), cancellationToken));
        var schema = new Command("schema", "The JSON schema of a study's file, for editors.");
        schema.SetAction(_ => Console.Out.WriteLine(StudySchema.Make().ToJsonString(_schemaText)));
        return new Command("study", "Studies: see 'build'.") { list, show, log, history, compare, pause, resume, cancel, schema };
    }

    private static async Task<int> ListAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var studies = await session.Grains.StudiesAsync(cancellationToken);
        output.Result(studies.Select(study => new { study.Name, study.State, study.Total, study.UpToDate, study.Ran, study.Failed, study.Blocked, study.Error, Build = study.LastBuild }), console =>
        {
            var table = new Table().AddColumns("Name", "State", "Last build");
            foreach (var study in studies)
                table.AddRow(Markup.Escape(study.Name), study.State.ToString().ToLowerInvariant(), study.LastBuild ?? "");
            console.Write(table);
        });
        return ExitCode.Done;
    }

    private static async Task<int> ShowAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string name = await KnownNameAsync(session, parsed, cancellationToken);
        var status = await session.Grains.Workflow(name).GetStatusAsync(cancellationToken);
        var record = await BuildRecord.FindAsync(session.Artifacts, status.LastBuild, cancellationToken);
        output.Result(new { status.Name, status.State, status.Error, Build = status.LastBuild, Last = record }, console =>
        {
            if (record?.Targets is { Count: > 0 } targets)
                Tables.Write(console, ["Target", "Kind", "State", "Why", "Took"], [.. targets.Select(target => new[] { target.Name, target.Kind, target.State, target.Error ?? target.Reason, target.Seconds > 0 ? BuildDisplay.Took(target.Seconds) : "" })]);
            console.Line($"Study '{name}' is {(status.State == WorkState.None ? "not being built" : status.State.ToString().ToLowerInvariant())}.{(status.Error is { } error ? $" {error}" : "")}");
        });
        return ExitCode.Done;
    }

    private static async Task<int> LogAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string name = await KnownNameAsync(session, parsed, cancellationToken);
        var target = await TargetAsync(session, name, parsed.GetValue(_target)!, parsed.GetValue(_build)!, cancellationToken);
        if (await TargetLog.FindAsync(session.Artifacts, target.Artifact, target.Log, cancellationToken) is not { } made)
        {
            throw new UserErrorException(ErrorKind.NotFound, target.Name, target.Kind == "exec"
                ? $"There is no log of target '{target.Name}': {(target.State is nameof(TargetState.Failed) ? "it failed before its program wrote anything" : target.State is nameof(TargetState.Running) ? "it is kept when its program ends" : "its program has not run")}."
                : $"Target '{target.Name}' is of kind {target.Kind}: only programs (kind exec) write a log.");
        }
        using var reader = new StreamReader(await session.Artifacts.OpenReadAsync(made.Id, TargetResult.LogFile, cancellationToken));
        string text = await reader.ReadToEndAsync(cancellationToken);
        output.Result(new { Study = name, Target = target.Name, target.State, Artifact = made.Id, Text = text }, console => console.Line(text.TrimEnd()));
        return ExitCode.Done;
    }

    /// <summary>A target as a build left it, or as it is now.</summary>
    private static async Task<BuiltTarget> TargetAsync(Session session, string study, string name, string build, CancellationToken cancellationToken)
    {
        var workflow = session.Grains.Workflow(study);
        var status = await workflow.GetStatusAsync(cancellationToken);
        if (build.Length == 0)
        {
            await foreach (var page in workflow.WatchAsync(-1, cancellationToken))
            {
                if (page.Changes.LastOrDefault(target => target.Name == name) is { } now)
                    return new BuiltTarget { Name = now.Name, Kind = now.Kind, State = now.State.ToString(), Artifact = now.Artifact, Log = now.Log };
                if (!page.HasMore)
                    break;
            }
        }
        var targets = (build.Length == 0 ? await BuildRecord.FindAsync(session.Artifacts, status.LastBuild, cancellationToken) : (await BuildHistory.FindAsync(session.Artifacts, status, build, cancellationToken)).Record)?.Targets ?? [];
        return targets.FirstOrDefault(target => target.Name == name)
            ?? throw new UserErrorException(ErrorKind.NotFound, name, $"Nothing is known of a target '{name}' of study '{study}'.{NearestName.Hint(name, targets.Select(target => target.Name))}");
    }

    private static async Task<int> HistoryAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string name = await KnownNameAsync(session, parsed, cancellationToken);
        var status = await session.Grains.Workflow(name).GetStatusAsync(cancellationToken);
        var builds = await BuildHistory.ReadAsync(session.Artifacts, status.LastBuild, cancellationToken).Take(parsed.GetValue(_most)).Select(build => build.Summary).ToListAsync(cancellationToken);
        output.Result(new { Study = name, Builds = builds }, console => console.Write(BuildTables.History(builds)));
        return ExitCode.Done;
    }

    private static async Task<int> CompareAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string name = await KnownNameAsync(session, parsed, cancellationToken);
        string? with = parsed.GetValue(_with);
        string other = with == null ? name : await session.Grains.KnownAsync(INameIndexGrain.Studies, Names.Check(with, "a study"), "study", cancellationToken);
        var comparison = await BuildComparison.MakeAsync(
            await BuildHistory.FindAsync(session.Artifacts, await session.Grains.Workflow(name).GetStatusAsync(cancellationToken), parsed.GetValue(_a) ?? (with == null ? "2" : "1"), cancellationToken),
            await BuildHistory.FindAsync(session.Artifacts, await session.Grains.Workflow(other).GetStatusAsync(cancellationToken), parsed.GetValue(_b) ?? "1", cancellationToken),
            session.Artifacts, session.Grains, cancellationToken);
        output.Result(new { StudyA = name, StudyB = other, comparison.A, comparison.B, comparison.Same, comparison.Targets }, console => BuildTables.Compare(console, comparison));
        return ExitCode.Done;
    }

    private static async Task<int> ResumeAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string name = await KnownNameAsync(session, parsed, cancellationToken);
        return await BuildDisplay.StayAsync(session, name, workflow => workflow.ResumeAsync(CancellationToken.None), output, null, cancellationToken);
    }

    private static async Task<int> StopAsync(ParseResult parsed, Output output, Func<IWorkflowGrain, Task> stop, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string name = await KnownNameAsync(session, parsed, cancellationToken);
        var workflow = session.Grains.Workflow(name);
        await stop(workflow);
        var status = await workflow.FollowAsync(_ => { }, cancellationToken);
        output.Result(new { status.Name, status.State, status.Ran, status.UpToDate }, console =>
            console.Line($"Study '{name}' is {(status.State == WorkState.None ? "given up" : status.State.ToString().ToLowerInvariant())}."));
        return ExitCode.Done;
    }

    private static Task<string> KnownNameAsync(Session session, ParseResult parsed, CancellationToken cancellationToken) =>
        session.Grains.KnownAsync(INameIndexGrain.Studies, Names.Check(parsed.GetValue(_name)!, "a study"), "study", cancellationToken);
}
