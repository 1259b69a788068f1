using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.Grains.Workflows;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Workflows;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`replay`: builds a study from its archive, and says of each target whether it gave the same.</summary>
internal static class ReplayCommand
{
    private const int MostDifferences = 4, MostNumbers = 3;
    private static readonly Argument<string> _archive = new("FILE") { Description = "An archive of 'pack'." };
    private static readonly Option<string?> _in = new("--in") { Description = "Folder for the study's files, from where its relative paths are meant; what is there already is not written over. Default: NAME-replay in this folder, NAME being that of the study.", HelpName = "DIR" };
    private static readonly Option<double> _tolerance = new Option<double>("--tolerance") { Description = "Numbers of results (figures of evaluations, deviations of images and tiles, norms of weights) that differ by no more than this share count as equal: samples and other processors round in other ways.", DefaultValueFactory = _ => 1e-3 }.Between(0, 1);
    private static readonly Option<bool> _artifacts = new("--artifacts") { Description = "Takes the results that the archive holds ('pack --artifacts') into the store first, so that targets with the same recipes are up to date and do not run. Only of people whom you trust: nobody can see from a recipe that a result is its." };
    private static readonly Option<int> _jobs = new Option<int>("--jobs", "-j") { Description = "So many targets run at a time at most.", DefaultValueFactory = _ => 4 }.Between(1, 10_000);

    public static Command Build()
    {
        var command = new Command("replay", "Builds a study from an archive of 'pack' and compares: for each target whether its recipe and its results are the same, and else what differs. A study may start programs: look at one from others before, with any unzip.")
            .With(_archive, _in, BuildCommand.Properties, _artifacts, _tolerance, _jobs, CommonOptions.UntilInputEnds);
        command.SetGuardedAction(InputEnd.Minding(RunAsync));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        bool takesArtifacts = parsed.GetValue(_artifacts);
        using var archive = Open(parsed.GetValue(_archive)!, takesArtifacts);
        var pack = archive.Pack;
        string folder = Path.GetFullPath(parsed.GetValue(_in) ?? $"{pack.Study}-replay");
        var kept = archive.Extract(folder);
        foreach (string file in kept)
            output.Message($"  {file} is not as in the archive; it is taken as it is here");
        var properties = new Dictionary<string, string>(pack.Properties);
        foreach (var (name, value) in BuildCommand.PropertiesOf(parsed))
            properties[name] = value;
        var study = BuildCommand.Read(Path.Combine(folder, pack.File), properties);

        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var (taken, ownOnes) = takesArtifacts ? await new PackedArtifacts(session.Artifacts, session.Grains).TakeAsync(archive, cancellationToken) : ([], []);
        if (takesArtifacts)
            output.Message($"  {taken.Count} results are taken from the archive{(ownOnes.Count == 0 ? "" : $"; of {ownOnes.Count} targets the store has results of its own, which stay: {string.Join(", ", ownOnes)}")}");
        var request = new WorkflowRequest { Study = await StudyArtifact.PutAsync(session.Artifacts, study, cancellationToken), AtATime = parsed.GetValue(_jobs) };
        var status = await BuildDisplay.StayAsync(session, study.Name, workflow => workflow.StartAsync(request, CancellationToken.None), output, cancellationToken);
        var record = await BuildRecord.FindAsync(session.Artifacts, status.LastBuild, cancellationToken);
        if (record is not { Error: null })
            throw new UserErrorException(ErrorKind.Failed, study.Name, $"Study '{study.Name}' could not be built: {status.Error}");
        var compared = await CompareAsync(session, archive, record, parsed.GetValue(_tolerance), cancellationToken);
        return Report(output, pack, folder, status, compared, record, taken);
    }

    private static StudyArchive Open(string path, bool takesArtifacts)
    {
        StudyArchive? archive = null;
        try
        {
            archive = StudyArchive.Open(path);
            if (takesArtifacts)
                archive.Artifacts();                         // refused before anything is written
            return archive;
        }
        catch (RadioDiffusionException error)
        {
            archive?.Dispose();
            throw new UserErrorException(ErrorKind.Invalid, path, error.Message);
        }
    }

