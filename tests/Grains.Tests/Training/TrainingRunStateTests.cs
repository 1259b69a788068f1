using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Training;

namespace RadioDiffusion.Grains.Tests.Training;

public sealed class TrainingRunStateTests
{
    private static readonly TrainingRunState _start = new() { Request = new TrainingRequest { Dataset = "set", KeepCheckpoints = 2, MilestoneEvery = 30 } };

    [Fact]
    public void WithCheckpoint_KeepsTheLastOnesAndTheMilestones()
    {
        var state = _start;
        var obsolete = new List<string>();
        for (int iteration = 10; iteration <= 80; iteration += 10)
        {
            state = state.WithCheckpoint(Of(iteration));
            obsolete.AddRange(state.Obsolete);
        }
        Assert.Equal([30, 60, 70, 80], state.Checkpoints.Select(kept => kept.Iteration));
        Assert.Equal(80, state.Checkpoint!.Iteration);
        Assert.Equal(["10", "20", "40", "50"], obsolete);
    }

    [Fact]
    public void WithCheckpoint_CommittedTwice_KeepsItOnce()
    {
        var state = _start.WithCheckpoint(Of(10)).WithCheckpoint(Of(20)).WithCheckpoint(Of(20));
        Assert.Equal([10, 20], state.Checkpoints.Select(kept => kept.Iteration));
        Assert.Empty(state.Obsolete);
    }

    [Fact]
    public void WithoutCheckpoint_GoesBackToTheOneBeforeAndSaysSo()
    {
        var state = _start.WithCheckpoint(Of(10)).WithCheckpoint(Of(20)).WithoutCheckpoint("20", "a byte is wrong.")!;
        Assert.Equal(10, state.Checkpoint!.Iteration);
        Assert.Equal("The checkpoint of iteration 20 cannot be used (a byte is wrong): the run went on from that of iteration 10.", state.Note);
        Assert.Null(state.WithoutCheckpoint("10", "a byte is wrong."));      // never a silent fresh start
    }

    private static CommittedCheckpoint Of(long iteration) => new($"{iteration}", iteration);
}
