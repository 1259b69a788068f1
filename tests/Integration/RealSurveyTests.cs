using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Integration;

/// <summary>A piece of the real survey, through the whole chain.</summary>
public sealed class RealSurveyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task LotssDr1_WithThePapersCuts_KeepsTwoOfFourteenCutouts()
    {
        await using var session = await Session.OpenAsync(_folder.File("store"), null, false, Token);
        var status = await BuildAsync(session, minimumSnr: 5);
        Assert.Equal(WorkState.Done, status.State);
        Assert.Equal((6709, 14, 2), (status.Rows, status.Cutouts, status.Selected));
        Assert.Equal(status.Rows, status.Selected + status.Removed.Sum(cut => cut.Count));
    }

    [Fact]
    public async Task LotssDr1_WithALowerCut_IsTrainedOnAndSampled()
    {
        await using var session = await Session.OpenAsync(_folder.File("store"), null, false, Token);
        Assert.Equal(13, (await BuildAsync(session, minimumSnr: 2)).Selected);
        var run = session.Grains.GetGrain<ITrainingRunGrain>("lotss");
        await run.StartAsync(new TrainingRequest { Dataset = "lotss", Preset = "demo", Iterations = 5, BatchSize = 4 }, Token);
        var trained = await run.FollowAsync(_ => { }, Token);
        Assert.Equal((WorkState.Done, 5L), (trained.State, trained.Iteration));
        var model = await session.Grains.GetGrain<IModelGrain>("lotss").GetAsync(Token);
        var sample = await session.Grains.FetchSampleAsync(SampleIds.For(model, new SampleParameters("lotss", Flux: 5, Steps: 4)), Token);
        using var file = ModelCore.Fits.FitsFile.Open(Saved(sample.Fits!));
        var image = file.FirstImage();
        Assert.Equal((80, 80), (image.Width, image.Height));
        Assert.Equal("JY/BEAM", image.Header.GetString("BUNIT"), ignoreCase: true);
        Assert.Equal(1.5 / 3600, Math.Abs(image.Header.GetDouble("CDELT1")!.Value), 1e-9);
        Assert.NotNull(image.Header.GetDouble("BMAJ"));
    }

    private string Saved(byte[] bytes)
    {
        string path = _folder.File("sample.fits");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private async Task<DatasetStatus> BuildAsync(Session session, double minimumSnr)
    {
        // A folder of its own for the mosaic: the data folder holds other files too.
        string mosaics = _folder.File("mosaics");
        Directory.CreateDirectory(mosaics);
        File.CreateSymbolicLink(Path.Combine(mosaics, "P205+55-mosaic.fits"), TestFiles.RealData("lotss-dr1/P205+55-mosaic.fits"));
        var dataset = session.Grains.GetGrain<IDatasetGrain>("lotss");
        await dataset.BuildAsync(
            new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = TestFiles.RealData("lotss-dr1/catalogue-P205+55.srl.fits"), MinimumSnr = minimumSnr }, Token);
        return await dataset.FollowAsync(_ => { }, Token);
    }
}
