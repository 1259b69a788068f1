using System.CommandLine;
using RadioDiffusion.Client.Commands;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.Client;

/// <summary>The `radiodiffusion` command line: parses, calls, and turns every outcome into an exit code.</summary>
public static class CommandLine
{
    public static RootCommand Build() =>
        new("Radio galaxies from diffusion models: data sets from survey mosaics, training that survives anything, samples by ID.")
        {
            DemoCommand.Build(),
            ServeCommand.Build(),
            DoctorCommand.Build(),
            CatalogueCommand.Build(),
            DatasetCommand.Build(),
            TrainCommand.Build(),
            ModelCommand.Build(),
            SampleCommand.Build(),
            StoreCommand.Build(),
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
        // A command that is interrupted may still have a checkpoint to write.
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(10) });
    }

    /// <summary>Gives a command its action, with one place for errors.</summary>
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
            catch (UserErrorException error)
            {
                Output.Error(error.Message);
                return error.Kind == ErrorKind.Invalid ? ExitCode.WrongUsage : ExitCode.Failed;
            }
            catch (Exception error) when (error is RadioDiffusionException or IOException or UnauthorizedAccessException)
            {
                Output.Error(error.Message);
                return ExitCode.Failed;
            }
        });

    private static Stack<string> CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var result = parsed.CommandResult; result.Parent is System.CommandLine.Parsing.CommandResult parent; result = parent)
            names.Push(result.Command.Name);
        return names;
    }
}
