using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Surveys;

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

    /// <summary>
    /// Sources lie in the middle of their cut-outs: the brightest pixel of a selected one is within one to four beams of the centre, in the share that was measured when this was written. By chance
    /// that would be pi radius^2 / side^2: 2 to 16 %, in the last field 28 %. What is missing from 1 are cut-outs with a brighter neighbour, and doubles whose host is between the lobes.
    /// </summary>
    [Theory]
    [InlineData("lotss-dr1/P205+55-mosaic.fits", "lotss-dr1/catalogue-P205+55.srl.fits", 80, 0, 6709, 14, 18, 0.84)]
    [InlineData("other-fields/parkes-multibeam/1904-66_SIN.fits", "other-fields/parkes-multibeam/1904_comp.fits", 16, 0, 51, 51, 864, 0.96)]
    [InlineData("other-fields/pybdsf-reference/image.fits", "other-fields/pybdsf-reference/srl.fits", 16, 0, 43, 33, 54, 0.84)]
    [InlineData("sdc1-simulated/B1_1000h-east.fits", "sdc1-simulated/B1_1000h-east.pybdsf.srl.txt", 20, 0, 1007, 964, 1.5, 0.76)]
    [InlineData("sdc1-simulated/B1_1000h-east.fits", "sdc1-simulated/B1_1000h-east.truth.csv", 20, 0.03, 8799, 8320, 1.5, 0.94)]
    [InlineData("first-fits", "first-fits/labels.csv", 80, 0, 20, 20, 16.2, 0.65)]
    [InlineData("first-nvss-pairs/first", "first-nvss-pairs/labels.csv", 80, 0, 10, 10, 16.2, 0.8)]
    [InlineData("first-nvss-pairs/nvss", "first-nvss-pairs/labels.csv", 40, 0, 10, 10, 45, 1)]
    [InlineData("other-fields/first-native-sin", "first-galaxies/labels.csv", 40, 0, 400, 2, 21.6, 1)]
    public async Task Field_CutByItsCatalogue_HasItsSourcesInTheMiddle(string mosaics, string catalogue, int size, double fluxAboveMilliJansky, int rows, int cutouts, double radiusArcsec, double share)
    {
        await using var session = await Session.OpenAsync(_folder.File("store"), null, false, Token);
        var dataset = session.Grains.GetGrain<IDatasetGrain>("field");
        await dataset.BuildAsync(new DatasetRequest { MosaicDirectory = Linked(mosaics), CataloguePath = TestFiles.RealData(catalogue), Size = size, MinimumSnr = 2, FluxAboveMilliJansky = fluxAboveMilliJansky }, Token);
        var status = await dataset.FollowAsync(_ => { }, Token);
        Assert.True(status.State == WorkState.Done, status.Error);
        Assert.Empty(status.Problems);
        using var set = TrainingSetReader.Open(await session.Artifacts.GetDirectoryAsync(status.Artifact!, Token));
        int near = Enumerable.Range(0, set.Count).Count(i => PeakDistancePixels(set.Image(i), set.ImageSize) * set.Description.PixelScaleArcsec <= radiusArcsec);
        Assert.Equal((rows, cutouts), (status.Rows, status.Cutouts));
        Assert.True(near >= share * set.Count, $"{near} of {set.Count} cut-outs ({(double)near / set.Count:0.000}) have their brightest pixel within {radiusArcsec} arcsec of the centre, but it should be {share:0.00} of them.");
    }

    [Fact]
    public async Task FirstAndNvss_OfTheSameGalaxies_AreTwoClassesOfEquallyNamedImages()
    {
        await using var session = await Session.OpenAsync(_folder.File("store"), null, false, Token);
        var dataset = session.Grains.GetGrain<IDatasetGrain>("pairs");
        await dataset.ImportAsync(new DatasetImportRequest { Path = TestFiles.RealData("first-nvss-pairs"), Crop = 40 }, Token);
        var status = await dataset.FollowAsync(_ => { }, Token);
        Assert.True(status.State == WorkState.Done, status.Error);
        Assert.Empty(status.Problems);
        using var set = TrainingSetReader.Open(await session.Artifacts.GetDirectoryAsync(status.Artifact!, Token));
        Assert.Equal(["first", "nvss"], set.Description.Classes);
        Assert.Equal([10, 10], Enumerable.Range(0, set.Count).CountBy(set.Label).OrderBy(count => count.Key).Select(count => count.Value));
        // 40 pixels of FIRST are 72 arcsec, of NVSS 10 arcmin: there a galaxy is a few pixels in the middle, its brightest one within two beams (6 pixels; measured: up to 5.15).
        Assert.All(Enumerable.Range(0, set.Count).Where(i => set.Label(i) == 1), i => Assert.InRange(PeakDistancePixels(set.Image(i), 40), 0, 6));
    }

    /// <summary>From the centre that the cut-out was asked for, which lies within a pixel of its middle.</summary>
    private static double PeakDistancePixels(ReadOnlySpan<float> image, int size)
    {
        int peak = 0;
        for (int i = 1; i < image.Length; i++)
            peak = image[i] > image[peak] ? i : peak;
        double middle = (size - 1) / 2.0;
        return Math.Sqrt(Math.Pow(peak % size - middle, 2) + Math.Pow(peak / size - middle, 2));
    }

    /// <summary>A folder of its own for mosaics: the data folders hold other files too.</summary>
    private string Linked(string fileOrFolder)
    {
        string real = TestFiles.RealData(fileOrFolder), mosaics = _folder.File("mosaics");
        Directory.CreateDirectory(mosaics);
        foreach (string file in Directory.Exists(real) ? Directory.GetFiles(real, "*.fits") : [real])
            File.CreateSymbolicLink(Path.Combine(mosaics, Path.GetFileName(file)), file);
        return mosaics;
    }

    private string Saved(byte[] bytes)
    {
        string path = _folder.File("sample.fits");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private async Task<DatasetStatus> BuildAsync(Session session, double minimumSnr)
    {
        var dataset = session.Grains.GetGrain<IDatasetGrain>("lotss");
        await dataset.BuildAsync(
            new DatasetRequest { MosaicDirectory = Linked("lotss-dr1/P205+55-mosaic.fits"), CataloguePath = TestFiles.RealData("lotss-dr1/catalogue-P205+55.srl.fits"), MinimumSnr = minimumSnr }, Token);
        return await dataset.FollowAsync(_ => { }, Token);
    }
}
