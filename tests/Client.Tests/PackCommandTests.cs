using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadioDiffusion.Client;

namespace RadioDiffusion.Client.Tests;

/// <summary>`pack` and `replay` as two machines: two stores, two folders. The console is one for all, so the tests take turns.</summary>
[Collection("console")]
public sealed class PackCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Study => _folder.File("here/study.yaml");

    private string Archive => _folder.File("little.zip");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Replay_InAnotherStore_GivesTheSameAndTellsWhatDoesNot()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Its targets are programs of Unix.");
        await WriteStudyAsync();
        var (unbuilt, _, errors) = await RunAsync("here", "pack", Study, "--out", Archive);
        Assert.Equal(ExitCode.Failed, unbuilt);
        Assert.Contains("4 of 4 targets are not up to date: ", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Archive));
        await JsonAsync("here", "build", Study, "-p", "words=two");
        var packed = await JsonAsync("here", "pack", Study, "-p", "words=two", "--out", Archive, "--artifacts");
        Assert.Empty(packed.GetProperty("inputsNeeded").EnumerateArray());
        byte[] bytes = await File.ReadAllBytesAsync(Archive, Token);
        await JsonAsync("here", "pack", Study, "-p", "words=two", "--out", Archive, "--artifacts");
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Archive, Token));

        // Elsewhere nothing is there but the archive.
        Directory.Move(_folder.File("here"), _folder.File("gone"));
        string there = _folder.File("there");
        var replayed = await JsonAsync("there", "replay", Archive, "--in", there);
        Assert.True(replayed.GetProperty("isEqual").GetBoolean());
        Assert.Equal((4, 0), (replayed.GetProperty("ran").GetInt32(), replayed.GetProperty("upToDate").GetInt32()));
        Assert.All(replayed.GetProperty("targets").EnumerateArray(), target => Assert.Equal("Equal", target.GetProperty("verdict").GetString()));
        Assert.Equal("said two\n", await File.ReadAllTextAsync(Path.Combine(there, "out", "said.txt"), Token));

        // Another value, and another script: each changes what depends on it, and nothing else.
        Assert.Equal([("copy", "Different"), ("length", "Different"), ("say", "Different"), ("set", "Equal")], await VerdictsAsync("replay", Archive, "--in", there, "-p", "words=three"));
        await File.WriteAllTextAsync(Path.Combine(there, "say.sh"), "echo \"said $1\" > said.txt # another script, and the same result", Token);
        Assert.Equal([("copy", "Equal"), ("length", "Equal"), ("say", "Different"), ("set", "Equal")], await VerdictsAsync("replay", Archive, "--in", there));
        var (exitCode, text, _) = await RunAsync("there", "replay", Archive, "--in", there);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("say.sh is not as in the archive", text, StringComparison.Ordinal);
        Assert.Contains("'inputs' is ", text, StringComparison.Ordinal);
        Assert.Contains("3 of 4 targets gave the same, 1 something else", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(there, "say.sh"), "exit 3", Token);
        Assert.Equal([("copy", "Missing"), ("length", "Missing"), ("say", "Missing"), ("set", "Equal")], await VerdictsAsync("replay", Archive, "--in", there));
    }

    /// <summary>With its artifacts a study is up to date elsewhere, under the same names: what is changed then goes on from them.</summary>
    [Fact]
    public async Task Replay_WithArtifacts_RunsOnlyWhatIsNotInTheArchive()
    {
        await WriteTrainingAsync();
        await JsonAsync("here", "build", Study);
        await JsonAsync("here", "pack", Study, "--out", Archive, "--artifacts");
        string there = _folder.File("there");
        foreach (string name in (string[])["mosaics", "catalogue.csv"])
            CopyAll(_folder.File($"here/{name}"), Path.Combine(there, name));
        var replayed = await JsonAsync("there", "replay", Archive, "--in", there, "--artifacts");
        Assert.Equal(["images", "model", "set"], replayed.GetProperty("taken").EnumerateArray().Select(name => name.GetString()!).Order());
        Assert.Equal((1, 3), (replayed.GetProperty("ran").GetInt32(), replayed.GetProperty("upToDate").GetInt32()));      // files outside the store are written there
        Assert.True(File.Exists(Path.Combine(there, "out", "dataset.fits")));
        Assert.All(replayed.GetProperty("targets").EnumerateArray(), target => Assert.Equal("Equal", target.GetProperty("verdict").GetString()));
        // Who made it stays known.
        foreach (var target in replayed.GetProperty("targets").EnumerateArray().Where(target => target.GetProperty("kind").GetString() != "export"))
            Assert.Equal(await ManifestAsync("here", target.GetProperty("was").GetString()!), await ManifestAsync("there", target.GetProperty("was").GetString()!));

        // More samples of the model, then another model of the set: both are found by their names.
        string study = Path.Combine(there, "study.yaml");
        Assert.Equal((2, 2), await RanAsync("build", study, "-p", "count=3"));
        Assert.Equal((3, 1), await RanAsync("build", study, "-p", "iterations=3"));
        Assert.Empty((await JsonAsync("there", "replay", Archive, "--in", there, "--artifacts")).GetProperty("taken").EnumerateArray());     // all of it is here
        var (_, text, _) = await RunAsync("there", "replay", Archive, "--in", there, "--artifacts");
        Assert.Contains("0 results are taken from the archive; of 3 targets the store has results of its own", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Artifacts_ThatAreNotThereOrForeign_AreRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Its target is a program of Unix.");
        Directory.CreateDirectory(_folder.File("here"));
        await File.WriteAllTextAsync(Study, "name: little\ntargets:\n  say: {kind: exec, command: [sh, -c, 'echo x > x.txt']}\n  other: {kind: exec, command: [sh, -c, 'echo y > y.txt']}\n", Token);
        await JsonAsync("here", "build", Study);
        await JsonAsync("here", "pack", Study, "--out", Archive);
        await RefusesAsync("has no artifacts, but only their digests", () => { }, "--artifacts");
        await JsonAsync("here", "pack", Study, "--out", Archive, "--artifacts");
        byte[] whole = await File.ReadAllBytesAsync(Archive, Token);

        void EditPack(Action<JsonNode> edit, Action<ZipArchive>? more = null) => Edit(whole, zip =>
        {
            more?.Invoke(zip);
            Replace(zip, "pack.json", text =>
            {
                var pack = JsonNode.Parse(text)!;
                edit(pack);
                return pack.ToJsonString();
            });
        });
        await RefusesAsync("belongs to no target of its study", () => EditPack(pack => pack["targets"]!.AsArray().RemoveAt(0)), "--artifacts");
        await RefusesAsync("has other results of target 'say' than pack.json", () => EditPack(pack => pack["targets"]![0]!["outputs"]!["path"]!["digest"] = "sha256:0"), "--artifacts");
        foreach (var (ending, content, says) in ((string, string, string)[])[("/x.txt", "z\n", "are not those that its manifest names"), ("/target.json", "[]", "are not those that its manifest names"), ("/artifact.json", "{}", "should be an artifact's manifest")])
        {
            string name = "";
            await RefusesAsync(says, () => EditPack(
                pack =>
                {
                    var file = pack["files"]!.AsArray().First(one => one!["name"]!.GetValue<string>() == name)!;
                    (file["length"], file["sha256"]) = (content.Length, ModelCore.Artifacts.Digests.OfBytes(Encoding.UTF8.GetBytes(content)));
                },
                zip =>
                {
                    name = zip.Entries.First(entry => entry.FullName.StartsWith("artifacts/", StringComparison.Ordinal) && entry.FullName.EndsWith(ending, StringComparison.Ordinal)).FullName;
                    Replace(zip, name, _ => content);
                }), "--artifacts");
        }
        Assert.False(Directory.Exists(_folder.File("there")));
        Assert.False(Directory.Exists(_folder.File("store-there/artifacts")));
    }

    [Fact]
    public async Task Archive_ThatIsNoneOrDamagedOrForeign_IsRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Its target is a program of Unix.");
        Directory.CreateDirectory(_folder.File("here"));
        await File.WriteAllTextAsync(Study, "name: little\ntargets: {say: {kind: exec, command: [sh, -c, 'echo x > x.txt']}}\n", Token);
        await JsonAsync("here", "build", Study);
        await JsonAsync("here", "pack", Study, "--out", Archive);
        byte[] whole = await File.ReadAllBytesAsync(Archive, Token);

        await RefusesAsync("There is no file", () => File.Delete(Archive));
        await RefusesAsync("is no zip archive, or it is damaged", () => File.WriteAllText(Archive, "name: little"));
        await RefusesAsync("is no zip archive, or it is damaged", () => File.WriteAllBytes(Archive, whole[..(whole.Length / 2)]));
        await RefusesAsync("has no pack.json", () => Edit(whole, zip => zip.GetEntry("pack.json")!.Delete()));
        await RefusesAsync("cannot be read", () => Edit(whole, zip => Replace(zip, "pack.json", _ => "[1]")));
        await RefusesAsync("should be of the format radiodiffusion-study 1, but it is of radiodiffusion-study 7", () => Edit(whole, zip => Replace(zip, "pack.json", text => text.Replace("\"version\": 1", "\"version\": 7", StringComparison.Ordinal))));
        await RefusesAsync("is damaged: 'study/study.yaml' is not what pack.json says", () => Edit(whole, zip => Replace(zip, "study/study.yaml", text => text.Replace("echo x", "echo y", StringComparison.Ordinal))));
        await RefusesAsync("is not whole: it does not have 'study.json'", () => Edit(whole, zip => zip.GetEntry("study.json")!.Delete()));
        await RefusesAsync("has a file '../evil.txt' that pack.json does not name", () => Edit(whole, zip => Add(zip, "../evil.txt", "x")));
        foreach (string name in (string[])["study/../../evil.txt", "/evil.txt", "study/c:evil.txt", "study//evil.txt", "study\\\\..\\\\evil.txt"])
        {
            await RefusesAsync("names are relative paths of plain parts", () => Edit(whole, zip =>
            {
                Replace(zip, "pack.json", text => text.Replace("\"study.json\"", $"\"{name}\"", StringComparison.Ordinal));
                Add(zip, name.Replace("\\\\", "\\", StringComparison.Ordinal), "x");
            }));
        }
        // A byte that changed on the way.
        byte[] changed = [.. whole];
        changed[changed.AsSpan().IndexOf("study/study.yaml"u8) + "study/study.yaml".Length + 9] ^= 0x55;
        await RefusesAsync("damaged", () => File.WriteAllBytes(Archive, changed));
        Assert.False(Directory.Exists(_folder.File("there")));
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "evil*", SearchOption.AllDirectories));
    }

    private async Task RefusesAsync(string says, Action damage, params string[] options)
    {
        damage();
        var (exitCode, _, errors) = await RunAsync("there", ["replay", Archive, "--in", _folder.File("there"), .. options]);
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.Contains(says, errors, StringComparison.Ordinal);
    }

    private void Edit(byte[] whole, Action<ZipArchive> edit)
    {
        File.WriteAllBytes(Archive, whole);
        using var zip = ZipFile.Open(Archive, ZipArchiveMode.Update);
        edit(zip);
    }

    private static void Replace(ZipArchive zip, string name, Func<string, string> change)
    {
        var entry = zip.GetEntry(name)!;
        string text;
        using (var reader = new StreamReader(entry.Open()))
            text = reader.ReadToEnd();
        entry.Delete();
        Assert.NotEqual(text, change(text));
        Add(zip, name, change(text));
    }

    private static void Add(ZipArchive zip, string name, string text)
    {
        using var stream = zip.CreateEntry(name).Open();
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Programs with a script and an import, a set of a small survey, a file outside the store.</summary>
    private async Task WriteStudyAsync()
    {
        Directory.CreateDirectory(_folder.File("here/parts"));
        SmallSurvey.Write(_folder.File("here"));
        await File.WriteAllTextAsync(_folder.File("here/say.sh"), "echo \"said $1\" > said.txt", Token);
        await File.WriteAllTextAsync(_folder.File("here/parts/common.yaml"), """
            properties: {words: one}
            targets:
              length: {kind: exec, command: [sh, -c, 'wc -c "$0/said.txt" | cut -d" " -f1 > length.txt', "${targets.say.path}"]}
            """, Token);
        await File.WriteAllTextAsync(Study, """
            name: little
            imports: [parts/common.yaml]
            targets:
              say: {kind: exec, inputs: {script: say.sh}, command: [sh, "${inputs.script}", "${words}"]}
              set: {kind: dataset, mosaics: mosaics, catalogue: catalogue.csv, size: 16}
              copy: {kind: export, from: "${targets.say}", to: out}
            """, Token);
    }

    /// <summary>A set of a small survey, a model of it, samples of that, the set as a file.</summary>
    private async Task WriteTrainingAsync()
    {
        Directory.CreateDirectory(_folder.File("here"));
        SmallSurvey.Write(_folder.File("here"));
        await File.WriteAllTextAsync(Study, """
            name: little
            properties: {iterations: 2, count: 2}
            targets:
              set: {kind: dataset, mosaics: mosaics, catalogue: catalogue.csv, size: 16}
              model: {kind: train, dataset: "${targets.set}", preset: demo, iterations: "${iterations}", batch: 2, sampleGrids: 0}
              images: {kind: sample, model: "${targets.model}", count: "${count}", steps: 2}
              copy: {kind: export, from: "${targets.images.path}", format: fits-cube, to: out}
            """, Token);
    }

    private static void CopyAll(string from, string to)
    {
        string[] files = File.Exists(from) ? [from] : Directory.GetFiles(from, "*", SearchOption.AllDirectories);
        foreach (string file in files)
        {
            string copy = File.Exists(from) ? to : Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private Task<string> ManifestAsync(string store, string artifact) =>
        File.ReadAllTextAsync(Path.Combine(Directory.GetDirectories(_folder.File($"store-{store}/artifacts"), artifact, SearchOption.AllDirectories).Single(), "artifact.json"), Token);

    private async Task<(int, int)> RanAsync(params string[] args)
    {
        var built = await JsonAsync("there", args);
        return (built.GetProperty("ran").GetInt32(), built.GetProperty("upToDate").GetInt32());
    }

    private async Task<(string, string)[]> VerdictsAsync(params string[] args)
    {
        var (exitCode, output, _) = await RunAsync("there", [.. args, "--json"]);
        Assert.Equal(ExitCode.Failed, exitCode);
        return [.. JsonDocument.Parse(output).RootElement.GetProperty("targets").EnumerateArray().Select(target => (target.GetProperty("name").GetString()!, target.GetProperty("verdict").GetString()!)).Order()];
    }

    private async Task<JsonElement> JsonAsync(string store, params string[] args)
    {
        var (exitCode, output, errors) = await RunAsync(store, [.. args, "--json"]);
        Assert.True(exitCode == ExitCode.Done, errors + output);
        return JsonDocument.Parse(output).RootElement;
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(string store, params string[] args) => CommandLineTests.RunAsync([.. args, "--store", _folder.File($"store-{store}")]);
}
