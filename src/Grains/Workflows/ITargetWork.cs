using System.Globalization;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>What targets of a kind do: they ask the grains that do such work anyway.</summary>
internal interface ITargetWork
{
    /// <summary>One of <see cref="TargetKinds.All"/>.</summary>
    string Kind { get; }

    /// <summary>Runs in the turns of the target's grain. Cancelled, it leaves what it has begun at a point where it can go on.</summary>
    /// <exception cref="UserErrorException">It cannot be done.</exception>
    Task<TargetResult> RunAsync(TargetContext context, CancellationToken cancellationToken);
}

/// <summary>A target that runs.</summary>
internal sealed record TargetContext
{
    /// <summary>As the study calls it.</summary>
    public required string Name { get; init; }

    /// <summary>What it makes is called so in the store.</summary>
    public required string NameInStore { get; init; }

    /// <summary>With everything filled in; paths are whole.</summary>
    public required JsonObject Parameters { get; init; }

    public required IGrainFactory Grains { get; init; }

    /// <summary>The folder that becomes the target's artifact, for a log.</summary>
    public required string Folder { get; init; }

    public required Action<TargetProgress> Report { get; init; }

    public void Tell(string phase, long done, long total) => Report(new TargetProgress { State = WorkState.Running, Phase = phase, Done = done, Total = total });

    public string? Text(string name) => Parameters[name]?.GetValue<string>();

    public bool Flag(string name) => Parameters[name]?.GetValue<bool>() ?? false;

    public double? Number(string name) => Parameters[name]?.GetValue<double>();

    public int? Whole(string name) => Long(name) is { } value
        ? value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new UserErrorException(ErrorKind.Invalid, Name, string.Create(CultureInfo.InvariantCulture, $"'{name}' of target '{Name}' is too large: {value}."))
        : null;

    public long? Long(string name) => Parameters[name]?.GetValue<long>();

    public ulong Seed => Parameters["seed"] is { } seed ? (ulong)seed.GetValue<long>() : 42;

    public IReadOnlyList<string> Texts(string name) => Parameters[name] is JsonArray list ? [.. list.Select(item => item!.GetValue<string>())] : [];

    public IReadOnlyList<double> Numbers(string name) => Parameters[name] is JsonArray list ? [.. list.Select(item => item!.GetValue<double>())] : [];

    public IReadOnlyDictionary<string, string> TextsByName(string name) => Parameters[name] is JsonObject map ? map.ToDictionary(entry => entry.Key, entry => entry.Value!.GetValue<string>()) : [];

    /// <summary>Its result is an artifact, perhaps with a name.</summary>
    public static TargetResult Result(string artifact, string digest, params (string Name, string Value)[] others)
    {
        var outputs = new SortedDictionary<string, TargetOutput>(StringComparer.Ordinal)
        {
            [TargetKinds.Artifact] = new(artifact, digest),
            [TargetKinds.Path] = new(artifact, digest),
        };
        foreach (var (name, value) in others)
            outputs[name] = new TargetOutput(value, digest);
        return new TargetResult { Outputs = outputs };
    }
}
