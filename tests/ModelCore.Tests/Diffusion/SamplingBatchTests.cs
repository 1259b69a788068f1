using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Tests.Training;
using RadioDiffusion.ModelCore.Training;
using TorchSharp;

namespace RadioDiffusion.ModelCore.Tests.Diffusion;

public sealed class SamplingBatchTests : IDisposable
{
    private const float Rounding = 1e-4f;                    // images in [0, 1]: other batch sizes take other convolution kernels, and some calls amplify 1e-7 a little
    private readonly TemporaryFolder _folder = new();
    private readonly DiffusionModel _model;

    public SamplingBatchTests() => _model = TrainedModel(_folder.Path, steps: 5);

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    /// <summary>Different solvers, steps, guidance, churn and conditions, which join one call after the other, in two orders.</summary>
    [Fact]
    public void Advance_WithOthersThatJoinAndLeave_GivesWhatEachGivesAlone()
    {
        (SampleConditions Conditions, SolverOptions Solver)[] samples =
        [
            (new(1, [0.5f], 0, 0.75), new(4)),
            (new(2, [0.1f], 1, 0), new(9) { Name = "unipc" }),
            (new(3, [-1], 1, 2) { GuidanceFrom = 0.1, GuidanceTo = 10 }, new(6) { Name = "dpmpp3m" }),
            (new(4, null, 1, 0.5), new(3) { Churn = 1 }),
            (new(5, [2], null, 0.1), new(1) { Name = "euler" }),
            (new(6, [0.3f], 0, 0.2), new(7, 0.01, 50, 5) { Name = "dpmpp2m" }),
        ];
        float[][] alone = [.. samples.Select(sample => _model.Sample([sample.Conditions], sample.Solver)[0])];
        foreach (int[] order in new[] { new[] { 0, 1, 2, 3, 4, 5 }, [5, 3, 1, 0, 4, 2] })
        {
            using var batch = new SamplingBatch(_model);
            var done = new Dictionary<string, float[]>();
            int steps = 0;
            for (int next = 0; next < order.Length || batch.Count > 0; next++)
            {
                if (next < order.Length)
                    batch.Add($"{order[next]}", samples[order[next]].Conditions, samples[order[next]].Solver);
                var progress = batch.Advance();
                steps += progress.StepsEnded;
                foreach (var (key, image) in progress.Done)
                    done.Add(key, image);
            }
            Assert.Equal(samples.Sum(sample => sample.Solver.Steps), steps);
            for (int i = 0; i < samples.Length; i++)
                Assert.All(alone[i].Zip(done[$"{i}"]), pair => Assert.Equal(pair.First, pair.Second, Rounding));
        }
    }

    [Theory]
    [InlineData("heun", 3)]
    [InlineData("unipc", 5)]
    [InlineData("dpmpp2m", 1)]
    public void HalfDone_GoesOnElsewhere(string solver, int calls)
    {
        var conditions = new SampleConditions(7, [0.5f], 0, 0.75);
        var options = new SolverOptions(6) { Name = solver };
        float[] whole = _model.Sample([conditions], options)[0];
        using var first = new SamplingBatch(_model);
        first.Add("other", conditions with { Seed = 9 }, options);
        first.Add("a", conditions, options);
        for (int i = 0; i < calls; i++)
            Assert.Empty(first.Advance().Done);
        var halfDone = first.HalfDone("a");
        Assert.True(first.Remove("a"));
        Assert.False(first.Remove("a"));
        Assert.Equal(1, first.Count);
        Assert.Equal(calls, halfDone.CallsMade);

        using var second = new SamplingBatch(_model);
        second.Add("a", conditions, options, halfDone);
        int made = calls;
        float[]? image = null;
        while (second.Count > 0)
        {
            made++;
            image = second.Advance().Done is [var done] ? done.Image : null;
        }
        Assert.Equal(options.Calls, made);
        Assert.All(whole.Zip(image!), pair => Assert.Equal(pair.First, pair.Second, Rounding));
    }

    [Fact]
    public void Add_WhatWasBegunWithAnotherSolver_IsRefused()
    {
        using var batch = new SamplingBatch(_model);
        var conditions = new SampleConditions(7, [0.5f], 0, 0.75);
        batch.Add("a", conditions, new SolverOptions(6));
        batch.Advance();
        var halfDone = batch.HalfDone("a");
        Assert.Contains("images of", Assert.Throws<RadioDiffusionException>(() => batch.Add("b", conditions, new SolverOptions(6) { Name = "unipc" }, halfDone)).Message);
        Assert.Contains("before call 40", Assert.Throws<RadioDiffusionException>(() => batch.Add("b", conditions, new SolverOptions(6), halfDone with { CallsMade = 40 })).Message);
        Assert.Equal(1, batch.Count);
    }

