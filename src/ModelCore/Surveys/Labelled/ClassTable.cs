using RadioDiffusion.ModelCore.Evaluation;

namespace RadioDiffusion.ModelCore.Surveys.Labelled;

/// <summary>The paper's Table 2: images of each class in each split.</summary>
public static class ClassTable
{
    private const string NoSplit = "none";
    private static readonly string[] _knownOrder = ["train", "valid", "test"];

    /// <param name="caption">What it shows.</param>
    /// <param name="classes">Names of the classes.</param>
    /// <param name="images">Class (from 0) and split of each image.</param>
    public static PublishedTable Of(string caption, IReadOnlyList<string> classes, IReadOnlyCollection<(int Label, string Split)> images)
    {
        string[] splits = [.. images.Select(image => image.Split).Distinct().OrderBy(Rank).ThenBy(split => split, StringComparer.Ordinal)];
        bool hasSplits = splits.Any(split => split.Length > 0);
        string[] shown = hasSplits ? splits : [];
        var counts = images.CountBy(image => image).ToDictionary();
        int Count(int label, string split) => counts.GetValueOrDefault((label, split));
        List<IReadOnlyList<object>> rows = [];
        for (int label = 0; label < classes.Count; label++)
        {
            int current = label;
            rows.Add([classes[label], .. shown.Select(split => (object)Count(current, split)), splits.Sum(split => Count(current, split))]);
        }
        rows.Add(["Total", .. shown.Select(split => (object)images.Count(image => image.Split == split)), images.Count]);
        return new PublishedTable(caption, ["Class", .. shown.Select(split => split.Length == 0 ? NoSplit : split), "Total"], rows, HasTotal: true);
    }

    private static int Rank(string split) => Array.IndexOf(_knownOrder, split) is >= 0 and var rank ? rank : _knownOrder.Length;
}
