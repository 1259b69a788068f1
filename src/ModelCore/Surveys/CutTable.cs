using System.Globalization;
using RadioDiffusion.ModelCore.Evaluation;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>The paper's Table 1 for publication: what each cut removes and what it leaves.</summary>
public static class CutTable
{
    /// <param name="caption">What it shows.</param>
    /// <param name="selection">The counts.</param>
    /// <param name="cuts">The limits that the rows name; null for images that were selected elsewhere.</param>
    public static PublishedTable Of(string caption, SelectionTable selection, SelectionCuts? cuts)
    {
        int left = selection.Rows;
        List<IReadOnlyList<object>> rows = [[cuts == null ? "Images" : "Catalogue rows", "", left]];
        foreach (var (cut, removed) in selection.Removed)
        {
            left -= removed;
            rows.Add([Describe(cut, cuts), removed, left]);
        }
        rows.Add(["Selected", "", selection.Selected]);
        return new PublishedTable(caption, ["Cut", "Removed", "Left"], rows, HasTotal: true);
    }

    /// <summary>A cut in words, with its limit; other reasons (of an import) are words already.</summary>
    /// <param name="cut">Name of the cut in <see cref="SelectionTable.Removed"/>.</param>
    /// <param name="cuts">The limits; null where there are none.</param>
    public static string Describe(string cut, SelectionCuts? cuts) => cuts == null ? cut : cut switch
    {
        Selection.Outside => "Outside all mosaics",
        Selection.FailedMosaic => "In a mosaic that cannot be read",
        Selection.Incomplete => "Incomplete coverage",
        Selection.Blanked => "Blanked pixels",
        Selection.Broken => "Broken image",
        Selection.Source => "Holds a source",
        Selection.Snr => string.Create(CultureInfo.InvariantCulture, $"S/N below {cuts.MinimumSnr:0.####}"),
        Selection.Edge => string.Create(CultureInfo.InvariantCulture, $"Edge above {cuts.MaximumEdge:0.####} of the peak"),
        Selection.Size => string.Create(CultureInfo.InvariantCulture, $"Largest angular size up to {cuts.LargestSizeAboveArcsec:0.####} arcsec"),
        Selection.Flux => string.Create(CultureInfo.InvariantCulture, $"Total flux up to {cuts.FluxAboveMilliJansky:0.####} mJy"),
        _ when cut.StartsWith(Selection.Channel + " ", StringComparison.Ordinal) => $"Not covered by {cut}",
        _ => cut,
    };
}