    /// <summary>Guidance with the model itself in the weaker one's place changes nothing: (1 + w) D - w D = D.</summary>
    [Fact]
    public void Guide_TheModelItself_ChangesNothing_AndAnotherDoes()
    {
        using var folder = new TemporaryFolder();
        using var weak = TrainedModel(folder.Path, steps: 1);
        var options = new SolverOptions(5);
        var plain = new SampleConditions(3, [0.5f], 1, 0);
        float[] without = _model.Sample([plain], options)[0];
        float[] itself = _model.Sample([plain with { GuidanceStrength = 1.5, Guide = new(_model, [0.5f], 1) }], options)[0];
        Assert.All(without.Zip(itself), pair => Assert.Equal(pair.First, pair.Second, Rounding));
        float[] other = _model.Sample([plain with { GuidanceStrength = 1.5, Guide = new(weak, [0.5f], 1) }], options)[0];
        Assert.True(without.Zip(other).Max(pair => Math.Abs(pair.First - pair.Second)) > 0.01f);
    }

    /// <summary>An interval that no noise level is in is no guidance; one that all are in is all of it.</summary>
    [Fact]
    public void GuidanceInterval_EmptyOrFull_IsNoneOrAll()
    {
        var options = new SolverOptions(5);
        var plain = new SampleConditions(3, [0.5f], 1, 0);
        var guided = plain with { GuidanceStrength = 3 };
        float[] none = _model.Sample([plain], options)[0], all = _model.Sample([guided], options)[0];
        Assert.NotEqual(none, all);
        Assert.Equal(none, _model.Sample([guided with { GuidanceFrom = 80 }], options)[0]);
        Assert.Equal(all, _model.Sample([guided with { GuidanceTo = 80 }], options)[0]);
        float[] some = _model.Sample([guided with { GuidanceFrom = 0.1, GuidanceTo = 5 }], options)[0];
        Assert.NotEqual(none, some);
        Assert.NotEqual(all, some);
    }

    [Fact]
    public void Image_InBatchesOf1And7And64_IsTheSame()
    {
        SampleConditions[] samples = [.. Enumerable.Range(0, 64).Select(i => new SampleConditions((ulong)i, [0.1f * (i % 9)], i % 2, 0.75))];
        var solver = new SolverOptions(5);
        float[][] alone = Sampled(1);
        foreach (int size in new[] { 7, 64 })
        {
            float[][] together = Sampled(size);
            for (int i = 0; i < samples.Length; i++)
                Assert.All(alone[i].Zip(together[i]), pair => Assert.Equal(pair.First, pair.Second, Rounding));
        }

        float[][] Sampled(int size)
        {
            _model.MaximumBatch = size;
            return _model.Sample(samples, solver);
        }
    }

    /// <summary>Joining, advancing, removing and finishing leaves no tensor behind, however often.</summary>
    [Fact]
    public void Advance_ManyTimes_KeepsNoTensors()
    {
        const int Samples = 10_000;
        var conditions = new SampleConditions(1, [0.5f], 0, 0);
        using var batch = new SamplingBatch(_model);
        long before = 0;
        int done = 0;
        for (int i = 0; done < Samples; i++)
        {
            for (; batch.Count < 64; i++)
                batch.Add($"{i}", conditions with { Seed = (ulong)i, GuidanceStrength = i % 10 == 0 ? 0.75 : 0 }, new SolverOptions(2 + (i % 2)) { Name = i % 3 == 0 ? "euler" : "unipc" });
            batch.Remove($"{i - 1}");
            done += batch.Advance().Done.Count;
            if (before == 0 && done > 100)
                before = LiveTensors();
        }
        Assert.Equal(before, LiveTensors());

        static long LiveTensors() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
    }

    private static DiffusionModel TrainedModel(string folder, int steps)
    {
        using var trainer = Trainer.Create(TinyTraining.Network, TinyTraining.Options with { LearningRate = 1e-2 }, new TinyTraining());
        for (int i = 0; i < steps; i++)
            trainer.Step();
        trainer.SaveSnapshot(folder, new SnapshotDescription { Classes = ["FRI", "FRII"], FluxTransform = new BoxCoxTransform(0.1, 2, 3) });
        return DiffusionModel.Load(folder);
    }
}
