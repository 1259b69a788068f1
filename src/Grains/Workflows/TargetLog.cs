using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>What the program of a target wrote. Where it ended well, that is part of the target's artifact; where it failed, there is no such artifact, and its end is one of its own.</summary>
public static class TargetLog
{
    private const string Kind = "log";
    private const int LongestOfAFailure = 1 << 20;

    /// <summary>Stores the end of the log in the folder of a target that failed.</summary>
    /// <returns>The artifact; null if there is no log, or nothing in it.</returns>
    internal static async Task<string?> KeepAsync(IArtifactStore store, string folder, CancellationToken cancellationToken)
    {
        var log = new FileInfo(Path.Combine(folder, TargetResult.LogFile));
        if (!log.Exists || log.Length == 0)
            return null;
        using var scratch = store.CreateScratchDirectory();
        string file = Path.Combine(scratch.Path, TargetResult.LogFile);
        await using (var from = log.OpenRead())
        await using (var to = File.Create(file))
        {
            if (log.Length > LongestOfAFailure)
            {
                from.Seek(-LongestOfAFailure, SeekOrigin.End);
                while (from.ReadByte() is not (-1 or '\n')) { }      // whole lines
                if (from.Position == log.Length)
                    from.Seek(-LongestOfAFailure, SeekOrigin.End);   // it is one line
                to.Write("... "u8);
                to.Write(System.Text.Encoding.UTF8.GetBytes($"{from.Position} bytes before this are left out\n"));
            }
            await from.CopyToAsync(to, cancellationToken);
        }
        var recipe = new Recipe { Kind = Kind, AlgorithmVersion = 1, Inputs = new() { ["content"] = Digests.OfFile(file) }, Parameters = new JsonObject() };
        return (await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken)).Id;
    }

    /// <summary>The artifact that has a target's log.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="artifact">That of the target, which is there if it ended well.</param>
    /// <param name="log">That of its failure.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Null if there is none.</returns>
    public static async Task<ArtifactManifest?> FindAsync(IArtifactStore store, string? artifact, string? log, CancellationToken cancellationToken)
    {
        foreach (string? id in (string?[])[artifact, log])
        {
            if (id != null && await store.FindAsync(id, cancellationToken) is { } made && made.Files.Any(file => file.Name == TargetResult.LogFile))
                return made;
        }
        return null;
    }
}
