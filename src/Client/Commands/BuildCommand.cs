using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.Grains.Workflows;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Client.Commands;

/// <summary>`build`: a whole study from one file. What is up to date is not done again.</summary>
internal static class BuildCommand
{
    internal static readonly Argument<string> StudyArgument = new("STUDY") { Description = "The study's file: YAML, or the JSON that it maps to." };
    private static readonly Argument<string[]> _targets = new("TARGET") { Description = "Only these targets, and what they need; all if none is named.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<bool> _plan = new("--plan") { Description = "Says what is up to date, what would run and why, and how long that took the last time; runs nothing." };
    private static readonly Option<bool> _all = new("--all") { Description = "With --plan: lists also what is up to date, and not only how much that is." };
    internal static readonly Option<string[]> Properties = new("--property", "-p") { Description = "A property of the study that is to be other than in the file. May be given several times.", HelpName = "NAME=VALUE", DefaultValueFactory = _ => [] };
    private static readonly Option<int> _jobs = new Option<int>("--jobs", "-j") { Description = "So many targets run at a time at most; 'limits' of the study say what they share.", DefaultValueFactory = _ => 4 }.Between(1, 10_000);
    private static readonly Option<string[]> _again = new("--again") { Description = "A target that is forgotten to be done, so that it runs again; what the store has of it, such as samples or a finished training, is not computed again. May be given several times.", HelpName = "TARGET", DefaultValueFactory = _ => [] };
    private static readonly Option<string?> _events = new("--events") { Description = "A file that every change of a target is appended to, as a line of JSON.", HelpName = "FILE" };

    public static Command Build()
    {
        var command = new Command("build", "Builds a study: data sets, trainings, samples, evaluations and skies from one file. What is up to date is not run again; Ctrl-C pauses, and the same command goes on.")
            .With(StudyArgument, _targets, _plan, _all, Properties, _jobs, _again, _events, CommonOptions.UntilInputEnds);
        command.SetGuardedAction(InputEnd.Minding(RunAsync));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        var study = Read(parsed.GetValue(StudyArgument)!, PropertiesOf(parsed));
        var targets = Needed(study, parsed.GetValue(_targets)!);
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string[] again = parsed.GetValue(_again)!;
        if (again.Length > 0 || parsed.GetValue(_plan))
        {
            var plan = await PlanAsync(session, study, targets, cancellationToken);
            if (parsed.GetValue(_plan))
                return Report(study, plan, parsed.GetValue(_all), output);
            await ForgetAsync(session, study, plan, again, cancellationToken);
        }
        var request = new WorkflowRequest
        {
            Study = await StudyArtifact.PutAsync(session.Artifacts, study, cancellationToken),
            Targets = parsed.GetValue(_targets) is { Length: > 0 } named ? new(named) : null,
            AtATime = parsed.GetValue(_jobs),
        };
        return await BuildDisplay.StayAsync(session, study.Name, workflow => workflow.StartAsync(request, CancellationToken.None), output, parsed.GetValue(_events), cancellationToken);
    }

    /// <summary>The values of -p by the names of the properties.</summary>
    internal static Dictionary<string, string> PropertiesOf(ParseResult parsed)
    {
        var properties = new Dictionary<string, string>();
        foreach (string text in parsed.GetValue(Properties)!)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                throw new UserErrorException(ErrorKind.Invalid, "-p", $"-p should be NAME=VALUE, such as -p rms=70uJy, but it is '{text}'.");
            properties[text[..equals]] = text[(equals + 1)..];
        }
        return properties;
    }

    internal static Study Read(string file, IReadOnlyDictionary<string, string> properties)
    {
        try
        {
            return StudyFile.Read(file, properties);
        }
        catch (StudyException error)
        {
            throw new UserErrorException(ErrorKind.Invalid, file, error.Message);
        }
    }

    private static IReadOnlyList<StudyTarget> Needed(Study study, string[] names)
    {
        try
        {
            return study.NeededFor(names);
        }
        catch (RadioDiffusionException error)
        {
            throw new UserErrorException(ErrorKind.Invalid, study.Name, error.Message);
        }
    }

