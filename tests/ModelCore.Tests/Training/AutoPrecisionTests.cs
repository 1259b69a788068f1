using RadioDiffusion.ModelCore.Training;
using RadioDiffusion.ModelCore.Training.Collectives;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Training;

/// <summary>A training that chooses its precision by measuring.</summary>
public sealed class AutoPrecisionTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TrainingOptions _auto = TinyTraining.Options with { Precision = Precision.Auto };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1.2, 1.0, Precision.BFloat16)]
    [InlineData(1.19, 1.0, Precision.Float32)]
    [InlineData(1.0, 2.0, Precision.Float32)]
    [InlineData(2.0, 1.0, Precision.BFloat16)]
    [InlineData(1.0, double.PositiveInfinity, Precision.Float32)]
    public void Chosen_IsBFloat16OnlyWhereItIsWorthIt(double single, double half, Precision expected) =>
        Assert.Equal(expected, new PrecisionMeasurement(single, half).Chosen);

    /// <summary>Alone, these two would choose differently.</summary>
    [Fact]
    public void Sum_OverWorkersThatMeasureDifferently_LetsThemChooseAlike()
    {
        PrecisionMeasurement[] measured = [new(3, 1), new(1, 1)];
        Assert.NotEqual(measured[0].Chosen, measured[1].Chosen);
        var group = InProcessCollective.CreateGroup(2);
        var sums = new PrecisionMeasurement[2];
        var threads = group.Select(member => new Thread(() => sums[member.Rank] = PrecisionMeasurement.Sum(measured[member.Rank], member, CPU, TimeSpan.FromMinutes(1)))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        foreach (var member in group)
            member.Dispose();
        Assert.All(sums, sum => Assert.Equal(new PrecisionMeasurement(4, 2), sum));
    }

    [Fact]
    public void Resume_WithAuto_KeepsWhatWasChosenAndDoesNotMeasure()
    {
        Precision chosen;
        using (var trainer = Trainer.Create(TinyTraining.Network, _auto, new TinyTraining(), dataDigest: "tiny"))
        {
            output.WriteLine($"{trainer.Measured} on 8 images: {trainer.Options.Precision}");
            Assert.True(trainer.Measured!.Float32Seconds > 0 && trainer.Measured.BFloat16Seconds > 0);
            chosen = trainer.Options.Precision;
            Assert.Equal(trainer.Measured.Chosen, chosen);
            Assert.True(chosen is Precision.Float32 or Precision.BFloat16);
            trainer.Step();
            trainer.SaveCheckpoint(_folder.File("checkpoint"));
        }
        using var resumed = Trainer.Resume(_folder.File("checkpoint"), new TinyTraining(), dataDigest: "tiny", options: _auto);
        Assert.Null(resumed.Measured);
        Assert.Equal(chosen, resumed.Options.Precision);

        // Whatever a measurement here would say: the checkpoint decides.
        var other = chosen == Precision.Float32 && Autocast.IsAvailable ? Precision.BFloat16 : Precision.Float32;
        using (var trainer = Trainer.Create(TinyTraining.Network, _auto with { Precision = other }, new TinyTraining(), dataDigest: "tiny"))
            trainer.SaveCheckpoint(_folder.File("other"));
        using var asThere = Trainer.Resume(_folder.File("other"), new TinyTraining(), dataDigest: "tiny", options: _auto);
        Assert.Equal(other, asThere.Options.Precision);
    }

    /// <summary>The measurement leaves no trace: the training is that of the chosen precision, bit for bit.</summary>
    [Fact]
    public void Training_WithAuto_IsTheTrainingOfTheChosenPrecision()
    {
        using var auto = Trainer.Create(TinyTraining.Network, _auto, new TinyTraining());
        using var given = Trainer.Create(TinyTraining.Network, _auto with { Precision = auto.Options.Precision }, new TinyTraining());
        Assert.Null(given.Measured);
        for (int i = 0; i < 3; i++)
            Assert.Equal(given.Step().Loss, auto.Step().Loss);
        Assert.Equal(given.CopyParameters(), auto.CopyParameters());
    }
}
