using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Evaluation;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.Grains.Surveys;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.Grains.Workflows;
using RadioDiffusion.Grains.Workflows.Kinds;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains;

/// <summary>The services that the grains ask for, besides the artifact store and the device slots of the host.</summary>
public static class GrainsRegistration
{
    public static IServiceCollection AddRadioDiffusionGrains(this IServiceCollection services) => services
        .AddSingleton<SnapshotDescriptions>()
        .AddSingleton<ShippedModels>()
        .AddSingleton<DeviceLeases>()
        .AddSingleton<ClusterDevices>()
        .AddSingleton<LocalTrainers>()
        .AddSingleton<LocalSamplers>()
        .AddSingleton<LoadedModelsOptions>()
        .AddSingleton<LoadedModels>()
        .AddSingleton<KnownSkies>()
        .AddSingleton(services => new SourceImages(services.GetRequiredService<IDeviceSlots>().Cpu, services.GetRequiredService<IArtifactStore>()))
        .AddSingleton<SkyCutouts>()
        .AddSingleton<SkyAllsky>()
        .AddSingleton<WakeUp>()
        .AddPlacementFilter<NeedsDevice, NeedsDeviceDirector>(ServiceLifetime.Singleton)
        .AddPlacementFilter<OnDeviceSlot, OnDeviceSlotDirector>(ServiceLifetime.Singleton)
        .AddTransient<DatasetBuilder>()
        .AddTransient<DatasetImporter>()
        .AddTransient<DatasetAugmenter>()
        .AddTransient<ModelImporter>()
        .AddTransient<ModelReconstructor>()
        .AddTransient<SampleSets>()
        .AddTransient<EvaluationRunner>()
        .AddTransient<SkyBuildEstimator>()
        .AddTransient<SkyBuilder>()
        .AddTransient<ITargetWork, DatasetTarget>()
        .AddTransient<ITargetWork, TrainTarget>()
        .AddTransient<ITargetWork, DistilTarget>()
        .AddTransient<ITargetWork, SampleTarget>()
        .AddTransient<ITargetWork, EvaluateTarget>()
        .AddTransient<ITargetWork, SkyTarget>()
        .AddTransient<ITargetWork, ReportTarget>()
        .AddTransient<ITargetWork, ExportTarget>()
        .AddTransient<ITargetWork, ExecTarget>();
}
