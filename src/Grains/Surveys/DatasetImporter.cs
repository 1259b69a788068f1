using System.Text.Json;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Exchange;
using RadioDiffusion.ModelCore.Surveys.Labelled;

namespace RadioDiffusion.Grains.Surveys;

/// <summary>Makes a training set of images that exist already: digest, and if that is new, read, check, balance, write.</summary>
/// <remarks>Runs in the turns of the data set's grain; reading is handed to the silo's CPU threads.</remarks>
internal sealed class DatasetImporter(IArtifactStore store, IDeviceSlots devices)
{
    private const string ProblemsFile = "problems.json";
    private static readonly TimeSpan _reportEvery = TimeSpan.FromSeconds(1);

    public async Task<DatasetStatus> ImportAsync(string name, DatasetImportRequest request, Action<Func<DatasetStatus, DatasetStatus>> change, CancellationToken cancellationToken)
    {
        var options = OptionsOf(request);
        var format = Choice(request.Format, "format", _formats);
        string digest = await devices.Cpu.RunAsync(() => DigestOf(request.Path), cancellationToken);
        var recipe = RecipeOf(request, digest);
        var manifest = await store.FindAsync(recipe.Id, cancellationToken);
        bool upToDate = manifest != null;
        manifest ??= await ReadAsync(request, format, options, recipe, change, cancellationToken);
        return await DescribeAsync(name, request, manifest, upToDate, cancellationToken);
    }

