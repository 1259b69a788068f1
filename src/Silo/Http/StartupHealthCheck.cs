using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RadioDiffusion.Silo.Http;

/// <summary>The silo was ready once: what comes later is a matter of the readiness, and no reason to start the process anew.</summary>
internal sealed class StartupHealthCheck(SiloHealthCheck silo, StoreHealthCheck store) : IHealthCheck
{
    private volatile bool _wasReady;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        foreach (IHealthCheck check in _wasReady ? Array.Empty<IHealthCheck>() : [silo, store])
        {
            var result = await check.CheckHealthAsync(context, cancellationToken);
            if (result.Status != HealthStatus.Healthy)
                return result;
        }
        _wasReady = true;
        return HealthCheckResult.Healthy();
    }
}
