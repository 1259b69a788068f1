using System.CommandLine;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.Silo;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`store ls`.</summary>
internal static class StoreCommand
{
    private static readonly Argument<string?> _kind = new("KIND") { Description = "Only one kind: shard, dataset, checkpoint, snapshot, sample, ...", Arity = ArgumentArity.ZeroOrOne };

    public static Command Build()
    {
        var list = new Command("ls", "The artifacts in the store.").With(_kind);
        list.SetGuardedAction(ListAsync);
        return new Command("store", "The artifact store.") { list };
    }

    /// <summary>Reads the store itself: artifacts are immutable, so this needs neither its lock nor a silo.</summary>
    private static async Task<int> ListAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        var store = StoreRegistration.OpenArtifacts(parsed.StorePath());
        var artifacts = new List<ArtifactManifest>();
        await foreach (var manifest in store.ListAsync(parsed.GetValue(_kind), cancellationToken))
            artifacts.Add(manifest);
        output.Result(
            artifacts.Select(artifact => new { artifact.Id, artifact.Recipe.Kind, Bytes = Size(artifact), Created = artifact.Provenance.Created }),
            console =>
            {
                var table = new Table().AddColumns("ID", "Kind").AddColumn(new TableColumn("Bytes").RightAligned()).AddColumn("Created");
                foreach (var artifact in artifacts)
                    table.AddRow(Markup.Escape(artifact.Id), artifact.Recipe.Kind, $"{Size(artifact):N0}", $"{artifact.Provenance.Created:u}");
                console.Write(table);
                console.WriteLine($"{artifacts.Count} artifacts, {artifacts.Sum(Size):N0} bytes in {store.Describe()}");
            });
        return ExitCode.Done;
    }

    private static long Size(ArtifactManifest artifact) => artifact.Files.Sum(file => file.Length);
}
