using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Training;
using RadioDiffusion.ModelCore.Training.Collectives;

namespace RadioDiffusion.ModelCore.Tests.Training;

/// <summary>Power-function averages of a training, kept, resumed, and combined afterwards.</summary>
public sealed class PowerEmaTrainingTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TrainingOptions _options = TinyTraining.Options with { PowerEma = [0.05, 0.1] };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Resume_HalfWay_EndsWithTheBitsOfTheUndisturbedAverages()
    {
        using (var trainer = Start(_options))
        {
            Take(trainer, 6);
            trainer.SaveCheckpoint(_folder.File("half"));
            Take(trainer, 6);
            trainer.SaveCheckpoint(_folder.File("undisturbed"));
        }
        using (var trainer = Trainer.Resume(_folder.File("half"), new TinyTraining(), dataDigest: "tiny"))
        {
            Take(trainer, 6);
            trainer.SaveCheckpoint(_folder.File("resumed"));
        }
        foreach (string file in new[] { "power_ema_0.05.safetensors", "power_ema_0.1.safetensors", "ema.safetensors", "model.safetensors" })
            Assert.Equal(File.ReadAllBytes(_folder.File($"undisturbed/{file}")), File.ReadAllBytes(_folder.File($"resumed/{file}")));
        Assert.NotEqual(File.ReadAllBytes(_folder.File("resumed/power_ema_0.05.safetensors")), File.ReadAllBytes(_folder.File("half/power_ema_0.05.safetensors")));
    }

    /// <summary>The averages change nothing of the training, and after the first step they are its weights.</summary>
    [Fact]
    public void Averages_AfterOneStep_AreTheWeights()
    {
        using var plain = Start(TinyTraining.Options);
        using var trainer = Start(_options);
        Take(plain, 1);
        Take(trainer, 1);
        Assert.Equal(plain.CopyParameters(), trainer.CopyParameters());
        trainer.SaveCheckpoint(_folder.File("one"));
        Assert.Equal(Weights(_folder.File("one/model.safetensors")), Weights(_folder.File("one/power_ema_0.1.safetensors")));
    }

    /// <summary>In a real training: the average of 0.15 that was kept beside the others, and the one made of the others.</summary>
    [Fact]
    public void Reconstruct_AnotherWidth_IsTheAverageThatTheTrainingKeptOfIt()
    {
        var directories = new List<string>();
        float[] direct;
        using (var trainer = Start(_options))
        using (var wide = Start(_options with { PowerEma = [0.15] }))
        {
            for (int i = 1; i <= 20; i++)
            {
                Take(trainer, 4);
                Take(wide, 4);
                directories.Add(_folder.File($"averages-{trainer.Iteration}"));
                trainer.SaveAverages(directories[^1], new SnapshotDescription { PixelScaleArcsec = 1.5 });
            }
            wide.SaveCheckpoint(_folder.File("wide"));
            direct = Weights(_folder.File("wide/power_ema_0.15.safetensors"));
        }
        var fit = PostHocEma.Reconstruct(directories, 0.15, 80, _folder.File("made"));
        float[] made = Weights(_folder.File("made/weights.safetensors")), first = Weights(Path.Combine(directories[0], "power_ema_0.1.safetensors")), last = Weights(Path.Combine(directories[^1], "power_ema_0.1.safetensors"));
        double error = Distance(made, direct) / Distance(first, last);
        double toTheNearest = Distance(last, direct) / Distance(first, last);
        output.WriteLine($"misfit {fit.Misfit:0.0e0}, coefficients' absolute sum {fit.Amplification:0.0}, error {error:0.0e0} of the way of the averages; the nearest stored one is {toTheNearest:0.0e0} away");
        Assert.InRange(error, 0, 0.01);
        Assert.True(error < toTheNearest / 10);
        var description = SnapshotDescription.Read(_folder.File("made"));
        Assert.Equal((80, 1.5, TinyTraining.Network.ImageSize), (description.Iterations, description.PixelScaleArcsec, description.Network.ImageSize));

        PostHocEma.Reconstruct(directories, 0.05, 16, _folder.File("kept"));
        Assert.Equal(Weights(Path.Combine(directories[3], "power_ema_0.05.safetensors")), Weights(_folder.File("kept/weights.safetensors")));     // bit by bit
        Assert.Contains("there are those of 4, 8,", Assert.Throws<RadioDiffusionException>(() => PostHocEma.Reconstruct(directories, 0.15, 90, _folder.File("none"))).Message);
    }

    [Fact]
    public void Resume_WithWidthsThatTheCheckpointDoesNotHave_NamesThem()
    {
        using (var trainer = Start(_options))
            trainer.SaveCheckpoint(_folder.File("checkpoint"));
        var error = Assert.Throws<RadioDiffusionException>(() => Trainer.Resume(_folder.File("checkpoint"), new TinyTraining(), dataDigest: "tiny", options: _options with { PowerEma = [0.05, 0.2] }));
        Assert.Contains("widths 0.2:", error.Message);
        using var fewer = Trainer.Resume(_folder.File("checkpoint"), new TinyTraining(), dataDigest: "tiny", options: _options with { PowerEma = [0.1] });
        fewer.Step();
    }

    [Fact]
    public void Agrees_WithOtherAverages_SaysThatTheyDiffer()
    {
        using (var trainer = Start(_options))
        {
            Take(trainer, 2);
            trainer.SaveCheckpoint(_folder.File("one"));
            trainer.SaveCheckpoint(_folder.File("other"));
            Take(trainer, 1);
            trainer.SaveCheckpoint(_folder.File("later"));
        }
        SetIteration(_folder.File("later/power_ema_0.1.safetensors"), from: 3, to: 2);
        File.Copy(_folder.File("later/power_ema_0.1.safetensors"), _folder.File("other/power_ema_0.1.safetensors"), overwrite: true);
        var group = InProcessCollective.CreateGroup(2);
        var messages = new string?[2];
        var threads = group.Select(member => new Thread(() =>
        {
            using var trainer = Trainer.Resume(_folder.File(member.Rank == 0 ? "one" : "other"), new TinyTraining(), dataDigest: "tiny", collective: member);
            messages[member.Rank] = Record.Exception(() => trainer.Agrees(TimeSpan.FromMinutes(1)))?.Message;
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        foreach (var member in group)
            member.Dispose();
        Assert.All(messages, message => Assert.Contains("rank 1", message));
    }

    [Theory]
    [InlineData(0.005)]
    [InlineData(0.3)]
    public void Options_WithAWidthOutOfRange_AreRefused(double width) =>
        Assert.Contains("PowerEma should be widths of 0.01 to 0.25", Assert.Throws<RadioDiffusionException>(() => (_options with { PowerEma = [0.1, width] }).Check()).Message);

    [Fact]
    public void Configuration_WithWidths_IsReadAndLeftOutOfRecipesWithoutThem()
    {
        var options = TrainingConfiguration.Of("small", """{"training": {"powerEma": [0.05, 0.1], "powerEmaEvery": 250}}""").Training;
        options.Check();
        Assert.Equal([0.05, 0.1], options.PowerEma!);
        Assert.Equal([false, true, false, true], new long[] { 249, 250, 1999, 2000 }.Select(options.KeepsAveragesAt));
        Assert.True((options with { PowerEmaEvery = 0 }).KeepsAveragesAt(500));
        Assert.DoesNotContain("PowerEma", System.Text.Json.JsonSerializer.Serialize(TrainingOptions.Preset("small")), StringComparison.Ordinal);
        Assert.False(TrainingOptions.Preset("small").KeepsAveragesAt(500));
    }

    private static Trainer Start(TrainingOptions options) => Trainer.Create(TinyTraining.Network, options, new TinyTraining(), dataDigest: "tiny");

    private static void Take(Trainer trainer, int steps)
    {
        for (int i = 0; i < steps; i++)
            trainer.Step();
    }

    private static float[] Weights(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return [.. file.Entries.Keys.SelectMany(name => file.Values<float>(name).ToArray())];
    }

    private static double Distance(float[] one, float[] other) => Math.Sqrt(one.Zip(other).Sum(pair => Math.Pow((double)pair.First - pair.Second, 2)));

    private static void SetIteration(string path, long from, long to)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int place = bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes($"\"iteration\":\"{from}\""));
        bytes[place + "\"iteration\":\"".Length] = (byte)('0' + to);
        File.WriteAllBytes(path, bytes);
    }
}
