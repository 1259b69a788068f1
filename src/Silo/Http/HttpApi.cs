using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Orleans.Dashboard;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Http;

/// <summary>The HTTP API under /api/v1, its description, the pages, the health checks and the dashboard.</summary>
internal static class HttpApi
{
    public static IServiceCollection AddHttpApi(this IServiceCollection services)
    {
        services.AddRouting();
        services.AddOpenApi(options => options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "RadioDiffusion";
            document.Info.Description = "Radio galaxies by ID: samples of diffusion models, synthetic skies, data sets, training runs and studies.";
            document.Components ??= new OpenApiComponents();
            document.AddComponent("key", new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A key with the scope read, submit or admin, where the service has keys." });
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("key", document)] = [] }];
            return Task.CompletedTask;
        }));
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.RespectNullableAnnotations = true;
            options.SerializerOptions.RespectRequiredConstructorParameters = true;
            options.SerializerOptions.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals;
            options.SerializerOptions.Converters.Add(new System.Text.Json.Serialization.JsonStringEnumConverter());
        });
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);      // so that the answer says which parameter could not be read
        services.AddProblemDetails(options => options.CustomizeProblemDetails = Describe);
        services.AddSingleton<SkySourceLists>();
        services.AddHealth();
        return services;
    }

    public static void MapHttpApi(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions { StatusCodeSelector = StatusOf });
        app.UseStatusCodePages();
        app.UseRouting();
        app.UseMiddleware<ApiKeyGate>();
        var api = app.MapGroup("/api/v1").WithMetadata(RequiredScope.ByMethod);
        api.MapSamples();
        api.MapModels();
        api.MapDatasets();
        api.MapRuns();
        api.MapSkies();
        api.MapSkyCutouts();
        api.MapConeSearch();
        api.MapImageDiscovery();
        api.MapSkyCreation();
        api.MapSkyBuilds();
        api.MapStudies();
        api.MapStudyTargets();
        app.MapHipsList();
        app.MapHips();
        app.MapHealth();
        app.MapPages();
        app.MapOpenApi().WithMetadata(RequiredScope.ByMethod);
        app.MapOrleansDashboard("/dashboard");              // what names no scope is for admin
    }

    private static int StatusOf(Exception error) => ErrorReasons.Of(error) switch
    {
        UserErrorException user => user.Kind switch
        {
            ErrorKind.NotFound => StatusCodes.Status404NotFound,
            ErrorKind.Invalid => StatusCodes.Status400BadRequest,
            ErrorKind.Conflict => StatusCodes.Status409Conflict,
            ErrorKind.Busy => StatusCodes.Status429TooManyRequests,
            ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status500InternalServerError,
        },
        BadHttpRequestException bad => bad.StatusCode,
        _ => Outages.IsOutage(error) ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError,
    };

    /// <summary>Errors with a reason that somebody can act on say it; anything else stays in the log.</summary>
    private static void Describe(ProblemDetailsContext context)
    {
        if (context.Exception is not { } error)
            return;
        var reason = ErrorReasons.Of(error);
        if (ErrorReasons.IsKnown(error) || reason is BadHttpRequestException)
            context.ProblemDetails.Detail = ErrorReasons.MessageOf(error);
        if (reason is UserErrorException user)
        {
            context.ProblemDetails.Extensions["kind"] = user.Kind.ToString();
            context.ProblemDetails.Extensions["subject"] = user.Subject;
        }
        if (context.ProblemDetails.Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            context.HttpContext.Response.Headers.RetryAfter = "5";
    }
}
