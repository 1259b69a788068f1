using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces.Security;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Interfaces.Workflows;

/// <summary>What to build.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.WorkflowRequest")]
public sealed record WorkflowRequest
{
    /// <summary>The artifact with the study, as <see cref="ModelCore.Workflows.Study"/> writes it.</summary>
    [Id(0)] public required string Study { get; init; }

    /// <summary>Only these targets and what they need; all where null.</summary>
    [Id(1)] public ValueList<string>? Targets { get; init; }

    /// <summary>So many targets run at a time at most.</summary>
    [Id(2)] public int AtATime { get; init; } = 4;
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.WorkflowStatus")]
public sealed record WorkflowStatus
{
    [Id(0)] public required string Name { get; init; }

    [Id(1)] public required WorkState State { get; init; }

    /// <summary>Increases with every change of a target or of the whole.</summary>
    [Id(2)] public required long Version { get; init; }

    [Id(3)] public WorkflowRequest? Request { get; init; }

    /// <summary>Targets of the build.</summary>
    [Id(4)] public int Total { get; init; }

    [Id(5)] public int UpToDate { get; init; }

    /// <summary>Those that ran in this build, to their ends.</summary>
    [Id(6)] public int Ran { get; init; }

    [Id(7)] public int Failed { get; init; }

    /// <summary>Those that cannot run because others failed.</summary>
    [Id(8)] public int Blocked { get; init; }

    /// <summary>Targets that have changed after the version that was asked for, in the order of their changes.</summary>
    [Id(9)] public IReadOnlyList<TargetStatus> Changes { get; init; } = [];

    /// <summary>Whether more targets have changed than fit into one message.</summary>
    [Id(10)] public bool HasMore { get; init; }

    /// <summary>Why the build ended as it did, if it did not end well.</summary>
    [Id(11)] public string? Error { get; init; }

    /// <summary>The record of the last build that ended, as an artifact.</summary>
    [Id(12)] public string? LastBuild { get; init; }

    /// <summary>Whether nothing follows.</summary>
    public bool IsLast => State != WorkState.Running && !HasMore;
}

[GenerateSerializer, Alias("RadioDiffusion.TargetState")]
public enum TargetState
{
    /// <summary>For those that it depends on.</summary>
    Waiting,

    /// <summary>It has to run, and waits for a place and for its resources.</summary>
    Queued,

    Running,

    /// <summary>Its result was in the store.</summary>
    UpToDate,

    /// <summary>It ran in this build.</summary>
    Done,

    Failed,

    /// <summary>It cannot run because one that it depends on failed.</summary>
    Blocked,

    /// <summary>It ran when the build was stopped.</summary>
    Stopped,
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.TargetStatus")]
public sealed record TargetStatus
{
    [Id(0)] public required string Name { get; init; }

    [Id(1)] public required string Kind { get; init; }

    [Id(2)] public TargetState State { get; init; }

    /// <summary>Why it runs, or why it does not.</summary>
    [Id(3)] public string Reason { get; init; } = "";

    [Id(4)] public TargetProgress? Progress { get; init; }

    /// <summary>The artifact with its result, once it is known which one it is.</summary>
    [Id(5)] public string? Artifact { get; init; }

    /// <summary>How long it ran, when its result was made.</summary>
    [Id(6)] public double Seconds { get; init; }

    /// <summary>Why it failed.</summary>
    [Id(7)] public string? Error { get; init; }

    /// <summary>1 for the first attempt.</summary>
    [Id(8)] public int Attempt { get; init; }

    /// <summary>What it gave: names and values, such as the name of a model.</summary>
    [Id(9)] public IReadOnlyList<NamedOutput> Outputs { get; init; } = [];

    /// <summary>The artifact with what its program wrote, if it failed; of one that ended well its own artifact has that.</summary>
    [Id(10)] public string? Log { get; init; }
}

/// <summary>A result of a target: what others use, and the digest of its content.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.NamedOutput")]
public sealed record NamedOutput([property: Id(0)] string Name, [property: Id(1)] string Value, [property: Id(2)] string Digest);

/// <summary>A target to run, with all that it needs to know.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.TargetRequest")]
public sealed record TargetRequest : INamesPaths
{
    /// <summary>Which study asks.</summary>
    [Id(0)] public required string Study { get; init; }

    /// <summary>As the study calls it.</summary>
    [Id(1)] public required string Name { get; init; }

    [Id(2)] public required string Kind { get; init; }

    /// <summary>JSON, with references to <see cref="Results"/>.</summary>
    [Id(3)] public required string Parameters { get; init; }

    /// <summary>What other targets gave that it refers to, each named TARGET.RESULT.</summary>
    [Id(4)] public IReadOnlyList<NamedOutput> Results { get; init; } = [];

    /// <summary>JSON: the recipe whose ID is the key.</summary>
    [Id(5)] public required string Recipe { get; init; }

    /// <summary>Of an attempt; null for no limit.</summary>
    [Id(6)] public double? TimeoutSeconds { get; init; }

    /// <summary>Those that it reads and those that it writes; not what other targets gave.</summary>
    public IEnumerable<string> NamedPaths() => TargetKinds.Find(Kind) is { } kind ? TargetRecipe.PathsIn(kind, JsonNode.Parse(Parameters) as JsonObject ?? []) : [];
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.TargetProgress")]
public sealed record TargetProgress
{
    [Id(0)] public required WorkState State { get; init; }

    /// <summary>What is being done, in words.</summary>
    [Id(1)] public string Phase { get; init; } = "";

    /// <summary>Of <see cref="Total"/>, in this phase.</summary>
    [Id(2)] public long Done { get; init; }

    [Id(3)] public long Total { get; init; }

    /// <summary>Of a training; NaN else.</summary>
    [Id(4)] public double Loss { get; init; } = double.NaN;

    [Id(5)] public string? Error { get; init; }

    /// <summary>What it gave, when done.</summary>
    [Id(6)] public IReadOnlyList<NamedOutput> Outputs { get; init; } = [];

    /// <summary>How long it ran, when done.</summary>
    [Id(7)] public double Seconds { get; init; }

    /// <summary>The artifact with what its program wrote, if it failed.</summary>
    [Id(8)] public string? Log { get; init; }
}

/// <summary>The file or folder that the key of the grain names.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.FileContentRequest")]
public sealed record FileContentRequest : INamesPaths
{
    [Id(0)] public required string Path { get; init; }

    public IEnumerable<string> NamedPaths() => [Path];
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.FileContent")]
public sealed record FileContent
{
    [Id(0)] public required WorkState State { get; init; }

    /// <summary>Of the file, or of the names and digests of all files in the folder; when done.</summary>
    [Id(1)] public string? Digest { get; init; }
}
