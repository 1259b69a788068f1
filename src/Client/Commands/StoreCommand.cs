using System.CommandLine;
using System.Globalization;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.Silo;

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

    private static async Task<int> ListAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        // Artifacts are immutable: listing needs neither the store's lock nor a silo, unless a silo is to say where they are.
        await using var session = parsed.GetValue(CommonOptions.Connect) == null ? null : await parsed.OpenSessionAsync(cancellationToken);
        var store = session?.Artifacts ?? StoreRegistration.OpenArtifacts(parsed.StorePath());
        var artifacts = new List<ArtifactManifest>();
        await foreach (var manifest in store.ListAsync(parsed.GetValue(_kind), cancellationToken))
            artifacts.Add(manifest);
        output.Result(
            artifacts.Select(artifact => new { artifact.Id, artifact.Recipe.Kind, Bytes = Size(artifact), Created = artifact.Provenance.Created }),
            console =>
            {
                int width = artifacts.Select(artifact => artifact.Id.Length).DefaultIfEmpty().Max();
                foreach (var artifact in artifacts)
                    console.Line(string.Create(CultureInfo.InvariantCulture, $"{artifact.Id.PadRight(width)}  {artifact.Recipe.Kind,-10}  {Size(artifact),15:N0}  {artifact.Provenance.Created:u}"));
                console.Line(string.Create(CultureInfo.InvariantCulture, $"{artifacts.Count} artifacts, {artifacts.Sum(Size):N0} bytes in {store.Describe()}"));
            });
        return ExitCode.Done;
    }

    private static long Size(ArtifactManifest artifact) => artifact.Files.Sum(file => file.Length);
}
