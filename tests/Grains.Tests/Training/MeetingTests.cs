using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Training;

namespace RadioDiffusion.Grains.Tests.Training;

/// <summary>Who takes part in a meeting of trainers.</summary>
public sealed class MeetingTests
{
    private readonly Deliveries _deliveries = new();

    [Fact]
    public void Meeting_IsDecidedWhenAllMembersHaveCome_InTheOrderOfRanks()
    {
        _deliveries.Add(Of("1"));
        Assert.Null(_deliveries.Decide(["0", "1"], isLast: false));
        _deliveries.Add(Of("0"));
        var meeting = _deliveries.Decide(["0", "1"], isLast: true)!;
        Assert.Equal(["0", "1"], meeting.Places);
        Assert.Equal(["0 of 1 at 20", "1 of 1 at 20"], meeting.Artifacts);
        Assert.True(meeting.IsLast);
        Assert.True(meeting.IsAt(20, isMoments: false));
    }

    [Fact]
    public void Meeting_OfWhoeverIsLeft_LeavesOutWhoIsLost()
    {
        _deliveries.Add(Of("0"));
        _deliveries.Add(Of("1"));
        Assert.Equal(["1"], _deliveries.Decide(["1"], isLast: false)!.Places);
        Assert.Null(_deliveries.Decide([], isLast: false));
    }

    [Fact]
    public void Deliveries_OfAnOlderGenerationOrAnotherMeeting_DoNotCount()
    {
        _deliveries.Add(Of("1"));
        _deliveries.Add(Of("0", generation: 2));
        Assert.Null(_deliveries.Decide(["0", "1"], isLast: false));
        _deliveries.Add(Of("1", generation: 2, isMoments: true));
        Assert.Null(_deliveries.Decide(["0", "1"], isLast: false));
    }

    [Fact]
    public void LaterMeetings_AreThoseOfLaterIterations_AndOfTheMomentsAfterTheDifferences()
    {
        var meeting = new Meeting { Iteration = 20, IsMoments = true, Places = ["0"], Artifacts = ["a"], IsLast = false };
        Assert.True(meeting.IsAfter(20, isMoments: false));
        Assert.True(meeting.IsAfter(10, isMoments: true));
        Assert.False(meeting.IsAfter(20, isMoments: true));
        Assert.False(meeting.IsAfter(30, isMoments: false));
    }

    private static TrainerDelivery Of(string place, long generation = 1, long iteration = 20, bool isMoments = false) =>
        new() { Place = place, Generation = generation, Iteration = iteration, IsMoments = isMoments, Artifact = $"{place} of {generation} at {iteration}" };
}
