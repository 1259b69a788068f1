using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;
using RadioDiffusion.Grains.Interfaces;

namespace RadioDiffusion.Integration;

/// <summary>Says and takes as many bytes as it is told to.</summary>
[Alias("RadioDiffusion.Tests.IBulkyGrain")]
public interface IBulkyGrain : IGrainWithStringKey
{
    [Alias("Take")]
    Task<int> Take(byte[] bytes);

    [Alias("TakeTexts")]
    Task<int> TakeTexts(string[] texts);

    [Alias("Give")]
    Task<byte[]> Give(int bytes);

    [Alias("GiveInTurn")]
    IAsyncEnumerable<byte[]> GiveInTurn(int bytes);

    /// <summary>Asks another grain to take so many, or to give them.</summary>
    [Alias("PassOn")]
    Task<int> PassOn(string to, int taken, int given);
}

[GrainType("bulky")]
public sealed class BulkyGrain : Grain, IBulkyGrain
{
    public Task<int> Take(byte[] bytes) => Task.FromResult(bytes.Length);

    public Task<int> TakeTexts(string[] texts) => Task.FromResult(texts.Length);

    public Task<byte[]> Give(int bytes) => Task.FromResult(new byte[bytes]);

    public async IAsyncEnumerable<byte[]> GiveInTurn(int bytes)
    {
        yield return [1];
        await Task.Yield();
        yield return new byte[bytes];
    }

    public async Task<int> PassOn(string to, int taken, int given)
    {
        var other = GrainFactory.GetGrain<IBulkyGrain>(to);
        return await other.Take(new byte[taken]) + (await other.Give(given)).Length;
    }
}

/// <summary>Two silos and a client, with the guard that all of ours have.</summary>
public sealed class MessageSizeCluster : IAsyncLifetime
{
    public InProcessTestCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureHost(host => host.Logging.ClearProviders());
        builder.ConfigureSilo((_, silo) => silo.Services.AddMessageSafety());
        builder.ConfigureClient(client => client.Services.AddMessageSafety());
        Cluster = builder.Build();
        await Cluster.DeployAsync();
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}

public class MessageSizeTests(MessageSizeCluster cluster) : IClassFixture<MessageSizeCluster>
{
    private const int TooMuch = 2_000_000;
    private const int Enough = 1_000_000;

    private IBulkyGrain Grain { get; } = cluster.Cluster.Client.GetGrain<IBulkyGrain>("bulky");

    [Fact]
    public async Task Request_OfMoreThanAMegabyte_IsRefusedWithGrainMethodAndSize()
    {
        var error = await Assert.ThrowsAsync<MessageTooLargeException>(() => Grain.Take(new byte[TooMuch]));
        CheckError(error, "request to", "Take");
        Assert.Equal(Enough, await Grain.Take(new byte[Enough]));
    }

    [Fact]
    public async Task Request_OfManySmallTexts_IsRefusedByTheirSum() =>
        CheckError(await Assert.ThrowsAsync<MessageTooLargeException>(() => Grain.TakeTexts([.. Enumerable.Range(0, 2000).Select(i => $"{i,1000}")])), "request to", "TakeTexts");

    [Fact]
    public async Task Answer_OfMoreThanAMegabyte_ReachesTheCallerAsThatError()
    {
        var error = await Assert.ThrowsAsync<MessageTooLargeException>(() => Grain.Give(TooMuch));
        CheckError(error, "answer of", "Give");
        Assert.Equal(Enough, (await Grain.Give(Enough)).Length);
    }

    [Fact]
    public async Task Item_OfMoreThanAMegabyte_ReachesTheReaderAsThatError()
    {
        int received = 0;
        var error = await Assert.ThrowsAsync<MessageTooLargeException>(async () =>
        {
            await foreach (byte[] item in Grain.GiveInTurn(TooMuch).WithBatchSize(1))
                received += item.Length;
        });
        Assert.InRange(error.Bytes, TooMuch, TooMuch + 1000);
        Assert.Equal(1, received);
    }

    /// <summary>From a grain of one silo to a grain of the other, and the rest of what goes between them meanwhile.</summary>
    [Theory]
    [InlineData(TooMuch, 0, "request to")]
    [InlineData(0, TooMuch, "answer of")]
    public async Task BetweenSilos_AMessageThatIsRefused_DisturbsNoOther(int taken, int given, string what)
    {
        var (here, there) = await GrainsOnDifferentSilosAsync();
        var client = cluster.Cluster.Client;
        Task<int>[] others = [.. Enumerable.Range(0, 200).Select(_ => client.GetGrain<IBulkyGrain>(here).PassOn(there, 1000, 1000))];
        for (int i = 0; i < 5; i++)
            CheckError(await Assert.ThrowsAsync<MessageTooLargeException>(() => client.GetGrain<IBulkyGrain>(here).PassOn(there, taken, given)), what, taken > 0 ? "Take" : "Give");
        Assert.All(await Task.WhenAll(others), sum => Assert.Equal(2000, sum));
        Assert.Equal(2000, await client.GetGrain<IBulkyGrain>(here).PassOn(there, 1000, 1000));
    }

    private async Task<(string Here, string There)> GrainsOnDifferentSilosAsync()
    {
        var management = cluster.Cluster.Client.GetGrain<IManagementGrain>(0);
        var places = new Dictionary<SiloAddress, string>();
        for (int i = 0; places.Count < 2; i++)
        {
            Assert.True(i < 100, "Of a hundred grains, one should be on the other silo.");
            var grain = cluster.Cluster.Client.GetGrain<IBulkyGrain>($"grain {i}");
            await grain.Give(1);
            places.TryAdd((await management.GetActivationAddress(grain))!, $"grain {i}");
        }
        return (places.Values.First(), places.Values.Last());
    }

    private static void CheckError(MessageTooLargeException error, string what, string method)
    {
        Assert.InRange(error.Bytes, TooMuch, TooMuch * 1.01);
        Assert.EndsWith("." + method, error.Method, StringComparison.Ordinal);
        Assert.StartsWith("bulky/", error.Grain, StringComparison.Ordinal);
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
        Assert.Contains(error.Grain, error.Message, StringComparison.Ordinal);
        Assert.Contains(error.Method, error.Message, StringComparison.Ordinal);
        Assert.Contains($"it has {error.Bytes}", error.Message, StringComparison.Ordinal);
    }
}
