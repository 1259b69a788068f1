using RadioDiffusion.Grains.Interfaces.Evaluation;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Interfaces.Workflows;

namespace RadioDiffusion.Grains.Interfaces;

/// <summary>Grains by the names that users give: what cannot be a name is refused before any grain is asked.</summary>
public static class NamedGrains
{
    /// <exception cref="UserErrorException">This cannot be a name.</exception>
    public static IDatasetGrain Dataset(this IGrainFactory grains, string name) => grains.GetGrain<IDatasetGrain>(Names.Check(name, "a data set"));

    /// <exception cref="UserErrorException">This cannot be a name.</exception>
    public static ITrainingRunGrain TrainingRun(this IGrainFactory grains, string name) =>
        grains.GetGrain<ITrainingRunGrain>(Names.Check(name, "a training run"));

    /// <exception cref="UserErrorException">This cannot be a name.</exception>
    public static IModelGrain Model(this IGrainFactory grains, string name) => grains.GetGrain<IModelGrain>(Names.Check(name, "a model"));

    /// <exception cref="UserErrorException">This cannot be a name.</exception>
    public static ISkyGrain Sky(this IGrainFactory grains, string name) => grains.GetGrain<ISkyGrain>(Names.Check(name, "a sky"));

    /// <exception cref="UserErrorException">This cannot be a name.</exception>
    public static IEvaluationGrain Evaluation(this IGrainFactory grains, string name) => grains.GetGrain<IEvaluationGrain>(Names.Check(name, "an evaluation"));

    /// <exception cref="UserErrorException">This cannot be a name.</exception>
    public static IWorkflowGrain Workflow(this IGrainFactory grains, string name) => grains.GetGrain<IWorkflowGrain>(Names.Check(name, "a study"));
}
