using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Client.Commands;

/// <summary>`model reconstruct`: averaged weights of any width, of the averages that a run has kept.</summary>
internal static class ModelReconstructCommand
{
    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(4);
    private static readonly Argument<string> _run = new("RUN") { Description = "Name of the training run, whose configuration has the training option powerEma." };
    private static readonly Option<double> _width = new Option<double>("--sigma-rel") { Description = "Relative width of the average, 0.01 to 0.25: its standard deviation over the length of the training up to there.", Required = true, HelpName = "WIDTH" }
        .Between(PowerFunctionProfile.Narrowest, PowerFunctionProfile.Widest);
    private static readonly Option<long?> _at = new Option<long?>("--at") { Description = "The iteration at which the average ends, one of those at which the run has kept averages. Default: the last.", HelpName = "ITERATION" }.AtLeast(1);
    private static readonly Option<string> _name = new("--name") { Description = "Name of the model.", Required = true };

    public static Command Build()
    {
        var command = new Command("reconstruct", "Makes a model with an average of any width over a run's weights, out of the power-function averages that the run has kept.")
            .With(_run, _width, _at, _name);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string name = Names.Check(parsed.GetValue(_name)!, "a model");
        var request = new ModelReconstruction
        {
            Run = Names.Check(parsed.GetValue(_run)!, "a training run"),
            SigmaRel = parsed.GetValue(_width),
            Iteration = parsed.GetValue(_at),
        };
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        await session.Grains.KnownAsync(INameIndexGrain.Runs, request.Run, "training run", cancellationToken);
        var status = await session.WorkAsync(token => FollowAsync(session.Grains.Model(name), request, token), status => status.State == WorkState.Done, cancellationToken);
        if (status.Model is not { } model)
            throw new UserErrorException(ErrorKind.Failed, name, status.Error ?? $"Making model '{name}' ended as {status.State}: ask again.");
        output.Result(new { model.Name, model.Digest, model.Snapshot, model.Parameters, model.Iterations, model.Lineage, status.Notes }, console =>
        {
            console.Line($"Model {model.Name} is {model.Digest}: {model.Lineage}.");
            foreach (string note in status.Notes)
                console.Line(note);
        });
        return ExitCode.Done;
    }

    private static async Task<ModelImportStatus> FollowAsync(IModelGrain model, ModelReconstruction request, CancellationToken cancellationToken)
    {
        var status = await model.StartReconstructionAsync(request, cancellationToken);
        while (status.State == WorkState.Running)
            status = await model.WaitImportAsync(_wait, cancellationToken);
        return status;
    }
}
