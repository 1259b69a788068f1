using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace RadioDiffusion.Grains.Storage;

/// <summary>Registers where grains keep their state.</summary>
public static class GrainStorageExtensions
{
    /// <summary>Keeps grain state in a local folder.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The provider's name in <c>[PersistentState]</c>; 'Default' is the one without a name.</param>
    /// <param name="root">The store's root folder.</param>
    public static ISiloBuilder AddLocalGrainStorage(this ISiloBuilder builder, string name, string root)
    {
        AddOptions<LocalGrainStorageOptions>(builder.Services, name, options => options.Root = root);
        builder.Services.AddGrainStorage(name, static (services, key) => ActivatorUtilities.CreateInstance<LocalGrainStorage>(
            services, key, services.GetRequiredService<IOptionsMonitor<LocalGrainStorageOptions>>().Get(key)));
        return builder;
    }

    /// <summary>Keeps grain state in Azure Blob Storage.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The provider's name in <c>[PersistentState]</c>; 'Default' is the one without a name.</param>
    /// <param name="configure">Sets at least <see cref="BlobGrainStorageOptions.BlobServiceClient"/>.</param>
    public static ISiloBuilder AddBlobGrainStorage(this ISiloBuilder builder, string name, Action<BlobGrainStorageOptions> configure)
    {
        AddOptions(builder.Services, name, configure);
        builder.Services.AddTransient<IConfigurationValidator>(services =>
            new BlobGrainStorageOptionsValidator(name, services.GetRequiredService<IOptionsMonitor<BlobGrainStorageOptions>>()));
        builder.Services.AddGrainStorage(name, static (services, key) => ActivatorUtilities.CreateInstance<BlobGrainStorage>(
            services, key, services.GetRequiredService<IOptionsMonitor<BlobGrainStorageOptions>>().Get(key)));
        return builder;
    }

    private static void AddOptions<TOptions>(IServiceCollection services, string name, Action<TOptions> configure)
        where TOptions : class, IStorageProviderSerializerOptions
    {
        services.AddOptions<TOptions>(name).Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Transient<IPostConfigureOptions<TOptions>, SerializerConfigurator<TOptions>>());
    }

    /// <summary>System.Text.Json, where neither the options nor the provider's name choose another serializer.</summary>
    private sealed class SerializerConfigurator<TOptions>(IServiceProvider services) : IPostConfigureOptions<TOptions>
        where TOptions : class, IStorageProviderSerializerOptions
    {
        public void PostConfigure(string? name, TOptions options) => options.GrainStorageSerializer ??=
            services.GetKeyedService<IGrainStorageSerializer>(name) ?? ActivatorUtilities.CreateInstance<SystemTextJsonGrainStorageSerializer>(services);
    }
}
