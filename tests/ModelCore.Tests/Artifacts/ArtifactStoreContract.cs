using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Tests.Artifacts;

/// <summary>What every artifact store promises; run against the folder here and against Azure Blob Storage in Integration.</summary>
public abstract class ArtifactStoreContract
{
    private const string SampleName = "s1_0123456789abcdef_seed=42_class=FRII_flux=3.5mJy_w=0.1_heun=25_f32";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A store as another process would open it: the same artifacts, nothing else in common.</summary>
    protected abstract IArtifactStore Open();

    /// <summary>Changes a stored file behind the store's back.</summary>
    protected abstract Task DamageAsync(ArtifactManifest manifest, string file, byte[] bytes);

    /// <summary>Leaves what a writer leaves that dies just before its manifest is written.</summary>
    protected abstract Task CrashBeforeTheManifestAsync(string id);

    [Fact]
    public async Task Put_ThenFind_GivesFilesRecipeAndDigests()
    {
        var recipe = RecipeOf(1);
        var stored = await PutAsync(Open(), recipe.Id, recipe, ("b.txt", "beta"), ("a.txt", "alpha"), ("Norder3/Npix271.bin", ""));
        var found = await Open().FindAsync(recipe.Id, Ct);

        Assert.NotNull(found);
        Assert.Equal(["Norder3/Npix271.bin", "a.txt", "b.txt"], found.Files.Select(file => file.Name));
        Assert.Equal([0, 5, 4], found.Files.Select(file => file.Length));
        // printf alpha | sha256sum
        Assert.Equal("sha256:8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8", found.Files[1].Sha256);
        Assert.Equal(recipe, found.Recipe);
        Assert.Equal(recipe.Id, found.Recipe.Id);
        Assert.Equal(stored.ContentDigest, found.ContentDigest);
        Assert.Equal(Environment.MachineName, found.Provenance.Machine);
    }

    [Fact]
    public async Task Put_FromScratch_LeavesNoScratchBehind()
    {
        var store = Open();
        string directory = store.CreateScratchDirectory().Path;
        await File.WriteAllTextAsync(Path.Combine(directory, "a.txt"), "alpha", Ct);
        await store.PutAsync(RecipeOf(1).Id, RecipeOf(1), directory, Ct);
        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public async Task Put_FromAFolderElsewhere_MovesIt()
    {
        using var elsewhere = new TemporaryFolder();
        string directory = Directory.CreateDirectory(elsewhere.File("made")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "a.txt"), "alpha", Ct);
        var store = Open();
        await store.PutAsync(RecipeOf(1).Id, RecipeOf(1), directory, Ct);
        Assert.False(Directory.Exists(directory));
        Assert.Equal("alpha", await ReadAsync(store, RecipeOf(1).Id, "a.txt"));
    }

    /// <summary>From another store: the same files, and who made them there.</summary>
    [Fact]
    public async Task Adopt_KeepsWhoMadeIt_AndRefusesOtherFiles()
    {
        var recipe = RecipeOf(1);
        using var elsewhere = new TemporaryFolder();
        using var other = new LocalArtifactStore(elsewhere.Path);
        var made = await PutAsync(other, recipe.Id, recipe, ("a.txt", "alpha"), ("deep/b.txt", "beta")) with { Provenance = new Provenance("RadioDiffusion 0.0", "far away", new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero)) };
        var store = Open();
        var error = await Assert.ThrowsAsync<RadioDiffusionException>(() => store.AdoptAsync(made, Write(store, ("a.txt", "alpha"), ("deep/b.txt", "gamma")), Ct));
        Assert.Contains(made.ContentDigest, error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<RadioDiffusionException>(() => store.AdoptAsync(made with { Recipe = RecipeOf(2) }, Write(store, ("a.txt", "alpha"), ("deep/b.txt", "beta")), Ct));
        Assert.Contains(made.Id, error.Message, StringComparison.Ordinal);
        Assert.Null(await Open().FindAsync(made.Id, Ct));

        await store.AdoptAsync(made, Write(store, ("a.txt", "alpha"), ("deep/b.txt", "beta")), Ct);
        var found = (await Open().FindAsync(made.Id, Ct))!;
        Assert.Equal((made.Provenance, made.ContentDigest), (found.Provenance, found.ContentDigest));
        Assert.Equal("beta", await ReadAsync(Open(), made.Id, "deep/b.txt"));
        Assert.Equal(made.Provenance, (await PutAsync(Open(), recipe.Id, recipe, ("a.txt", "second"))).Provenance);
    }

