using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>Makes tiles of a sky over all silos, some at a time: each by the grain of its cell.</summary>
/// <remarks>Runs in the turns of the build's grain, so that nothing here needs a lock.</remarks>
internal sealed class SkyBuilder(ClusterDevices cluster)
{
    private const int MostInFlight = 256, MostFailed = 100;

    /// <summary>Enough that no thread of a silo waits for the next tile while the images of another are sampled.</summary>
    private int InFlight => Math.Min(MostInFlight, cluster.SiloCount * 2 * Environment.ProcessorCount);

    /// <summary>Makes all tiles that are not done.</summary>
    /// <param name="digest">Of the sky.</param>
    /// <param name="progress">Which tiles; says afterwards which ones failed.</param>
    /// <param name="grains">Where.</param>
    /// <param name="onDone">Told after each tile whether it was in the store, or why it failed.</param>
    /// <param name="cancellationToken">Ends it; tiles that are being made are finished all the same.</param>
    public async Task BuildAsync(string digest, SkyBuildProgress progress, IGrainFactory grains, Func<bool, Exception?, Task> onDone, CancellationToken cancellationToken)
    {
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => MakeTilesAsync()));

        async Task MakeTilesAsync()
        {
            while (!cancellationToken.IsCancellationRequested && progress.Failed < MostFailed && progress.TryTake(out long number, out var cell))
                await MakeAsync(number, cell);
            cancellationToken.ThrowIfCancellationRequested();
        }

        async Task MakeAsync(long number, HealpixCell cell)
        {
            Exception? problem = null;
            bool fromStore = false;
            try
            {
                fromStore = (await grains.MakeSkyTileAsync(digest, cell.Order, cell.Pixel, cancellationToken)).FromStore;
                progress.Complete(number);
            }
            catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Whatever it is, this tile fails and says so; the others go on.
                progress.Fail(number);
                problem = ErrorReasons.Of(error);
            }
            await onDone(fromStore, problem);
        }
    }
}
