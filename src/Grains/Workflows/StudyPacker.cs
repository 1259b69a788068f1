using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Training;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>Gathers a built study out of the store and off the disk, for an archive and for comparing with one.</summary>
/// <param name="store">Where its results are.</param>
public sealed class StudyPacker(IArtifactStore store)
{
    private const long LargestInput = 1 << 20, LargestExport = 64 << 20;
    private const string Manifest = "artifact.json";

    private readonly Dictionary<string, ArchiveContent> _content = [];
    private readonly List<string> _leftOut = [];

    /// <summary>What is not in the archive though it might be missed.</summary>
    public IReadOnlyList<string> LeftOut => _leftOut;

    /// <summary>Versions of all that results can depend on.</summary>
    public static SortedDictionary<string, string> VersionsHere()
    {
        var machine = TrainingMachine.OfThisProcess("");
        return new(StringComparer.Ordinal)
        {
            ["program"] = Provenance.ThisSoftware,
            ["libtorch"] = machine.Libtorch,
            [".NET"] = machine.Framework,
            ["system"] = $"{machine.OperatingSystem}, {machine.Architecture}",
            ["runtime"] = RuntimeInformation.RuntimeIdentifier,
        };
    }

    /// <param name="path">The archive to write.</param>
    /// <param name="file">The study's file.</param>
    /// <param name="study">What it was resolved to.</param>
    /// <param name="properties">Given on the command line.</param>
    /// <param name="planned">All targets, up to date.</param>
    /// <param name="contents">Who knows the digests of inputs.</param>
    /// <param name="withArtifacts">Whether the artifacts go in as well.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<StudyPack> WriteAsync(string path, string file, Study study, IReadOnlyDictionary<string, string> properties, IReadOnlyList<PlannedTarget> planned, StudyContents contents, bool withArtifacts, CancellationToken cancellationToken)
    {
        string[] files = [.. StudyFile.FilesOf(file)];
        string root = CommonFolder(files);
        foreach (string one in files)
            _content[StudyPack.StudyFolder + NameIn(root, one)] = new ArchiveContent(one);
        _content[StudyPack.ResolvedFile] = new ArchiveContent(study.ToJson());
        var inputs = await InputsAsync(study, root, contents, cancellationToken);
        var targets = new List<PackedTarget>();
        foreach (var one in planned)
            targets.Add(await AddTargetAsync(one, targets.Count, withArtifacts, cancellationToken));
        var pack = new StudyPack
        {
            Format = StudyPack.ThisFormat,
            Version = StudyPack.ThisVersion,
            Study = study.Name,
            File = NameIn(root, files[0]),
            Properties = new(properties.ToDictionary(), StringComparer.Ordinal),
            Versions = VersionsHere(),
            Inputs = inputs,
            Targets = targets,
        };
        await Task.Run(() => StudyArchive.Write(path, pack, _content), cancellationToken);
        return pack;
    }

