namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>The published cuts with their parameters.</summary>
public sealed record SelectionCuts
{
    /// <summary>Smallest S/N_sigma that is kept.</summary>
    public double MinimumSnr { get; init; } = 5;

    /// <summary>Largest brightness on the edge relative to the peak that is kept.</summary>
    public double MaximumEdge { get; init; } = 0.8;

    /// <summary>Keeps what has no source instead: no pixel above the median by 5 standard deviations. S/N and edge do not count then.</summary>
    public bool SourceFree { get; init; }

    /// <summary>The catalogue's largest angular size must be above it; 0 for no such cut.</summary>
    public double LargestSizeAboveArcsec { get; init; }

    /// <summary>The catalogue's total flux must be above it; 0 for no such cut.</summary>
    public double FluxAboveMilliJansky { get; init; }
}

/// <summary>What each cut removes: the paper's Table 1.</summary>
public sealed record SelectionTable
{
    /// <summary>Rows of the catalogue.</summary>
    public required int Rows { get; init; }

    /// <summary>Rows with a whole cut-out, blanked pixels or not.</summary>
    public required int Cutouts { get; init; }

    /// <summary>In order; each row counts at the first cut that removes it.</summary>
    public required IReadOnlyList<KeyValuePair<string, int>> Removed { get; init; }

    public required int Selected { get; init; }
}

/// <summary>Applies the cuts.</summary>
/// <remarks>
/// The published code ORs all masks at once; counting each row at its first cut changes no selection. Blanked cut-outs come before the
/// broken ones, since filling makes most of them broken too.
/// </remarks>
public static class Selection
{
    /// <param name="measurements">One for each row in a mosaic.</param>
    /// <param name="rowsOutside">Rows in no mosaic.</param>
    /// <param name="rowsFailed">Rows whose mosaic could not be read.</param>
    /// <param name="cuts">The cuts.</param>
    /// <param name="channels">Names of the further channels, if there are any: a row that one of them does not cover is removed as "channel NAME".</param>
    /// <returns>Positions in <paramref name="measurements"/> of what is kept, in its order, and the table.</returns>
    public static (int[] Selected, SelectionTable Table) Apply(IReadOnlyList<CutoutMeasurement> measurements, int rowsOutside, int rowsFailed, SelectionCuts cuts,
        IReadOnlyList<string>? channels = null)
    {
        List<(string Name, Func<CutoutMeasurement, bool> Removes)> steps =
        [
            ("incomplete", measurement => measurement.Problem),
            ("blanked", measurement => measurement.HasNan),
            ("broken", measurement => measurement.Broken),
        ];
        steps.AddRange((channels ?? []).Select((name, i) => ($"channel {name}", (Func<CutoutMeasurement, bool>)(measurement => measurement.MissingChannel == i + 1))));
        if (cuts.SourceFree)
        {
            steps.Add(("source", measurement => !(measurement.Threshold < PixelStatistics.FirstThreshold)));
        }
        else
        {
            steps.Add(("snr", measurement => !(measurement.SigmaSnr >= cuts.MinimumSnr)));
            steps.Add(("edge", measurement => !(measurement.EdgeRelativeMaximum <= cuts.MaximumEdge)));
        }
        if (cuts.LargestSizeAboveArcsec > 0)
            steps.Add(("size", measurement => !(measurement.LargestAngularSizeArcsec > cuts.LargestSizeAboveArcsec)));
        if (cuts.FluxAboveMilliJansky > 0)
            steps.Add(("flux", measurement => !(measurement.TotalFluxMilliJansky > cuts.FluxAboveMilliJansky)));
        int[] counts = new int[steps.Count];
        var selected = new List<int>();
        for (int i = 0; i < measurements.Count; i++)
        {
            int step = steps.FindIndex(candidate => candidate.Removes(measurements[i]));
            if (step >= 0)
                counts[step]++;
            else
                selected.Add(i);
        }
        var removed = new List<KeyValuePair<string, int>> { new("outside", rowsOutside) };
        if (rowsFailed > 0)
            removed.Add(new("failed mosaic", rowsFailed));
        removed.AddRange(steps.Select((step, i) => KeyValuePair.Create(step.Name, counts[i])));
        var table = new SelectionTable
        {
            Rows = measurements.Count + rowsOutside + rowsFailed,
            Cutouts = measurements.Count(measurement => !measurement.Problem),
            Removed = removed,
            Selected = selected.Count,
        };
        return ([.. selected], table);
    }
}
