using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Integration;

/// <summary>From labelled images to samples of a class, through real grains.</summary>
public sealed class LabelledSetTests : IDisposable
{
    private const int Side = 16;
    private readonly TemporaryFolder _folder = new();

    private string Images => _folder.File("images");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task LabelledFolder_ImportedAndTrained_GivesASampleOfAClassById()
    {
        WriteImages(("double", 12), ("single", 5));
        await using var session = await OpenAsync();
        var status = await ImportAsync(session, "labelled", new DatasetImportRequest { Path = Images, Crop = Side, Balance = "weights" });
        Assert.Equal((WorkState.Done, 17, false), (status.State, status.Selected, status.WasUpToDate));
        Assert.Empty(status.Problems);

        var sample = await TrainAndSampleAsync(session, "labelled", "small", 3, "double");
        Assert.Contains("_class=double_", sample.Id, StringComparison.Ordinal);
        Assert.DoesNotContain("flux", sample.Id, StringComparison.Ordinal);
        string path = _folder.File("sample.fits");
        await File.WriteAllBytesAsync(path, sample.Fits!, Token);
        using var file = FitsFile.Open(path);
        Assert.Equal((Side, Side), (file.FirstImage().Width, file.FirstImage().Height));

        var model = await session.Grains.GetGrain<IModelGrain>("run").GetAsync(Token);
        Assert.False(model.NeedsFlux);
        Assert.Equal(["double", "single"], model.Classes);
        var error = await Assert.ThrowsAsync<UserErrorException>(() => session.Grains.FetchSampleAsync(SampleIds.For(model, new SampleParameters("run", Class: "triple", Steps: 2)), Token));
        Assert.Contains("double, single", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_OfTheSameFilesElsewhere_IsTheSameArtifactAndDoesNoWork()
    {
        WriteImages(("A", 4), ("B", 3));
        await File.WriteAllTextAsync(Path.Combine(Images, "A", "damaged.png"), "no picture", Token);
        await using var session = await OpenAsync();
        var first = await ImportAsync(session, "one", new DatasetImportRequest { Path = Images });
        Assert.Contains("damaged.png", Assert.Single(first.Problems), StringComparison.Ordinal);
        Assert.DoesNotContain(_folder.Path, first.Problems[0], StringComparison.Ordinal);
        string elsewhere = _folder.File("elsewhere");
        Directory.Move(Images, elsewhere);
        var second = await ImportAsync(session, "two", new DatasetImportRequest { Path = elsewhere });
        Assert.True(second.WasUpToDate);
        Assert.Equal((first.Artifact, first.Digest), (second.Artifact, second.Digest));
        Assert.Equal(first.Problems, second.Problems);
    }

    [Theory]
    [InlineData("nowhere", "none", "There is no file or folder")]
    [InlineData("images", "evenly", "none, undersample, undersample-first, weights")]
    public async Task Import_OfWhatIsNotThere_FailsAndSaysSo(string path, string balance, string expected)
    {
        WriteImages(("A", 2));
        await using var session = await OpenAsync();
        var status = await ImportAsync(session, "none", new DatasetImportRequest { Path = _folder.File(path), Balance = balance });
        Assert.Equal(WorkState.Failed, status.State);
        Assert.Contains(expected, status.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_AskedForTwice_IsWrittenOnceAndImportsAsTheSameImages()
    {
        WriteImages(("FRI", 3), ("FRII", 3));
        await using var session = await OpenAsync();
        await ImportAsync(session, "set", new DatasetImportRequest { Path = Images });
        var exported = await ExportAsync(session, "set/hdf5");
        Assert.False(exported.WasUpToDate);
        Assert.Equal(exported.Artifact, (await ExportAsync(session, "set/hdf5")).Artifact);
        string directory = await session.Artifacts.GetDirectoryAsync(exported.Artifact!, Token);
        var again = await ImportAsync(session, "again", new DatasetImportRequest { Path = Path.Combine(directory, "dataset.hdf5") });
        Assert.Equal((WorkState.Done, 6), (again.State, again.Selected));
        var error = await Assert.ThrowsAsync<UserErrorException>(() => ExportAsync(session, "set/bmp"));
        Assert.Contains("fits-cube", error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<UserErrorException>(() => ExportAsync(session, "nothing/hdf5"))).Kind);
    }

    [Fact]
    public async Task ModelOfFluxes_TrainedOnASurvey_CarriesTheirDistribution()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        await using var session = await OpenAsync();
        var dataset = session.Grains.GetGrain<IDatasetGrain>("survey");
        await dataset.BuildAsync(new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = catalogue, Size = SmallSurvey.CutoutSize, MinimumSnr = 2 }, Token);
        var built = await dataset.FollowAsync(_ => { }, Token);
        var run = session.Grains.GetGrain<ITrainingRunGrain>("run");
        await run.StartAsync(new TrainingRequest { Dataset = "survey", Preset = "small", Iterations = 1, BatchSize = 2 }, Token);
        Assert.Equal(WorkState.Done, (await run.FollowAsync(_ => { }, Token)).State);
        var model = await session.Grains.GetGrain<IModelGrain>("run").GetAsync(Token);
        string directory = await session.Artifacts.GetDirectoryAsync(model.Snapshot, Token);
        var description = SnapshotDescription.Parse(await File.ReadAllBytesAsync(Path.Combine(directory, SnapshotDescription.FileName), Token), "model.json");
        Assert.Equal(built.Selected, description.Fluxes!.Counts.Sum());
        Assert.Equal(description.FluxTransform, description.Fluxes.Transform);
        double flux = description.Fluxes.DrawPeakFlux(new RandomStream(1, "test"));
        Assert.InRange(flux, description.Fluxes.Transform.Invert(description.Fluxes.Smallest), description.Fluxes.Transform.Invert(description.Fluxes.Largest));
    }

    [Fact]
    public async Task FirstGalaxies_OfTheAuthors_TrainThePublishedClassModel()
    {
        // Two of each class, cut to 40 pixels: more would only make a step and the validation of this large network slow.
        string real = TestFiles.RealData("first-galaxies/galaxy_data/test");
        foreach (string folder in Directory.GetDirectories(real))
        {
            string copy = Path.Combine(Images, Path.GetFileName(folder));
            Directory.CreateDirectory(copy);
            foreach (string file in Directory.GetFiles(folder, "*.png").Order(StringComparer.Ordinal).Take(2))
                File.CreateSymbolicLink(Path.Combine(copy, Path.GetFileName(file)), file);
        }
        await using var session = await OpenAsync();
        var status = await ImportAsync(session, "first", new DatasetImportRequest { Path = Images, Crop = 40, Balance = "undersample" });
        Assert.Equal((WorkState.Done, 8), (status.State, status.Selected));
        using (var set = TrainingSetReader.Open(await session.Artifacts.GetDirectoryAsync(status.Artifact!, Token)))
            Assert.Equal((4, false, 40), (set.ClassCount, set.HasContext, set.ImageSize));
        var sample = await TrainAndSampleAsync(session, "first", "first", 1, "FRII");
        Assert.Contains("_class=FRII_", sample.Id, StringComparison.Ordinal);
        Assert.Equal(30_588_737, (await session.Grains.GetGrain<IModelGrain>("run").GetAsync(Token)).Parameters);
    }

    private static async Task<SampleStatus> TrainAndSampleAsync(Session session, string dataset, string preset, int iterations, string className)
    {
        var run = session.Grains.GetGrain<ITrainingRunGrain>("run");
        await run.StartAsync(new TrainingRequest { Dataset = dataset, Preset = preset, Iterations = iterations, BatchSize = 2, CheckpointEvery = 1000, ValidateEvery = 1000 }, Token);
        var trained = await run.FollowAsync(_ => { }, Token);
        Assert.True(trained.State == WorkState.Done, trained.Error);
        var model = await session.Grains.GetGrain<IModelGrain>("run").GetAsync(Token);
        return await session.Grains.FetchSampleAsync(SampleIds.For(model, new SampleParameters("run", Class: className, Steps: 2)), Token);
    }

    private static async Task<DatasetStatus> ImportAsync(Session session, string name, DatasetImportRequest request)
    {
        var dataset = session.Grains.GetGrain<IDatasetGrain>(name);
        await dataset.ImportAsync(request, Token);
        return await dataset.FollowAsync(_ => { }, Token);
    }

    private static async Task<DatasetExportStatus> ExportAsync(Session session, string key)
    {
        var export = session.Grains.GetGrain<IDatasetExportGrain>(key);
        var status = await export.StartAsync(Token);
        while (status.State == WorkState.Running)
            status = await export.WaitAsync(TimeSpan.FromSeconds(8), Token);
        Assert.True(status.State == WorkState.Done, status.Error);
        return status;
    }

    private Task<Session> OpenAsync() => Session.OpenAsync(_folder.File("store"), null, false, Token);

    /// <summary>FITS images of one or two blobs, the class in the folder's name.</summary>
    private void WriteImages(params (string Class, int Count)[] classes)
    {
        foreach (var (name, count) in classes)
        {
            Directory.CreateDirectory(Path.Combine(Images, name));
            for (int i = 0; i < count; i++)
            {
                float[] pixels = new float[20 * 20];
                for (int pixel = 0; pixel < pixels.Length; pixel++)
                    pixels[pixel] = Blob(pixel, 10, 6 + i % 4) + (name == classes[0].Class ? Blob(pixel, 10, 14) : 0);
                FitsWriter.WriteImage(Path.Combine(Images, name, $"{name}{i}.fits"), pixels, 20, 20);
            }
        }
    }

    private static float Blob(int pixel, int row, int column) => (float)Math.Exp(-(Math.Pow(pixel / 20 - row, 2) + Math.Pow(pixel % 20 - column, 2)) / 4);
}
