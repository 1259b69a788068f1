using System.Collections;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using RadioDiffusion.ModelCore;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo;

/// <summary>Where this process's measurements and traces go: to Prometheus at /metrics of a service, and to a collector if the environment names one.</summary>
internal static class TelemetryExport
{
    private const string Collector = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Sends traces and measurements to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names; without it nothing is collected and nothing sent.</summary>
    /// <remarks>The variables are those of the OpenTelemetry specification; all that begin with OTEL_ count.</remarks>
    public static void AddTelemetryExport(this IHostApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Collector)))
            return;
        // The host has no environment in its configuration, and that is where the exporter looks.
        builder.Configuration.AddInMemoryCollection(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(variable => ((string)variable.Key).StartsWith("OTEL_", StringComparison.Ordinal))
            .Select(variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value)));
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(Describe)
            .WithTracing(traces => traces.AddRadioDiffusionTraces().AddOtlpExporter())
            .WithMetrics(metrics => metrics.AddRadioDiffusionMeters().AddOtlpExporter());
    }

    /// <summary>Collects the measurements for <see cref="MapMetricsEndPoint"/>.</summary>
    public static void AddMetricsEndPoint(this IServiceCollection services) => services.AddOpenTelemetry()
        .ConfigureResource(Describe)
        .WithMetrics(metrics => metrics.AddRadioDiffusionMeters().AddPrometheusExporter());

    /// <summary>/metrics, in the text format of Prometheus.</summary>
    public static void MapMetricsEndPoint(this WebApplication app) => app.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(RequiredScope.ByMethod);

    /// <summary>HTTP requests but those of probes and scrapes, grain calls, and our own spans.</summary>
    internal static TracerProviderBuilder AddRadioDiffusionTraces(this TracerProviderBuilder traces) => traces
        .AddAspNetCoreInstrumentation(options => options.Filter = IsWorthATrace)
        .AddSource("Microsoft.Orleans.Application", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Storage", Telemetry.Name);

    private static MeterProviderBuilder AddRadioDiffusionMeters(this MeterProviderBuilder metrics) =>
        metrics.AddMeter(Telemetry.Name, "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "System.Runtime");

    private static bool IsWorthATrace(HttpContext http) =>
        !http.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal) && !http.Request.Path.StartsWithSegments("/metrics", StringComparison.Ordinal);

    private static void Describe(ResourceBuilder resource) => resource.AddService(Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") is { Length: > 0 } name ? name : "radiodiffusion",
        serviceVersion: typeof(TelemetryExport).Assembly.GetName().Version?.ToString(3), serviceInstanceId: $"{Environment.MachineName}:{Environment.ProcessId}");
}