    private static async Task<List<ReplayedTarget>> CompareAsync(Session session, StudyArchive archive, BuildRecord record, double tolerance, CancellationToken cancellationToken)
    {
        var packer = new StudyPacker(session.Artifacts);
        var built = record.Targets.ToDictionary(target => target.Name);
        var results = (ResultsOf(archive.Pack.Targets.Select(target => (target.Name, target.Outputs))), ResultsOf(record.Targets.Where(target => target.Outputs != null).Select(target => (target.Name, target.Outputs!))));
        var compared = new List<ReplayedTarget>();
        var verdicts = new Dictionary<string, ReplayVerdict>();
        foreach (var was in archive.Pack.Targets)
        {
            if (!built.TryGetValue(was.Name, out var target))
                compared.Add(ReplayedTarget.Without(was, "the study has no such target here"));
            else if (target.State is not (nameof(TargetState.Done) or nameof(TargetState.UpToDate)) || target.Artifact == null || await packer.FindAsync(was.Name, target.Kind, target.Artifact, cancellationToken) is not { } now)
                compared.Add(ReplayedTarget.Without(was, target.Error ?? (target.Reason.Length > 0 ? target.Reason : $"it is {target.State.ToLowerInvariant()}")));
            else
                compared.Add(ReplayedTarget.Of(was, now, results, verdicts, tolerance));
            verdicts[was.Name] = compared[^1].Verdict;
        }
        return compared;
    }

    /// <summary>Digests of results with the first target that gave each.</summary>
    private static Dictionary<string, string> ResultsOf(IEnumerable<(string Name, SortedDictionary<string, TargetOutput> Outputs)> targets)
    {
        var results = new Dictionary<string, string>();
        foreach (var (name, outputs) in targets)
        {
            foreach (var output in outputs.Values)
                results.TryAdd(output.Digest, name);
        }
        return results;
    }

    private static int Report(Output output, StudyPack pack, string folder, WorkflowStatus status, List<ReplayedTarget> compared, BuildRecord record, IReadOnlyList<string> taken)
    {
        var here = StudyPacker.VersionsHere();
        string[] others = [.. pack.Versions.Where(version => here.GetValueOrDefault(version.Key) != version.Value).Select(version => $"{version.Key} {here.GetValueOrDefault(version.Key) ?? "(none)"} instead of {version.Value}")];
        int Count(ReplayVerdict verdict) => compared.Count(target => target.Verdict == verdict);
        string[] added = [.. record.Targets.Select(target => target.Name).Except(pack.Targets.Select(target => target.Name))];
        bool isEqual = Count(ReplayVerdict.Equal) + Count(ReplayVerdict.Close) == compared.Count && added.Length == 0;
        output.Result(new { pack.Study, Folder = folder, IsEqual = isEqual, status.Ran, status.UpToDate, Taken = taken, OtherVersions = others, AddedTargets = added, Targets = compared }, console =>
        {
            var table = new Table().AddColumns("Target", "Kind", "Result", "What differs");
            foreach (var target in compared)
                table.AddRow(Markup.Escape(target.Name), target.Kind, Word(target.Verdict), Markup.Escape(string.Join("\n", Lines(target))));
            console.Write(table);
            foreach (string version in others)
                console.Line($"  {version}");
            foreach (string name in added)
                console.Line($"  '{name}' is not in the archive");
            if (taken.Count > 0)
                console.Line($"  {status.UpToDate} of {compared.Count} targets were up to date and were not run, most with the archive's own results: without --artifacts, and with another --store, they are");
            else if (status.UpToDate > 0)
                console.Line($"  {status.UpToDate} of {compared.Count} targets were in the store already and were not run: with another --store all of them are");
            console.Line(isEqual
                ? $"Study '{pack.Study}': all {compared.Count} targets gave the same{(Count(ReplayVerdict.Close) is > 0 and var close ? $", {close} of them within the tolerance" : "")}."
                : $"Study '{pack.Study}': {Count(ReplayVerdict.Equal) + Count(ReplayVerdict.Close)} of {compared.Count} targets gave the same, {Count(ReplayVerdict.Different)} something else, {Count(ReplayVerdict.Missing)} nothing.");
        });
        return isEqual ? ExitCode.Done : ExitCode.Failed;
    }

    private static IEnumerable<string> Lines(ReplayedTarget target) =>
    [
        .. target.Differences.Take(MostDifferences),
        .. target.Differences.Count > MostDifferences ? [$"and {target.Differences.Count - MostDifferences} more (--json lists them)"] : (string[])[],
        .. target.Numbers.Take(MostNumbers).Select(number => FormattableString.Invariant($"{number.Name} is {number.Is:G6} and was {number.Was:G6}")),
        .. target.Numbers.Count > MostNumbers ? [$"and {target.Numbers.Count - MostNumbers} more numbers"] : (string[])[],
    ];

    private static string Word(ReplayVerdict verdict) => verdict switch
    {
        ReplayVerdict.Equal => "equal",
        ReplayVerdict.Close => "within tolerance",
        ReplayVerdict.Different => "different",
        _ => "missing",
    };
}
