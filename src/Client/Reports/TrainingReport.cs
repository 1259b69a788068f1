using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Evaluation.Plots;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Client.Reports;

/// <summary>What a run has done up to its last checkpoint, gathered out of the store and written as files.</summary>
internal sealed class TrainingReport
{
    private const int Columns = 4, Zoom = 2;
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly ArtifactManifest _checkpoint;
    private readonly LossHistory _history;
    private readonly SampleGrids _grids;
    private readonly TrainingMachine? _machine;
    private readonly ArtifactManifest? _dataset;

    private TrainingReport(TrainingStatus status, string directory, ArtifactManifest checkpoint, ArtifactManifest? dataset, SnapshotDescription? model)
    {
        Status = status;
        CheckpointDirectory = directory;
        Model = model;
        _checkpoint = checkpoint;
        _dataset = dataset;
        _history = LossHistory.Read(directory);
        _grids = SampleGrids.Read(directory);
        _machine = TrainingMachine.Read(directory);
    }

    public TrainingStatus Status { get; }

    /// <summary>That of the last checkpoint, where the report ends.</summary>
    public long Iteration => Status.Checkpoint!.Iteration;

    public string CheckpointDirectory { get; }

    /// <summary>What the weights are for; null if the run is under way and its data set gone.</summary>
    public SnapshotDescription? Model { get; }

    /// <summary>Whether the run trains a classifier, of which there are no samples.</summary>
    public bool IsClassifier => Model?.Network.Kind == NetworkKind.Classifier;

    private LossCurve Losses => new()
    {
        Training = [.. _history.Training.Select(point => new LossPoint(point.Iteration, point.Loss))],
        ValidationOfWeights = [.. _history.Validation.Select(point => new LossPoint(point.Iteration, point.Loss))],
        Validation = [.. _history.Validation.Select(point => new LossPoint(point.Iteration, point.EmaLoss))],
        ResumedAt = Status.Resumptions,
    };

    /// <exception cref="UserErrorException">The run has no checkpoint yet.</exception>
    public static async Task<TrainingReport> GatherAsync(Session session, string name, CancellationToken cancellationToken)
    {
        while (true)
        {
            var status = await session.Grains.TrainingRun(name).GetStatusAsync(cancellationToken);
            if (status.Checkpoint is not { } checkpoint)
            {
                throw new UserErrorException(ErrorKind.NotFound, name,
                    $"Run '{name}' ({status.State.ToString().ToLowerInvariant()}) has no checkpoint yet, and losses are kept in checkpoints: "
                    + $"ask again after its first one{(status.StandsStill ? $", 'radiodiffusion train resume {name}' goes on" : "")}.");
            }
            try
            {
                return await ReadAsync(session, status, checkpoint, cancellationToken);
            }
            catch (Exception error) when (error is RadioDiffusionException or IOException)
            {
                // A run that goes on deletes the checkpoints before its last two.
                var now = await session.Grains.TrainingRun(name).GetStatusAsync(cancellationToken);
                if (now.Checkpoint == checkpoint)
                    throw;
            }
        }
    }

    /// <summary>Writes everything; the first file is the report itself.</summary>
    public string[] Write(string directory, ReportSamples samples)
    {
        Directory.CreateDirectory(directory);
        var files = new List<string>();
        string Named(string name)
        {
            files.Add(Path.Combine(directory, name));
            return files[^1];
        }
        byte[]? grid = samples.Images.Count == 0 ? null : Picture.Grid([.. samples.Images.Select(image => image.Pixels)], samples.Side, Columns, Zoom);
        (long Iteration, float[][] Images)[] grids = [.. _grids.All.Select(pair => (pair.Key, pair.Value.Select(FirstChannel).ToArray()))];
        HtmlReport.Write(Named("report.html"), Contents(samples, grid, grids));

        var plot = LossPlot.Draw(Losses, $"Losses of training run {Status.Name}");
        WholeFile.Write(Named("losses.png"), plot.ToPng());
        WholeFile.Write(Named("losses.svg"), Encoding.UTF8.GetBytes(plot.ToSvg()));
        foreach (string name in new[] { LossHistory.TrainingFile, LossHistory.ValidationFile })
            WholeFile.Write(Named(name), File.ReadAllBytes(Path.Combine(CheckpointDirectory, name)));
        LossTable.Write(Named("losses.parquet"), Losses);
        if (grid != null)
            WholeFile.Write(Named("samples.png"), Sheet(samples).ToPng());
        if (grids.Length > 0)
            WholeFile.Write(Named("sample_grids.png"), Sheet(grids).ToPng());
        WholeFile.Write(Named("recipe.json"), JsonSerializer.SerializeToUtf8Bytes(Recipe(samples), _json));
        WholeFile.Write(Named($"{EventFileWriter.NameStart}radiodiffusion"), Events(grid, grids));
        foreach (string id in samples.Ids)
        {
            Named(Path.Combine("samples", $"{id}.fits"));    // written when they came
            Named(Path.Combine("samples", $"{id}.png"));
        }
        return [.. files];
    }