    /// <summary>A target with its result, as it is in the store; null if it is not there.</summary>
    public async Task<PackedTarget?> FindAsync(string name, string kind, string artifact, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(artifact, cancellationToken) is not { } manifest)
            return null;
        var result = await TargetLookup.ReadAsync(store, artifact, cancellationToken);
        var files = kind == "export" ? ExportedFiles.Read(await store.GetDirectoryAsync(artifact, cancellationToken)).Files
            : ResultOf(result) is { } id && await store.FindAsync(id, cancellationToken) is { } made ? made.Files
            : [];
        return new PackedTarget { Name = name, Kind = kind, Artifact = artifact, Recipe = manifest.Recipe, Outputs = result.Outputs, Seconds = result.Seconds, Files = files, Numbers = await ResultNumbers.OfAsync(store, kind, ResultOf(result), files, cancellationToken) };
    }

    private async Task<List<PackedInput>> InputsAsync(Study study, string root, StudyContents contents, CancellationToken cancellationToken)
    {
        var inputs = new Dictionary<string, PackedInput>();
        foreach (var target in study.Targets)
        {
            var digestOf = await contents.OfAsync(target, cancellationToken);
            foreach (var (parameter, value) in TargetRecipe.ExternalInputs(target))
            {
                if (inputs.ContainsKey(value))
                    continue;
                bool isPath = parameter.Type is ParameterType.Path or ParameterType.PathMapping;
                inputs[value] = new PackedInput(value, digestOf(parameter, value), isPath && AddInput(root, value) ? NameIn(root, value) : null);
            }
        }
        return [.. inputs.Values.OrderBy(input => input.Value, StringComparer.Ordinal)];
    }

    /// <summary>A small file or folder beside the study, such as a script, goes in; large ones are named.</summary>
    private bool AddInput(string root, string path)
    {
        if (!IsIn(root, path))
            return false;
        string[] files = File.Exists(path) ? [path] : [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)];
        if (files.Sum(file => new FileInfo(file).Length) > LargestInput)
            return false;
        foreach (string file in files)
            _content[StudyPack.StudyFolder + NameIn(root, file)] = new ArchiveContent(file);
        return true;
    }

    private async Task<PackedTarget> AddTargetAsync(PlannedTarget planned, int index, bool withArtifacts, CancellationToken cancellationToken)
    {
        var (name, kind) = (planned.Target.Name, planned.Target.Kind);
        var target = (await FindAsync(name, kind, planned.Artifact!, cancellationToken))!;
        string? result = target.Result;
        string? reports = FormattableString.Invariant($"{StudyPack.ReportsFolder}{index:000}-{new string([.. name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '=' ? letter : '-')])}");
        if (kind == "export")
            reports = AddExport(name, await store.GetDirectoryAsync(target.Artifact, cancellationToken), reports);
        else if (kind is "evaluate" or "report" && result != null)
            AddFiles(reports, await store.GetDirectoryAsync(result, cancellationToken), target.Files);
        else
            reports = null;
        foreach (string id in withArtifacts ? [target.Artifact, .. result == null ? (string[])[] : [result]] : (string[])[])
        {
            var manifest = (await store.FindAsync(id, cancellationToken))!;
            string folder = StudyPack.ArtifactsFolder + id.Replace(":", "%3A", StringComparison.Ordinal);
            AddFiles(folder, await store.GetDirectoryAsync(id, cancellationToken), manifest.Files);
            _content[$"{folder}/{Manifest}"] = new ArchiveContent(manifest.ToJson());
        }
        return target with { Reports = reports };
    }

    private string? AddExport(string name, string artifact, string reports)
    {
        var list = ExportedFiles.Read(artifact);
        if (list.Files.Sum(file => file.Length) > LargestExport)
        {
            _leftOut.Add(FormattableString.Invariant($"the files of '{name}' ({list.Files.Sum(file => file.Length) / 1e6:0} MB): only their digests"));
            return null;
        }
        AddFiles(reports, list.Folder, list.Files);
        return reports;
    }

    private void AddFiles(string to, string folder, IEnumerable<ArtifactFile> files)
    {
        foreach (var file in files)
            _content[$"{to}/{file.Name}"] = new ArchiveContent(Path.Combine(folder, file.Name));
    }

    private static string? ResultOf(TargetResult result) => result.Outputs.TryGetValue(TargetKinds.Artifact, out var artifact) && artifact.Value.Length > 0 ? artifact.Value : null;

    private static string NameIn(string root, string path) => Path.GetRelativePath(root, path).Replace('\\', '/');

    private static bool IsIn(string root, string path) => path.StartsWith(root.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>The deepest folder that has all of some files.</summary>
    private static string CommonFolder(string[] files)
    {
        string folder = Path.GetDirectoryName(files[0])!;
        while (!files.All(file => IsIn(folder, file)))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