    /// <summary>A training set that is in the store already.</summary>
    /// <exception cref="UserErrorException">There is no such artifact, or it is none.</exception>
    public async Task<DatasetStatus> FindAsync(string name, string artifact, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(artifact, cancellationToken) is not { } manifest || manifest.Files.All(file => file.Name != TrainingSet.DescriptionFile))
            throw new UserErrorException(ErrorKind.NotFound, artifact, $"There is no training set '{artifact}' in {store.Describe()}.");
        string directory = await store.GetDirectoryAsync(artifact, cancellationToken);
        var table = await devices.Cpu.RunAsync(
            () =>
            {
                using var set = TrainingSetReader.Open(directory);
                return set.Description.Selection;
            },
            cancellationToken);
        return DatasetStatus.DoneWith(name, table, artifact, manifest.ContentDigest) with { WasUpToDate = true };
    }

    private async Task<ArtifactManifest> ReadAsync(DatasetImportRequest request, ImageSetFormat format, DatasetImportOptions options, Recipe recipe,
        Action<Func<DatasetStatus, DatasetStatus>> change, CancellationToken cancellationToken)
    {
        using var scratch = store.CreateScratchDirectory();
        using var unpacked = store.CreateScratchDirectory();
        var progress = new Counter();
        var work = devices.Cpu.RunAsync(
            () =>
            {
                using var source = ImageSources.Open(request.Path, format, unpacked.Path, request.TakesLightness);
                progress.Total = source.Images.Count;
                var (_, problems) = DatasetImport.Write(scratch.Path, source, options, progress, cancellationToken);
                File.WriteAllBytes(Path.Combine(scratch.Path, ProblemsFile), JsonSerializer.SerializeToUtf8Bytes(problems.Select(problem => WithoutFolders(problem, request.Path, unpacked.Path))));
            },
            cancellationToken);
        while (await Task.WhenAny(work, Task.Delay(_reportEvery, cancellationToken)) != work && !cancellationToken.IsCancellationRequested)
            change(status => status with { Phase = $"reading images: {progress.Done} of {progress.Total}" });
        await work;
        return await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
    }

    private async Task<DatasetStatus> DescribeAsync(string name, DatasetImportRequest request, ArtifactManifest manifest, bool upToDate, CancellationToken cancellationToken)
    {
        string directory = await store.GetDirectoryAsync(manifest.Id, cancellationToken);
        var (table, problems) = await devices.Cpu.RunAsync(
            () =>
            {
                using var set = TrainingSetReader.Open(directory);
                return (set.Description.Selection, JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(Path.Combine(directory, ProblemsFile))) ?? []);
            },
            cancellationToken);
        return DatasetStatus.DoneWith(name, table, manifest.Id, manifest.ContentDigest) with { Problems = problems, Import = request, WasUpToDate = upToDate };
    }

    /// <summary>Where a set lies must not be in its bytes: equal files give equal artifacts on every machine.</summary>
    private static string WithoutFolders(string problem, string path, string unpacked)
    {
        problem = problem.Replace(path, Path.GetFileName(Path.TrimEndingDirectorySeparator(path)), StringComparison.Ordinal);
        int at = problem.IndexOf(unpacked, StringComparison.Ordinal);
        if (at < 0)
            return problem;
        int end = problem.IndexOf(".h5", at, StringComparison.Ordinal);
        return end < 0 ? problem : problem[..at] + Path.GetFileName(path) + problem[(end + 3)..];
    }

    private static string DigestOf(string path) =>
        Digests.OfFiles(ImageSources.FilesOf(path).Select(file => new ArtifactFile(file.Name, new FileInfo(file.Path).Length, Digests.OfFile(file.Path))));

    private static Recipe RecipeOf(DatasetImportRequest request, string digest)
    {
        var parameters = new JsonObject
        {
            ["format"] = request.Format,
            ["crop"] = request.Crop,
            ["balance"] = request.Balance,
            ["splits"] = string.Join(",", SplitsOf(request)),
            ["clipSigma"] = request.ClipSigma,
            ["pixelScaleArcsec"] = request.PixelScaleArcsec,
            ["beamArcsec"] = request.BeamArcsec,
        };
        if (_balances[request.Balance] == ClassBalance.Undersample)
            parameters["seed"] = request.Seed;               // nothing else is random
        if (request.TakesLightness)
            parameters["takesLightness"] = true;             // left out otherwise, so that older sets keep their IDs
        return new Recipe { Kind = "dataset", AlgorithmVersion = 1, Inputs = new() { ["images"] = digest }, Parameters = parameters };
    }

    private static DatasetImportOptions OptionsOf(DatasetImportRequest request) => new()
    {
        Crop = request.Crop,
        Balance = Choice(request.Balance, "balance", _balances),
        Splits = SplitsOf(request),
        ClipSigma = request.ClipSigma,
        Seed = request.Seed,
        PixelScaleArcsec = request.PixelScaleArcsec,
        BeamArcsec = request.BeamArcsec,
    };

    private static string[] SplitsOf(DatasetImportRequest request) =>
        [.. request.Splits.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().Order(StringComparer.Ordinal)];

    private static T Choice<T>(string text, string what, Dictionary<string, T> choices) => choices.TryGetValue(text, out var choice)
        ? choice
        : throw new UserErrorException(ErrorKind.Invalid, what, $"The {what} of an import should be one of {string.Join(", ", choices.Keys)}, but it is '{text}'.");

    private static readonly Dictionary<string, ImageSetFormat> _formats = new()
    {
        ["auto"] = ImageSetFormat.Auto,
        ["hdf5"] = ImageSetFormat.Hdf5,
        ["labelled-hdf5"] = ImageSetFormat.LabelledHdf5,
        ["folder"] = ImageSetFormat.Folder,
        ["fits-cube"] = ImageSetFormat.FitsCube,
    };

    private static readonly Dictionary<string, ClassBalance> _balances = new()
    {
        ["none"] = ClassBalance.None,
        ["undersample"] = ClassBalance.Undersample,
        ["undersample-first"] = ClassBalance.UndersampleFirst,
        ["weights"] = ClassBalance.Weights,
    };

    /// <summary>Written by the thread that reads, read by the grain's turns.</summary>
    private sealed class Counter : IProgress<int>
    {
        private volatile int _done;
        private volatile int _total;

        public int Done => _done;

        public int Total
        {
            get => _total;
            set => _total = value;
        }

        public void Report(int value) => _done = value;
    }
}
