using Microsoft.Extensions.DependencyInjection;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.Grains.Surveys;

namespace RadioDiffusion.Grains;

/// <summary>The services that the grains ask for, besides the artifact store and the device slots of the host.</summary>
public static class GrainsRegistration
{
    public static IServiceCollection AddRadioDiffusionGrains(this IServiceCollection services) => services
        .AddSingleton<SnapshotDescriptions>()
        .AddTransient<DatasetBuilder>()
        .AddTransient<DatasetImporter>();
}
