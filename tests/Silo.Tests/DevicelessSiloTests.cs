using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Silo.Tests;

/// <summary>A silo without devices cuts and serves, but does not train.</summary>
public sealed class DevicelessSiloTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_StartedWithoutADevice_WaitsSaysForWhatAndIsResumedWhereThereIsOne()
    {
        using (var host = await StartAsync(devices: []))
        {
            var grains = host.Services.GetRequiredService<IGrainFactory>();
            var survey = SmallSurvey.Write(_folder.Path);
            var dataset = grains.GetGrain<IDatasetGrain>("small");
            await dataset.BuildAsync(new DatasetRequest { MosaicDirectory = survey.Mosaics, CataloguePath = survey.Catalogue, Size = SmallSurvey.CutoutSize }, Token);
            Assert.Equal(WorkState.Done, (await dataset.FollowAsync(_ => { }, Token)).State);
            var run = grains.GetGrain<ITrainingRunGrain>("run");
            var status = await run.StartAsync(new TrainingRequest { Dataset = "small", Preset = "demo", Iterations = 2, BatchSize = 2 }, Token);
            Assert.Equal(WorkState.Running, status.State);
            Assert.Contains("--device cpu", status.Error, StringComparison.Ordinal);
            Assert.Contains("radiodiffusion worker --run run", status.Error, StringComparison.Ordinal);
            await run.PauseAsync(Token);
            Assert.Equal(WorkState.Paused, (await run.FollowAsync(_ => { }, Token)).State);
            await host.StopAsync(Token);
        }
        using (var host = await StartAsync(devices: ["cpu"]))
        {
            var run = host.Services.GetRequiredService<IGrainFactory>().GetGrain<ITrainingRunGrain>("run");
            await run.ResumeAsync(Token);
            var status = await run.FollowAsync(_ => { }, Token);
            Assert.Equal((WorkState.Done, null), (status.State, status.Error));
            await host.StopAsync(Token);
        }
    }

    private async Task<IHost> StartAsync(string[] devices) => (await SiloHost.StartEmbeddedAsync(
        () => new SiloSettings { Store = _folder.File("store"), Cluster = Guid.NewGuid().ToString("N"), Devices = devices }, logging => logging.ClearProviders(), Token)).Host;
}
