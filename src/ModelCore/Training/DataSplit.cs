namespace RadioDiffusion.ModelCore.Training;

/// <summary>Which images train and which validate, and in what order the former come.</summary>
internal sealed class DataSplit
{
    private readonly ulong _seed;
    private readonly int[] _training;
    private readonly ClassOrder? _classes;
    private long _epoch = -1;
    private int[] _order = [];

    /// <param name="count">Images.</param>
    /// <param name="validationFraction">Share that is kept for validation.</param>
    /// <param name="seed">Of the split and of the order.</param>
    /// <param name="labels">The class of an image, to draw each class equally often; null to draw each image equally often.</param>
    /// <param name="heldOut">The images for validation, where the data say so themselves.</param>
    public DataSplit(int count, double validationFraction, ulong seed, Func<int, int>? labels = null, IReadOnlyList<int>? heldOut = null)
    {
        _seed = seed;
        int validation = heldOut?.Count ?? (int)Math.Floor(validationFraction * count);
        if (validationFraction > 0 && heldOut == null)
            validation = Math.Max(validation, 1);
        if (count - validation < 1)
            throw new RadioDiffusionException($"A training set should have at least {1 + validation} images, but it has {count}.");
        int[] shuffled = new RandomStream(seed, "split").Permutation(count);
        _training = heldOut == null ? shuffled[..^validation] : [.. shuffled.Except(heldOut)];
        Validation = heldOut ?? shuffled[^validation..];
        _classes = labels == null ? null : new ClassOrder(_training, labels, seed);
    }

    public IReadOnlyList<int> Validation { get; }

    public IReadOnlyList<int> Training => _training;

    public int TrainingCount => _training.Length;

    /// <summary>The image at a position of the training: epoch after epoch, each in an order of its own.</summary>
    public int ImageAt(long position)
    {
        if (_classes != null)
            return _classes.ImageAt(position);
        long epoch = position / _training.Length;
        if (epoch != _epoch)
        {
            _order = new RandomStream(_seed, "order", epoch).Permutation(_training.Length);
            _epoch = epoch;
        }
        return _training[_order[position % _training.Length]];
    }
}
