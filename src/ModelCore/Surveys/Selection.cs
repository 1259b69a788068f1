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
    /// <summary>Rows in no mosaic.</summary>
    public const string Outside = "outside";

    /// <summary>Rows whose mosaic could not be read.</summary>
    public const string FailedMosaic = "failed mosaic";

    /// <summary>Too little of the cut-out lies in the mosaic.</summary>
    public const string Incomplete = "incomplete";

    /// <summary>Some pixels have no value.</summary>
    public const string Blanked = "blanked";

    /// <summary>More than one pixel has exactly the smallest value.</summary>
    public const string Broken = "broken";

    /// <summary>A source, where there should be none.</summary>
    public const string Source = "source";

    /// <summary>Not covered by a further channel; its name follows.</summary>
    public const string Channel = "channel";

    /// <summary>S/N_sigma too low.</summary>
    public const string Snr = "snr";

    /// <summary>Too bright at the edge.</summary>
    public const string Edge = "edge";

    /// <summary>Too small in the catalogue.</summary>
    public const string Size = "size";

    /// <summary>Too faint in the catalogue.</summary>
    public const string Flux = "flux";

    /// <param name="measurements">One for each row in a mosaic.</param>
    /// <param name="rowsOutside">Rows in no mosaic.</param>
    /// <param name="rowsFailed">Rows whose mosaic could not be read.</param>
    /// <param name="cuts">The cuts.</param>
    /// <param name="channels">Names of the further channels, if there are any: a row that one of them does not cover is removed as "channel NAME".</param>
    /// <returns>Positions in <paramref name="measurements"/> of what is kept, in its order, and the table.</returns>
    public static (int[] Selected, SelectionTable Table) Apply(IReadOnlyList<CutoutMeasurement> measurements, int rowsOutside, int rowsFailed, SelectionCuts cuts,
        IReadOnlyList<string>? channels = null)
    {
        var steps = Steps(cuts, channels);
        int[] counts = new int[steps.Count];
        var selected = new List<int>();
        for (int i = 0; i < measurements.Count; i++)
        {
            int step = FirstToRemove(measurements[i], steps);
            if (step >= 0)
                counts[step]++;
            else
                selected.Add(i);
        }
        var removed = new List<KeyValuePair<string, int>> { new(Outside, rowsOutside) };
        if (rowsFailed > 0)
            removed.Add(new(FailedMosaic, rowsFailed));
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

    /// <summary>The rows that each cut removes, in the order of the cuts; each row at the first one.</summary>
    /// <param name="measurements">One for each row in a mosaic.</param>
    /// <param name="cuts">The cuts.</param>
    /// <param name="channels">Names of the further channels.</param>
    public static IReadOnlyList<KeyValuePair<string, IReadOnlyList<CutoutMeasurement>>> RemovedBy(IReadOnlyList<CutoutMeasurement> measurements, SelectionCuts cuts,
        IReadOnlyList<string>? channels = null)
    {
        var steps = Steps(cuts, channels);
        var removed = steps.Select(_ => new List<CutoutMeasurement>()).ToArray();
        foreach (var measurement in measurements)
        {
            if (FirstToRemove(measurement, steps) is >= 0 and var step)
                removed[step].Add(measurement);
        }
        return [.. steps.Select((step, i) => KeyValuePair.Create(step.Name, (IReadOnlyList<CutoutMeasurement>)removed[i]))];
    }

    private static int FirstToRemove(in CutoutMeasurement measurement, List<(string Name, Func<CutoutMeasurement, bool> Removes)> steps)
    {
        for (int step = 0; step < steps.Count; step++)
        {
            if (steps[step].Removes(measurement))
                return step;
        }
        return -1;
    }

    private static List<(string Name, Func<CutoutMeasurement, bool> Removes)> Steps(SelectionCuts cuts, IReadOnlyList<string>? channels)
    {
        List<(string Name, Func<CutoutMeasurement, bool> Removes)> steps =
        [
            (Incomplete, measurement => measurement.Problem),
            (Blanked, measurement => measurement.HasNan),
            (Broken, measurement => measurement.Broken),
            .. (channels ?? []).Select((name, i) => ($"{Channel} {name}", (Func<CutoutMeasurement, bool>)(measurement => measurement.MissingChannel == i + 1))),
        ];
        if (cuts.SourceFree)
        {
            steps.Add((Source, measurement => !(measurement.Threshold < PixelStatistics.FirstThreshold)));
        }
        else
        {
            steps.Add((Snr, measurement => !(measurement.SigmaSnr >= cuts.MinimumSnr)));
            steps.Add((Edge, measurement => !(measurement.EdgeRelativeMaximum <= cuts.MaximumEdge)));
        }
        if (cuts.LargestSizeAboveArcsec > 0)
            steps.Add((Size, measurement => !(measurement.LargestAngularSizeArcsec > cuts.LargestSizeAboveArcsec)));
        if (cuts.FluxAboveMilliJansky > 0)
            steps.Add((Flux, measurement => !(measurement.TotalFluxMilliJansky > cuts.FluxAboveMilliJansky)));
        return steps;
    }
}
