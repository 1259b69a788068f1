using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Workflows;

namespace RadioDiffusion.Client.Commands;

/// <summary>`pack`: a built study as one archive, for `replay` elsewhere.</summary>
internal static class PackCommand
{
    private const int MostNamed = 5;
    private static readonly Option<string?> _out = new("--out") { Description = "The archive. Default: NAME.zip in this folder, NAME being that of the study.", HelpName = "FILE.zip" };
    private static readonly Option<bool> _artifacts = new("--artifacts") { Description = "Puts in the results themselves, and not only their digests: data sets, weights, samples, tiles." };

    public static Command Build()
    {
        var command = new Command("pack", "Writes a built study as one archive: its files with small inputs, the values of -p, recipes and digests of all results, reports, and the versions of everything. 'replay' builds it again elsewhere and compares.")
            .With(BuildCommand.StudyArgument, BuildCommand.Properties, _out, _artifacts);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string file = parsed.GetValue(BuildCommand.StudyArgument)!;
        var properties = BuildCommand.PropertiesOf(parsed);
        var study = BuildCommand.Read(file, properties);
        string to = Path.GetFullPath(parsed.GetValue(_out) ?? $"{study.Name}.zip");
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var plan = await BuildCommand.PlanAsync(session, study, study.Targets, cancellationToken);
        var missing = plan.Where(planned => planned.State != PlannedState.UpToDate).ToList();
        if (missing.Count > 0)
        {
            throw new UserErrorException(ErrorKind.Failed, study.Name, $"Only a study that is built can be packed, but {missing.Count} of {plan.Count} targets are not up to date: {string.Join("; ", missing.Take(MostNamed).Select(planned => $"{planned.Target.Name} ({planned.Reason})"))}"
                + $"{(missing.Count > MostNamed ? " and others" : "")}. Run 'radiodiffusion build' with the same file and -p first.");
        }
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        var packer = new StudyPacker(session.Artifacts);
        var pack = await packer.WriteAsync(to, file, study, properties, plan, new StudyContents(session.Grains), parsed.GetValue(_artifacts), cancellationToken);
        string[] needed = [.. pack.Inputs.Where(input => input.InArchive == null).Select(input => input.Value)];
        output.Result(new { Archive = to, Bytes = new FileInfo(to).Length, pack.Study, Targets = pack.Targets.Count, pack.Versions, InputsNeeded = needed, packer.LeftOut }, console =>
        {
            foreach (string input in needed)
                console.Line($"  not in the archive, and needed for a replay: {input}");
            foreach (string left in packer.LeftOut)
                console.Line($"  not in the archive: {left}");
            console.Line($"{to}: {pack.Targets.Count} targets of study '{study.Name}', {FormattableString.Invariant($"{new FileInfo(to).Length:N0}")} bytes. 'radiodiffusion replay {Path.GetFileName(to)}' builds it again and compares.");
        });
        return ExitCode.Done;
    }
}
