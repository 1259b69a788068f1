using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <inheritdoc cref="ITargetGrain"/>
/// <remarks>Keeps no state of its own: a target is done when its artifact is in the store, and what it had half done is kept by the grains that it asks.</remarks>
[GrainType("target")]
internal sealed partial class TargetGrain(IArtifactStore store, IEnumerable<ITargetWork> works, ILogger<TargetGrain> logger) : Grain, ITargetGrain
{
    private static readonly TimeSpan _longestWork = TimeSpan.FromDays(60);
    private readonly Watched<TargetProgress> _progress = new(new TargetProgress { State = WorkState.None });
    private readonly HashSet<string> _wantedBy = [];
    private CancellationTokenSource _stop = new();
    private string? _log;                                    // of the last attempt, if it failed

    public Task<TargetProgress> StartAsync(TargetRequest request, CancellationToken cancellationToken = default)
    {
        _wantedBy.Add(request.Study);
        if (_progress.Value.State != WorkState.Running)
        {
            _stop = new CancellationTokenSource();
            _log = null;
            _progress.Set(new TargetProgress { State = WorkState.Running });
            _ = WorkAsync(request, _stop);
        }
        return Task.FromResult(_progress.Value);
    }

    public Task<TargetProgress> WaitAsync(TimeSpan wait, CancellationToken cancellationToken = default) =>
        _progress.WaitAsync(progress => progress.State == WorkState.Running, wait, cancellationToken);

    public Task<bool> ReleaseAsync(string study, CancellationToken cancellationToken = default)
    {
        _wantedBy.Remove(study);
        if (_wantedBy.Count > 0)
            return Task.FromResult(false);
        _stop.Cancel();
        return Task.FromResult(true);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stop.Cancel();
        return Task.CompletedTask;
    }

    private async Task WorkAsync(TargetRequest request, CancellationTokenSource stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        if (request.TimeoutSeconds is { } seconds)
            timeout.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            DelayDeactivation(_longestWork);
            var result = await store.FindAsync(this.GetPrimaryKeyString(), timeout.Token) != null
                ? await TargetLookup.ReadAsync(store, this.GetPrimaryKeyString(), timeout.Token)
                : await RunAsync(request, timeout.Token, stop.Token);
            _progress.Set(new TargetProgress { State = WorkState.Done, Outputs = OutputsOf(result), Seconds = result.Seconds });
        }
        catch (Exception error) when (stop.IsCancellationRequested)
        {
            if (error is not OperationCanceledException && !UserErrors.IsExpected(error))
                LogFailed(error, request.Study, request.Name);
            _progress.Set(new TargetProgress { State = WorkState.Paused });
        }
        catch (Exception error)
        {
            // It ends here, whatever happened: whoever waits is told, and asking again starts anew.
            bool isLate = error is OperationCanceledException && timeout.IsCancellationRequested;
            if (!isLate && !UserErrors.IsExpected(error))
                LogFailed(error, request.Study, request.Name);
            _progress.Set(new TargetProgress { State = WorkState.Failed, Error = isLate ? $"It was not done within its timeout of {request.TimeoutSeconds} s." : error.Message, Log = _log });
        }
        finally
        {
            _wantedBy.Clear();
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    /// <summary>Does the work, and stores what it gave: from then on the target is up to date.</summary>
    private async Task<TargetResult> RunAsync(TargetRequest request, CancellationToken cancellationToken, CancellationToken stop)
    {
        long began = Stopwatch.GetTimestamp();
        string key = this.GetPrimaryKeyString();
        var recipe = JsonSerializer.Deserialize<Recipe>(request.Recipe, JsonSerializerOptions.Web)!;
        var work = works.FirstOrDefault(one => one.Kind == request.Kind) ?? throw new UserErrorException(ErrorKind.Invalid, request.Name, $"This silo knows no targets of kind '{request.Kind}'.");
        using var scratch = store.CreateScratchDirectory();
        var context = new TargetContext
        {
            Name = request.Name,
            NameInStore = NameInStore(request.Name, key),
            Parameters = await FilledAsync(request, cancellationToken),
            Grains = GrainFactory,
            Folder = scratch.Path,
            Report = progress => _progress.Set(progress),
        };
        TargetResult outcome;
        try
        {
            outcome = await work.RunAsync(context, cancellationToken);
        }
        catch (Exception) when (!stop.IsCancellationRequested)
        {
            await KeepLogAsync(request, scratch.Path);
            throw;
        }
        var result = outcome with { Seconds = Math.Round(Stopwatch.GetElapsedTime(began).TotalSeconds, 3) };
        await File.WriteAllBytesAsync(Path.Combine(scratch.Path, TargetResult.FileName), result.ToJson(), cancellationToken);
        await store.PutAsync(key, recipe, scratch.Path, cancellationToken);
        return result;
    }

    /// <summary>A log that cannot be stored does not hide why the target failed.</summary>
    private async Task KeepLogAsync(TargetRequest request, string folder)
    {
        try
        {
            _log = await TargetLog.KeepAsync(store, folder, CancellationToken.None);
        }
        catch (Exception error)
        {
            LogFailed(error, request.Study, request.Name);
        }
    }

    /// <summary>The parameters with what other targets gave; artifacts as the folders where they can be read here.</summary>
    private async Task<JsonObject> FilledAsync(TargetRequest request, CancellationToken cancellationToken)
    {
        var values = new Dictionary<TargetReference, JsonNode?>();
        foreach (var result in request.Results)
        {
            int dot = result.Name.LastIndexOf('.');
            var reference = new TargetReference(result.Name[..dot], result.Name[(dot + 1)..]);
            bool isArtifact = reference.Output == TargetKinds.Path && ArtifactId.Problem(result.Value) == null;
            values[reference] = JsonValue.Create(isArtifact ? await store.GetDirectoryAsync(result.Value, cancellationToken) : result.Value);
        }
        var parameters = JsonNode.Parse(request.Parameters)!.AsObject();
        var inputs = TargetReference.Fill(parameters["inputs"], reference => values[reference]) as JsonObject;
        // A path that goes on from a result stays within it.
        if (TargetReference.Texts(parameters).Any(text => text.Split('/', '\\').Contains("..")))
            throw new UserErrorException(ErrorKind.Invalid, request.Name, $"A path that begins with the result of another target cannot have '..' in it (target '{request.Name}').");
        return TargetReference.Fill(parameters, reference => reference.IsInput ? inputs![reference.Output] : values[reference])!.AsObject();
    }

    /// <summary>What data sets, runs and models that the target makes are called: its name with the beginning of its digest, so that each name stands for one result for good.</summary>
    private static string NameInStore(string target, string key)
    {
        string plain = string.Concat(target.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.' or '-' ? letter : '-')).TrimEnd('-');
        return $"{plain[..Math.Min(plain.Length, 50)]}-{key[(TargetResult.ArtifactKind.Length + 1)..][..8]}";
    }

    private static NamedOutput[] OutputsOf(TargetResult result) => [.. result.Outputs.Select(output => new NamedOutput(output.Key, output.Value.Value, output.Value.Digest))];

    [LoggerMessage(Level = LogLevel.Error, Message = "Target {Target} of study {Study} failed")]
    private partial void LogFailed(Exception error, string study, string target);
}
