using System.CommandLine;
using RadioDiffusion.Client.Reports;
using RadioDiffusion.Grains.Interfaces;

namespace RadioDiffusion.Client.Commands;

/// <summary>`train report`: what a run has done so far, as files for people, for programs and for TensorBoard.</summary>
internal static class TrainReportCommand
{
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the training run." };
    private static readonly Option<string?> _out = new("--out") { Description = "Where to; default: the folder NAME-report.", HelpName = "DIR" };
    private static readonly Option<int> _samples = new Option<int>("--samples") { Description = "Samples in the grid; 0 for none.", DefaultValueFactory = _ => 16 }.Between(0, 1000);
    private static readonly Option<ulong> _seed = new("--seed") { Description = "Seed of the first sample.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> _steps = new Option<int>("--steps") { Description = "Steps of the solver for a sample.", DefaultValueFactory = _ => 25 }.AtLeast(2);

    public static Command Build()
    {
        var command = new Command("report", "Writes report.html, losses (PNG, SVG, CSV, Parquet), samples, recipe.json and TensorBoard events of a run, finished or not.")
            .With(_name, _out, _samples, _seed, _steps);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string name = Names.Check(parsed.GetValue(_name)!, "a training run");
        string directory = Path.GetFullPath(parsed.GetValue(_out) ?? $"{name}-report");
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        await session.Grains.KnownAsync(INameIndexGrain.Runs, name, "training run", cancellationToken);
        var wish = new ReportSamples.Wish(parsed.GetValue(_samples), parsed.GetValue(_seed), parsed.GetValue(_steps));
        var (report, samples) = await session.WorkAsync(
            async token =>
            {
                var gathered = await TrainingReport.GatherAsync(session, name, token);
                return (Report: gathered, Samples: await ReportSamples.MakeAsync(session, gathered, wish, directory, output, token));
            },
            result => result.Samples.Problems.Count == 0,
            cancellationToken);
        string[] files = report.Write(directory, samples);
        output.Result(
            new
            {
                report.Status.Name,
                report.Status.State,
                report.Iteration,
                report.Status.TotalIterations,
                Report = files[0],
                Files = files,
                Samples = samples.Ids,
                samples.Problems,
            },
            console =>
            {
                foreach (string file in files)
                    console.Line(file);
            });
        foreach (string problem in samples.Problems)
            Output.Error(problem);
        return samples.Problems.Count == 0 ? ExitCode.Done : ExitCode.PartlyDone;
    }
}
