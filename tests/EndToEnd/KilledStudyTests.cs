using System.Globalization;
using System.Text;
using System.Text.Json;
using RadioDiffusion.Client;

namespace RadioDiffusion.EndToEnd;

/// <summary>
/// `build`, killed again and again at seeded moments: in the end the targets have the artifacts that an undisturbed build gives, and no target that was done at a kill ran after it. Programs
/// write a line when they begin, which is how it is known who ran.
/// </summary>
public sealed class KilledStudyTests : IDisposable
{
    private const int Steps = 10;
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>RADIODIFFUSION_LONG=1: fifty rounds instead of one.</summary>
    [Fact]
    public async Task Study_KilledAgainAndAgain_EndsAsIfNothingHadHappened()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Its targets are programs of Unix.");
        int rounds = LongProofs.AreWanted ? 50 : 1;
        string study = WriteStudy();
        var undisturbed = await DoneAsync(study, "undisturbed");
        for (int round = 0; round < rounds; round++)
        {
            string store = $"store{round}";
            var random = new Random(round);
            File.Delete(_folder.File("ran.txt"));
            var killed = new List<(string[] Finished, string[] Ran)>();
            for (int kill = 0; kill < 3; kill++)
            {
                using var process = RadioDiffusionProcess.Start("build", study, "--json", "--store", _folder.File(store));
                // By what has been done, and not by a clock, so that a slow machine is killed at the same places.
                int done = Done(store).Count + random.Next(1, 5);
                using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
                while (Done(store).Count < done && !process.Output.IsCompleted)
                    await poll.WaitForNextTickAsync(Token);
                await process.KillAsync(Token);
                killed.Add(([.. Done(store)], Ran()));
            }
            AssertEqual(undisturbed, await DoneAsync(study, store));
            string[] builds = await HistoryAsync(store);
            Assert.Equal("Done", builds[0]);
            Assert.Contains("Interrupted", builds);
            Assert.All(builds, build => Assert.True(build is "Interrupted" or "Done", build));      // the last kill may come too late
            foreach (var (finished, before) in killed)
                Assert.All(finished, target => Assert.Equal(before.Count(name => name == target), Ran().Count(name => name == target)));
            Assert.Contains(killed, one => one.Finished.Length is > 0 and < Steps);
        }
    }

    /// <summary>Ctrl-C pauses: the training is at a checkpoint, and the same command goes on.</summary>
    [Fact]
    public async Task Study_Interrupted_IsPausedAndGoesOn()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Its targets are programs of Unix.");
        string study = WriteStudy();
        using var process = RadioDiffusionProcess.Start("build", study, "--store", _folder.File("paused"));
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (Done("paused").Count < 3)
            await poll.WaitForNextTickAsync(Token);
        await process.InterruptAsync(Token);
        Assert.Equal(ExitCode.Cancelled, await process.WaitAsync(Token));
        Assert.Contains("The same command goes on", await process.Output, StringComparison.Ordinal);
        int done = Done("paused").Count;
        var (exitCode, output, errors) = await RadioDiffusionProcess.RunAsync(Token, "build", study, "--json", "--store", _folder.File("paused"));
        Assert.True(exitCode == ExitCode.Done, errors);
        Assert.True(JsonDocument.Parse(output).RootElement.GetProperty("upToDate").GetInt32() >= done);
    }

    /// <summary>Programs that build on each other, and a data set, a training and samples of the images that one of them makes.</summary>
    private string WriteStudy()
    {
        File.WriteAllText(_folder.File("step.sh"), "#!/bin/sh\necho $1 >> $LIST\nsleep 0.1\necho $1 > out.txt\nshift\nfor f in $*; do cat $f/out.txt >> out.txt; done\n");
        string images = Directory.CreateDirectory(_folder.File("images")).FullName;
        for (int i = 0; i < 12; i++)
            ModelCore.Fits.FitsWriter.WriteImage(Path.Combine(images, $"{i}.fits"), Image(i), 16, 16);
        var text = new StringBuilder("name: killed\ntargets:\n");
        for (int i = 0; i < Steps; i++)
        {
            string[] needed = [.. new[] { i - 1, i - 3 }.Where(j => j >= 0 && i % 4 > 0).Select(j => $", \"${{targets.step{j}.path}}\"")];
            text.Append(CultureInfo.InvariantCulture, $"  step{i}:\n    kind: exec\n    inputs: {{script: step.sh}}\n    environment: {{LIST: {_folder.File("ran.txt")}}}\n    command: [sh, \"${{inputs.script}}\", step{i}{string.Concat(needed)}]\n");
        }
        text.Append("""
              set: {kind: dataset, import: images}
              model: {kind: train, dataset: "${targets.set}", preset: demo, iterations: 6, batch: 2, checkpointEvery: 2, sampleGrids: 0}
              samples: {kind: sample, model: "${targets.model}", count: 4, steps: 2}
              copy: {kind: export, from: "${targets.samples}", to: exported}

            """);
        File.WriteAllText(_folder.File("study.yaml"), text.ToString());
        return _folder.File("study.yaml");
    }

    private async Task<Dictionary<string, string>> DoneAsync(string study, string store)
    {
        var (exitCode, output, errors) = await RadioDiffusionProcess.RunAsync(Token, "build", study, "--json", "--store", _folder.File(store));
        Assert.True(exitCode == ExitCode.Done, errors);
        return TargetsOf(output);
    }

    private async Task<string[]> HistoryAsync(string store)
    {
        var (exitCode, output, errors) = await RadioDiffusionProcess.RunAsync(Token, "study", "history", "killed", "--json", "--store", _folder.File(store));
        Assert.True(exitCode == ExitCode.Done, errors);
        return [.. JsonDocument.Parse(output).RootElement.GetProperty("builds").EnumerateArray().Select(build => build.GetProperty("state").GetString()!)];
    }

    /// <summary>
    /// Each target with its artifact and the digests of what it gave. Samples that are computed anew, in another store and with other mates in their batch, are equal but for rounding (the first that is stored
    /// is the sample): of them the artifact is compared, and the copy, whose recipe has their content, is left out.
    /// </summary>
    private static Dictionary<string, string> TargetsOf(string output) => JsonDocument.Parse(output).RootElement.GetProperty("targets").EnumerateArray().Where(target => target.GetProperty("name").GetString() != "copy").ToDictionary(
        target => target.GetProperty("name").GetString()!,
        target => target.GetProperty("name").GetString() == "samples"
            ? target.GetProperty("artifact").GetString()!
            : $"{target.GetProperty("artifact")} {string.Join(' ', target.GetProperty("outputs").EnumerateArray().Select(result => $"{result.GetProperty("name")}={result.GetProperty("digest")}"))}");

    private static void AssertEqual(Dictionary<string, string> expected, Dictionary<string, string> found)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, target => Assert.Equal(target.Value, found[target.Key]));
    }

    /// <summary>Names of the programs whose artifacts are in the store, by their logs' recipes.</summary>
    private List<string> Done(string store)
    {
        string artifacts = Path.Combine(_folder.File(store), "artifacts");
        if (!Directory.Exists(artifacts))
            return [];
        var names = new List<string>();
        foreach (string manifest in Directory.GetDirectories(artifacts, "target-*", SearchOption.AllDirectories).Select(folder => Path.Combine(folder, "artifact.json")).Where(File.Exists))
        {
            var parameters = JsonDocument.Parse(File.ReadAllBytes(manifest)).RootElement.GetProperty("recipe").GetProperty("parameters");
            if (parameters.GetProperty("kind").GetString() == "exec")
                names.Add(parameters.GetProperty("command")[2].GetString()!);
        }
        return names;
    }

    private string[] Ran() => File.Exists(_folder.File("ran.txt")) ? File.ReadAllLines(_folder.File("ran.txt")) : [];

    private static float[] Image(int index) => [.. Enumerable.Range(0, 16 * 16).Select(pixel => (float)((1 + index) * Math.Exp(-(Math.Pow((pixel / 16) - 8, 2) + Math.Pow((pixel % 16) - 6 - (index % 4), 2)) / 4)))];
}
