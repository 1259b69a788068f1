using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Training;

/// <summary>Students: what they aim at, that they get there, and that an interrupted one goes on bit for bit.</summary>
public sealed class DistillationTests : IDisposable
{
    private static readonly DistillationOptions _distillation = new() { Steps = 4, Guidance = 0.5, TeacherSteps = 3 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Levels_LeadFromStepToStep_AndTheLastOnesTo0()
    {
        double[][] levels = DistillationObjective.LevelsOf(new DistillationOptions { Steps = 4, TeacherSteps = 3 });
        Assert.Equal(80, levels[0][0], 1e-9);
        Assert.All(levels, way => Assert.Equal(way.OrderDescending(), way));
        Assert.Equal(levels.SkipLast(1).Select(way => way[^1]), levels.Skip(1).Select(way => way[0]));
        Assert.Equal([0.15, 0.15 * Math.Sqrt(0.02 / 0.15), 0.02, 0], levels[3], (one, other) => Math.Abs(one - other) < 1e-9);
    }

    /// <summary>A student that begins with its teacher's weights is far from it in few steps; trained, it comes much nearer to the images of the teacher in many.</summary>
    [Fact]
    public void Student_ComesNearToWhatItsTeacherMakesInManySteps()
    {
        string teacher = TrainTeacher();
        using (var trainer = Trainer.Create(TinyTraining.Network, Options(250), new TinyTraining(), initialWeights: Path.Combine(teacher, SnapshotDescription.WeightsFileName)))
        {
            while (trainer.Iteration < 250)
                trainer.Step();
            trainer.SaveSnapshot(Folder("student"), Description(trainer) with { Usual = UsualSampling.Of(_distillation) });
        }
        float[][] many = Images(teacher, new SolverOptions(20), _distillation.Guidance);
        var student = SnapshotDescription.Read(_folder.File("student")).Usual!;
        double before = Distance(many, Images(teacher, student.Options, _distillation.Guidance)), after = Distance(many, Images(_folder.File("student"), student.Options, student.Guidance));
        TestContext.Current.TestOutputHelper!.WriteLine($"{before} {after}");
        Assert.True(after < 0.6 * before, $"The student should be much nearer than its teacher in as few steps ({before}), but it is at {after}.");
    }

    [Fact]
    public void Student_ThatWasInterrupted_GoesOnBitForBit_ButNotWithoutItsTeacher()
    {
        string teacher = Path.Combine(TrainTeacher(iterations: 5), SnapshotDescription.WeightsFileName);
        using (var whole = Trainer.Create(TinyTraining.Network, Options(4), new TinyTraining(), initialWeights: teacher))
        {
            for (int i = 0; i < 4; i++)
            {
                if (i == 2)
                    whole.SaveCheckpoint(Folder("half"));
                whole.Step();
            }
            whole.SaveSnapshot(Folder("whole"), Description(whole));
        }
        using (var resumed = Trainer.Resume(_folder.File("half"), new TinyTraining(), teacherWeights: teacher))
        {
            resumed.Step();
            resumed.Step();
            resumed.SaveSnapshot(Folder("resumed"), Description(resumed));
        }
        Assert.Equal(Weights("whole"), Weights("resumed"));
        Assert.Contains("--from-model", Assert.Throws<RadioDiffusionException>(() => Trainer.Resume(_folder.File("half"), new TinyTraining())).Message);
        Assert.Contains("--from-model", Assert.Throws<RadioDiffusionException>(() => Trainer.Create(TinyTraining.Network, Options(4), new TinyTraining())).Message);
    }

    [Theory]
    [InlineData(0, 0.1, 2, "Distillation.Steps should be 1 to 64")]
    [InlineData(4, -1, 2, "Distillation.Guidance")]
    [InlineData(4, 0.1, 0, "Distillation.TeacherSteps")]
    public void Options_OutOfRange_AreRefused(int steps, double guidance, int teacherSteps, string expected)
    {
        var options = TinyTraining.Options with { Distillation = new DistillationOptions { Steps = steps, Guidance = guidance, TeacherSteps = teacherSteps } };
        Assert.Contains(expected, Assert.Throws<RadioDiffusionException>(options.Check).Message);
    }

    private static TrainingOptions Options(long iterations) => TinyTraining.Options with { Iterations = iterations, Distillation = _distillation, LearningRate = 5e-4, LearningRateDecay = iterations / 2, EmaRate = 0.97 };

    private string TrainTeacher(int iterations = 250)
    {
        using var trainer = Trainer.Create(TinyTraining.Network, TinyTraining.Options with { LogSigmaMean = -1 }, new TinyTraining());
        while (trainer.Iteration < iterations)
            trainer.Step();
        trainer.SaveSnapshot(Folder("teacher"), Description(trainer));
        return _folder.File("teacher");
    }

    private static SnapshotDescription Description(Trainer trainer) => new() { Network = trainer.Network, Iterations = trainer.Iteration, Classes = ["one", "other"] };

    private string Folder(string name) => Directory.CreateDirectory(_folder.File(name)).FullName;

    private byte[] Weights(string name) => File.ReadAllBytes(Path.Combine(_folder.File(name), SnapshotDescription.WeightsFileName));

    private static float[][] Images(string snapshot, SolverOptions solver, double guidance)
    {
        using var model = DiffusionModel.Load(snapshot);
        return model.Sample([.. Enumerable.Range(0, 32).Select(i => new SampleConditions((ulong)i, [(i % 5) - 2f], i % 2, guidance))], solver);
    }

    private static double Distance(float[][] some, float[][] others) =>
        Math.Sqrt(some.Zip(others).Average(pair => pair.First.Zip(pair.Second).Average(pixels => Math.Pow(pixels.First - pixels.Second, 2))));
}
