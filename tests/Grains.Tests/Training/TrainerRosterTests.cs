using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Training;

namespace RadioDiffusion.Grains.Tests.Training;

public sealed class TrainerRosterTests
{
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(30), _grace = TimeSpan.FromSeconds(10);
    private readonly ManualTime _time = new();
    private readonly TrainerRoster _roster;

    public TrainerRosterTests() => _roster = new TrainerRoster(_time, _silence, _grace);

    [Fact]
    public void NextGroup_OnceAllAreThere_IsOrderedByPlace()
    {
        Offer("10", "2", "host-7");
        Assert.Null(_roster.NextGroup(4, 4));
        Offer("0");
        Assert.Equal(["0", "2", "10", "host-7"], Places(_roster.NextGroup(4, 4)));
        Assert.Equal(["0", "2"], Places(_roster.NextGroup(2, 1)));     // the others are spare
    }

    [Fact]
    public void NextGroup_WithFewerThanWanted_WaitsForMoreFirst()
    {
        Offer("0");
        _time.Pass(_grace);
        Assert.Null(_roster.NextGroup(3, 2));                          // below the minimum, however long it takes
        Offer("0");
        Offer("1");
        Assert.Null(_roster.NextGroup(3, 2));
        _time.Pass(_grace - TimeSpan.FromSeconds(1));
        Offer("0", "1");                                               // renewed, not new
        Assert.Null(_roster.NextGroup(3, 2));
        _time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(["0", "1"], Places(_roster.NextGroup(3, 2)));
    }

    [Fact]
    public void Silent_NamesMembersAndForgetsOffers()
    {
        Offer("0", "1");
        _roster.Form(_roster.NextGroup(2, 2)!);
        Offer("2");
        _time.Pass(_silence - TimeSpan.FromSeconds(1));
        Assert.True(_roster.Hear("0"));
        Assert.False(_roster.Hear("2"));
        Assert.Empty(_roster.Silent());
        _time.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(["1"], _roster.Silent());
        Assert.Equal(0, _roster.Waiting);
    }

    [Fact]
    public void Silent_AfterAPauseOfItsOwn_GivesEverybodyTheirWholeTimeAgain()
    {
        Offer("0");
        _roster.Form(_roster.NextGroup(1, 1)!);
        Offer("1");
        Assert.Empty(_roster.Silent());
        _time.Pass(3 * _silence);                                      // nobody looked: the machine was suspended
        Assert.Empty(_roster.Silent());
        Assert.Equal(1, _roster.Waiting);
        for (var passed = TimeSpan.Zero; passed < _silence; passed += TimeSpan.FromSeconds(1))
        {
            _time.Pass(TimeSpan.FromSeconds(1));
            Assert.Empty(_roster.Silent());
        }
        _time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(["0"], _roster.Silent());
        Assert.Equal(0, _roster.Waiting);
    }

    [Fact]
    public void WouldDiffer_WhereMoreOrFewerAreWanted()
    {
        Offer("0");
        _roster.Form(_roster.NextGroup(1, 1)!);
        Assert.False(_roster.WouldDiffer(1));
        Assert.False(_roster.WouldDiffer(2));                          // nobody else is there yet
        Offer("1");
        Assert.False(_roster.WouldDiffer(1));
        Assert.True(_roster.WouldDiffer(2));
        _roster.Disband();
        Offer("0");
        _roster.Form(_roster.NextGroup(2, 2)!);
        Assert.True(_roster.WouldDiffer(1));
    }

    private void Offer(params string[] places)
    {
        foreach (string place in places)
            _roster.Offer(new TrainerOffer { Place = place, Incarnation = "first", Device = "cpu" });
    }

    private static IEnumerable<string>? Places(IReadOnlyList<TrainerOffer>? group) => group?.Select(offer => offer.Place);

    private sealed class ManualTime : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time) => _now += time.Ticks;

        public override long GetTimestamp() => _now;
    }
}
