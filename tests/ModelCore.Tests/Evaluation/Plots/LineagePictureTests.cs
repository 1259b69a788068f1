using System.Text.Json.Nodes;
using System.Xml.Linq;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation.Plots;

namespace RadioDiffusion.ModelCore.Tests.Evaluation.Plots;

public sealed class LineagePictureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalArtifactStore _store;

    public LineagePictureTests() => _store = new LocalArtifactStore(_folder.Path, new SomeDay());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    /// <summary>Five mosaics, five shards, a set, a model, six samples, an evaluation of them and of the set, and a study's record, which is no result.</summary>
    [Fact]
    public async Task Picture_HasALayerForEachStep_AndOneBoxForWhatIsAlike()
    {
        var shards = new List<ArtifactManifest>();
        for (int i = 0; i < 5; i++)
            shards.Add(await PutAsync("shard", ("mosaic", Digests.OfBytes([(byte)i])), ("catalogue", Digests.OfBytes([99]))));
        var dataset = await PutAsync("dataset", [.. shards.Select((shard, i) => ($"tile/{i}", shard.ContentDigest))]);
        var model = await PutAsync("snapshot", ("dataset", dataset.ContentDigest));
        var samples = new List<ArtifactManifest>();
        for (int i = 0; i < 6; i++)
            samples.Add(await PutAsync("sample", ("snapshot", model.Id), ("seed", $"{i}")));
        var evaluation = await PutAsync("evaluation", [("real", dataset.ContentDigest), .. samples.Select((sample, i) => ($"generated/{i}", sample.ContentDigest))]);
        await PutAsync("build", ("result", evaluation.ContentDigest));
        var lineage = await Lineage.ReadAsync(_store, Token);

        string svg = LineagePicture.Draw(lineage, model.Id, new Dictionary<string, string> { [dataset.Id] = "lotss" }).ToSvg();
        Assert.Equal(svg, LineagePicture.Draw(await Lineage.ReadAsync(_store, Token), model.Id, new Dictionary<string, string> { [dataset.Id] = "lotss" }).ToSvg());
        var texts = XDocument.Parse(svg).Descendants().Where(element => element.Name.LocalName == "text").Select(element => (Text: element.Value, X: (double)element.Attribute("x")!)).ToList();
        double[] columns = [.. new[] { "file × 5", "shard × 5", "dataset", "snapshot", "sample × 6", "evaluation" }.Select(name => Assert.Single(texts, text => text.Text == name).X)];
        Assert.Equal(columns.Order(), columns);
        Assert.Equal(columns.Length, columns.Distinct().Count());
        Assert.Single(texts, text => text.Text == "file: catalogue");
        Assert.Contains(texts, text => text.Text == $"lotss ({dataset.Id["dataset-".Length..][..12]})");
        Assert.Contains(texts, text => text.Text == "2026-05-04 03:02");
        Assert.DoesNotContain(texts, text => text.Text.StartsWith("build", StringComparison.Ordinal));
        // Seen from the model, the evaluation's other input is not of interest, so that nothing crosses: an arrow for each step, and the two kinds of files of a shard.
        Assert.Equal(6, Arrows(svg));

        // Seen from the evaluation it is: the line from the set goes around the model and its samples.
        string whole = LineagePicture.Draw(lineage, evaluation.Id, new Dictionary<string, string>()).ToSvg();
        Assert.Equal(7, Arrows(whole));
    }

    [Fact]
    public async Task Artifact_WithNothingAroundIt_IsOneBox()
    {
        var alone = await PutAsync("dataset");
        string svg = LineagePicture.Draw(await Lineage.ReadAsync(_store, Token), alone.Id, new Dictionary<string, string>()).ToSvg();
        Assert.Equal(0, Arrows(svg));
        Assert.Contains("dataset", svg, StringComparison.Ordinal);
    }

    /// <summary>Heads are the lines of three points.</summary>
    private static int Arrows(string svg) => XDocument.Parse(svg).Descendants().Count(element => element.Name.LocalName == "polyline" && ((string)element.Attribute("points")!).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 3);

    private async Task<ArtifactManifest> PutAsync(string kind, params (string Role, string Digest)[] inputs)
    {
        var recipe = new Recipe { Kind = kind, AlgorithmVersion = 1, Inputs = new(inputs.Where(input => input.Role != "seed").ToDictionary(input => input.Role, input => input.Digest), StringComparer.Ordinal), Parameters = new JsonObject { ["seed"] = inputs.FirstOrDefault(input => input.Role == "seed").Digest } };
        using var scratch = _store.CreateScratchDirectory();
        await File.WriteAllTextAsync(Path.Combine(scratch.Path, "content.txt"), recipe.Canonical, Token);
        return await _store.PutAsync(recipe.Id, recipe, scratch.Path, Token);
    }

    private sealed class SomeDay : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);
    }
}