    internal static async Task<IReadOnlyList<PlannedTarget>> PlanAsync(Session session, Study study, IReadOnlyList<StudyTarget> targets, CancellationToken cancellationToken)
    {
        var status = await session.Grains.Workflow(study.Name).GetStatusAsync(cancellationToken);
        return await StudyPlan.MakeAsync(targets, session.Artifacts, session.Grains, await BuildRecord.FindAsync(session.Artifacts, status.LastBuild, cancellationToken), cancellationToken);
    }

    /// <summary>A target without its artifact is not up to date: that is all there is to running it again.</summary>
    private static async Task ForgetAsync(Session session, Study study, IReadOnlyList<PlannedTarget> plan, string[] names, CancellationToken cancellationToken)
    {
        var wanted = names.SelectMany(name => Needed(study, [name]).Where(target => target.Name == name || target.WrittenAs == name)).Select(target => target.Name).ToHashSet();
        foreach (var planned in plan.Where(planned => wanted.Contains(planned.Target.Name) && planned is { State: PlannedState.UpToDate, Artifact: not null }))
            await session.Artifacts.DeleteAsync(planned.Artifact!, cancellationToken);
    }

    private static int Report(Study study, IReadOnlyList<PlannedTarget> plan, bool showsAll, Output output)
    {
        var running = plan.Where(planned => planned.State is PlannedState.WillRun or PlannedState.MayRun).ToList();
        double known = running.Sum(planned => planned.Seconds ?? 0);
        int unknown = running.Count(planned => planned.Seconds == null);
        output.Result(
            new
            {
                Study = study.Name,
                UpToDate = plan.Count(planned => planned.State == PlannedState.UpToDate),
                WillRun = plan.Count(planned => planned.State == PlannedState.WillRun),
                MayRun = plan.Count(planned => planned.State == PlannedState.MayRun),
                CannotRun = plan.Count(planned => planned.State == PlannedState.CannotRun),
                EstimateSeconds = known,
                WithoutEstimate = unknown,
                Targets = plan.Select(planned => new { planned.Target.Name, planned.Target.Kind, planned.State, planned.Reason, planned.Seconds, planned.Artifact, planned.Target.DependsOn }),
            },
            console =>
            {
                var shown = plan.Where(planned => showsAll || planned.State != PlannedState.UpToDate).ToList();
                if (shown.Count > 0)
                    Tables.Write(console, ["Target", "Kind", "", "Why", "Last time"], [.. shown.Select(planned => new[] { planned.Target.Name, planned.Target.Kind, Word(planned.State), planned.Reason, planned.Seconds is { } seconds ? BuildDisplay.Took(seconds) : "" })]);
                int stuck = plan.Count(planned => planned.State == PlannedState.CannotRun);
                console.Line($"{plan.Count - running.Count - stuck} of {plan.Count} targets are up to date{(shown.Count is > 0 and var few && few < plan.Count ? " and not listed (--all lists them)" : "")}, {running.Count} {(running.Count == 1 ? "runs" : "run")}{(stuck > 0 ? $", {stuck} cannot run" : "")}.{Estimate(known, unknown, running.Count)}");
            });
        return plan.Any(planned => planned.State == PlannedState.CannotRun) ? ExitCode.Failed : ExitCode.Done;
    }

    private static string Estimate(double known, int unknown, int running) => running == 0 ? ""
        : unknown == running ? " None of them has run before, so that there is no estimate."
        : $" The last time they took {BuildDisplay.Took(known)}, one after another{(unknown > 0 ? $"; {unknown} of them {(unknown == 1 ? "has" : "have")} not run before" : "")}.";

    private static string Word(PlannedState state) => state switch
    {
        PlannedState.UpToDate => "up to date",
        PlannedState.WillRun => "will run",
        PlannedState.MayRun => "may run",
        _ => "cannot run",
    };
}
