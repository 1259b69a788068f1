using System.Runtime.Intrinsics;
using System.Text.Json;
using RadioDiffusion.Client;

namespace RadioDiffusion.EndToEnd;

/// <summary>
/// The paper's study in small (docs/studies/paper-small.yaml), killed at a seeded moment and built again: what was done at the kill does not run again, and all artifacts are those of a build that nobody disturbed.
/// Where libtorch computes the samples, the other build finds those that were computed here: with other mates in its batch a sample is equal but for its last digits, so that the first one stored is the sample for good.
/// </summary>
public sealed class KilledPaperTests : IDisposable
{
    private const int Rounds = 3, Targets = 17;
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Results => _folder.File("results");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PaperStudy_Killed_EndsAsIfNothingHadHappened()
    {
        Assert.SkipUnless(LongProofs.AreWanted, "One of the long proofs: run with RADIODIFFUSION_LONG=1 (CONTRIBUTING.md).");
        for (int round = 0; round < Rounds; round++)
        {
            string store = $"store{round}", other = $"undisturbed{round}";
            var finished = await KilledAsync(store, new Random(round));
            Assert.InRange(finished.Count, 1, Targets - 1);
            var built = await DoneAsync(store);
            var again = built.Values.Where(target => target.State == "Done").ToList();
            Assert.Equal(Targets - finished.Count, again.Count);
            Assert.DoesNotContain(again, target => finished.Contains(target.Artifact));

            int samples = Vector512.IsHardwareAccelerated ? 0 : CopySamples(store, other);
            Directory.Delete(Results, recursive: true);
            var undisturbed = await DoneAsync(other);
            Assert.Equal(Targets, undisturbed.Values.Count(target => target.State == "Done"));
            Assert.Equal(undisturbed.Keys.Order(StringComparer.Ordinal), built.Keys.Order(StringComparer.Ordinal));
            Assert.All(undisturbed, target => Assert.Equal((target.Key, target.Value.Artifact, target.Value.Digests), (target.Key, built[target.Key].Artifact, built[target.Key].Digests)));
            TestContext.Current.TestOutputHelper?.WriteLine($"round {round}: killed with {finished.Count} of {Targets} targets done, {again.Count} ran after it; all artifacts and digests are those of an undisturbed build, which was given {samples} samples");
            Directory.Delete(_folder.File(store), recursive: true);
            Directory.Delete(_folder.File(other), recursive: true);
            Directory.Delete(Results, recursive: true);
        }
    }

    /// <summary>Builds, and kills that some seconds after so many targets are done, both of which the seed says.</summary>
    /// <returns>The artifacts of those that were done.</returns>
    private async Task<HashSet<string>> KilledAsync(string store, Random random)
    {
        using var process = RadioDiffusionProcess.Start(Command(store));
        int done = random.Next(1, Targets - 4);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (Finished(store).Count < done)
        {
            Assert.False(process.Output.IsCompleted, process.Output.IsCompleted ? await process.Errors : "");
            await poll.WaitForNextTickAsync(Token);
        }
        await Task.Delay(random.Next(8000), Token);          // into whatever runs then
        await process.KillAsync(Token);
        return Finished(store);
    }

    private HashSet<string> Finished(string store) => Directory.Exists(Artifacts(store))
        ? [.. Directory.GetDirectories(Artifacts(store), "target-*", SearchOption.AllDirectories).Where(folder => File.Exists(Path.Combine(folder, "artifact.json"))).Select(folder => Path.GetFileName(folder)!)]
        : [];

    private int CopySamples(string from, string to)
    {
        string[] samples = Directory.GetDirectories(Artifacts(from), "s1_*", SearchOption.AllDirectories);
        foreach (string file in samples.SelectMany(Directory.GetFiles))
        {
            string copy = Path.Combine(Artifacts(to), Path.GetRelativePath(Artifacts(from), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        return samples.Length;
    }

    private string Artifacts(string store) => Path.Combine(_folder.File(store), "artifacts");

    private async Task<Dictionary<string, Target>> DoneAsync(string store)
    {
        var (exitCode, output, errors) = await RadioDiffusionProcess.RunAsync(Token, Command(store));
        Assert.True(exitCode == ExitCode.Done, errors + output);
        return JsonDocument.Parse(output).RootElement.GetProperty("targets").EnumerateArray().ToDictionary(target => target.GetProperty("name").GetString()!, target => new Target(
            target.GetProperty("state").GetString()!,
            target.GetProperty("artifact").GetString()!,
            string.Join(' ', target.GetProperty("outputs").EnumerateArray().Select(result => $"{result.GetProperty("name")}={result.GetProperty("digest")}"))));
    }

    private string[] Command(string store) => ["build", Path.Combine(TestFiles.RepositoryRoot, "docs", "studies", "paper-small.yaml"), "-p", $"output={Results}", "--json", "--store", _folder.File(store)];

    private sealed record Target(string State, string Artifact, string Digests);
}
