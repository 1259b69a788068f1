using System.Globalization;
using System.Net;
using System.Net.Sockets;
using RadioDiffusion.ModelCore.Training.Collectives;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Training.Collectives;

/// <summary>Members are real processes (tests/CollectiveWorker) on loopback. Time limits are there so that nothing waits for ever.</summary>
public sealed class GlooCollectiveTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly CancellationTokenSource _limit = new(Limit);
    private readonly List<CollectiveWorkerProcess> _workers = [];

    private CancellationToken Token => _limit.Token;

    [Fact]
    public void SumInPlace_InAGroupOfOne_LeavesTheVector()
    {
        NeedsGloo();
        using var scope = NewDisposeScope();
        using var socket = GlooCollective.Listen("127.0.0.1", 0);
        using var alone = GlooCollective.Join(new GlooGroup { Key = "alone", Rank = 0, Size = 1, Port = PortOf(socket) }, socket);
        var flat = arange(1000, dtype: float64);
        Assert.True(alone.SumInPlace(flat, TimeSpan.FromMinutes(1)));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (double)i), flat.data<double>().ToArray());
    }

    [Fact]
    public void SumInPlace_OfWhatIsNoVectorOfFloats_IsRefused()
    {
        NeedsGloo();
        using var scope = NewDisposeScope();
        using var socket = GlooCollective.Listen("127.0.0.1", 0);
        using var alone = GlooCollective.Join(new GlooGroup { Key = "alone", Rank = 0, Size = 1, Port = PortOf(socket) }, socket);
        foreach (var wrong in new[] { zeros(2, 2), zeros(4, dtype: int64), zeros(0), zeros(8)[TensorIndex.Slice(step: 2)] })
            Assert.Throws<ArgumentException>(() => alone.SumInPlace(wrong, TimeSpan.FromMinutes(1)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task SumInPlace_TwentyTimes_GivesAllMembersTheSameBitsInEveryRun(int size)
    {
        NeedsGloo();
        var first = await SumTwentyTimesAsync(size);
        var second = await SumTwentyTimesAsync(size);
        Assert.Equal(first, second);
        Assert.Equal(20, first.Distinct().Count());
    }

    [Fact]
    public async Task SumInPlace_OfTwoMembers_IsTheirSumToTheLastBit()
    {
        NeedsGloo();
        await FormGroupAsync("two", 2);
        string[] answers = await AskAllAsync("sum 5 1000003 Float32 60");
        // Two numbers have one sum in float32, in whichever order.
        using var scope = NewDisposeScope();
        var expected = CollectiveWorker.SeededVectors.Draw(5, 0, 1_000_003, ScalarType.Float32) + CollectiveWorker.SeededVectors.Draw(5, 1, 1_000_003, ScalarType.Float32);
        string digest = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(expected.bytes));
        Assert.All(answers, answer => Assert.StartsWith($"summed {digest} ", answer));
    }

    [Fact]
    public async Task SumInPlace_OfANewTensorAgainAndAgain_KeepsMemoryFlat()
    {
        NeedsGloo();
        await FormGroupAsync("memory", 2);
        foreach (string answer in await AskAllAsync("memory 200 1000000"))
        {
            int[] megabytes = [.. answer.Split(' ').Select(int.Parse)];
            Assert.True(megabytes[1] - megabytes[0] < 100, $"100 tensors of 4 MB each: {answer} MB");    // 400 if they stayed
        }
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 0)]    // which keeps the store
    [InlineData(4, 3)]
    public async Task SumInPlace_WithAMemberKilled_FailsAtTheOthers_WhoFormANewGroupWithAReplacement(int size, int victim)
    {
        NeedsGloo();
        await FormGroupAsync("run/1", size);
        foreach (var worker in _workers)
            await worker.TellAsync("sum-until-lost 8000000 300");
        foreach (var worker in _workers)
            Assert.Equal("summing", await worker.HearAsync(Token));
        await KillAsync(victim);
        foreach (var worker in _workers)
        {
            string lost = await worker.HearAsync(Token);
            Assert.StartsWith("lost ", lost);
            Assert.True(MillisecondsOf(lost) < 100_000, $"Long before the time-out of 300 s: {lost}");
        }
        Assert.StartsWith("lost ", await _workers[0].AskAsync("sum 1 10 Float32 60", Token));

        await FormGroupAsync("run/2", size);
        string[] answers = await AskAllAsync("sum 7 1000003 Float32 60");
        Assert.All(answers, answer => Assert.StartsWith("summed ", answer));
        Assert.Single(answers.Select(answer => answer.Split(' ')[1]).Distinct());
        await EndAllAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SumInPlace_WithAMemberThatHangs_FailsAtTheTimeOut_AndTheSurvivorFormsANewGroup(bool midway)
    {
        NeedsGloo();
        await FormGroupAsync("run/1", 2);
        if (midway)
        {
            await _workers[1].TellAsync("sum-until-lost 8000000 300");
            await _workers[0].TellAsync("sum-until-lost 8000000 5");
            Assert.Equal("summing", await _workers[1].HearAsync(Token));
            Assert.Equal("summing", await _workers[0].HearAsync(Token));
            _workers[1].Stop();
        }
        else
        {
            await _workers[0].TellAsync("sum 1 1000003 Float32 5");    // the other one waits for commands
        }
        string lost = await _workers[0].HearAsync(Token);
        Assert.StartsWith("lost ", lost);
        Assert.InRange(MillisecondsOf(lost), 4_900, 60_000);

        await KillAsync(1);
        await FormGroupAsync("run/2", 2);
        Assert.All(await AskAllAsync("sum 3 1000 Float64 60"), answer => Assert.StartsWith("summed ", answer));
        await EndAllAsync();
    }

    [Fact]
    public void Dispose_OfManyGroups_LeavesNeitherThreadsNorDescriptors()
    {
        NeedsGloo();
        var (threads, descriptors) = (0, 0);
        for (int i = 0; i < 100; i++)
        {
            using var scope = NewDisposeScope();
            using var socket = GlooCollective.Listen("127.0.0.1", 0);
            using var alone = GlooCollective.Join(new GlooGroup { Key = $"one/{i}", Rank = 0, Size = 1, Port = PortOf(socket) }, socket);
            Assert.True(alone.SumInPlace(ones(10), TimeSpan.FromMinutes(1)));
            if (i == 9)
                (threads, descriptors) = Count();
        }
        var (threadsAtEnd, descriptorsAtEnd) = Count();
        // Each of 90 groups has several of both; the runtime may start a thread or two of its own, and end dozens that tests before this one have left.
        Assert.InRange(threadsAtEnd - threads, int.MinValue, 10);
        Assert.InRange(descriptorsAtEnd - descriptors, int.MinValue, 10);

        static (int Threads, int Descriptors) Count() => (Directory.GetDirectories("/proc/self/task").Length, Directory.GetFileSystemEntries("/proc/self/fd").Length);
    }

    [Fact]
    public async Task Join_WhereNobodyListens_IsAnErrorThatNamesThePlace()
    {
        NeedsGloo();
        int port;
        using (var socket = GlooCollective.Listen("127.0.0.1", 0))
            port = PortOf(socket);
        var worker = Start();
        string answer = await worker.AskAsync($"join lonely 1 2 {port} 1", Token);
        Assert.StartsWith($"error Rank 1 of the group lonely should find rank 0 at 127.0.0.1:{port} within 1 s", answer);
        await EndAllAsync();
    }

    [Fact]
    public async Task Join_AsRankZeroWhenNobodyComes_IsAnErrorThatCountsTheMembers()
    {
        NeedsGloo();
        var worker = Start();
        string port = await worker.AskAsync("listen", Token);
        string answer = await worker.AskAsync($"join lonely 0 2 {port} 1", Token);
        Assert.StartsWith($"error The group lonely should have 2 members, but within 1 s only 1 came to 127.0.0.1:{port}", answer);
        await EndAllAsync();
    }

    [Fact]
    public async Task Join_WhenRankZeroGivesUpMeanwhile_IsAnErrorAtBoth()
    {
        NeedsGloo();
        using var socket = GlooCollective.Listen("127.0.0.1", 0);
        int port = PortOf(socket);
        var worker = Start();
        await worker.TellAsync($"join lonely 1 3 {port} 200");
        Assert.True(socket.Poll(Limit, SelectMode.SelectRead));    // the worker is at the door
        var group = new GlooGroup { Key = "lonely", Rank = 0, Size = 3, Port = port, JoinTimeout = TimeSpan.FromSeconds(5) };
        var error = Assert.Throws<RadioDiffusionException>(() => GlooCollective.Join(group, socket));
        Assert.StartsWith("The group lonely should have 3 members, but within 5 s only 2 came", error.Message);
        Assert.StartsWith($"error Rank 1 of the group lonely should find rank 0 at 127.0.0.1:{port} within 200 s, but: it was there and has ended.", await worker.HearAsync(Token));
        await EndAllAsync();
    }

    [Fact]
    public void Join_OverAnInterfaceThatIsNotThere_NamesThoseThatAre()
    {
        NeedsGloo();
        var group = new GlooGroup { Key = "k", Rank = 0, Size = 1, Port = 1, Interface = "nowhere0" };
        var error = Assert.Throws<RadioDiffusionException>(() => GlooCollective.Join(group));
        Assert.Matches(@"Interface of a group of trainers should be one of .*lo.*, but it is 'nowhere0'\.", error.Message);
    }

    [Fact]
    public void Listen_WhereThePortIsTaken_IsAnErrorThatNamesIt()
    {
        using var first = GlooCollective.Listen("127.0.0.1", 0);
        var error = Assert.Throws<RadioDiffusionException>(() => GlooCollective.Listen("127.0.0.1", PortOf(first)));
        Assert.Contains($"127.0.0.1:{PortOf(first)}", error.Message);
    }

    [Fact]
    public void IsAvailable_WithAnotherLibtorch_SaysWhichOneItShouldBe()
    {
        NeedsGloo();
        Assert.True(GlooCollective.IsAvailable(new Version(2, 10, 0), out _));
        foreach (var other in new[] { new Version(2, 9, 0), new Version(2, 10, 1), new Version(2, 11, 0) })
        {
            Assert.False(GlooCollective.IsAvailable(other, out string reason));
            Assert.Contains($"libtorch should be 2.10.0, whose C++ objects are known, but it is {other}.", reason);
        }
    }

    public void Dispose()
    {
        foreach (var worker in _workers)
            worker.Dispose();
        _limit.Dispose();
    }

    private static void NeedsGloo() => Assert.SkipUnless(GlooCollective.IsAvailable(out string reason), reason);

    private static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private static int MillisecondsOf(string lost) => int.Parse(lost.Split(' ')[1], CultureInfo.InvariantCulture);

    private CollectiveWorkerProcess Start()
    {
        var worker = CollectiveWorkerProcess.Start();
        _workers.Add(worker);
        return worker;
    }

    /// <summary>The processes that there are, and as many new ones as are missing, become a group.</summary>
    private async Task FormGroupAsync(string key, int size)
    {
        while (_workers.Count < size)
            Start();
        string port = await _workers[0].AskAsync("listen", Token);
        for (int rank = 0; rank < size; rank++)
            await _workers[rank].TellAsync($"join {key} {rank} {size} {port} 120");
        foreach (var worker in _workers)
            Assert.Equal("joined", await worker.HearAsync(Token));
    }

    private async Task KillAsync(int rank)
    {
        await _workers[rank].KillAsync(Token);
        _workers[rank].Dispose();
        _workers.RemoveAt(rank);
    }

    private async Task<string[]> AskAllAsync(string command)
    {
        foreach (var worker in _workers)
            await worker.TellAsync(command);
        return await Task.WhenAll(_workers.Select(worker => worker.HearAsync(Token)));
    }

    /// <summary>All leave, without any crash at the end.</summary>
    private async Task EndAllAsync()
    {
        foreach (var worker in _workers)
            Assert.Equal(0, await worker.EndAsync(Token));
        _workers.ForEach(worker => worker.Dispose());
        _workers.Clear();
    }

    /// <returns>The digests of ten sums in float32 and ten in float64.</returns>
    private async Task<List<string>> SumTwentyTimesAsync(int size)
    {
        await FormGroupAsync("bits", size);
        var digests = new List<string>();
        for (int i = 0; i < 20; i++)
        {
            var type = i % 2 == 0 ? ScalarType.Float32 : ScalarType.Float64;
            string[][] answers = [.. (await AskAllAsync($"sum {i} 1000003 {type} 60")).Select(answer => answer.Split(' '))];
            Assert.All(answers, answer => Assert.Equal("summed", answer[0]));
            digests.Add(Assert.Single(answers.Select(answer => answer[1]).Distinct()));
            // Sums of up to 20 or so in magnitude, up to three roundings of half a unit in the last place.
            double tolerance = type == ScalarType.Float32 ? 4e-6 : 1e-14;
            Assert.All(answers, answer => Assert.InRange(double.Parse(answer[2], CultureInfo.InvariantCulture), 0, tolerance));
        }
        await EndAllAsync();
        return digests;
    }
}
