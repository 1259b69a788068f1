namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>
/// Which targets can be looked at, which can run, and which never will: as many at a time as dependencies and resources allow. A target is looked at once all
/// that it depends on is done; whoever looks says whether it is up to date or has to run.
/// </summary>
/// <remarks>Decides nothing by time, so that equal answers give equal orders.</remarks>
public sealed class TargetSchedule
{
    private readonly Dictionary<string, Node> _nodes;
    private readonly Queue<Node> _ready = new();
    private readonly SortedDictionary<string, Queue<Node>> _stale = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _free;
    private int _places;
    private int _open;

    /// <param name="targets">Each after those that it depends on, which are among them.</param>
    /// <param name="limits">How much there is of each resource.</param>
    /// <param name="atATime">How many targets run at a time at most.</param>
    public TargetSchedule(IReadOnlyList<StudyTarget> targets, IReadOnlyDictionary<string, int> limits, int atATime)
    {
        _nodes = targets.Select((target, i) => new Node(target, i)).ToDictionary(node => node.Target.Name);
        _free = limits.ToDictionary();
        _places = atATime;
        _open = targets.Count;
        foreach (var node in _nodes.Values)
        {
            node.Waits = node.Target.DependsOn.Count;
            foreach (string needed in node.Target.DependsOn)
                _nodes[needed].Users.Add(node);
        }
        foreach (var node in _nodes.Values.Where(node => node.Waits == 0))
            _ready.Enqueue(node);
    }

    /// <summary>Whether every target is done, failed or blocked.</summary>
    public bool IsOver => _open == 0;

    /// <summary>A target whose dependencies are done, to be looked at; null if there is none now.</summary>
    public StudyTarget? NextToLookAt() => _ready.TryDequeue(out var node) ? node.Target : null;

    /// <summary>A target was looked at: it has to run.</summary>
    public void MustRun(string name)
    {
        var node = _nodes[name];
        string claim = string.Join(';', node.Target.Resources.Select(resource => $"{resource.Key}={resource.Value}"));
        if (!_stale.TryGetValue(claim, out var queue))
            _stale[claim] = queue = new Queue<Node>();
        queue.Enqueue(node);
    }

    /// <summary>A target that has to run, and can, with its resources taken; null if there is none now.</summary>
    public StudyTarget? NextToRun()
    {
        if (_places == 0)
            return null;
        // Who wants the same waits in one queue, so that ten thousand that wait for a device are not looked through each time.
        var first = _stale.Values.Where(queue => queue.Count > 0 && Fits(queue.Peek().Target)).MinBy(queue => queue.Peek().Index);
        if (first == null)
            return null;
        var target = first.Dequeue().Target;
        _places--;
        foreach (var (resource, amount) in target.Resources)
            _free[resource] -= amount;
        return target;
    }

    /// <summary>A target that ran has ended: what it took is free again.</summary>
    public void Free(string name)
    {
        _places++;
        foreach (var (resource, amount) in _nodes[name].Target.Resources)
            _free[resource] += amount;
    }

    /// <summary>A target is done or up to date: those that depend on it may be next.</summary>
    public void Done(string name)
    {
        _open--;
        foreach (var user in _nodes[name].Users)
        {
            if (--user.Waits == 0 && !user.IsBlocked)
                _ready.Enqueue(user);
        }
    }

    /// <summary>A target failed.</summary>
    /// <returns>Those that can never run because of it, and were not known to before.</returns>
    public IReadOnlyList<StudyTarget> Failed(string name)
    {
        _open--;
        var blocked = new List<StudyTarget>();
        var open = new Stack<Node>(_nodes[name].Users);
        while (open.TryPop(out var node))
        {
            if (node.IsBlocked)
                continue;
            node.IsBlocked = true;
            _open--;
            blocked.Add(node.Target);
            node.Users.ForEach(open.Push);
        }
        return blocked;
    }

    private bool Fits(StudyTarget target) => target.Resources.All(resource => _free.GetValueOrDefault(resource.Key) >= resource.Value);

    private sealed class Node(StudyTarget target, int index)
    {
        public StudyTarget Target { get; } = target;

        public int Index { get; } = index;

        public List<Node> Users { get; } = [];

        public int Waits { get; set; }

        public bool IsBlocked { get; set; }
    }
}
