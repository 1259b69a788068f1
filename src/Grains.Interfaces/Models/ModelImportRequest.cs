using RadioDiffusion.Grains.Interfaces.Security;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Models;

/// <summary>How to make a model of weights that were trained elsewhere.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.ModelImportRequest")]
public sealed record ModelImportRequest : INamesPaths
{
    /// <summary>A checkpoint of the published code (.pt), a bare state dict (.pt), or a safetensors file; readable by every silo.</summary>
    [Id(0)] public required string Path { get; init; }

    /// <summary>Preset of the network. Null takes the model.json beside the file, as an export has it, and nothing else of this request.</summary>
    [Id(1)] public string? Preset { get; init; }

    /// <summary>Which weights of a checkpoint: auto (averaged ones if there are any), ema, model, or a key such as power_ema_6.94.</summary>
    [Id(2)] public string Weights { get; init; } = "auto";

    /// <summary>Data set that the model was trained on: its fluxes, classes, pixels and beam are taken. Null for none.</summary>
    [Id(3)] public string? Dataset { get; init; }

    /// <summary>lambda, mean, standard deviation of the Box-Cox transform of the training set's peak fluxes in Jy/beam; null for a model without flux.</summary>
    [Id(4)] public ValueList<double>? BoxCox { get; init; }

    /// <summary>Names of the classes in the order of their labels; null for those of the preset.</summary>
    [Id(5)] public ValueList<string>? Classes { get; init; }

    /// <summary>Of the images; null for that of the preset's survey.</summary>
    [Id(6)] public double? PixelScaleArcsec { get; init; }

    /// <summary>Restoring beam; null for that of the preset's survey.</summary>
    [Id(7)] public double? BeamArcsec { get; init; }

    public IEnumerable<string> NamedPaths() => Preset == null ? [Path, DescriptionPath] : [Path];

    /// <summary>The description beside exported weights.</summary>
    public string DescriptionPath => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path) ?? "", "model.json");
}

/// <summary>What an import or a reconstruction of a model is doing or has made.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.ModelImportStatus")]
public sealed record ModelImportStatus
{
    [Id(0)] public required WorkState State { get; init; }

    /// <summary>The model, when it is done.</summary>
    [Id(1)] public ModelEntry? Model { get; init; }

    /// <summary>Key of the weights in the checkpoint; empty where there is one set only.</summary>
    [Id(2)] public string Weights { get; init; } = "";

    /// <summary>What the user should know about the result.</summary>
    [Id(3)] public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Why it failed.</summary>
    [Id(4)] public string? Error { get; init; }
}