    [Fact]
    public async Task Put_TheSecondTime_KeepsTheFirst()
    {
        var recipe = RecipeOf(1);
        var first = await PutAsync(Open(), recipe.Id, recipe, ("a.txt", "first"));
        var store = Open();
        string directory = Write(store, ("a.txt", "second"));
        var second = await store.PutAsync(recipe.Id, recipe, directory, Ct);

        Assert.Equal(first.ContentDigest, second.ContentDigest);
        Assert.Equal(first.Provenance, second.Provenance);
        Assert.False(Directory.Exists(directory));
        Assert.Equal("first", await ReadAsync(Open(), recipe.Id, "a.txt"));
    }

    [Fact]
    public async Task Put_OfSixteenWritersAtOnce_HasOneWinner()
    {
        var recipe = RecipeOf(1);
        var stores = Enumerable.Range(0, 16).Select(_ => Open()).ToArray();
        var results = await Task.WhenAll(stores.Select((store, i) => PutAsync(store, recipe.Id, recipe, ("a.txt", $"writer {i}"), ("b.txt", $"{i}"))));

        Assert.Single(results.Select(manifest => manifest.ContentDigest).Distinct());
        var manifest = await Open().FindAsync(recipe.Id, Ct);
        Assert.Equal(results[0].ContentDigest, manifest!.ContentDigest);
        Assert.Equal("writer " + await ReadAsync(Open(), recipe.Id, "b.txt"), await ReadAsync(Open(), recipe.Id, "a.txt"));
        Assert.Empty(await Open().VerifyAsync(manifest, Ct));
    }

    [Fact]
    public async Task Put_AfterACrashBeforeTheManifest_StoresTheArtifact()
    {
        var recipe = RecipeOf(1);
        await CrashBeforeTheManifestAsync(recipe.Id);
        Assert.Null(await Open().FindAsync(recipe.Id, Ct));
        Assert.Empty(await ListAsync(Open()));
        await PutAsync(Open(), recipe.Id, recipe, ("a.txt", "whole"));
        Assert.Equal("whole", await ReadAsync(Open(), recipe.Id, "a.txt"));
        Assert.Single((await Open().FindAsync(recipe.Id, Ct))!.Files);
    }

    [Fact]
    public async Task SampleId_IsAnArtifactId()
    {
        await PutAsync(Open(), SampleName, RecipeOf(1, "sample"), ("image.safetensors", "image"));
        Assert.Equal(SampleName, (await Open().FindAsync(SampleName, Ct))!.Id);
        Assert.Equal("image", await ReadAsync(Open(), SampleName, "image.safetensors"));
    }

