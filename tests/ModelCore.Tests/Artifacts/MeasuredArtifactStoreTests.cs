using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Tests.Artifacts;

/// <summary>Counts per operation, told apart from those of other tests by the test's own task.</summary>
public sealed class MeasuredArtifactStoreTests : IDisposable
{
    private const string Missing = "dataset-0000000000000000000000000000000000000000000000000000000000000000";

    private readonly AsyncLocal<bool> _isMine = new() { Value = true };
    private readonly MeterListener _listener = new();
    private readonly ConcurrentBag<(string Instrument, string Operation, double Value)> _measured = [];
    private readonly TemporaryFolder _folder = new();
    private readonly MeasuredArtifactStore _store;

    public MeasuredArtifactStoreTests()
    {
        _store = new MeasuredArtifactStore(new LocalArtifactStore(_folder.Path));
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name.StartsWith("radiodiffusion.store.", StringComparison.Ordinal))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _listener.Dispose();
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Operations_OfEachKind_AreTimedByTheirName()
    {
        _isMine.Value = true;
        var recipe = new Recipe { Kind = "dataset", AlgorithmVersion = 1, Inputs = [], Parameters = [] };
        using (var scratch = _store.CreateScratchDirectory())
        {
            await File.WriteAllTextAsync(Path.Combine(scratch.Path, "a.txt"), "alpha", Ct);
            await _store.PutAsync(recipe.Id, recipe, scratch.Path, Ct);
        }
        Assert.NotNull(await _store.FindAsync(recipe.Id, Ct));
        Assert.True(File.Exists(Path.Combine(await _store.GetDirectoryAsync(recipe.Id, Ct), "a.txt")));
        await using (var stream = await _store.OpenReadAsync(recipe.Id, "a.txt", Ct))
            Assert.Equal(5, stream.Length);
        int listed = 0;
        await foreach (var _ in _store.ListAsync(null, Ct))
            listed++;
        await _store.DeleteAsync(recipe.Id, Ct);
        Assert.Equal(1, listed);
        Assert.Equal(["delete", "find", "get", "list", "open", "put"], _measured.Where(m => m.Instrument == "radiodiffusion.store.operation.time").Select(m => m.Operation).Order());
        Assert.All(_measured, m => Assert.InRange(m.Value, 0, 60));
        Assert.DoesNotContain(_measured, m => m.Instrument == "radiodiffusion.store.operation.errors");
    }

    [Fact]
    public async Task Operation_ThatFails_IsTimedAndCountedAndFails()
    {
        _isMine.Value = true;
        await Assert.ThrowsAsync<RadioDiffusionException>(() => _store.GetDirectoryAsync(Missing, Ct));
        Assert.Equal([("radiodiffusion.store.operation.errors", "get"), ("radiodiffusion.store.operation.time", "get")], _measured.Select(m => (m.Instrument, m.Operation)).Order());
    }

    [Fact]
    public async Task Operation_ThatNobodyWaitsForAnyMore_IsNoError()
    {
        _isMine.Value = true;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _store.FindAsync(Missing, new CancellationToken(canceled: true)));
        Assert.Equal(["radiodiffusion.store.operation.time"], _measured.Select(m => m.Instrument));
    }

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_isMine.Value)
            _measured.Add((instrument.Name, (string)tags[0].Value!, value));
    }
}
