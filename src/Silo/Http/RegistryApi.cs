using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Http;

/// <summary>Models, data sets and training runs: lists, states, and starting them.</summary>
internal static class RegistryApi
{
    public static void MapModels(this IEndpointRouteBuilder api)
    {
        api.MapGet("/models", async (IGrainFactory grains, CancellationToken cancellationToken) =>
                await grains.ModelsAsync(cancellationToken))
            .WithName("ListModels").WithSummary("The models of the registry");
        api.MapGet("/models/{name}", (string name, IGrainFactory grains, CancellationToken cancellationToken) =>
                grains.Model(name).GetAsync(cancellationToken))
            .WithName("GetModel").WithSummary("One model").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/solvers", () => SolverOptions.Descriptions.Select(solver => new KnownSolver(solver.Name, solver.Description)))
            .WithName("ListSolvers").WithSummary("The solvers that a sample can be made with, the paper's first");
    }

    public static void MapDatasets(this IEndpointRouteBuilder api)
    {
        api.MapGet("/datasets", (IGrainFactory grains, CancellationToken cancellationToken) => grains.DatasetsAsync(cancellationToken))
            .WithName("ListDatasets").WithSummary("The data sets");
        api.MapGet("/datasets/{name}", async (string name, IGrainFactory grains, CancellationToken cancellationToken) =>
                await grains.Dataset(await grains.KnownAsync(INameIndexGrain.Datasets, name, "data set", cancellationToken)).GetStatusAsync(cancellationToken))
            .WithName("GetDataset").WithSummary("A data set with its selection table").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPut("/datasets/{name}", async (string name, [FromBody] DatasetRequest request, Roots roots, IGrainFactory grains, CancellationToken cancellationToken) =>
                TypedResults.Accepted($"/api/v1/datasets/{name}", await grains.Dataset(name).BuildAsync(roots.CheckedFromOutside(request), cancellationToken)))
            .WithName("BuildDataset").WithSummary("Builds a data set from mosaics and a catalogue below the server's roots")
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    public static void MapRuns(this IEndpointRouteBuilder api)
    {
        api.MapGet("/runs", (IGrainFactory grains, CancellationToken cancellationToken) => grains.RunsAsync(cancellationToken))
            .WithName("ListRuns").WithSummary("The training runs");
        api.MapGet("/runs/{name}", async (string name, IGrainFactory grains, CancellationToken cancellationToken) =>
                await (await grains.KnownRunAsync(name, cancellationToken)).GetStatusAsync(cancellationToken))
            .WithName("GetRun").WithSummary("A training run: iteration, loss, images/s, time left").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPut("/runs/{name}", async (string name, [FromBody] TrainingRequest request, IGrainFactory grains, CancellationToken cancellationToken) =>
                TypedResults.Accepted($"/api/v1/runs/{name}", await grains.TrainingRun(name).StartAsync(Checked(request), cancellationToken)))
            .WithName("StartRun").WithSummary("Starts a training run")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapPost("/runs/{name}/pause", async (string name, IGrainFactory grains, CancellationToken cancellationToken) =>
                TypedResults.Accepted($"/api/v1/runs/{name}", await (await grains.KnownRunAsync(name, cancellationToken)).PauseAsync(cancellationToken)))
            .WithName("PauseRun").WithSummary("Writes a checkpoint and stops").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPost("/runs/{name}/resume", async (string name, IGrainFactory grains, CancellationToken cancellationToken) =>
                TypedResults.Accepted($"/api/v1/runs/{name}", await (await grains.KnownRunAsync(name, cancellationToken)).ResumeAsync(cancellationToken)))
            .WithName("ResumeRun").WithSummary("Goes on from the last checkpoint").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<ITrainingRunGrain> KnownRunAsync(this IGrainFactory grains, string name, CancellationToken cancellationToken) =>
        grains.TrainingRun(await grains.KnownAsync(INameIndexGrain.Runs, name, "training run", cancellationToken));

    /// <summary>Names in the request become keys of grains later on.</summary>
    private static TrainingRequest Checked(TrainingRequest request)
    {
        Names.Check(request.Dataset, "a data set");
        if (request.ModelName != null)
            Names.Check(request.ModelName, "a model");
        return request;
    }
}

/// <summary>A solver by the name that sample IDs call it.</summary>
public sealed record KnownSolver(string Name, string Description);
