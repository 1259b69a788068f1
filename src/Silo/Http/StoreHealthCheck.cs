using Microsoft.Extensions.Diagnostics.HealthChecks;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Silo.Http;

/// <summary>Ready means: the artifact store answers.</summary>
internal sealed class StoreHealthCheck(IArtifactStore store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await store.FindAsync("health-check", cancellationToken);
            return HealthCheckResult.Healthy(store.Describe());
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return HealthCheckResult.Unhealthy($"{store.Describe()} does not answer: {error.Message}");
        }
    }
}
