using RadioDiffusion.Grains;

namespace RadioDiffusion.Grains.Tests;

public class WatchedTests
{
    private sealed record Status(long Version, bool Last = false);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Watch_AfterAnOldVersion_BeginsWithThePresentValue()
    {
        var watched = new Watched<Status>(new Status(5, Last: true));
        Assert.Equal([5], await VersionsAsync(watched, afterVersion: 2));
    }

    [Fact]
    public async Task Watch_AfterThePresentVersionOfSomethingEnded_EndsWithNothing()
    {
        var watched = new Watched<Status>(new Status(5, Last: true));
        Assert.Empty(await VersionsAsync(watched, afterVersion: 5));
    }

    [Fact]
    public async Task Watch_WhileValuesChange_SeesRisingVersionsAndTheLast()
    {
        var watched = new Watched<Status>(new Status(0));
        var versions = VersionsAsync(watched, afterVersion: -1);
        for (int version = 1; version <= 50; version++)
        {
            watched.Set(new Status(version, Last: version == 50));
            await Task.Yield();
        }
        var seen = await versions;
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(50, seen[^1]);
    }

    [Fact]
    public async Task Watch_Cancelled_Ends()
    {
        var watched = new Watched<Status>(new Status(0));
        using var cancel = new CancellationTokenSource();
        var watching = VersionsAsync(watched, afterVersion: 0, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    private static async Task<List<long>> VersionsAsync(Watched<Status> watched, long afterVersion, CancellationToken? token = null)
    {
        var versions = new List<long>();
        await foreach (var status in watched.WatchAsync(afterVersion, value => value.Version, value => value.Last, token ?? Token))
            versions.Add(status.Version);
        return versions;
    }
}
