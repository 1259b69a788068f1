using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.Integration;

/// <summary>The sampler of a model that comes with the program: who comes first, who leaves, and what is handed over.</summary>
public sealed class SamplerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Cancelled_ByTheOnlyOneWhoWaits_IsNotComputedAnyFurther()
    {
        await using var session = await OpenAsync("store");
        string id = await IdAsync(session, seed: 1, steps: 1000);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var waiting = AskAsync(session, id, "anna", impatient.Token);
        int steps = await StepsAsync(session, id, atLeast: 5);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await WaitAsync(async () => await SamplerOf(session, id).FindAsync(id, Token) == null);
        Assert.Null(await session.Artifacts.FindAsync(id, Token));
        // Asked for again, it begins from the beginning.
        Assert.True((await SamplerOf(session, id).SubmitAsync(id, Order("bert"), Token)).StepsDone < steps);
        await SamplerOf(session, id).CancelAsync(id, Token);
    }

    [Fact]
    public async Task Cancelled_ByOneOfTwo_IsComputedForTheOther()
    {
        await using var session = await OpenAsync("store");
        string id = await IdAsync(session, seed: 2, steps: 16);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var other = AskAsync(session, id, "bert", Token);
        var waiting = AskAsync(session, id, "anna", impatient.Token);
        await StepsAsync(session, id, atLeast: 3);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        var sample = await other;
        Assert.False(sample.FromStore);
    }

    [Fact]
    public async Task HandedOver_GoesOnWithTheStepThatItWasAt_AndIsTheSameImage()
    {
        float[] undisturbed;
        string id;
        await using (var session = await OpenAsync("undisturbed"))
        {
            id = await IdAsync(session, seed: 3, steps: 20);
            undisturbed = Pixels((await session.Grains.FetchSampleAsync(id, Token)).Fits!);
        }
        await using (var session = await OpenAsync("store"))
        {
            await SamplerOf(session, id).SubmitAsync(id, Order("anna"), Token);
            string waits = await IdAsync(session, seed: 4, steps: 2);
            int steps = await StepsAsync(session, id, atLeast: 5);
            var before = SamplerOf(session, id);
            await before.SubmitAsync(waits, Order("anna"), Token);
            await before.HandOverAsync(Token);
            Assert.True(await StepsAsync(session, id, atLeast: 1) >= steps);
            var (sample, other) = (await session.Grains.FetchSampleAsync(id, Token), await session.Grains.FetchSampleAsync(waits, Token));
            Assert.Equal(WorkState.Done, other.State);
            // Batches of other sizes round differently; images reach up to 1.
            Assert.All(undisturbed.Zip(Pixels(sample.Fits!)), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
        }
    }

    /// <summary>The process ends while samples are under way, and another one begins: embedded, as a command that is interrupted.</summary>
    [Fact]
    public async Task SiloThatStops_LeavesWhatItHasBegunToTheNext()
    {
        string id;
        int steps;
        await using (var session = await OpenAsync("store"))
        {
            id = await IdAsync(session, seed: 5, steps: 60);
            await SamplerOf(session, id).SubmitAsync(id, Order("anna"), Token);
            steps = await StepsAsync(session, id, atLeast: 5);
        }
        await using (var session = await OpenAsync("store"))
            Assert.True(await StepsAsync(session, id, atLeast: 1) >= steps);
    }

    [Fact]
    public async Task WhoWaitsInPerson_IsDoneBeforeWhatIsInBulk()
    {
        await using var session = await OpenAsync("store");
        string[] bulk = [.. await Task.WhenAll(Enumerable.Range(100, 20).Select(seed => IdAsync(session, (ulong)seed, steps: 100)))];
        foreach (string id in bulk)
            await SamplerOf(session, id).SubmitAsync(id, new SampleOrder { Client = "survey", IsBulk = true }, Token);
        await StepsAsync(session, bulk[0], atLeast: 2);
        string mine = await IdAsync(session, seed: 1, steps: 2);
        Assert.Equal(WorkState.Done, (await session.Grains.FetchSampleAsync(mine, Token)).State);
        await foreach (var artifact in session.Artifacts.ListAsync("sample", Token))
            Assert.Equal(mine, artifact.Id);
        foreach (string id in bulk)
            await SamplerOf(session, id).CancelAsync(id, Token);
    }

    [Fact]
    public async Task OtherSolversAndNumberFormats_AreAskedForById()
    {
        await using var session = await OpenAsync("store");
        var model = await session.Grains.Model("first-s").GetAsync(Token);
        float[] reference = Pixels((await session.Grains.FetchSampleAsync(Id(new()), Token)).Fits!);
        float[] half = Pixels((await session.Grains.FetchSampleAsync(Id(new() { Precision = "bf16" }), Token)).Fits!);
        Assert.NotEqual(reference, half);
        // Eight bits of mantissa, through some calls: a few per cent of the range at the worst pixel of an image.
        Assert.True(reference.Zip(half).Max(pair => Math.Abs(pair.First - pair.Second)) < 0.1f);
        float[] guided = Pixels((await session.Grains.FetchSampleAsync(Id(new() { GuidanceTo = 1e-3 }), Token)).Fits!);
        float[] without = Pixels((await session.Grains.FetchSampleAsync(Id(new() { Guidance = 0 }), Token)).Fits!);
        Assert.All(guided.Zip(without), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        var unknown = await Assert.ThrowsAsync<UserErrorException>(() => session.Grains.FetchSampleAsync(Id(new() { Guide = "0123456789abcdef" }), Token));
        Assert.Contains("There is no model 0123456789abcdef", unknown.Message, StringComparison.Ordinal);

        string Id(Changes changes) => SampleIds.For(model, new SampleParameters("first-s", "FRII", Guidance: changes.Guidance, Steps: 6)
        {
            Solver = "dpmpp2m",
            Precision = changes.Precision,
            GuidanceTo = changes.GuidanceTo,
            Guide = changes.Guide,
        });
    }

    private sealed record Changes(double Guidance = 0.75, string Precision = "f32", double? GuidanceTo = null, string? Guide = null);

    private Task<Session> OpenAsync(string store) => Session.OpenAsync(_folder.File(store), null, verbose: false, Token);

    private static SampleOrder Order(string client) => new() { Client = client };

    private static async Task<string> IdAsync(Session session, ulong seed, int steps)
    {
        var model = await session.Grains.Model("first-s").GetAsync(Token);
        return SampleIds.For(model, new SampleParameters("first-s", "Compact", Guidance: 0, Seed: seed, Steps: steps) { Solver = "euler" });
    }

    private static ISamplerGrain SamplerOf(Session session, string id) => session.Grains.GetGrain<ISamplerGrain>($"{SampleId.Parse(id).Model}/0");

    /// <summary>As long as it takes, in calls of some seconds.</summary>
    private static async Task<SampleStatus> AskAsync(Session session, string id, string client, CancellationToken cancellationToken)
    {
        while (true)
        {
            var status = await session.Grains.GetGrain<ISampleGrain>(id).GetAsync(TimeSpan.FromSeconds(8), Order(client), cancellationToken);
            if (status.State == WorkState.Done)
                return status;
        }
    }

    /// <summary>Waits until so many steps are done, and says how many.</summary>
    private static async Task<int> StepsAsync(Session session, string id, int atLeast)
    {
        int steps = 0;
        await WaitAsync(async () => (steps = (await SamplerOf(session, id).SubmitAsync(id, Order("the test"), Token)).StepsDone) >= atLeast);
        return steps;
    }

    private static async Task WaitAsync(Func<Task<bool>> condition)
    {
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
            await poll.WaitForNextTickAsync(Token);
    }

    private float[] Pixels(byte[] fits)
    {
        string path = _folder.File($"{Guid.NewGuid()}.fits");
        File.WriteAllBytes(path, fits);
        using var file = FitsFile.Open(path);
        float[] pixels = new float[80 * 80];
        file.FirstImage().ReadPixels(0, 0, 80, 80, pixels);
        return pixels;
    }
}
