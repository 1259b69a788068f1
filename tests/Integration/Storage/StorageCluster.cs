using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using Orleans.Serialization;
using Orleans.Storage;
using Orleans.TestingHost;

namespace RadioDiffusion.Integration.Storage;

/// <summary>Two silos in this process that keep their grains' state in the storage under test.</summary>
public abstract class StorageCluster : IAsyncLifetime
{
    private InProcessTestCluster? _cluster;

    public InProcessTestCluster Cluster => _cluster!;

    /// <summary>The tested provider of the first silo.</summary>
    public IGrainStorage Storage => Cluster.GetSiloServiceProvider(Cluster.Silos[0].SiloAddress).GetRequiredKeyedService<IGrainStorage>(RecordGrain.Provider);

    public virtual async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureHost(host => host.Logging.ClearProviders());
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.Add("RadioDiffusion"));
            Configure(silo);
        });
        builder.ConfigureClient(client =>
            client.Services.Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.Add("RadioDiffusion")));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract void Configure(ISiloBuilder silo);
}
