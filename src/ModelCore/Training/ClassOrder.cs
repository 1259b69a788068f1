namespace RadioDiffusion.ModelCore.Training;

/// <summary>
/// An order of training in which every class comes equally often, whatever its size: the positions are cut into rounds of as many as there are classes, each class comes once
/// in a round, in an order drawn for it, and the images of a class come pass after pass, each pass in an order of its own.
/// </summary>
/// <remarks>Inverse class frequencies as weights, drawn without replacement. A position's image follows from (seed, position) alone, so a resumed training meets the same one.</remarks>
internal sealed class ClassOrder
{
    private readonly ulong _seed;
    private readonly int[] _labels;
    private readonly int[][] _members;
    private readonly (long Pass, int[] Order)[] _passes;
    private long _round = -1;
    private int[] _roundOrder = [];

    /// <param name="images">Images to train on.</param>
    /// <param name="labelOf">The class of an image.</param>
    /// <param name="seed">Of the orders.</param>
    public ClassOrder(IEnumerable<int> images, Func<int, int> labelOf, ulong seed)
    {
        _seed = seed;
        var classes = images.GroupBy(labelOf).OrderBy(group => group.Key).ToList();
        _labels = [.. classes.Select(group => group.Key)];
        _members = [.. classes.Select(group => group.ToArray())];
        _passes = [.. classes.Select(_ => (-1L, Array.Empty<int>()))];
    }

    /// <summary>The image at a position of the training.</summary>
    public int ImageAt(long position)
    {
        long round = position / _members.Length;
        if (round != _round)
        {
            _roundOrder = new RandomStream(_seed, "class order", round).Permutation(_members.Length);
            _round = round;
        }
        return MemberAt(_roundOrder[position % _members.Length], round);
    }

    private int MemberAt(int index, long visit)
    {
        int[] members = _members[index];
        long pass = visit / members.Length;
        if (_passes[index].Pass != pass)
            _passes[index] = (pass, new RandomStream(_seed, $"order of class {_labels[index]}", pass).Permutation(members.Length));
        return members[_passes[index].Order[visit % members.Length]];
    }
}
