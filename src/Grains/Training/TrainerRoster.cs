using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Grains.Training;

/// <summary>The trainers of a run: those of the group that trains, and those that offer themselves. Who is silent for too long is gone.</summary>
/// <param name="time">The clock.</param>
/// <param name="longestSilence">Of a trainer, which should be heard of every second.</param>
/// <param name="grace">How long a group waits for more trainers once it has its minimum.</param>
internal sealed class TrainerRoster(TimeProvider time, TimeSpan longestSilence, TimeSpan grace)
{
    private readonly Dictionary<string, Heard> _offers = [];
    private readonly Dictionary<string, Heard> _members = [];
    private readonly TimeSpan _longestOwnPause = longestSilence / 3;
    private long _lastNewOffer;
    private long _lastLook;

    /// <summary>Whether a group trains.</summary>
    public bool HasGroup => _members.Count > 0;

    public int Waiting => _offers.Count;

    /// <summary>The places of the members, in the order of ranks.</summary>
    public IReadOnlyList<string> Members => [.. _members.Values.Select(member => member.Offer).OrderBy(offer => offer.Place.Length).ThenBy(offer => offer.Place, StringComparer.Ordinal).Select(offer => offer.Place)];

    /// <summary>The member at a place; null for none.</summary>
    public TrainerOffer? Member(string place) => _members.GetValueOrDefault(place)?.Offer;

    /// <summary>A trainer that would like to train.</summary>
    public void Offer(TrainerOffer offer)
    {
        if (!_offers.TryGetValue(offer.Place, out var before) || before.Offer.Incarnation != offer.Incarnation)
            _lastNewOffer = time.GetTimestamp();
        _offers[offer.Place] = new Heard(offer, time.GetTimestamp());
    }

    /// <summary>A sign of life of a member. False if there is no such member.</summary>
    public bool Hear(string place)
    {
        if (!_members.TryGetValue(place, out var member))
            return false;
        _members[place] = member with { At = time.GetTimestamp() };
        return true;
    }

    /// <summary>
    /// The next group, by rank, or null if it cannot be formed yet: with all the trainers that are wanted at once, with fewer once no new one has come for a
    /// while.
    /// </summary>
    /// <param name="workers">At most so many.</param>
    /// <param name="minWorkers">At least so many.</param>
    public IReadOnlyList<TrainerOffer>? NextGroup(int workers, int minWorkers)
    {
        if (HasGroup || _offers.Count < minWorkers)
            return null;
        if (_offers.Count < workers && time.GetElapsedTime(_lastNewOffer) < grace)
            return null;
        return [.. _offers.Values.Select(heard => heard.Offer).OrderBy(offer => offer.Place.Length).ThenBy(offer => offer.Place, StringComparer.Ordinal).Take(workers)];
    }

    /// <summary>Whether the next group would have other members than the one that trains.</summary>
    public bool WouldDiffer(int workers) => HasGroup && (_members.Count > workers || (_members.Count < workers && _offers.Count > 0));

    /// <summary>The group trains from now on.</summary>
    public void Form(IReadOnlyList<TrainerOffer> group)
    {
        _members.Clear();
        foreach (var offer in group)
        {
            _offers.Remove(offer.Place);
            _members[offer.Place] = new Heard(offer, time.GetTimestamp());
        }
    }

    /// <summary>The group is over; whoever is left of it offers itself again, and is waited for.</summary>
    public void Disband()
    {
        if (HasGroup)
            _lastNewOffer = time.GetTimestamp();
        _members.Clear();
    }

    /// <summary>A member is gone, and the others go on.</summary>
    public void Drop(string place) => _members.Remove(place);

    /// <summary>Forgets an offer.</summary>
    public void Forget(string place) => _offers.Remove(place);

    /// <summary>
    /// Forgets offers that were not renewed, and names the members that have been silent for too long. To be asked every second: if nobody asked for long, this process stood still
    /// (a suspended machine), could not hear anybody, and begins to listen anew.
    /// </summary>
    public IReadOnlyList<string> Silent()
    {
        if (_lastLook != 0 && time.GetElapsedTime(_lastLook) > _longestOwnPause)
        {
            ListenAnew(_offers);
            ListenAnew(_members);
        }
        _lastLook = time.GetTimestamp();
        foreach (string place in _offers.Where(pair => IsSilent(pair.Value)).Select(pair => pair.Key).ToArray())
            _offers.Remove(place);
        return [.. _members.Where(pair => IsSilent(pair.Value)).Select(pair => pair.Key)];
    }

    private void ListenAnew(Dictionary<string, Heard> all)
    {
        foreach (string place in all.Keys.ToArray())
            all[place] = all[place] with { At = time.GetTimestamp() };
    }

    private bool IsSilent(Heard heard) => time.GetElapsedTime(heard.At) > longestSilence;

    private sealed record Heard(TrainerOffer Offer, long At);
}
