namespace RadioDiffusion.ModelCore.Surveys.Labelled;

/// <summary>How a training set makes up for classes of different sizes.</summary>
public enum ClassBalance
{
    /// <summary>Every image once in an epoch.</summary>
    None,

    /// <summary>As many of each class as the smallest has, drawn at random: as the paper says.</summary>
    Undersample,

    /// <summary>As many of each class as the smallest has, the first ones in the order of the file: as the published code does.</summary>
    UndersampleFirst,

    /// <summary>All images, drawn in training such that each class is equally likely.</summary>
    Weights,
}

/// <summary>Undersampling to the size of the smallest class.</summary>
public static class Undersampling
{
    /// <summary>Positions to keep, in rising order.</summary>
    /// <param name="labels">The class of each image, from 0.</param>
    /// <param name="balance">None and Weights keep all.</param>
    /// <param name="seed">Of the random choice.</param>
    public static int[] Choose(IReadOnlyList<int> labels, ClassBalance balance, ulong seed)
    {
        int[] all = [.. Enumerable.Range(0, labels.Count)];
        if (balance is ClassBalance.None or ClassBalance.Weights || labels.Count == 0)
            return all;
        var classes = all.GroupBy(i => labels[i]).ToList();
        int size = classes.Min(members => members.Count());
        return [.. classes.SelectMany(members => Choose([.. members], size, members.Key, balance, seed)).Order()];
    }

    private static IEnumerable<int> Choose(int[] members, int size, int label, ClassBalance balance, ulong seed) => balance == ClassBalance.UndersampleFirst
        ? members.Take(size)
        : new RandomStream(seed, "undersampling", label).Permutation(members.Length).Take(size).Select(position => members[position]);
}