    private static async Task<TrainingReport> ReadAsync(Session session, TrainingStatus status, CommittedCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        string directory = await session.Artifacts.GetDirectoryAsync(checkpoint.Artifact, cancellationToken);
        var manifest = await session.Artifacts.FindAsync(checkpoint.Artifact, cancellationToken)
            ?? throw new RadioDiffusionException($"Checkpoint {checkpoint.Artifact} of run '{status.Name}' is not in {session.Artifacts.Describe()}.");
        var dataset = await DatasetAsync(session, manifest.Recipe.Inputs["dataset"], cancellationToken);
        return new TrainingReport(status, directory, manifest, dataset, await ModelAsync(session, status, dataset, cancellationToken));
    }

    /// <summary>Its name may stand for another one by now, so it is found by its content.</summary>
    private static async Task<ArtifactManifest?> DatasetAsync(Session session, string digest, CancellationToken cancellationToken)
    {
        await foreach (var manifest in session.Artifacts.ListAsync("dataset", cancellationToken))
        {
            if (manifest.ContentDigest == digest)
                return manifest;
        }
        return null;
    }

    private static async Task<SnapshotDescription?> ModelAsync(Session session, TrainingStatus status, ArtifactManifest? dataset, CancellationToken cancellationToken)
    {
        if (status.Snapshot is { } snapshot)
            return await SnapshotDescriptions.ReadAsync(session.Artifacts, snapshot, cancellationToken);
        if (dataset == null)
            return null;
        using var set = TrainingSetReader.Open(await session.Artifacts.GetDirectoryAsync(dataset.Id, cancellationToken));
        var configuration = TrainingConfiguration.Of(status.Request!.Preset, status.Request.Configuration);
        return TrainingSetup.DescriptionOf(set.Description, ConditionedSet.Of(set, configuration.Conditions).Conditions) with
        {
            Network = configuration.Network,
            Usual = configuration.Training.Distillation is { } student ? UsualSampling.Of(student) : null,
        };
    }

    private ReportContents Contents(ReportSamples samples, byte[]? grid, (long Iteration, float[][] Images)[] grids)
    {
        var images = new List<ReportImages>();
        if (grid != null)
            images.Add(new ReportImages($"Samples, iteration {Iteration:N0}", $"{samples.Steps} steps of Heun's method, guidance strength 0.1, averaged weights.", grid, $"{samples.Images.Count} generated images"));
        foreach (var (iteration, pixels) in grids.AsEnumerable().Reverse())
            images.Add(new ReportImages($"Iteration {iteration:N0}", "Drawn at a checkpoint; seeds and conditions are the same at each.", Grid(pixels), $"{pixels.Length} images generated after {iteration} iterations"));
        return new ReportContents
        {
            Title = $"Training run {Status.Name}",
            Introduction = $"Data set {Status.Request!.Dataset}, preset {Status.Request.Preset}: {Status.State.ToString().ToLowerInvariant()}; this report is of iteration {Iteration:N0} of {Status.TotalIterations:N0}. Images: {Picture.Stretch}.",
            Images = images,
            Losses = Losses,
            Samples = [.. samples.Ids.Select(id => (id, $"samples/{id}.png", $"samples/{id}.fits"))],
            Recipe = [.. RecipeLines()],
        };
    }

