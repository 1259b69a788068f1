using System.Text.Json;
using RadioDiffusion.Client;

namespace RadioDiffusion.Client.Tests;

/// <summary>`build` and `study` as a user meets them. The console is one for all, so the tests take turns.</summary>
[Collection("console")]
public sealed class BuildCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Study => _folder.File("study.yaml");

    public void Dispose() => _folder.Dispose();

    /// <summary>From mosaics to files outside the store, by way of every grain that such work has; then a change that changes nothing, and one that does.</summary>
    [Fact]
    public async Task Study_FromMosaicsToFiles_RunsOnceAndThenOnlyWhatChanged()
    {
        SmallSurvey.Write(_folder.Path);
        await File.WriteAllTextAsync(Study, """
            name: small
            properties: {iterations: 2}
            targets:
              set: {kind: dataset, mosaics: mosaics, catalogue: catalogue.csv, size: 16}
              model: {kind: train, dataset: "${targets.set}", preset: demo, iterations: "${iterations}", batch: 2, sampleGrids: 0}
              student: {kind: distil, dataset: "${targets.set}", teacher: "${targets.model}", preset: demo, steps: 2, iterations: 1, batch: 2, sampleGrids: 0}
              images: {kind: sample, matrix: {guidance: [0.1, 0.5]}, model: "${targets.model}", guidance: "${matrix.guidance}", count: 2, steps: 2}
              quality: {kind: evaluate, real: "${targets.set}", model: "${targets.model}", count: 2, steps: 2, nearest: 0}
              cube: {kind: export, dataset: "${targets.set}", format: fits-cube, to: out/cube}
              samples: {kind: export, from: "${targets.images[guidance=0.5].path}", format: hdf5, to: out/samples}
              report: {kind: export, from: "${targets.quality}", to: out/report}
              page:
                kind: report
                title: A small study
                contents:
                - {section: Data, title: Table 1, show: selection, of: "${targets.set}", reduced: "a survey of <few> sources", paper: {selected: {value: "106,787", source: somewhere}}}
                - {show: dataset, of: "${targets.set}"}
                - {section: Training, show: losses, of: "${targets.model}", paper: {iterations: {value: "7e5", source: elsewhere}}}
                - {section: Images, show: images, of: "${targets.quality}"}
                - {show: distributions, of: "${targets.quality}"}
                - {show: class-conditioning, of: "${targets.quality}"}
                - {show: settings, paper: {steps: {ours: 2, value: "25", source: there}}}
              page-file: {kind: export, from: "${targets.page}", to: out/page}
            """, Token);
        var plan = await JsonAsync("build", Study, "--plan");
        Assert.Equal((0, 1, 10), (plan.GetProperty("upToDate").GetInt32(), plan.GetProperty("willRun").GetInt32(), plan.GetProperty("mayRun").GetInt32()));
        var built = await JsonAsync("build", Study, "--events", _folder.File("events.jsonl"));
        Assert.Equal(("Done", 11), (built.GetProperty("state").GetString(), built.GetProperty("ran").GetInt32()));
        foreach (string file in (string[])["out/cube/dataset.fits", "out/samples/dataset.hdf5", "out/report/report.html"])
            Assert.True(File.Exists(_folder.File(file)), file);
        var events = (await File.ReadAllLinesAsync(_folder.File("events.jsonl"), Token)).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(11, events.Count(one => one.GetProperty("state").GetString() == "Done"));
        Assert.Contains((await JsonAsync("model", "list")).EnumerateArray(), model => model.GetProperty("name").GetString()!.StartsWith("student-", StringComparison.Ordinal));

        await ReportsAsync(built.GetProperty("targets").EnumerateArray().Single(target => target.GetProperty("name").GetString() == "set").GetProperty("outputs").EnumerateArray().Single(output => output.GetProperty("name").GetString() == "dataset").GetProperty("value").GetString()!);
        await ExplainsAsync(built.GetProperty("targets").EnumerateArray().ToDictionary(target => target.GetProperty("name").GetString()!, ArtifactOf));

        // A date is no content, and an exported file that is gone is written again.
        File.SetLastWriteTimeUtc(Path.Combine(_folder.File("mosaics"), "A.fits"), DateTime.UtcNow.AddHours(1));
        File.Delete(_folder.File("out/cube/dataset.fits"));
        plan = await JsonAsync("build", Study, "--plan");
        Assert.Equal("cube", Assert.Single(plan.GetProperty("targets").EnumerateArray(), target => target.GetProperty("state").GetString() != "UpToDate").GetProperty("name").GetString());
        string listed = (await RunAsync("build", Study, "--plan")).Output;
        Assert.Contains("cube", listed, StringComparison.Ordinal);
        Assert.DoesNotContain("quality", listed, StringComparison.Ordinal);
        Assert.Contains("10 of 11 targets are up to date and not listed (--all lists them), 1 runs.", listed, StringComparison.Ordinal);
        Assert.Contains("quality", (await RunAsync("build", Study, "--plan", "--all")).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await JsonAsync("build", Study)).GetProperty("ran").GetInt32());
        Assert.True(File.Exists(_folder.File("out/cube/dataset.fits")));

        // One more iteration: another model, and what is made with it; the set stays.
        built = await JsonAsync("build", Study, "-p", "iterations=3");
        Assert.Equal((9, 2), (built.GetProperty("ran").GetInt32(), built.GetProperty("upToDate").GetInt32()));
        Assert.Contains("'iterations' is 3 and was 2", built.GetProperty("targets").EnumerateArray().Single(target => target.GetProperty("name").GetString() == "model").GetProperty("reason").GetString(), StringComparison.Ordinal);

        // Another column in the catalogue: the set is made again and is equal to what it was, so that nothing follows (early cut-off).
        string catalogue = _folder.File("catalogue.csv");
        await File.WriteAllLinesAsync(catalogue, (await File.ReadAllLinesAsync(catalogue, Token)).Select((line, i) => i == 0 ? $"{line},Remark" : $"{line},x"), Token);
        built = await JsonAsync("build", Study, "-p", "iterations=3");
        Assert.Equal((1, 10), (built.GetProperty("ran").GetInt32(), built.GetProperty("upToDate").GetInt32()));
        Assert.Equal("small", (await JsonAsync("study", "list"))[0].GetProperty("name").GetString());
        Assert.Equal(11, (await JsonAsync("study", "show", "small")).GetProperty("last").GetProperty("targets").GetArrayLength());
        await ComparesAsync();
    }

    /// <summary>The four builds above, beside each other.</summary>
    private async Task ComparesAsync()
    {
        Assert.Equal([1, 9, 1, 11], (await JsonAsync("study", "history", "small")).GetProperty("builds").EnumerateArray().Select(build => build.GetProperty("ran").GetInt32()));
        var set = Assert.Single((await JsonAsync("study", "compare", "small")).GetProperty("targets").EnumerateArray());
        Assert.Equal(("the content of 'catalogue' has changed", true), (set.GetProperty("recipe").GetString(), set.GetProperty("isSameResult").GetBoolean()));
        var targets = (await JsonAsync("study", "compare", "small", "3", "2")).GetProperty("targets").EnumerateArray().ToDictionary(target => target.GetProperty("name").GetString()!);
        Assert.Equal(9, targets.Count);
        (double? A, double? B) Number(string target, string name) => targets[target].GetProperty("numbers").EnumerateArray().Where(number => number.GetProperty("name").GetString() == name)
            .Select(number => ((double?)number.GetProperty("a").GetDouble(), (double?)number.GetProperty("b").GetDouble())).Single();
        Assert.Equal((2, 3), Number("model", "iterations"));
        var loss = Number("model", "training loss, last");
        Assert.True(loss.A > 0 && loss.B > 0 && loss.A != loss.B);
        Assert.InRange(Number("quality", "KS distance, pixel").B!.Value, 0, 1);
        Assert.Contains("'iterations' is 3 and was 2", (await RunAsync("study", "compare", "small", "3", "2")).Output, StringComparison.Ordinal);
        Assert.Contains("All 11 targets are the same", (await RunAsync("study", "compare", "small", "1", "1", "--with", "small")).Output, StringComparison.Ordinal);
        var (exitCode, _, errors) = await RunAsync("study", "compare", "small", "5");
        Assert.NotEqual(ExitCode.Done, exitCode);
        Assert.Contains("has no build '5': there are 4", errors, StringComparison.Ordinal);
        Assert.Contains("There is no study 'none'", (await RunAsync("study", "compare", "small", "--with", "none")).Errors, StringComparison.Ordinal);
    }

    /// <summary>A labelled set, samples of a model of it, and both together for another classifier.</summary>
    [Fact]
    public async Task GeneratedImages_AreAddedToALabelledSet()
    {
        for (int i = 0; i < 24; i++)
        {
            string images = Directory.CreateDirectory(_folder.File(Path.Combine("images", i % 2 == 0 ? "single" : "double"))).FullName;
            float[] pixels = [.. Enumerable.Range(0, 16 * 16).Select(pixel => (float)((1 + i) * Math.Exp(-(Math.Pow((pixel / 16) - 8, 2) + Math.Pow((pixel % 16) - 6 - (i % 4), 2)) / 4)))];
            ModelCore.Fits.FitsWriter.WriteImage(Path.Combine(images, $"{i}.fits"), pixels, 16, 16);
        }
        await File.WriteAllTextAsync(Study, """
            name: augmented
            properties: {held: 0.25}
            targets:
              set: {kind: dataset, import: images}
              model: {kind: train, dataset: "${targets.set}", preset: demo, iterations: 1, batch: 2, sampleGrids: 0}
              images: {kind: sample, model: "${targets.model}", count: 6, steps: 2}
              more: {kind: dataset, real: "${targets.set}", generated: "${targets.images.artifact}", validationFraction: "${held}"}
              classifier: {kind: train, dataset: "${targets.more}", preset: classifier-small, iterations: 2, batch: 4}
            """, Token);
        var built = await JsonAsync("build", Study);
        string more = built.GetProperty("targets").EnumerateArray().Single(target => target.GetProperty("name").GetString() == "more").GetProperty("outputs").EnumerateArray()
            .Single(output => output.GetProperty("name").GetString() == "dataset").GetProperty("value").GetString()!;
        Assert.Equal(24 + 6, (await JsonAsync("dataset", "show", more)).GetProperty("selected").GetInt32());
        Assert.Equal(0, (await JsonAsync("build", Study)).GetProperty("ran").GetInt32());
        var (exitCode, _, errors) = await RunAsync("build", Study, "more", "-p", "held=1.5");
        Assert.Equal(ExitCode.PartlyDone, exitCode);
        Assert.Contains("should be from 0 to below 1, but it is 1.5", errors + (await RunAsync("study", "show", "augmented")).Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Study, "targets:\n  a: {kind: dataset, import: images, real: x, generated: y}\n  b: {kind: dataset, real: x}\n", Token);
        errors = (await RunAsync("build", Study)).Errors;
        Assert.Contains("or 'real' and 'generated'.", errors, StringComparison.Ordinal);
        Assert.Contains("needs 'real' and 'generated' together.", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_GetTheirEnvironmentFolderAndArgumentsAsTheyAre()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Its targets are programs of Unix.");
        await File.WriteAllTextAsync(_folder.File("show.sh"), "env | grep -v PWD | sort > env.txt; case $PWD in */store/scratch/*) echo scratch > folder.txt;; esac; for a in \"$@\"; do echo \"<$a>\" >> arguments.txt; done; echo said", Token);
        await File.WriteAllTextAsync(Study, """
            targets:
              show:
                kind: exec
                inputs: {script: show.sh}
                environment: {MINE: a b}
                command: [sh, "${inputs.script}", "$${HOME}; echo x", "*", "$(id)"]
              fail: {kind: exec, command: [sh, -c, "echo why >&2; exit 7"]}
              slow: {kind: exec, command: [sleep, "60"], timeout: 0.3s}
              none: {kind: exec, command: [no-such-program-at-all]}
              after: {kind: exec, command: [cat, "${targets.fail.path}"]}
              copy: {kind: export, from: "${targets.show}", to: out}
            """, Token);
        Environment.SetEnvironmentVariable("RADIODIFFUSION_TEST_SECRET", "1");
        var (exitCode, output, _) = await RunAsync("build", Study, "--json");
        Assert.Equal(ExitCode.PartlyDone, exitCode);
        var targets = JsonDocument.Parse(output).RootElement.GetProperty("targets").EnumerateArray().ToDictionary(target => target.GetProperty("name").GetString()!);
        Assert.Equal(["<${HOME}; echo x>", "<*>", "<$(id)>"], await File.ReadAllLinesAsync(_folder.File("out/arguments.txt"), Token));
        string environment = await File.ReadAllTextAsync(_folder.File("out/env.txt"), Token);
        Assert.Contains("MINE=a b\n", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", environment, StringComparison.Ordinal);
        Assert.Equal("scratch\n", await File.ReadAllTextAsync(_folder.File("out/folder.txt"), Token));
        Assert.Contains("exit code 7", targets["fail"].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("why", targets["fail"].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("timeout of 0.3 s", targets["slow"].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("cannot be started", targets["none"].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal("Blocked", targets["after"].GetProperty("state").GetString());
        Assert.Equal(0, (await JsonAsync("build", Study, "copy")).GetProperty("ran").GetInt32());
        Assert.Equal(1, (await JsonAsync("build", Study, "copy", "--again", "show")).GetProperty("ran").GetInt32());      // the same result again: nothing follows
    }

    [Fact]
    public async Task Plan_OfManyTargets_IsALineEach()
    {
        await File.WriteAllTextAsync(Study, "targets:\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"  t{i}: {{kind: exec, command: [\"true\", \"{i}\"]}}\n")), Token);
        string[] lines = (await RunAsync("build", Study, "--plan")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(302, lines.Length);
        Assert.Matches("^Target +Kind +Why +Last time$", lines[0]);
        Assert.Matches("^t7 +exec +will run +not built yet$", lines[8]);
        Assert.StartsWith("0 of 300 targets are up to date, 300 run.", lines[301], StringComparison.Ordinal);
    }

    /// <summary>What a program wrote can be read whole, whether it ended well, failed, or was too slow; of a failure with very much to say the end.</summary>
    [Fact]
    public async Task Logs_AreKept_AlsoOfProgramsThatFail()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Its targets are programs of Unix.");
        await File.WriteAllTextAsync(Study, """
            name: logs
            targets:
              good: {kind: exec, command: [sh, -c, "echo said > file; echo done well"]}
              fail: {kind: exec, command: [sh, -c, "seq 1 40; exit 7"], retry: 1}
              long: {kind: exec, command: [sh, -c, "seq 1 200000; exit 1"]}
              slow: {kind: exec, command: [sh, -c, "echo began; sleep 60"], timeout: 2s}
              mute: {kind: exec, command: [sh, -c, "exit 1"]}
              copy: {kind: export, from: "${targets.good}", to: out}
            """, Token);
        var (exitCode, output, _) = await RunAsync("build", Study);
        Assert.Equal(ExitCode.PartlyDone, exitCode);
        Assert.Contains("29\n30\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("28\n29", output, StringComparison.Ordinal);
        Assert.Contains("radiodiffusion study log logs 'fail'", output, StringComparison.Ordinal);
        Assert.DoesNotContain("study log logs 'mute'", output, StringComparison.Ordinal);

        async Task<string> LogAsync(params string[] args) => (await JsonAsync(["study", "log", "logs", .. args])).GetProperty("text").GetString()!;
        Assert.Equal("done well\n", await LogAsync("good"));
        Assert.Equal(string.Concat(Enumerable.Range(1, 40).Select(i => $"{i}\n")), await LogAsync("fail"));
        Assert.Equal("began\n", await LogAsync("slow"));
        string text = await LogAsync("long");
        Assert.InRange(text.Length, (1 << 20) - 100, (1 << 20) + 100);
        Assert.Matches(@"^\.\.\. \d+ bytes before this are left out\n\d{5}\n", text);
        Assert.EndsWith("\n199999\n200000\n", text, StringComparison.Ordinal);
        Assert.EndsWith("39\n40\n", (await RunAsync("study", "log", "logs", "fail")).Output, StringComparison.Ordinal);
        foreach (var (target, says) in ((string, string)[])[("mute", "it failed before its program wrote anything"), ("copy", "of kind export: only programs"), ("fial", "Did you mean 'fail'?")])
        {
            var (exit, _, errors) = await RunAsync("study", "log", "logs", target);
            Assert.NotEqual(ExitCode.Done, exit);
            Assert.Contains(says, errors, StringComparison.Ordinal);
        }

        // Later builds do not take it away.
        await File.WriteAllTextAsync(Study, (await File.ReadAllTextAsync(Study, Token)).Replace("seq 1 40; exit 7", "echo better", StringComparison.Ordinal), Token);
        await RunAsync("build", Study, "fail");
        Assert.Equal("better\n", await LogAsync("fail"));
        Assert.StartsWith("1\n2\n", await LogAsync("fail", "--build", "2"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_AreWrongUsageWithPlaces()
    {
        await File.WriteAllTextAsync(Study, "targets:\n  a: {kind: exce, command: [x]}\n  b: {kind: exec, comand: [x]}\n", Token);
        foreach (var (says, args) in ((string[], string[])[])
        [
            (["study.yaml(2,13): ", "Did you mean 'exec'?", "study.yaml(3,19): ", "Did you mean 'command'?"], ["build", Study]),
            (["There is no file"], ["build", _folder.File("none.yaml")]),
            (["-p should be NAME=VALUE"], ["build", Study, "-p", "x"]),
        ])
        {
            var (exitCode, _, errors) = await RunAsync(args);
            Assert.Equal(ExitCode.WrongUsage, exitCode);
            Assert.All(says, one => Assert.Contains(one, errors, StringComparison.Ordinal));
        }
        await File.WriteAllTextAsync(Study, "targets:\n  model: {kind: train, dataset: nothing}\n", Token);
        Assert.Contains("Did you mean 'model'?", (await RunAsync("build", Study, "modl")).Errors, StringComparison.Ordinal);
        var (exit, text, _) = await RunAsync("build", Study, "--plan", "--json");
        Assert.Equal(ExitCode.Failed, exit);
        Assert.Contains("There is no data set 'nothing'", text, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, (await RunAsync("study", "pause", "nobody")).ExitCode);
    }

    /// <summary>The studies of the documentation can be read, and the schema that editors use is the present one.</summary>
    [Theory]
    [InlineData("paper-small.yaml")]
    [InlineData("paper.yaml")]
    public void StudiesOfTheDocumentation_CanBeRead(string name) =>
        Assert.NotEmpty(ModelCore.Workflows.StudyFile.Read(Path.Combine(TestFiles.RepositoryRoot, "docs", "studies", name), new Dictionary<string, string>()).Targets);

    /// <summary>One page with everything in it, our values beside the paper's.</summary>
    private async Task ReportsAsync(string set)
    {
        int selected = (await JsonAsync("dataset", "show", set)).GetProperty("selected").GetInt32();
        Assert.True(selected > 0);
        string page = await File.ReadAllTextAsync(_folder.File("out/page/report.html"), Token);
        foreach (string row in (string[])[$"selected</th><td>{selected}</td><td>106,787</td><td>somewhere</td>", "iterations</th><td>2</td><td>7e5</td><td>elsewhere</td>", "steps</th><td>2</td><td>25</td><td>there</td>", "generated images</th><td>2</td><td>not at hand</td>"])
            Assert.Contains(row, page, StringComparison.Ordinal);
        Assert.Contains("<h2>Data</h2>", page, StringComparison.Ordinal);
        Assert.Contains("<h3>Table 1</h3>\n<p class=\"reduced\"><strong>Reduced:</strong> a survey of &lt;few&gt; sources</p>", page, StringComparison.Ordinal);
        Assert.Contains("Ratio", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("The evaluation does not have this part.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("(src|href)=\"(?!data:)", page);
        var values = JsonDocument.Parse(await File.ReadAllBytesAsync(_folder.File("out/page/values.json"), Token)).RootElement;
        Assert.Equal(selected, values[0].GetProperty("values").GetProperty("selected").GetDouble());

        string text = await File.ReadAllTextAsync(Study, Token);
        await File.WriteAllTextAsync(_folder.File("wrong.yaml"), text.Replace("name: small", "name: wrong", StringComparison.Ordinal).Replace("paper: {selected:", "paper: {seleced:", StringComparison.Ordinal), Token);
        var (exitCode, output, _) = await RunAsync("build", _folder.File("wrong.yaml"), "page");
        Assert.Equal(ExitCode.PartlyDone, exitCode);
        Assert.Contains("has no value 'seleced' to set beside the paper's: give it as 'ours', or take one of 'catalogue rows', 'selected'", output, StringComparison.Ordinal);
    }

    /// <summary>From a report back to the mosaics, from the set forward to the report, and the same as PROV-JSON.</summary>
    private async Task ExplainsAsync(Dictionary<string, string> artifacts)
    {
        var back = await JsonAsync("explain", artifacts["quality"], "--prov", _folder.File("prov.json"));
        string[] kinds = [.. back.GetProperty("artifacts").EnumerateArray().Select(one => one.GetProperty("kind").GetString()!)];
        Assert.All((string[])["evaluation", "dataset", "shard", "snapshot", "sample-set"], kind => Assert.Contains(kind, kinds));
        string mosaic = ModelCore.Artifacts.Digests.OfFile(Path.Combine(_folder.File("mosaics"), "A.fits"));
        Assert.Contains(back.GetProperty("artifacts").EnumerateArray().SelectMany(one => one.GetProperty("inputs").EnumerateArray()),
            input => input.GetProperty("digest").GetString() == mosaic && input.GetProperty("artifact").ValueKind == JsonValueKind.Null);
        await JsonAsync("explain", artifacts["set"], "--picture", _folder.File("lineage.svg"));
        string picture = await File.ReadAllTextAsync(_folder.File("lineage.svg"), Token);
        Assert.All((string[])[">shard<", ">dataset<", ">evaluation<", ">report<"], box => Assert.Contains(box, picture, StringComparison.Ordinal));
        Assert.Contains("--picture should be FILE.svg or FILE.png", (await RunAsync("explain", artifacts["set"], "--picture", "x.pdf")).Errors, StringComparison.Ordinal);
        var forward = await JsonAsync("explain", artifacts["set"], "--forward");
        Assert.Contains(artifacts["quality"], forward.GetProperty("artifacts").EnumerateArray().Select(one => one.GetProperty("id").GetString()));
        Assert.Contains(artifacts["model"], (await RunAsync("explain", artifacts["quality"])).Output, StringComparison.Ordinal);

        var prov = JsonDocument.Parse(await File.ReadAllBytesAsync(_folder.File("prov.json"), Token)).RootElement;
        var entities = prov.GetProperty("entity").EnumerateObject().Select(entity => entity.Name).ToHashSet();
        var activities = prov.GetProperty("activity").EnumerateObject().Select(activity => activity.Name).ToHashSet();
        Assert.Equal(activities.Count, prov.GetProperty("wasGeneratedBy").EnumerateObject().Count());
        foreach (var used in prov.GetProperty("used").EnumerateObject())
        {
            Assert.Contains(used.Value.GetProperty("prov:entity").GetString()!, entities);
            Assert.Contains(used.Value.GetProperty("prov:activity").GetString()!, activities);
        }
    }

    private static string ArtifactOf(JsonElement target) => target.GetProperty("outputs").EnumerateArray().Where(output => output.GetProperty("name").GetString() is "artifact" or "path").First().GetProperty("value").GetString()!;

    private async Task<JsonElement> JsonAsync(params string[] args)
    {
        var (exitCode, output, errors) = await RunAsync([.. args, "--json"]);
        Assert.True(exitCode == ExitCode.Done, errors);
        return JsonDocument.Parse(output).RootElement;
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] args) => CommandLineTests.RunAsync([.. args, "--store", _folder.File("store")]);
}
