using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation.Plots;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`explain`: where an artifact comes from, back to the files of the survey, and what was made from it.</summary>
internal static class ExplainCommand
{
    private const int MostLines = 200;
    private static readonly Argument<string> _id = new("ID") { Description = "An artifact's ID (store ls), a sample's ID, or the name of a data set or model." };
    private static readonly Option<bool> _forward = new("--forward") { Description = "What was made from it, instead of what it was made from." };
    private static readonly Option<string?> _prov = new("--prov") { Description = "Also writes the provenance as W3C PROV-JSON.", HelpName = "FILE" };
    private static readonly Option<string?> _picture = new("--picture") { Description = "Also draws it, back to the files of the survey and forward to what was made from it, as FILE.svg or FILE.png.", HelpName = "FILE" };
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build()
    {
        var command = new Command("explain", "Where an artifact comes from, back to the files of the survey, or what was made from it.").With(_id, _forward, _prov, _picture);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string? picture = parsed.GetValue(_picture);
        if (picture != null && Path.GetExtension(picture) is not (".svg" or ".png"))
            throw new UserErrorException(ErrorKind.Invalid, picture, $"--picture should be FILE.svg or FILE.png, but it is '{picture}'.");
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string id = await ArtifactOfAsync(session, parsed.GetValue(_id)!, cancellationToken);
        var lineage = await Lineage.ReadAsync(session.Artifacts, cancellationToken);
        bool isForward = parsed.GetValue(_forward);
        var reached = isForward ? lineage.DescendantsOf(id) : lineage.AncestorsOf(id);
        if (parsed.GetValue(_prov) is { } file)
            WholeFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(lineage.ToProv(reached), _json));
        if (picture != null)
        {
            var drawing = LineagePicture.Draw(lineage, id, await NamesAsync(session, cancellationToken));
            WholeFile.Write(picture, Path.GetExtension(picture) == ".svg" ? Encoding.UTF8.GetBytes(drawing.ToSvg()) : drawing.ToPng());
        }
        output.Result(
            new { Id = id, Forward = isForward, Artifacts = reached.Select(one => new { Id = one, lineage.Find(one)!.Recipe.Kind, lineage.Find(one)!.ContentDigest, lineage.Find(one)!.Provenance, Inputs = lineage.InputsOf(one), Users = lineage.UsersOf(one) }) },
            console =>
            {
                int left = MostLines;
                var tree = new Tree(Markup.Escape(Described(lineage, id)));
                Grow(tree, id, lineage, isForward, [], ref left);
                console.Write(tree);
                if (left <= 0)
                    console.Line($"... {reached.Count} artifacts in all: --json lists them.");
            });
        return ExitCode.Done;
    }

    /// <summary>Each artifact's own branch once: where it comes up again, it is only named.</summary>
    private static void Grow(IHasTreeNodes tree, string id, Lineage lineage, bool isForward, HashSet<string> shown, ref int left)
    {
        if (!shown.Add(id))
            return;
        var branches = isForward ? lineage.UsersOf(id).Select(user => (Text: Described(lineage, user), Artifact: (string?)user)) : lineage.InputsOf(id).Select(input => (Text: $"{input.Role}: {(input.Artifact is { } artifact ? Described(lineage, artifact) : $"from outside, {input.Digest}")}", input.Artifact));
        foreach (var (text, artifact) in branches)
        {
            if (left-- <= 0)
                return;
            var node = tree.AddNode(Markup.Escape(artifact != null && shown.Contains(artifact) ? $"{text} (above)" : text));
            if (artifact != null)
                Grow(node, artifact, lineage, isForward, shown, ref left);
        }
    }

    private static string Described(Lineage lineage, string id)
    {
        var manifest = lineage.Find(id)!;
        return $"{id} ({manifest.Provenance.Software}, {manifest.Provenance.Created:yyyy-MM-dd HH:mm})";
    }

    /// <summary>What data sets and models are called.</summary>
    private static async Task<Dictionary<string, string>> NamesAsync(Session session, CancellationToken cancellationToken)
    {
        var names = new Dictionary<string, string>();
        foreach (string name in await session.Grains.GetGrain<INameIndexGrain>(INameIndexGrain.Datasets).ListAsync(cancellationToken))
        {
            if ((await session.Grains.Dataset(name).GetStatusAsync(cancellationToken)).Artifact is { } artifact)
                names.TryAdd(artifact, name);
        }
        foreach (string name in await session.Grains.GetGrain<INameIndexGrain>(INameIndexGrain.Models).ListAsync(cancellationToken))
            names.TryAdd((await session.Grains.Model(name).GetAsync(cancellationToken)).Snapshot, name);
        return names;
    }

    private static async Task<string> ArtifactOfAsync(Session session, string text, CancellationToken cancellationToken)
    {
        if (ArtifactId.Problem(text) == null && await session.Artifacts.FindAsync(text, cancellationToken) != null)
            return text;
        if ((await session.Grains.GetGrain<INameIndexGrain>(INameIndexGrain.Datasets).ListAsync(cancellationToken)).Contains(text) && (await session.Grains.Dataset(text).GetStatusAsync(cancellationToken)).Artifact is { } dataset)
            return dataset;
        if ((await session.Grains.GetGrain<INameIndexGrain>(INameIndexGrain.Models).ListAsync(cancellationToken)).Contains(text))
            return (await session.Grains.Model(text).GetAsync(cancellationToken)).Snapshot;
        throw new UserErrorException(ErrorKind.NotFound, text, $"There is no artifact, data set or model '{text}' in the store: 'radiodiffusion store ls' lists artifacts.");
    }
}
