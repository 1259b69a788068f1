using Orleans.Runtime;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Storage;

namespace RadioDiffusion.Grains.Tests.Storage;

public sealed class PersistentStateTests
{
    [Fact]
    public async Task ReplaceAsync_WhileTheStoreIsAway_SaysSo_AndKeepsWhatWasThere()
    {
        var away = new UserErrorException(ErrorKind.Unavailable, "blob", "The store does not answer.");
        var state = new FailingState(new OrleansException("stack trace", away)) { State = "before" };
        Assert.Same(away, await Assert.ThrowsAsync<UserErrorException>(() => state.ReplaceAsync("after", "x", CancellationToken.None)));
        Assert.Equal("before", state.State);
    }

    [Fact]
    public async Task ReplaceAsync_OnAFullDisk_SaysWhatCouldNotBeStored()
    {
        var state = new FailingState(new OrleansException("stack trace", new IOException("No space left"))) { State = "before" };
        var error = await Assert.ThrowsAsync<UserErrorException>(() => state.ReplaceAsync("after", "run 'x'", CancellationToken.None));
        Assert.Equal((ErrorKind.Failed, "The state of 'run 'x'' could not be stored. No space left"), (error.Kind, error.Message));
        Assert.Equal("before", state.State);
    }

    private sealed class FailingState(Exception error) : IPersistentState<string>
    {
        public required string State { get; set; }

        public string Etag => "";

        public bool RecordExists => true;

        public Task ClearStateAsync() => throw error;

        public Task WriteStateAsync() => throw error;

        public Task ReadStateAsync() => throw error;

        public Task ClearStateAsync(CancellationToken cancellationToken) => throw error;

        public Task WriteStateAsync(CancellationToken cancellationToken) => throw error;

        public Task ReadStateAsync(CancellationToken cancellationToken) => throw error;
    }
}