    [Fact]
    public async Task EveryAllowedLetter_InAnId_SurvivesTheRoundTrip()
    {
        const string id = "A-z_0.9+x:y=z@9";
        await PutAsync(Open(), id, RecipeOf(1), ("a+b=c@d-e_f.txt", "text"));
        Assert.Equal([id], await ListAsync(Open()));
        Assert.Equal("text", await ReadAsync(Open(), id, "a+b=c@d-e_f.txt"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("ends.")]
    [InlineData("a b")]
    [InlineData("a%20b")]
    [InlineData("galaxié")]
    public async Task Find_OfAnIdWithOtherLetters_IsRefused(string id)
    {
        var error = await Assert.ThrowsAsync<RadioDiffusionException>(() => Open().FindAsync(id, Ct));
        Assert.Contains($"'{id}'", error.Message);
    }

    [Fact]
    public async Task Put_UnderTheHashOfAnotherRecipe_IsRefused()
    {
        var store = Open();
        var error = await Assert.ThrowsAsync<RadioDiffusionException>(() => PutAsync(store, RecipeOf(2).Id, RecipeOf(1), ("a.txt", "alpha")));
        Assert.Contains(RecipeOf(1).Id, error.Message);
    }

    [Fact]
    public async Task Put_OfNoFiles_IsRefused()
    {
        var store = Open();
        await Assert.ThrowsAsync<RadioDiffusionException>(() => PutAsync(store, RecipeOf(1).Id, RecipeOf(1)));
        Assert.Null(await store.FindAsync(RecipeOf(1).Id, Ct));
    }

    [Fact]
    public async Task GetDirectory_HasTheFiles_AlsoTheSecondTimeAndElsewhere()
    {
        var recipe = RecipeOf(1);
        var store = Open();
        await PutAsync(store, recipe.Id, recipe, ("a.txt", "alpha"), ("sub/b.txt", "beta"));
        foreach (var other in new[] { store, store, Open() })
        {
            string directory = await other.GetDirectoryAsync(recipe.Id, Ct);
            Assert.Equal("alpha", await File.ReadAllTextAsync(Path.Combine(directory, "a.txt"), Ct));
            Assert.Equal("beta", await File.ReadAllTextAsync(Path.Combine(directory, "sub", "b.txt"), Ct));
        }
    }

    [Fact]
    public async Task Absent_IsNullOrAnErrorThatNamesIt()
    {
        var store = Open();
        string id = RecipeOf(9).Id;
        Assert.Null(await store.FindAsync(id, Ct));
        Assert.Contains(id, (await Assert.ThrowsAsync<RadioDiffusionException>(() => store.GetDirectoryAsync(id, Ct))).Message);
        Assert.Contains(id, (await Assert.ThrowsAsync<RadioDiffusionException>(() => store.OpenReadAsync(id, "a.txt", Ct))).Message);
        await store.DeleteAsync(id, Ct);
        Assert.Empty(await ListAsync(store));
    }

    [Fact]
    public async Task OpenRead_OfAFileThatIsNotThere_NamesThoseThatAre()
    {
        var store = Open();
        await PutAsync(store, RecipeOf(1).Id, RecipeOf(1), ("a.txt", "alpha"));
        foreach (string name in new[] { "c.txt", "../a.txt", ArtifactManifest.FileName })
            Assert.Contains("a.txt", (await Assert.ThrowsAsync<RadioDiffusionException>(() => store.OpenReadAsync(RecipeOf(1).Id, name, Ct))).Message);
    }

    [Fact]
    public async Task OpenRead_FromTheMiddle_GivesTheRest()
    {
        var store = Open();
        await PutAsync(store, RecipeOf(1).Id, RecipeOf(1), ("a.txt", "0123456789"));
        await using var stream = await store.OpenReadAsync(RecipeOf(1).Id, "a.txt", Ct);
        stream.Seek(7, SeekOrigin.Begin);
        using var reader = new StreamReader(stream);
        Assert.Equal("789", await reader.ReadToEndAsync(Ct));
    }

    [Fact]
    public async Task List_IsInTheOrderOfIds_AndCanBeOfOneKind()
    {
        var store = Open();
        var recipes = Enumerable.Range(0, 12).Select(i => RecipeOf(i, i % 3 == 0 ? "dataset" : "shard")).ToArray();
        foreach (var recipe in recipes)
            await PutAsync(store, recipe.Id, recipe, ("a.txt", recipe.Id));
        await PutAsync(store, SampleName, RecipeOf(1, "sample"), ("image.bin", "x"));

        Assert.Equal(recipes.Select(recipe => recipe.Id).Append(SampleName).Order(StringComparer.Ordinal), await ListAsync(Open()));
        Assert.Equal(recipes.Where(recipe => recipe.Kind == "dataset").Select(recipe => recipe.Id).Order(StringComparer.Ordinal), await ListAsync(Open(), "dataset"));
        Assert.Equal([SampleName], await ListAsync(Open(), "sample"));
        Assert.Empty(await ListAsync(Open(), "report"));
    }

    [Fact]
    public async Task Delete_ThenPut_StoresTheNewOne()
    {
        var recipe = RecipeOf(1);
        var store = Open();
        await PutAsync(store, recipe.Id, recipe, ("a.txt", "old"));
        await store.GetDirectoryAsync(recipe.Id, Ct);
        await store.DeleteAsync(recipe.Id, Ct);
        Assert.Null(await store.FindAsync(recipe.Id, Ct));
        await Assert.ThrowsAsync<RadioDiffusionException>(() => store.GetDirectoryAsync(recipe.Id, Ct));

        await PutAsync(Open(), recipe.Id, recipe, ("a.txt", "new"));
        Assert.Equal("new", await File.ReadAllTextAsync(Path.Combine(await store.GetDirectoryAsync(recipe.Id, Ct), "a.txt"), Ct));
    }

    [Fact]
    public async Task Verify_OfAChangedFile_NamesItAndBothDigests()
    {
        var store = Open();
        var manifest = await PutAsync(store, RecipeOf(1).Id, RecipeOf(1), ("a.txt", "alpha"), ("b.txt", "beta"));
        Assert.Empty(await store.VerifyAsync(manifest, Ct));
        await DamageAsync(manifest, "a.txt", "alphA"u8.ToArray());
        await DamageAsync(manifest, "b.txt", "bet"u8.ToArray());
        var problems = await Open().VerifyAsync((await Open().FindAsync(manifest.Id, Ct))!, Ct);
        Assert.Equal(2, problems.Count);
        Assert.Contains(manifest.Files[0].Sha256, problems[0]);
        Assert.Contains("should have 4 bytes, but it has 3", problems[1]);
    }

    [Fact]
    public async Task Put_Cancelled_StoresNothing()
    {
        var store = Open();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        string directory = Write(store, ("a.txt", "alpha"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.PutAsync(RecipeOf(1).Id, RecipeOf(1), directory, cancelled.Token));
        Assert.Null(await store.FindAsync(RecipeOf(1).Id, Ct));
    }

    [Fact]
    public async Task FiveMegabytes_SurviveTheRoundTrip()
    {
        var bytes = new byte[5_000_000];
        new Random(1).NextBytes(bytes);
        var store = Open();
        string directory = store.CreateScratchDirectory().Path;
        await File.WriteAllBytesAsync(Path.Combine(directory, "weights.bin"), bytes, Ct);
        var manifest = await store.PutAsync(RecipeOf(1).Id, RecipeOf(1), directory, Ct);
        Assert.Equal(Digests.OfBytes(bytes), manifest.Files[0].Sha256);
        string read = await Open().GetDirectoryAsync(RecipeOf(1).Id, Ct);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(read, "weights.bin"), Ct));
    }

    protected static Recipe RecipeOf(int number, string kind = "test") => new()
    {
        Kind = kind,
        AlgorithmVersion = 1,
        Inputs = { ["catalogue"] = Digests.OfBytes([(byte)number]) },
        Parameters = new JsonObject { ["number"] = number, ["minimumSnr"] = 5.5 },
    };

    protected static string Write(IArtifactStore store, params (string Name, string Text)[] files)
    {
        string directory = store.CreateScratchDirectory().Path;
        foreach (var (name, text) in files)
        {
            string path = Path.Combine(directory, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
        return directory;
    }

    protected static Task<ArtifactManifest> PutAsync(IArtifactStore store, string id, Recipe recipe, params (string Name, string Text)[] files) =>
        store.PutAsync(id, recipe, Write(store, files), Ct);

    protected static async Task<string> ReadAsync(IArtifactStore store, string id, string file)
    {
        using var reader = new StreamReader(await store.OpenReadAsync(id, file, Ct));
        return await reader.ReadToEndAsync(Ct);
    }

    protected static async Task<List<string>> ListAsync(IArtifactStore store, string? kind = null)
    {
        var ids = new List<string>();
        await foreach (var manifest in store.ListAsync(kind, Ct))
            ids.Add(manifest.Id);
        return ids;
    }
}
