using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows.Kinds;

/// <summary>
/// A program of the user's: started as it is named, never by a shell, in an empty folder, with the environment that the target declares, PATH and HOME. What it leaves in the folder is the
/// result, whose address is the digest of its content, so that a program that gives the same again changes nothing for others.
/// </summary>
internal sealed class ExecTarget(IArtifactStore store, IOptions<WorkflowOptions> options) : ITargetWork
{
    private const string OutputKind = "files";
    private const int LinesInError = 12, LongestPhase = 100;
    private static readonly TimeSpan _lastWords = TimeSpan.FromSeconds(2);
    private static readonly string[] _inherited = ["PATH", "HOME", "TMPDIR", "DOTNET_ROOT", "SystemRoot", "TEMP", "TMP", "USERPROFILE"];

    public string Kind => "exec";

    public async Task<TargetResult> RunAsync(TargetContext context, CancellationToken cancellationToken)
    {
        if (!options.Value.AllowsPrograms)
            throw new UserErrorException(ErrorKind.Invalid, context.Name, $"Target '{context.Name}' starts a program, which this silo does not allow: set RadioDiffusion:AllowPrograms if everybody who can reach it may run programs on its machine.");
        using var work = store.CreateScratchDirectory();
        var start = StartOf(context, work.Path);
        string log = Path.Combine(context.Folder, TargetResult.LogFile);
        int exitCode = await RunAsync(context, start, log, cancellationToken);
        if (exitCode != 0)
            throw new UserErrorException(ErrorKind.Failed, context.Name, $"'{start.FileName}' ended with exit code {exitCode}.{await LastLinesAsync(log, cancellationToken)}");
        if (!Directory.EnumerateFiles(work.Path, "*", SearchOption.AllDirectories).Any())
            return TargetContext.Result("", Digests.OfFiles([]));
        string digest = await Task.Run(() => ArtifactManifest.ContentDigestOf(work.Path), cancellationToken);
        var recipe = new Recipe { Kind = OutputKind, AlgorithmVersion = 1, Inputs = new() { ["content"] = digest }, Parameters = new JsonObject() };
        var manifest = await store.PutAsync(recipe.Id, recipe, work.Path, cancellationToken);
        return TargetContext.Result(manifest.Id, digest);
    }

    private static ProcessStartInfo StartOf(TargetContext context, string folder)
    {
        var command = context.Texts("command");
        var start = command[0] == ThisProgram.Name ? ThisProgram.NewStart() : new ProcessStartInfo(command[0]);
        foreach (string argument in command.Skip(1))
            start.ArgumentList.Add(argument);
        (start.WorkingDirectory, start.UseShellExecute) = (folder, false);
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        start.Environment.Clear();
        foreach (string name in _inherited)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
                start.Environment[name] = value;
        }
        foreach (var (name, value) in context.TextsByName("environment"))
            start.Environment[name] = value;
        return start;
    }

    private static async Task<int> RunAsync(TargetContext context, ProcessStartInfo start, string log, CancellationToken cancellationToken)
    {
        using var process = Start(context, start);
        process.StandardInput.Close();
        await using var file = new StreamWriter(log);
        var gate = new Lock();
        context.Tell(Path.GetFileName(start.FileName), 0, 0);
        var output = RelayAsync(process.StandardOutput, file, context, gate);
        var errors = RelayAsync(process.StandardError, file, context, gate);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await Task.WhenAny(Task.WhenAll(output, errors), Task.Delay(_lastWords, CancellationToken.None));    // what has left the tree may hold them open for good
            throw;
        }
        await Task.WhenAll(output, errors);
        return process.ExitCode;
    }

    private static Process Start(TargetContext context, ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new UserErrorException(ErrorKind.Failed, context.Name, $"The program '{start.FileName}' of target '{context.Name}' cannot be started: {error.Message}. It should be on the PATH, or be named with its whole path.");
        }
    }

    /// <summary>Writes down what a program says; its last words are told as what it is doing.</summary>
    private static async Task RelayAsync(StreamReader from, StreamWriter to, TargetContext context, Lock gate)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (gate)
            {
                to.WriteLine(line);
                if (!string.IsNullOrWhiteSpace(line))
                    context.Tell(line.Length <= LongestPhase ? line : line[..LongestPhase], 0, 0);
            }
        }
    }

    private static async Task<string> LastLinesAsync(string log, CancellationToken cancellationToken)
    {
        string[] lines = await File.ReadAllLinesAsync(log, cancellationToken);
        return lines.Length == 0 ? " It wrote nothing." : $" It wrote last:\n{string.Join('\n', lines.TakeLast(LinesInError))}";
    }
}
