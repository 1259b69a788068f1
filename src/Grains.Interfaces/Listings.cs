using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Interfaces.Workflows;

namespace RadioDiffusion.Grains.Interfaces;

/// <summary>Everything of one kind, in the order of the names.</summary>
public static class Listings
{
    public static Task<ModelEntry[]> ModelsAsync(this IGrainFactory grains, CancellationToken cancellationToken = default) =>
        grains.AllAsync(INameIndexGrain.Models, name => grains.GetGrain<IModelGrain>(name).GetAsync(cancellationToken), cancellationToken);

    public static Task<DatasetStatus[]> DatasetsAsync(this IGrainFactory grains, CancellationToken cancellationToken = default) =>
        grains.AllAsync(INameIndexGrain.Datasets, name => grains.GetGrain<IDatasetGrain>(name).GetStatusAsync(cancellationToken), cancellationToken);

    public static Task<TrainingStatus[]> RunsAsync(this IGrainFactory grains, CancellationToken cancellationToken = default) =>
        grains.AllAsync(INameIndexGrain.Runs, name => grains.GetGrain<ITrainingRunGrain>(name).GetStatusAsync(cancellationToken), cancellationToken);

    public static Task<SkyEntry[]> SkiesAsync(this IGrainFactory grains, CancellationToken cancellationToken = default) =>
        grains.AllAsync(INameIndexGrain.Skies, name => grains.GetGrain<ISkyGrain>(name).GetAsync(cancellationToken), cancellationToken);

    public static Task<WorkflowStatus[]> StudiesAsync(this IGrainFactory grains, CancellationToken cancellationToken = default) =>
        grains.AllAsync(INameIndexGrain.Studies, name => grains.GetGrain<IWorkflowGrain>(name).GetStatusAsync(cancellationToken), cancellationToken);

    /// <summary>The name, if something of this kind has it.</summary>
    /// <exception cref="UserErrorException">Nothing has it; the message names those there are.</exception>
    public static async Task<string> KnownAsync(this IGrainFactory grains, string index, string name, string what, CancellationToken cancellationToken = default)
    {
        string[] names = await grains.GetGrain<INameIndexGrain>(index).ListAsync(cancellationToken);
        return names.Contains(name)
            ? name
            : throw new UserErrorException(ErrorKind.NotFound, name,
                $"There is no {what} '{name}'; there {(names.Length == 0 ? "is none yet" : $"are {string.Join(", ", names.Take(20))}")}.");
    }

    private static async Task<T[]> AllAsync<T>(this IGrainFactory grains, string index, Func<string, Task<T>> get, CancellationToken cancellationToken)
    {
        string[] names = await grains.GetGrain<INameIndexGrain>(index).ListAsync(cancellationToken);
        return await Task.WhenAll(names.Select(get));
    }
}
