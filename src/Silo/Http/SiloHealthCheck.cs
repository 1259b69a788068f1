using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;
using RadioDiffusion.Grains.Training;

namespace RadioDiffusion.Silo.Http;

/// <summary>The silo is a member of its cluster, and is not about to leave it.</summary>
internal sealed class SiloHealthCheck(ISiloStatusOracle silo, LocalTrainers trainers, IHostApplicationLifetime host) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        bool isLeaving = trainers.IsLeaving || host.ApplicationStopping.IsCancellationRequested;
        return Task.FromResult(
            isLeaving ? HealthCheckResult.Unhealthy("This silo hands its work over, since it is about to stop.")
            : silo.CurrentStatus != SiloStatus.Active ? HealthCheckResult.Unhealthy($"This silo should be an active member of its cluster, but it is {silo.CurrentStatus}.")
            : HealthCheckResult.Healthy());
    }
}
