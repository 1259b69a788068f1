using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>A store that times what another one does, counts its errors, and shows each operation as a span of the trace.</summary>
public sealed class MeasuredArtifactStore(IArtifactStore store) : IArtifactStore, IDisposable
{
    private static readonly Histogram<double> _time = Telemetry.Seconds("radiodiffusion.store.operation.time",
        "Time of an operation of the artifact store, whether it succeeded or not", 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100);

    private static readonly Counter<long> _errors = Telemetry.Meter.CreateCounter<long>("radiodiffusion.store.operation.errors", "{error}",
        "Operations of the artifact store that failed");

    /// <inheritdoc/>
    public Task<ArtifactManifest?> FindAsync(string id, CancellationToken ct = default) => MeasureAsync("find", () => store.FindAsync(id, ct), ct);

    /// <inheritdoc/>
    public Task<ArtifactManifest> PutAsync(string id, Recipe recipe, string directory, CancellationToken ct = default) =>
        MeasureAsync("put", () => store.PutAsync(id, recipe, directory, ct), ct);

    /// <inheritdoc/>
    public Task<ArtifactManifest> AdoptAsync(ArtifactManifest made, string directory, CancellationToken ct = default) =>
        MeasureAsync("put", () => store.AdoptAsync(made, directory, ct), ct);

    /// <inheritdoc/>
    public Task<string> GetDirectoryAsync(string id, CancellationToken ct = default) => MeasureAsync("get", () => store.GetDirectoryAsync(id, ct), ct);

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string id, string file, CancellationToken ct = default) => MeasureAsync("open", () => store.OpenReadAsync(id, file, ct), ct);

    /// <inheritdoc/>
    /// <remarks>A listing is one operation, from the first artifact to the last one that was taken; the time of whoever takes them is in it.</remarks>
    public async IAsyncEnumerable<ArtifactManifest> ListAsync(string? kind = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        using var operation = new Operation("list");
        await using var artifacts = store.ListAsync(kind, ct).GetAsyncEnumerator(ct);
        while (await operation.WatchAsync(() => artifacts.MoveNextAsync().AsTask(), ct))
            yield return artifacts.Current;
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string id, CancellationToken ct = default) => MeasureAsync("delete", async () =>
    {
        await store.DeleteAsync(id, ct);
        return true;
    }, ct);

    /// <inheritdoc/>
    public ScratchDirectory CreateScratchDirectory() => store.CreateScratchDirectory();

    /// <inheritdoc/>
    public string Describe() => store.Describe();

    /// <summary>Ends the store that is measured.</summary>
    public void Dispose() => (store as IDisposable)?.Dispose();

    private static async Task<T> MeasureAsync<T>(string name, Func<Task<T>> work, CancellationToken ct)
    {
        using var operation = new Operation(name);
        return await operation.WatchAsync(work, ct);
    }

    private sealed class Operation(string name) : IDisposable
    {
        private readonly Activity? _span = Telemetry.Spans.StartActivity($"store {name}", ActivityKind.Client);
        private readonly long _began = Stopwatch.GetTimestamp();

        /// <summary>Counts an error; that somebody no longer waits is none.</summary>
        public async Task<T> WatchAsync<T>(Func<Task<T>> work, CancellationToken ct)
        {
            try
            {
                return await work();
            }
            catch (Exception error) when (!(error is OperationCanceledException && ct.IsCancellationRequested))
            {
                _errors.Add(1, new KeyValuePair<string, object?>("operation", name));
                _span?.SetStatus(ActivityStatusCode.Error, error.GetType().Name);
                throw;
            }
        }

        public void Dispose()
        {
            _time.Record(Stopwatch.GetElapsedTime(_began).TotalSeconds, new KeyValuePair<string, object?>("operation", name));
            _span?.Dispose();
        }
    }
}
