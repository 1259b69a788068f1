using System.Diagnostics;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>What a build of a sky takes: a tile of each order and a few images are made, timed and counted up.</summary>
/// <remarks>What was made for it is in the store and not made again. Tiles with images are drawn without them for it, since an image may take seconds; the images are counted by themselves.</remarks>
internal sealed class SkyBuildEstimator(IArtifactStore store, IDeviceSlots devices, ClusterDevices cluster, KnownSkies skies)
{
    private const int LookedAt = 32, ImagesTimed = 8, CellsCounted = 16;
    private const double TileBytes = 1_058_000;              // 512 x 512 float32, header and manifest

    public async Task<SkyBuildEstimate> EstimateAsync(SkyBuildPlan plan, IGrainFactory grains, Action<string> phase, CancellationToken cancellationToken)
    {
        var sky = await skies.GetAsync(plan.Digest, cancellationToken);
        var area = SkyArea.Parse(plan.Area);
        var measured = new List<string>();
        double tiles = 0, cpuSeconds = 0;
        for (int order = plan.FromOrder; order <= plan.ToOrder; order++)
        {
            long count = area.CountCells(order);
            var missing = await MissingAsync(plan.Digest, Spread(area, order, count, LookedAt), cancellationToken);
            double wanted = count * missing.Share;
            if (wanted == 0)
                continue;
            phase($"measuring a tile of order {order}");
            double seconds = await TimeTileAsync(sky, plan.Digest, missing.Cells[missing.Cells.Count / 2], grains, cancellationToken);
            measured.Add(FormattableString.Invariant($"order {order}: {wanted:0} tiles to make, {seconds:0.00} s each"));
            tiles += wanted;
            cpuSeconds += wanted * seconds;
        }
        var images = sky.Recipe.Images is { Library: null } && sky.Renderer.HasImages(plan.ToOrder) ? await ImagesAsync(sky, area, grains, phase, cancellationToken) : default;
        if (images.Count > 0)
            measured.Add(FormattableString.Invariant($"images: {images.Count:0} to sample, {images.Seconds:0.00} s each"));
        int threads = cluster.SiloCount * Environment.ProcessorCount;
        double drawing = cpuSeconds / threads, sampling = images.Count * images.Seconds;
        bool besideEachOther = devices.Slots.Any(slot => slot.Device != "cpu");
        return new SkyBuildEstimate
        {
            Tiles = (long)Math.Round(tiles),
            Images = (long)Math.Round(images.Count),
            Bytes = tiles * TileBytes + images.Count * images.Bytes,
            Seconds = besideEachOther ? Math.Max(drawing, sampling) : drawing + sampling,
            CpuSeconds = cpuSeconds,
            Threads = threads,
            ImageSeconds = sampling,
            Measured = measured,
        };
    }

    /// <summary>Some cells of an order, evenly over the area.</summary>
    private static List<HealpixCell> Spread(Moc area, int order, long count, int most)
    {
        var chosen = new List<HealpixCell>();
        long number = 0, next = count / most / 2;
        foreach (var cell in area.CellsOverlapping(order))
        {
            if (number++ < next)
                continue;
            chosen.Add(cell);
            next = Math.Max(next + 1, (chosen.Count * count + count / 2) / most);
        }
        return chosen;
    }

    private async Task<(List<HealpixCell> Cells, double Share)> MissingAsync(string digest, List<HealpixCell> cells, CancellationToken cancellationToken)
    {
        var missing = new List<HealpixCell>();
        foreach (var cell in cells)
        {
            if (await store.FindAsync(SkyTiles.ArtifactOf(digest, cell.Order, cell.Pixel), cancellationToken) == null)
                missing.Add(cell);
        }
        return (missing, cells.Count == 0 ? 0 : (double)missing.Count / cells.Count);
    }

    /// <summary>Seconds of a CPU thread.</summary>
    private async Task<double> TimeTileAsync(KnownSky sky, string digest, HealpixCell cell, IGrainFactory grains, CancellationToken cancellationToken)
    {
        if (sky.Recipe.Images is not { Library: null } || !sky.Renderer.HasImages(cell.Order))
        {
            var made = await grains.MakeSkyTileAsync(digest, cell.Order, cell.Pixel, cancellationToken);
            if (!made.FromStore)
                return made.CpuSeconds;
        }
        return await devices.Cpu.RunInBulkAsync(
            () =>
            {
                long began = Stopwatch.GetTimestamp();
                sky.Renderer.Tile(cell.Order, cell.Pixel, sky.Renderer.SourcesIn(cell.Order, cell.Pixel), _ => null, cancellationToken);
                return Stopwatch.GetElapsedTime(began).TotalSeconds;
            },
            cancellationToken);
    }

    /// <summary>The samples that the resolved sources of an area want, and what one takes: the first one is not counted, since a model may have to be loaded for it.</summary>
    private async Task<(double Count, double Seconds, double Bytes)> ImagesAsync(KnownSky sky, Moc area, IGrainFactory grains, Action<string> phase, CancellationToken cancellationToken)
    {
        phase("counting the images of resolved sources");
        var (recipe, deepest) = (sky.Recipe, sky.Recipe.Survey.HipsOrder);
        long count = area.CountCells(deepest);
        var cells = Spread(area, deepest, count, CellsCounted);
        string[] wanted = await devices.Cpu.RunInBulkAsync(
            () => cells.SelectMany(cell => sky.Renderer.SourcesIn(deepest, cell.Pixel).Where(source => source.IsResolved && cell.Contains(source.Position)).Select(source => SkySamples.IdOf(recipe, source, 0))).ToArray(),
            cancellationToken);
        var missing = new List<string>();
        string[] different = [.. wanted.Distinct()];
        foreach (string id in different)
        {
            if (await store.FindAsync(id, cancellationToken) == null)
                missing.Add(id);
        }
        if (missing.Count == 0)
            return default;
        double all = (double)wanted.Length / cells.Count * count;
        if (recipe.Images!.Distinct > 0)
            all = Math.Min(all, (double)recipe.Images.Distinct * different.Select(id => (SampleId.Parse(id) with { Seed = 0 }).ToString()).Distinct().Count());
        phase("measuring an image");
        long began = 0;
        int timed = 0;
        double seconds = 0;
        foreach (string[] part in (string[][])[[missing[0]], [.. missing.Skip(1).Take(ImagesTimed)]])
        {
            began = Stopwatch.GetTimestamp();
            await foreach (var fetched in grains.FetchSamplesAsync(part, cancellationToken))
            {
                if (fetched.Error != null)
                    throw fetched.Error;
            }
            (timed, seconds) = part.Length > 0 ? (part.Length, Stopwatch.GetElapsedTime(began).TotalSeconds) : (timed, seconds);
        }
        double bytes = (await store.FindAsync(missing[0], cancellationToken))?.Files.Sum(file => (double)file.Length) ?? 0;
        return (all * missing.Count / different.Length, seconds / timed, bytes);
    }
}
