using System.CommandLine;
using RadioDiffusion.Client.Commands;
using RadioDiffusion.Grains.Interfaces;

namespace RadioDiffusion.Client;

/// <summary>The `radiodiffusion` command line: parses, calls, and turns every outcome into an exit code.</summary>
public static class CommandLine
{
    /// <summary>
    /// A command that is interrupted may still have checkpoints to write: longer than a silo waits for them, shorter than whoever
    /// stops it waits for the process (systemd, Compose, Kubernetes: the files of deploy).
    /// </summary>
    internal static readonly TimeSpan TerminationTimeout = TimeSpan.FromMinutes(8);

    public static RootCommand Build() =>
        new("Radio galaxies from diffusion models: data sets from survey mosaics, training that survives anything, samples by ID.")
        {
            DemoCommand.Build(),
            SimulateCommand.Build(),
            FindCommand.Build(),
            ServeCommand.Build(),
            DoctorCommand.Build(),
            CatalogueCommand.Build(),
            DatasetCommand.Build(),
            TrainCommand.Build(),
            WorkerCommand.Build(),
            ModelCommand.Build(),
            SampleCommand.Build(),
            SkyCommand.Build(),
            EvaluateCommand.Build(),
            BuildCommand.Build(),
            StudyCommand.Build(),
            PackCommand.Build(),
            ReplayCommand.Build(),
            ExplainCommand.Build(),
            StoreCommand.Build(),
            KeyCommand.Build(),
        };

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Build().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync($"'radiodiffusion {string.Join(' ', CommandPath(parsed))} --help' shows how it is meant.".Replace("  ", " ", StringComparison.Ordinal));
            return ExitCode.WrongUsage;
        }
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TerminationTimeout });
    }

    /// <summary>Gives a command its action, with one place for errors: nothing leaves a command but its exit code.</summary>
    internal static void SetGuardedAction(this Command command, Func<ParseResult, Output, CancellationToken, Task<int>> action) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed.GetValue(CommonOptions.Json));
            try
            {
                return await action(parsed, output, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                output.Message("Cancelled.");
                return ExitCode.Cancelled;
            }
            catch (Exception error)
            {
                Output.Error(Explain(error));
                if (parsed.GetValue(CommonOptions.Verbose))
                    await Console.Error.WriteLineAsync(error.ToString());
                return cancellationToken.IsCancellationRequested ? ExitCode.Cancelled : ExitCodeOf(error);
            }
        });

    private static int ExitCodeOf(Exception error) =>
        ErrorReasons.Of(error) is UserErrorException { Kind: ErrorKind.Invalid } ? ExitCode.WrongUsage : ExitCode.Failed;

    private static string Explain(Exception error)
    {
        if (ErrorReasons.IsKnown(error))
            return ErrorReasons.MessageOf(error);
        if (Outages.IsOutage(error))
            return $"The silo that does the work does not answer: {ErrorReasons.MessageOf(error)} Ask again; what was done is kept.";
        return $"{ErrorReasons.MessageOf(error)} ({error.GetType().Name}; --verbose shows where)";
    }

    private static Stack<string> CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var result = parsed.CommandResult; result.Parent is System.CommandLine.Parsing.CommandResult parent; result = parent)
            names.Push(result.Command.Name);
        return names;
    }
}
