using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>A study in the store: messages carry names, artifacts carry bytes.</summary>
public static class StudyArtifact
{
    /// <summary>The file in it.</summary>
    public const string FileName = "study.json";

    /// <returns>The artifact's ID.</returns>
    public static async Task<string> PutAsync(IArtifactStore store, Study study, CancellationToken cancellationToken)
    {
        byte[] json = study.ToJson();
        var recipe = new Recipe { Kind = "study", AlgorithmVersion = 1, Inputs = new() { ["content"] = Digests.OfBytes(json) }, Parameters = new JsonObject() };
        if (await store.FindAsync(recipe.Id, cancellationToken) != null)
            return recipe.Id;
        using var scratch = store.CreateScratchDirectory();
        await File.WriteAllBytesAsync(Path.Combine(scratch.Path, FileName), json, cancellationToken);
        return (await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken)).Id;
    }

    /// <exception cref="RadioDiffusionException">There is no such artifact.</exception>
    public static async Task<Study> ReadAsync(IArtifactStore store, string artifact, CancellationToken cancellationToken) =>
        Study.FromJson(await store.ReadFileAsync(artifact, FileName, cancellationToken));
}
