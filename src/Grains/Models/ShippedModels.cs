using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Models;

/// <summary>
/// The models that come with the program: folders <c>Models/NAME</c> beside it with weights, description and a model card. They are in the list of models without an import, and are copied
/// into the store when somebody asks for one.
/// </summary>
public sealed class ShippedModels(IArtifactStore store)
{
    private const string FolderName = "Models";
    private static readonly string[] _files = [SnapshotDescription.WeightsFileName, SnapshotDescription.FileName];
    private readonly Lazy<IReadOnlyDictionary<string, string>> _folders = new(Find);
    private readonly Lazy<IReadOnlyDictionary<string, string>> _namesByDigest = new(() => Find().ToDictionary(pair => DigestOf(pair.Value), pair => pair.Key));

    public IEnumerable<string> Names => _folders.Value.Keys;

    /// <summary>Stores a model, if it is not there yet.</summary>
    /// <returns>The snapshot's artifact; null if no such model ships.</returns>
    public async Task<string?> StoreAsync(string name, CancellationToken cancellationToken)
    {
        if (!_folders.Value.TryGetValue(name, out string? folder))
            return null;
        using var scratch = store.CreateScratchDirectory();
        Copy(folder, scratch.Path);
        string id = SnapshotNames.IdFor(scratch.Path);
        var recipe = new Recipe { Kind = "snapshot", AlgorithmVersion = 1, Inputs = [], Parameters = new JsonObject { ["shipped"] = name } };
        await store.PutAsync(id, recipe, scratch.Path, cancellationToken);
        return id;
    }

    /// <summary>Stores the model with this digest, if one ships: whoever has a sample's ID need not know where its model came from.</summary>
    public async Task<bool> StoreByDigestAsync(string digest, CancellationToken cancellationToken) =>
        _namesByDigest.Value.TryGetValue(digest, out string? name) && await StoreAsync(name, cancellationToken) != null;

    private static Dictionary<string, string> Find()
    {
        string all = Path.Combine(AppContext.BaseDirectory, FolderName);
        return Directory.Exists(all) ? Directory.GetDirectories(all).ToDictionary(folder => Path.GetFileName(folder), StringComparer.Ordinal) : [];
    }

    private static string DigestOf(string folder)
    {
        var scratch = Directory.CreateTempSubdirectory("radiodiffusion-");
        try
        {
            Copy(folder, scratch.FullName);
            return SnapshotNames.DigestOf(SnapshotNames.IdFor(scratch.FullName));
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static void Copy(string folder, string to)
    {
        foreach (string file in _files)
            File.Copy(Path.Combine(folder, file), Path.Combine(to, file));
    }
}
