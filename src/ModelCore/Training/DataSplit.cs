namespace RadioDiffusion.ModelCore.Training;

/// <summary>Which images train and which validate, and in what order the former come.</summary>
internal sealed class DataSplit
{
    private readonly ulong _seed;
    private readonly int[] _training;
    private long _epoch = -1;
    private int[] _order = [];

    public DataSplit(int count, double validationFraction, ulong seed)
    {
        _seed = seed;
        int validation = (int)Math.Floor(validationFraction * count);
        if (validationFraction > 0)
            validation = Math.Max(validation, 1);
        if (count - validation < 1)
            throw new RadioDiffusionException($"A training set should have at least {1 + validation} images, but it has {count}.");
        int[] shuffled = new RandomStream(seed, "split").Permutation(count);
        _training = shuffled[..^validation];
        Validation = shuffled[^validation..];
    }

    public IReadOnlyList<int> Validation { get; }

    public int TrainingCount => _training.Length;

    /// <summary>The image at a position of the training: epoch after epoch, each in an order of its own.</summary>
    public int ImageAt(long position)
    {
        long epoch = position / _training.Length;
        if (epoch != _epoch)
        {
            _order = new RandomStream(_seed, "order", epoch).Permutation(_training.Length);
            _epoch = epoch;
        }
        return _training[_order[position % _training.Length]];
    }
}
