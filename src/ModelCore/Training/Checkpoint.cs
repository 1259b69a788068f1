using System.Globalization;
using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>What trainer.json holds beside the tensors of a checkpoint.</summary>
internal sealed record CheckpointDescription
{
    public const int CurrentVersion = 1;

    public int FormatVersion { get; init; } = CurrentVersion;

    public required long Iteration { get; init; }

    /// <summary>Steps averaged so far.</summary>
    public required long EmaCount { get; init; }

    public required NetworkOptions Network { get; init; }

    public required TrainingOptions Options { get; init; }

    public required string DataDigest { get; init; }

    public required int DataCount { get; init; }

    /// <summary>That of the next step in float16; null in other precisions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public LossScale? LossScale { get; init; }

    /// <summary>What the context is; null where it is the peak flux, or nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public IReadOnlyList<ConditionDescription>? Conditions { get; init; }

    /// <summary>Numbers of a transform are not compared: they follow from the data set, on another machine to the last bit or so.</summary>
    /// <exception cref="RadioDiffusionException">The checkpoint is of a training with other conditions.</exception>
    public void CheckConditions(string directory, IReadOnlyList<ConditionDescription>? expected)
    {
        if (Text(Conditions) != Text(expected))
            throw new RadioDiffusionException($"The checkpoint {directory} was trained with {Text(Conditions)}, but the configuration asks for {Text(expected)}. To train with other conditions, start a new training.");

        static string Text(IReadOnlyList<ConditionDescription>? conditions) => conditions is null
            ? "the data set's own conditions"
            : conditions.Count == 0 ? "no conditions" : $"the conditions {string.Join(", ", conditions.Select(condition => $"{condition.Name} ({condition.Transform})"))}";
    }
}

/// <summary>
/// State to go on from, in a directory: model, averages and optimiser (and DiLoCo's outer one) as safetensors, and trainer.json, which is written
/// last, so that a directory with it is whole. Each file carries its iteration, so that a mixture is found out.
/// </summary>
internal static class Checkpoint
{
    public const string DescriptionFile = "trainer.json";
    public const string EmaFile = "ema.safetensors";
    private const string ModelFile = "model.safetensors";
    private const string OptimizerFile = "optimizer.safetensors";
    private const string OuterFile = "outer.safetensors";
    private const string IterationKey = "iteration";

    public static void Save(string directory, CheckpointDescription description, FlatParameters parameters, Tensor ema, PowerFunctionAverages averages, AdamOptimizer optimizer, OuterOptimizer? outer)
    {
        using var scope = NewDisposeScope();
        Directory.CreateDirectory(directory);
        File.Delete(Path.Combine(directory, DescriptionFile));   // from here until it is written again, this is no checkpoint
        var metadata = new Dictionary<string, string> { [IterationKey] = Text(description.Iteration) };
        foreach (var (file, tensors) in Files(parameters, ema, averages, optimizer, outer))
            WeightFiles.Save(tensors, Path.Combine(directory, file), metadata);
        JsonFile.Write(Path.Combine(directory, DescriptionFile), description);
    }

    public static CheckpointDescription ReadDescription(string directory)
    {
        string path = Path.Combine(directory, DescriptionFile);
        if (!File.Exists(path))
            throw new RadioDiffusionException($"{directory} holds no complete checkpoint: it has no {DescriptionFile}, which is written last.");
        var description = JsonFile.Read<CheckpointDescription>(path);
        return description.FormatVersion == CheckpointDescription.CurrentVersion
            ? description
            : throw new RadioDiffusionException($"{path} should have format version {CheckpointDescription.CurrentVersion}, but it has {description.FormatVersion}.");
    }

    public static void LoadTensors(string directory, long iteration, FlatParameters parameters, Tensor ema, PowerFunctionAverages averages, AdamOptimizer optimizer, OuterOptimizer? outer)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var (file, tensors) in Files(parameters, ema, averages, optimizer, outer))
        {
            string path = Path.Combine(directory, file);
            WeightFiles.Load(tensors, path);
            using var opened = SafetensorsFile.Open(path);
            if (opened.Metadata.GetValueOrDefault(IterationKey) is var found && found != Text(iteration))
                throw new RadioDiffusionException($"{path} should be of iteration {iteration}, as {DescriptionFile} says, but it is of {found ?? "none"}.");
        }
    }

    private static IEnumerable<(string File, IReadOnlyList<(string Name, Tensor Tensor)> Tensors)> Files(
        FlatParameters parameters, Tensor ema, PowerFunctionAverages averages, AdamOptimizer optimizer, OuterOptimizer? outer) =>
    [
        (ModelFile, parameters.Slices(parameters.Values)),
        (EmaFile, parameters.Slices(ema)),
        .. averages.Files(parameters),
        (OptimizerFile, [.. parameters.Slices(optimizer.FirstMoment, "exp_avg."), .. parameters.Slices(optimizer.SecondMoment, "exp_avg_sq.")]),
        .. outer == null ? [] : new[] { (OuterFile, parameters.Slices(outer.Momentum)) },
    ];

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
