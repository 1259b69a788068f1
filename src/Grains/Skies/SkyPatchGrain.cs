using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <inheritdoc cref="ISkyPatchGrain"/>
/// <remarks>No state: a tile is done when it is in the store. Everyone who asks for one meets in its one activation, so that it is computed once.</remarks>
[GrainType("sky-patch")]
internal sealed partial class SkyPatchGrain(IArtifactStore store, IDeviceSlots devices, KnownSkies skies, SourceImages sourceImages, ILogger<SkyPatchGrain> logger) : Grain, ISkyPatchGrain
{
    private const int MostSources = 250;                     // a message of less than 64 KB
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(8), _longestWork = TimeSpan.FromHours(2);
    private readonly CancellationTokenSource _deactivated = new();
    private string _digest = "";
    private HealpixCell _cell;
    private Task? _work;
    private int _images, _imagesDone;
    private bool _isAwaited;                                 // by somebody in person
    private double _cpuSeconds;

    private string Artifact => SkyTiles.ArtifactOf(_digest, _cell.Order, _cell.Pixel);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        string key = this.GetPrimaryKeyString();
        if (key.Split('/') is not [{ Length: 16 } digest, var orderText, var pixelText] || !digest.All(char.IsAsciiHexDigitLower)
            || !int.TryParse(orderText, NumberStyles.None, CultureInfo.InvariantCulture, out int order) || order > Healpix.LastOrder - int.Log2(HipsTile.UsualWidth)
            || !long.TryParse(pixelText, NumberStyles.None, CultureInfo.InvariantCulture, out long pixel) || pixel >= Healpix.CellCount(order)
            || SkyTiles.KeyOf(digest, order, pixel) != key)
        {
            throw new UserErrorException(ErrorKind.Invalid, key, $"A part of a sky is named like 0123456789abcdef/8/12345 (digest, HEALPix order and pixel), but this name is '{key}'.");
        }
        (_digest, _cell) = (digest, new HealpixCell(order, pixel));
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        return Task.CompletedTask;
    }

    public Task<SkyTileStatus> TileAsync(TimeSpan wait, CancellationToken cancellationToken = default)
    {
        _isAwaited = true;
        return TileAsync(wait, forgetAfterwards: false, cancellationToken);
    }

    /// <remarks>Nobody comes back to a patch that a build has passed: it is put away at once, so that a build of the whole sky needs no more memory than its beginning.</remarks>
    public Task<SkyTileStatus> MakeAsync(TimeSpan wait, CancellationToken cancellationToken = default) => TileAsync(wait, forgetAfterwards: true, cancellationToken);

    private async Task<SkyTileStatus> TileAsync(TimeSpan wait, bool forgetAfterwards, CancellationToken cancellationToken)
    {
        if (_work == null && await store.FindAsync(Artifact, cancellationToken) != null)
        {
            if (forgetAfterwards && !_isAwaited)
                DeactivateOnIdle();
            return new SkyTileStatus { State = WorkState.Done, Artifact = Artifact, FromStore = true };
        }
        var work = _work ??= MakeNowAsync();
        await Task.WhenAny(work, Task.Delay(wait < _longestWait ? wait : _longestWait, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        if (!work.IsCompleted)
            return new SkyTileStatus { State = WorkState.Running, Images = _images, ImagesDone = _imagesDone };
        if (_work == work)
            _work = null;                                    // the store has it, or the next request tries again
        if (forgetAfterwards && !_isAwaited)
            DeactivateOnIdle();
        await work;
        return new SkyTileStatus { State = WorkState.Done, Artifact = Artifact, Images = _images, ImagesDone = _imagesDone, CpuSeconds = _cpuSeconds };
    }

    public async Task<SkySourceList> SourcesAsync(CancellationToken cancellationToken = default)
    {
        var sky = await skies.GetAsync(_digest, cancellationToken);
        return await devices.Cpu.RunAsync(() =>
        {
            double faintest = sky.Renderer.FaintestIn(_cell.Order);
            double radius = double.RadiansToDegrees(Healpix.BoundingRadius(_cell.Order));
            return SkySources.Brightest(sky.Recipe, sky.Renderer.Catalogue.Within(_cell.Centre, radius, faintest).Where(source => _cell.Contains(source.Position)), faintest, MostSources);
        }, cancellationToken);
    }

    private async Task MakeNowAsync()
    {
        try
        {
            DelayDeactivation(_longestWork);
            await ComputeAsync(_deactivated.Token);
        }
        catch (Exception error)
        {
            // Whoever waits is told, whatever happened.
            bool isLeaving = error is OperationCanceledException || _deactivated.IsCancellationRequested;
            if (!isLeaving && !UserErrors.IsExpected(error))
                LogFailed(error, Artifact);
            throw UserErrors.IsExpected(error) ? UserErrors.From(error, Artifact) : new UserErrorException(
                isLeaving ? ErrorKind.Unavailable : ErrorKind.Failed, Artifact, $"The tile {Artifact} could not be made: {error.Message}");
        }
        finally
        {
            _isAwaited = false;
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    private async Task ComputeAsync(CancellationToken cancellationToken)
    {
        var sky = await skies.GetAsync(_digest, cancellationToken);
        if (_cell.Order > sky.Recipe.Survey.HipsOrder)
            throw new UserErrorException(ErrorKind.NotFound, Artifact, $"The sky {_digest} has tiles of orders 0 to {sky.Recipe.Survey.HipsOrder}, but one of order {_cell.Order} is asked for.");
        _cpuSeconds = 0;
        var sources = await RunAsync(() => sky.Renderer.SourcesIn(_cell.Order, _cell.Pixel), cancellationToken);
        var images = await sourceImages.FetchAsync(GrainFactory, sky.Recipe, sky.Renderer.HasImages(_cell.Order) ? sources : [], () => !_isAwaited, (done, all) => (_imagesDone, _images) = (done, all), cancellationToken);
        using var scratch = store.CreateScratchDirectory();
        await RunAsync(
            () =>
            {
                float[] pixels = sky.Renderer.Tile(_cell.Order, _cell.Pixel, sources, source => images.GetValueOrDefault(source.Id)?.Stamp, cancellationToken);
                SkyFiles.WriteTile(scratch.Path, sky.Recipe, new HipsTile(_cell.Order, _cell.Pixel), pixels);
                return true;
            },
            cancellationToken);
        await store.PutAsync(Artifact, SkyFiles.RecipeOf(_digest, _cell), scratch.Path, cancellationToken);
    }

    /// <summary>On a CPU thread, and counted; in bulk unless somebody waits in person.</summary>
    private async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        double seconds = 0;
        Func<T> timed = () =>
        {
            long began = Stopwatch.GetTimestamp();
            var result = work();
            seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            return result;
        };
        var result = _isAwaited ? await devices.Cpu.RunAsync(timed, cancellationToken) : await devices.Cpu.RunInBulkAsync(timed, cancellationToken);
        _cpuSeconds += seconds;
        return result;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Making {Artifact} failed")]
    private partial void LogFailed(Exception error, string artifact);
}