    private IEnumerable<(string Name, string Value)> RecipeLines()
    {
        var training = _checkpoint.Recipe.Parameters["training"]!;
        yield return ("Data set", _dataset?.Id ?? $"{_checkpoint.Recipe.Inputs["dataset"]} (not in the store any more)");
        yield return ("Checkpoint", _checkpoint.Id);
        if (Status.Snapshot is { } snapshot)
            yield return ("Model", $"{Status.Request!.ModelName ?? Status.Name}: {snapshot}");
        yield return ("Images a step", training[nameof(TrainingOptions.BatchSize)]!.ToJsonString());
        yield return ("Learning rate", training[nameof(TrainingOptions.LearningRate)]!.ToJsonString());
        yield return ("Seed", training[nameof(TrainingOptions.Seed)]!.ToJsonString());
        yield return ("Precision", training[nameof(TrainingOptions.Precision)]?.GetValue<string>() ?? nameof(Precision.Float32));
        if (Status.Averages.Count > 0)
            yield return ("Averages kept", $"of the iterations {string.Join(", ", Status.Averages.Select(kept => kept.Iteration))}");
        yield return ("Generations", Status.Generation.ToString(CultureInfo.InvariantCulture));
        if (Status.Resumptions.Count > 0)
            yield return ("Resumed at", string.Join(", ", Status.Resumptions));
        yield return ("Program", $"{_checkpoint.Provenance.Software}, {_checkpoint.Provenance.Created:u}");
        if (_machine is not { } machine)
        {
            yield return ("Machine", _checkpoint.Provenance.Machine);
            yield break;
        }
        yield return ("Machine", $"{machine.Name}: {machine.Cores} cores, {machine.Architecture}, {machine.OperatingSystem}");
        yield return ("Runtime", $"{machine.Framework}, libtorch {machine.Libtorch}, device {machine.Device}");
    }

    private object Recipe(ReportSamples samples) => new
    {
        Run = Status.Name,
        Status.State,
        Iteration,
        Status.TotalIterations,
        Status.Request,
        Network = _checkpoint.Recipe.Parameters["network"],
        Training = _checkpoint.Recipe.Parameters["training"],
        Dataset = new { Name = Status.Request!.Dataset, Artifact = _dataset?.Id, Digest = _checkpoint.Recipe.Inputs["dataset"] },
        Status.Generation,
        ResumedAt = Status.Resumptions,
        Checkpoint = new { _checkpoint.Id, _checkpoint.ContentDigest, _checkpoint.Provenance },
        Status.Snapshot,
        Machine = _machine,
        Samples = new { samples.Steps, samples.Ids, Images = samples.Images.Select(image => image.Sample) },
        SampleGrids = new { Iterations = _grids.All.Keys, Images = Model is null || IsClassifier ? [] : SampleGrids.SamplesFor(Model) },
    };

    private static Drawing Sheet(ReportSamples samples) => ImageSheet.Draw(
        [new ImageSection("", [.. samples.Images.Select(image => new LabelledImage(image.Pixels, $"{image.Sample.Label}{(image.Sample.Label.Length > 0 ? ", " : "")}seed {image.Sample.Seed}"))])],
        samples.Side, Columns, $"Samples, {samples.Steps} steps of Heun's method, guidance strength 0.1; {Picture.Stretch}.");

    private Drawing Sheet((long Iteration, float[][] Images)[] grids)
    {
        string[] labels = Model is null ? [.. Enumerable.Repeat("", SampleGrids.Images)] : [.. SampleGrids.SamplesFor(Model).Select(sample => sample.Label)];
        return ImageSheet.Draw(
            [.. grids.Select(grid => new ImageSection($"Iteration {grid.Iteration:N0}", [.. grid.Images.Zip(labels, (pixels, label) => new LabelledImage(pixels, label))]))],
            SideOf(grids[0].Images[0]), SampleGrids.Images, $"Samples as they developed, with the same seeds and conditions; {Picture.Stretch}.");
    }

    private byte[] Events(byte[]? samples, IEnumerable<(long Iteration, float[][] Images)> grids)
    {
        using var stream = new MemoryStream();
        var events = new EventFileWriter(stream, _checkpoint.Provenance.Created);
        events.Begin();
        foreach (var (iteration, loss) in _history.Training)
            events.Scalar("loss", iteration, loss);
        foreach (var (iteration, loss, average) in _history.Validation)
        {
            events.Scalar("val_loss", iteration, loss);
            events.Scalar("ema_loss", iteration, average);
        }
        foreach (var (iteration, images) in grids)
            events.Image("sample_grids", iteration, Grid(images));
        if (samples != null)
            events.Image("samples", Iteration, samples);
        return stream.ToArray();
    }

    private static byte[] Grid(float[][] images) => Picture.Grid(images, SideOf(images[0]), Columns, Zoom);

    private float[] FirstChannel(float[] image) => image[..(image.Length / (int)_checkpoint.Recipe.Parameters["network"]![nameof(NetworkOptions.ImageChannels)]!)];

    private static int SideOf(float[] image) => (int)Math.Sqrt(image.Length);
}
