using System.Text.Json;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>What became of a build: an artifact, from which the next build knows why things run and how long they take.</summary>
public sealed record BuildRecord
{
    private const string FileName = "build.json", Kind = "build";
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The artifact with the study.</summary>
    public required string Study { get; init; }

    /// <summary>The record of the study's build before; null for the first one.</summary>
    public string? Previous { get; init; }

    public required DateTimeOffset Began { get; init; }

    /// <summary>When it ended; of one that was interrupted, when that was found.</summary>
    public required DateTimeOffset Ended { get; init; }

    /// <summary>Done, Failed, Paused, None (given up), or Interrupted: its process was killed, so that nothing is known of what it did.</summary>
    public required string State { get; init; }

    /// <summary>Why it ended as it did, where that is not the failure of targets.</summary>
    public string? Error { get; init; }

    public required IReadOnlyList<BuiltTarget> Targets { get; init; }

    /// <param name="store">Where to put it.</param>
    /// <param name="name">Of the study.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The artifact's ID.</returns>
    public async Task<string> PutAsync(IArtifactStore store, string name, CancellationToken cancellationToken)
    {
        var recipe = new Recipe { Kind = Kind, AlgorithmVersion = 1, Parameters = new JsonObject { ["study"] = Study, ["name"] = name, ["previous"] = Previous, ["began"] = Began.UtcTicks, ["ended"] = Ended.UtcTicks } };
        using var scratch = store.CreateScratchDirectory();
        await File.WriteAllBytesAsync(Path.Combine(scratch.Path, FileName), JsonSerializer.SerializeToUtf8Bytes(this, _json), cancellationToken);
        return (await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken)).Id;
    }

    /// <summary>How many targets this build left in a state; what is known from builds before does not count.</summary>
    public int Count(TargetState state) => Targets.Count(target => !target.IsFromBefore && target.State == state.ToString());

    /// <returns>Null where there is none (any more).</returns>
    public static async Task<BuildRecord?> FindAsync(IArtifactStore store, string? artifact, CancellationToken cancellationToken)
    {
        if (artifact == null || await store.FindAsync(artifact, cancellationToken) == null)
            return null;
        await using var stream = await store.OpenReadAsync(artifact, FileName, cancellationToken);
        return await JsonSerializer.DeserializeAsync<BuildRecord>(stream, _json, cancellationToken);
    }
}

/// <summary>A target in a build.</summary>
public sealed record BuiltTarget
{
    public required string Name { get; init; }

    public required string Kind { get; init; }

    /// <summary>As <see cref="TargetState"/> has it.</summary>
    public required string State { get; init; }

    /// <summary>Whether this build was of other targets only: all that stands here is from a build before.</summary>
    public bool IsFromBefore { get; init; }

    public string Reason { get; init; } = "";

    /// <summary>The artifact with its result, whether it came to be or not; null where that was never known.</summary>
    public string? Artifact { get; init; }

    public double Seconds { get; init; }

    public string? Error { get; init; }

    /// <summary>The artifact with what its program wrote, if it failed.</summary>
    public string? Log { get; init; }

    /// <summary>What it gave; null if it did not.</summary>
    public SortedDictionary<string, TargetOutput>? Outputs { get; init; }
}
