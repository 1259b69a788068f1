using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Sampling;

namespace RadioDiffusion.Grains.Tests.Sampling;

public class LoadedModelsTests
{
    private static readonly Slot _slot = new();

    [Fact]
    public void Rent_OfWhatIsLoaded_LoadsNothingAgain()
    {
        var models = new LoadedModels(new LoadedModelsOptions());
        using var first = Rent(models, "first-s");
        using var second = Rent(models, "first-s");
        Assert.Same(first.Model, second.Model);
        using var half = Rent(models, "first-s", "bf16");
        Assert.NotSame(first.Model, half.Model);
        Assert.Equal(2, models.Count);
        Assert.Equal(first.Model.Bytes + half.Model.Bytes, models.Bytes);
        Assert.InRange(half.Model.Bytes, 1, first.Model.Bytes * 2 / 3);          // bfloat16 takes half, but for the embeddings; float32 may have its weights laid out for the processor as well
    }

    [Fact]
    public void Return_AboveTheBudget_LetsGoWhatWasNotUsedForLongest()
    {
        long one, small;
        var others = new LoadedModels(new LoadedModelsOptions());
        using (var lease = Rent(others, "first-s"))
            one = lease.Model.Bytes;
        using (var lease = Rent(others, "first-s", "bf16"))
            small = lease.Model.Bytes;
        var models = new LoadedModels(new LoadedModelsOptions { MemoryBudget = one + small + one / 4 });
        var first = Rent(models, "first-s");
        var lotss = Rent(models, "lotss-s");
        var half = Rent(models, "first-s", "bf16");
        Assert.Equal(3, models.Count);                        // all in use: the budget has to wait
        lotss.Dispose();
        Assert.Equal(2, models.Count);
        first.Dispose();
        half.Dispose();
        half.Dispose();                                       // twice does no harm
        Assert.Equal(2, models.Count);
        using var again = Rent(models, "lotss-s");
        Assert.Equal(2, models.Count);                        // for which the first one went
        using var kept = Rent(models, "first-s", "bf16");
        Assert.Same(half.Model, kept.Model);
    }

    private static ModelLease Rent(LoadedModels models, string name, string precision = "f32") =>
        models.Rent(_slot, name, precision, Path.Combine(TestFiles.RepositoryRoot, "src", "Silo", "Models", name));

    private sealed class Slot : IDeviceSlot
    {
        public string Device => "cpu";

        public int Threads => 1;

        public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default) => Task.FromResult(work());
    }
}
