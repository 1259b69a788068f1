using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;

namespace RadioDiffusion.Integration;

/// <summary>The models that come with the program are there in a new store, and whoever only has a sample's ID finds its model.</summary>
public sealed class ShippedModelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ShippedModel_IsThereWithoutImport_AndItsSamplesAreFoundByIdAlone()
    {
        string id, conditioned;
        byte[] first;
        await using (var session = await Session.OpenAsync(_folder.File("store"), null, verbose: false, Token))
        {
            var models = await session.Grains.ModelsAsync(Token);
            var model = Assert.Single(models, model => model.Name == "first-s");
            Assert.Equal(["FRI", "FRII", "Compact", "Bent"], model.Classes);
            id = SampleIds.For(model, new SampleParameters("first-s", Class: "FRII", Steps: 2));
            first = (await session.Grains.FetchSampleAsync(id, Token)).Fits!;
            var lotss = Assert.Single(models, model => model.Name == "lotss-s");
            Assert.Empty(lotss.Classes);
            conditioned = SampleIds.For(lotss, new SampleParameters("lotss-s", Steps: 2));
        }
        await using var other = await Session.OpenAsync(_folder.File("other"), null, verbose: false, Token);
        Assert.Equal(first, (await other.Grains.FetchSampleAsync(id, Token)).Fits!);
        Assert.NotEmpty((await other.Grains.FetchSampleAsync(conditioned, Token)).Fits!);
    }

    [Fact]
    public void EachShippedModel_HasACardAndAtMostTwentyMegabytes()
    {
        string[] folders = Directory.GetDirectories(Path.Combine(AppContext.BaseDirectory, "Models"));
        Assert.NotEmpty(folders);
        foreach (string folder in folders)
        {
            string card = File.ReadAllText(Path.Combine(folder, "README.md"));
            foreach (string section in new[] { "## Data", "## Training", "## Limits", "## Memorisation" })
                Assert.Contains(section, card, StringComparison.Ordinal);
            Assert.True(new FileInfo(Path.Combine(folder, "weights.safetensors")).Length <= 20_000_000);
        }
    }
}
