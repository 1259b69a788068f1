using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Grains.Surveys;

/// <summary>Makes a training set: plan the tiles, let the tile grains cut and measure, select, transform the fluxes, write.</summary>
/// <remarks>Runs in the turns of the data set's grain; the heavy steps are handed to the silo's CPU threads.</remarks>
internal sealed class DatasetBuilder(IArtifactStore store, IDeviceSlots devices)
{
    private const int TilesInFlight = 8;
    private const int Attempts = 3;
    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(8);

    public async Task<DatasetStatus> BuildAsync(string name, DatasetRequest request, IGrainFactory grains,
        Action<Func<DatasetStatus, DatasetStatus>> change, CancellationToken cancellationToken)
    {
        var plan = await PlanAsync(request, cancellationToken);
        change(status => status with
        {
            Phase = "cutting and measuring",
            TilesTotal = plan.Tiles.Count,
            Rows = plan.Rows,
            Problems = plan.Problems,
            Notes = plan.Notes,
        });
        var tiles = await CutAsync(name, plan, grains, change, cancellationToken);
        change(status => status with { Phase = "selecting" });
        return await SelectAsync(name, request, plan, tiles, cancellationToken);
    }

    private async Task<DatasetPlan> PlanAsync(DatasetRequest request, CancellationToken cancellationToken)
    {
        using var scratch = store.CreateScratchDirectory();
        var (plan, recipe) = await devices.Cpu.RunAsync(() => DatasetPlan.Make(request, scratch.Path), cancellationToken);
        var manifest = await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
        return plan with
        {
            Artifact = manifest.Id,
            Tiles = [.. plan.Tiles.Select(tile => tile with { PlanArtifact = manifest.Id })],
        };
    }

    /// <summary>Fans out over the tile grains, some at a time, and gathers each tile's shard or the reason why there is none.</summary>
    private static async Task<List<(TileRequest Request, TileStatus Status)>> CutAsync(string name, DatasetPlan plan, IGrainFactory grains,
        Action<Func<DatasetStatus, DatasetStatus>> change, CancellationToken cancellationToken)
    {
        var results = new TileStatus?[plan.Tiles.Count];
        int next = 0;

        async Task CutTilesAsync()
        {
            while (next < plan.Tiles.Count)
            {
                int index = next++;
                var tile = plan.Tiles[index];
                var result = await CutTileAsync(grains.GetGrain<ISurveyTileGrain>($"{name}/{tile.MosaicId}"), tile, cancellationToken);
                results[index] = result;
                change(status => status with
                {
                    TilesDone = status.TilesDone + 1,
                    TilesUpToDate = status.TilesUpToDate + (result.WasUpToDate ? 1 : 0),
                    Problems = result.Error is { } error ? [.. status.Problems, error] : status.Problems,
                });
            }
        }

        // All of these run in the grain's turns, so the counters above need no lock.
        await Task.WhenAll(Enumerable.Range(0, TilesInFlight).Select(_ => CutTilesAsync()));
        return [.. plan.Tiles.Select((tile, index) => (tile, results[index]!))];
    }

    private static async Task<TileStatus> CutTileAsync(ISurveyTileGrain tile, TileRequest request, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                var status = await tile.StartAsync(request, cancellationToken);
                while (status.State == WorkState.Running)
                    status = await tile.WaitAsync(_wait, cancellationToken);
                if (status.State is WorkState.Done || attempt == Attempts)
                    return status;
            }
            catch (Exception error) when (error is OrleansException or TimeoutException && attempt < Attempts)
            {
                // The tile's silo is gone or slow: the grain comes up elsewhere and starts anew, or finds its shard.
            }
        }
    }

    private async Task<DatasetStatus> SelectAsync(string name, DatasetRequest request, DatasetPlan plan,
        List<(TileRequest Request, TileStatus Status)> tiles, CancellationToken cancellationToken)
    {
        var done = tiles.Where(tile => tile.Status.State == WorkState.Done).ToList();
        string[] problems = [.. plan.Problems, .. tiles.Select(tile => tile.Status.Error).OfType<string>()];
        if (done.Count == 0)
        {
            throw new UserErrorException(ErrorKind.Failed, name,
                $"No mosaic could be used for data set '{name}'. {string.Join(" ", problems.Take(5))}");
        }
        var shards = new List<string>();
        foreach (var (_, status) in done)
            shards.Add(await store.GetDirectoryAsync(status.ShardArtifact!, cancellationToken));

        int lost = tiles.Where(tile => tile.Status.State != WorkState.Done).Sum(tile => plan.RowCounts[tile.Request.MosaicId]);
        var recipe = DatasetRecipe(request, plan, done, lost);
        string? planFolder = request.Keep is { Items.Count: > 0 } ? await store.GetDirectoryAsync(plan.Artifact, cancellationToken) : null;
        using var scratch = store.CreateScratchDirectory();
        var description = await devices.Cpu.RunAsync(
            () => TrainingSet.Write(scratch.Path, shards, request.Size, plan.RowsOutside, lost, request.ToCuts(), plan.PixelScaleArcsec, plan.BeamArcsec, request.Content == DatasetContent.SourceOnly, plan.Channels,
                planFolder == null ? null : KeptColumns.Read(planFolder)), cancellationToken);
        var manifest = await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
        return DatasetStatus.DoneWith(name, description.Selection, manifest.Id, manifest.ContentDigest) with
        {
            TilesDone = tiles.Count,
            TilesTotal = tiles.Count,
            TilesUpToDate = done.Count(tile => tile.Status.WasUpToDate),
            Problems = problems,
            Notes = plan.Notes,
            Request = request,
        };
    }

    private static Recipe DatasetRecipe(DatasetRequest request, DatasetPlan plan, List<(TileRequest Request, TileStatus Status)> done, int lost)
    {
        var inputs = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["plan"] = plan.Digest };
        foreach (var (tile, status) in done)
            inputs[$"shard/{tile.MosaicId}"] = status.ShardDigest!;
        var parameters = new JsonObject
        {
            ["size"] = request.Size,
            ["pixelScaleArcsec"] = plan.PixelScaleArcsec,
            ["beamArcsec"] = plan.BeamArcsec,
            ["failed"] = lost,
            ["minimumSnr"] = request.MinimumSnr,
            ["maximumEdge"] = request.MaximumEdge,
            ["content"] = request.Content.ToString(),
            ["largestSizeAboveArcsec"] = request.LargestSizeAboveArcsec,
            ["fluxAboveMilliJansky"] = request.FluxAboveMilliJansky,
        };
        if (plan.Channels is { } channels)
            parameters["channels"] = DatasetChannels.Parameters(channels);      // only where there are some: sets without keep their IDs
        int version = request.Content == DatasetContent.Background ? 3 : 2;   // 3: negative pixels stay
        return new Recipe { Kind = "dataset", AlgorithmVersion = version, Inputs = inputs, Parameters = parameters };
    }
}
