using System.Text.Json;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Training;

/// <summary>From a request to the options of a training, and to the recipes of what it produces.</summary>
public static class TrainingSetup
{
    /// <summary>Kinds of the artifacts that belong to a run.</summary>
    public const string CheckpointKind = "checkpoint", AveragesKind = "averages";

    public static TrainingOptions OptionsFor(TrainingRequest request)
    {
        var (network, preset) = TrainingConfiguration.Of(request.Preset, request.Configuration);
        long iterations = request.Iterations ?? preset.Iterations;
        var options = preset with
        {
            Iterations = iterations,
            LearningRateDecay = Math.Min(preset.LearningRateDecay, iterations * 2 / 3),
            BatchSize = request.BatchSize ?? preset.BatchSize,
            LearningRate = request.LearningRate ?? preset.LearningRate,
            CheckpointEvery = request.CheckpointEvery ?? preset.CheckpointEvery,
            ValidateEvery = request.ValidateEvery ?? preset.ValidateEvery,
            Seed = request.Seed,
        };
        options.Check();
        options.CheckFor(network.Kind);
        if (network.Kind == NetworkKind.Classifier && request.SampleGrids > 0)
            throw new RadioDiffusionException($"A classifier makes no images, so that its run draws no sample grids, but {request.SampleGrids} were asked for.");
        return options;
    }

    /// <summary>What the models of a data set are for; network and iterations are the trainer's.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="conditions">What a run has chosen; null for the peak flux where the set has it.</param>
    public static SnapshotDescription DescriptionOf(TrainingSetDescription data, IReadOnlyList<ConditionDescription>? conditions) => new()
    {
        FluxTransform = conditions == null ? data.Transform : null,
        Conditions = conditions,
        Fluxes = KnowsFlux(conditions) ? data.Fluxes : null,
        Classes = data.Classes,
        Channels = data.Channels,
        PixelScaleArcsec = data.PixelScaleArcsec,
        BeamArcsec = data.BeamArcsec,
        Unit = data.Unit,
        PeakFluxPercentiles = KnowsFlux(conditions) ? data.PeakFluxPercentiles : [],
    };

    private static bool KnowsFlux(IReadOnlyList<ConditionDescription>? conditions) =>
        conditions?.Any(condition => condition.Name == ConditionDescription.PeakFlux) != false;

    /// <summary>A checkpoint belongs to its run, which deletes it when it is not needed any more.</summary>
    public static Recipe CheckpointRecipe(string run, NetworkOptions network, TrainingOptions options, IReadOnlyList<ConditionDescription>? conditions, string datasetDigest, string? initialSnapshot, string? forkedFrom, long iteration, int sampleGrids)
    {
        var recipe = RecipeOf(CheckpointKind, network, options, conditions, datasetDigest, initialSnapshot, forkedFrom, iteration);
        recipe.Parameters["run"] = run;
        if (sampleGrids > 0)
            recipe.Parameters["sampleGrids"] = sampleGrids;
        return recipe;
    }

    /// <summary>Power-function averages that a run keeps for good.</summary>
    public static Recipe AveragesRecipe(string run, NetworkOptions network, TrainingOptions options, IReadOnlyList<ConditionDescription>? conditions, string datasetDigest, string? initialSnapshot, string? forkedFrom, long iteration)
    {
        var recipe = RecipeOf(AveragesKind, network, options, conditions, datasetDigest, initialSnapshot, forkedFrom, iteration);
        recipe.Parameters["run"] = run;
        return recipe;
    }

    public static Recipe SnapshotRecipe(NetworkOptions network, TrainingOptions options, IReadOnlyList<ConditionDescription>? conditions, string datasetDigest, string? initialSnapshot, string? forkedFrom, long iteration) =>
        RecipeOf("snapshot", network, options, conditions, datasetDigest, initialSnapshot, forkedFrom, iteration);

    private static Recipe RecipeOf(string kind, NetworkOptions network, TrainingOptions options, IReadOnlyList<ConditionDescription>? conditions, string datasetDigest, string? initialSnapshot, string? forkedFrom, long iteration)
    {
        var parameters = JsonSerializer.SerializeToNode(options)!.AsObject();
        if (options.LearningRateDecay == 0)
            parameters.Remove(nameof(TrainingOptions.Iterations));   // where a run ends does not change how it got here
        var recipe = new Recipe
        {
            Kind = kind,
            AlgorithmVersion = 2,                            // 2: the fused optimiser, and convolutions in whole blocks of channels
            Inputs = new() { ["dataset"] = datasetDigest },
            Parameters = new JsonObject
            {
                ["network"] = JsonSerializer.SerializeToNode(network),
                ["training"] = parameters,
                ["iteration"] = iteration,
            },
        };
        if (conditions != null)
            recipe.Parameters["conditions"] = JsonSerializer.SerializeToNode(conditions.Select(condition => new ConditionChoice(condition.Name, condition.Transform)));
        if (initialSnapshot != null)
            recipe.Inputs["initial"] = initialSnapshot;      // its ID is its content's digest
        if (forkedFrom != null)
            recipe.Inputs["fork"] = forkedFrom;
        return recipe;
    }
}
