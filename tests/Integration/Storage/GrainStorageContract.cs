using Orleans.Runtime;
using Orleans.Storage;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.Integration.Storage;

/// <summary>What every storage of grain state promises, tried on grains of a cluster and on the provider itself.</summary>
public abstract class GrainStorageContract(StorageCluster cluster)
{
    private readonly string _key = Guid.NewGuid().ToString("N");

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected IGrainStorage Storage => cluster.Storage;

    /// <summary>Loses all that is stored while the cluster runs.</summary>
    protected abstract Task LoseEverythingAsync();

    [Fact]
    public async Task State_ThatWasWritten_IsThereAfterDeactivation()
    {
        var grain = Grain(_key);
        Assert.Equal("none", await grain.Read());
        await grain.Write("first", 0);
        await grain.Write("second", 0);
        await cluster.Cluster.DeactivateAsync(grain);
        Assert.Equal("second", await grain.Read());
    }

    [Fact]
    public async Task ForeignWrite_IsAConflict_AndTheGrainReadsTheForeignValue()
    {
        var grain = Grain(_key);
        await grain.Write("mine", 0);
        var foreign = await ReadAsync(_key);
        foreign.State.Text = "foreign";
        await WriteAsync(_key, foreign);

        await Assert.ThrowsAsync<InconsistentStateException>(() => grain.Write("late", 0));
        Assert.Equal("foreign", await grain.Read());
        await grain.Write("mine again", 0);
        Assert.Equal("mine again", (await ReadAsync(_key)).State.Text);
    }

    [Fact]
    public async Task ForeignDeletion_IsAConflict_AndTheGrainBeginsAnew()
    {
        var grain = Grain(_key);
        await grain.Write("mine", 0);
        await Storage.ClearStateAsync(RecordGrain.StateName, Id(_key), await ReadAsync(_key), Ct);

        await Assert.ThrowsAsync<InconsistentStateException>(() => grain.Write("late", 0));
        Assert.Equal("none", await grain.Read());
        await grain.Write("anew", 0);
        Assert.Equal("anew", (await ReadAsync(_key)).State.Text);
    }

    [Fact]
    public async Task Clear_ThenWrite_BeginsAnew()
    {
        var grain = Grain(_key);
        await grain.Write("old", 3);
        await grain.Clear();
        Assert.Equal("none", await grain.Read());
        Assert.Equal(0, await grain.Length());
        Assert.False((await ReadAsync(_key)).RecordExists);
        await grain.Write("new", 0);
        await cluster.Cluster.DeactivateAsync(grain);
        Assert.Equal("new", await grain.Read());
    }

    [Fact]
    public async Task Clear_OfNothing_IsNoError()
    {
        await Grain(_key).Clear();
        Assert.Equal("none", await Grain(_key).Read());
    }

