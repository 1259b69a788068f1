using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Http;

/// <summary>Three questions of whoever runs this process: is it to be started anew (live), is it to get requests (ready), has it started (startup)?</summary>
internal static class HealthApi
{
    /// <summary>For a store that says nothing; shorter than the probes' own patience.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(4);

    public static void AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<SiloHealthCheck>().AddSingleton<StoreHealthCheck>().AddSingleton<StartupHealthCheck>();
        services.AddHealthChecks()
            .AddCheck<SiloHealthCheck>("silo", tags: ["ready"], timeout: _patience)
            .AddCheck<StoreHealthCheck>("store", tags: ["ready"], timeout: _patience)
            .AddCheck<StartupHealthCheck>("startup", tags: ["startup"], timeout: _patience);
    }

    /// <summary>
    /// Live asks for nothing but an answer: a thread of the pool was free for it. What lies outside this process is no reason to kill it, and a silo that its
    /// cluster has declared dead ends its process by itself.
    /// </summary>
    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new() { Predicate = _ => false }).WithMetadata(RequiredScope.Nobody);
        app.MapHealthChecks("/health/ready", new() { Predicate = check => check.Tags.Contains("ready") }).WithMetadata(RequiredScope.Nobody);
        app.MapHealthChecks("/health/startup", new() { Predicate = check => check.Tags.Contains("startup") }).WithMetadata(RequiredScope.Nobody);
    }
}
