using System.Diagnostics;
using RadioDiffusion.ModelCore.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training.Collectives;

/// <summary>A group of threads in one process, for tests: each member is used by one thread.</summary>
public sealed class InProcessCollective : ICollective
{
    private readonly Group _group;

    private InProcessCollective(Group group, int rank)
    {
        _group = group;
        Rank = rank;
    }

    public int Rank { get; }

    public int Size => _group.Tensors.Length;

    /// <summary>The members of a new group, by rank.</summary>
    public static IReadOnlyList<InProcessCollective> CreateGroup(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var group = new Group(size);
        return [.. Enumerable.Range(0, size).Select(rank => new InProcessCollective(group, rank))];
    }

    /// <summary>The last member to come adds up, from rank 0 upwards.</summary>
    /// <exception cref="ArgumentException">The tensor is of another kind, or the members' tensors differ in length or type (told to the last member; the others get false).</exception>
    public bool SumInPlace(Tensor flat, TimeSpan timeout)
    {
        FlatTensor.Check(flat);
        long began = Stopwatch.GetTimestamp();
        lock (_group)
        {
            if (_group.IsBroken)
                return false;
            _group.Tensors[Rank] = flat;
            long round = _group.Round;
            if (++_group.Arrived == Size)
                _group.AddUp();
            while (_group.Round == round && !_group.IsBroken)
            {
                var left = timeout - Stopwatch.GetElapsedTime(began);
                bool isInTime = left > TimeSpan.Zero && Monitor.Wait(_group, left);
                if (!isInTime && _group.Round == round)
                    _group.Break();
            }
            return _group.Round != round;
        }
    }

    /// <summary>Leaves; the others' sums fail from now on.</summary>
    public void Dispose()
    {
        lock (_group)
            _group.Break();
    }

    /// <summary>What the members share; all of it under its lock.</summary>
    private sealed class Group(int size)
    {
        public Tensor?[] Tensors { get; } = new Tensor?[size];

        public int Arrived { get; set; }

        /// <summary>Sums that succeeded.</summary>
        public long Round { get; private set; }

        public bool IsBroken { get; private set; }

        public void Break()
        {
            IsBroken = true;
            Monitor.PulseAll(this);
        }

        public void AddUp()
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            Tensor[] tensors = [.. Tensors.Select(tensor => tensor!)];
            if (tensors.Any(tensor => tensor.numel() != tensors[0].numel() || tensor.dtype != tensors[0].dtype))
            {
                Break();
                throw new ArgumentException("All members should give tensors of one length and type, but by rank they gave "
                    + $"{string.Join(", ", tensors.Select(tensor => $"{tensor.numel()} of {tensor.dtype}"))}.");
            }
            foreach (var tensor in tensors.Skip(1))
                tensors[0].Increase(tensor);
            foreach (var tensor in tensors.Skip(1))
                tensor.copy_(tensors[0]);
            Array.Clear(Tensors);
            Arrived = 0;
            Round++;
            Monitor.PulseAll(this);
        }
    }
}