    [Fact]
    public async Task Clear_WithoutHavingRead_IsAConflictAndDeletesNothing()
    {
        await Grain(_key).Write("kept", 0);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync(RecordGrain.StateName, Id(_key), new StoredRecord(), Ct));
        Assert.Equal("kept", (await ReadAsync(_key)).State.Text);
    }

    [Fact]
    public async Task Clear_OfAnOldVersion_IsAConflictAndDeletesNothing()
    {
        var grain = Grain(_key);
        await grain.Write("old", 0);
        var old = await ReadAsync(_key);
        await grain.Write("kept", 0);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync(RecordGrain.StateName, Id(_key), old, Ct));
        Assert.Equal("kept", (await ReadAsync(_key)).State.Text);
    }

    [Fact]
    public async Task EverythingLost_IsOneConflict_ThenTheStoreIsMadeAgain()
    {
        var grain = Grain(_key);
        await grain.Write("lost", 0);
        await LoseEverythingAsync();
        await Assert.ThrowsAsync<InconsistentStateException>(() => grain.Write("late", 0));
        Assert.Equal("none", await grain.Read());
        await grain.Write("anew", 0);
        Assert.Equal("anew", (await ReadAsync(_key)).State.Text);
    }

    [Fact]
    public async Task EverythingLost_BeforeAFirstWrite_IsNoConflict()
    {
        var grain = Grain(_key);
        Assert.Equal("none", await grain.Read());
        await LoseEverythingAsync();
        await grain.Write("first", 0);
        Assert.Equal("first", (await ReadAsync(_key)).State.Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SixteenWriters_OfOneVersion_HaveOneWinner(bool exists)
    {
        if (exists)
            await Grain(_key).Write("before", 0);
        var read = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => ReadAsync(_key)));
        var won = await Task.WhenAll(read.Select(async (state, i) =>
        {
            state.State.Text = $"writer {i}";
            try
            {
                await WriteAsync(_key, state);
                return i;
            }
            catch (InconsistentStateException)
            {
                return -1;
            }
        }));
        int winner = Assert.Single(won, i => i >= 0);
        Assert.Equal($"writer {winner}", (await ReadAsync(_key)).State.Text);
    }

    [Fact]
    public async Task Version_AfterReadAndWrite_IsTheStoredOne()
    {
        var written = new StoredRecord();
        await WriteAsync(_key, written);
        Assert.True(written.RecordExists);
        Assert.Equal(written.ETag, (await ReadAsync(_key)).ETag);
        string? first = written.ETag;
        await WriteAsync(_key, written);
        Assert.NotEqual(first, written.ETag);                // also when the content is the same
    }

    [Fact]
    public async Task EmptyRecord_Exists()
    {
        var empty = new GrainState<Nothing>(new Nothing());
        await Storage.WriteStateAsync(RecordGrain.StateName, Id(_key), empty, Ct);
        var read = new GrainState<Nothing>();
        await Storage.ReadStateAsync(RecordGrain.StateName, Id(_key), read, Ct);
        Assert.True(read.RecordExists);
        Assert.NotNull(read.State);
    }

    [Fact]
    public async Task FiveMegabytes_SurviveTheRoundTrip()
    {
        var grain = Grain(_key);
        await grain.Write("large", 5_000_000);
        await cluster.Cluster.DeactivateAsync(grain);
        Assert.Equal(5_000_000, await grain.Length());
    }

    [Theory]
    [InlineData("A-z_0.9+x:y=z@9")]
    [InlineData("survey/tile/P11Hetdex12")]
    [InlineData("s1_0123456789abcdef_seed=42_class=FRII_flux=3.5mJy_w=0.1_heun=25_f32")]
    public async Task Key_OfAllowedLetters_KeepsItsOwnState(string key)
    {
        key = _key + "/" + key;
        var grain = Grain(key);
        await grain.Write(key, 0);
        await cluster.Cluster.DeactivateAsync(grain);
        Assert.Equal(key, await grain.Read());
        Assert.Equal("none", await Grain(key + "x").Read());
    }

    [Theory]
    [InlineData("x/../y")]
    [InlineData("x/./y")]
    [InlineData("x//y")]
    [InlineData("x/")]
    [InlineData("a b")]
    [InlineData("a%2Fb")]
    [InlineData("a\\b")]
    [InlineData("galaxié")]
    public async Task Key_OfOtherLetters_IsRefusedWhenTheGrainIsCalled(string key)
    {
        var error = await RefusalAsync(Grain(key));
        Assert.Contains($"record/{key}", error.Message);
    }

    [Fact]
    public async Task State_OfAKilledSilo_IsReadByTheOther()
    {
        var grains = Enumerable.Range(0, 8).Select(i => Grain($"{_key}/{i}")).ToArray();
        foreach (var grain in grains)
            await grain.Write("kept", 0);
        var silo = cluster.Cluster.Silos[1];
        await cluster.Cluster.KillSiloAsync(silo);
        await cluster.Cluster.WaitForLivenessToStabilizeAsync();
        foreach (var grain in grains)
            Assert.Equal("kept", await grain.Read());
        await cluster.Cluster.StartAdditionalSiloAsync();
        await cluster.Cluster.WaitForLivenessToStabilizeAsync();
    }

    protected static GrainId Id(string key) => GrainId.Create("record", key);

    protected IRecordGrain Grain(string key) => cluster.Cluster.Client.GetGrain<IRecordGrain>(key);

    /// <summary>The error of a grain whose state cannot be read; Orleans puts it into one of its own.</summary>
    protected static async Task<RadioDiffusionException> RefusalAsync(IRecordGrain grain) =>
        Assert.IsType<RadioDiffusionException>((await Assert.ThrowsAsync<OrleansException>(grain.Read)).InnerException);

    protected async Task<StoredRecord> ReadAsync(string key)
    {
        var state = new StoredRecord();
        await Storage.ReadStateAsync(RecordGrain.StateName, Id(key), state, Ct);
        return state;
    }

    protected Task WriteAsync(string key, StoredRecord state) => Storage.WriteStateAsync(RecordGrain.StateName, Id(key), state, Ct);

    /// <summary>A state without members.</summary>
    [GenerateSerializer]
    public sealed class Nothing;
}
