using System.Text.Json;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Interchange;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Labelled;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Models;

/// <summary>Makes a snapshot of weights that were trained elsewhere. A file of weights says nothing of fluxes, classes, pixels and beam: the request does.</summary>
internal sealed class ModelImporter(IArtifactStore store, IDeviceSlots devices)
{
    /// <summary>LoTSS: 1.5 arc seconds a pixel, restored to 6 (Shimwell et al. 2022).</summary>
    private static readonly (double PixelScale, double Beam) _lotss = (1.5, 6);

    /// <returns>The snapshot, where it came from in words, and what was taken.</returns>
    public async Task<(string Snapshot, string Lineage, ModelImportResult Result)> ImportAsync(ModelImportRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var dataset = await DatasetAsync(request, grains, cancellationToken);
        var description = request.Preset != null
            ? DescriptionOf(request, dataset)
            : await devices.Cpu.RunAsync(() => StoredDescription(request), cancellationToken);
        if (description.Network.Kind != NetworkKind.Denoiser)
            throw Invalid("preset", "Only models that make images are imported, but this one is a classifier: train it here, with 'radiodiffusion train start NAME --preset classifier'.");
        var tensors = await devices.Slots[0].RunAsync(() => NetworkTensor.AllOf(description.Network), cancellationToken);
        using var scratch = store.CreateScratchDirectory();
        var (result, digest) = await devices.Cpu.RunAsync(
            () => (ModelImport.Write(scratch.Path, request.Path, request.Weights, tensors, description), Digests.OfFile(request.Path)),
            cancellationToken);
        string id = SnapshotNames.IdFor(scratch.Path);
        await store.PutAsync(id, RecipeOf(request, description, digest), scratch.Path, cancellationToken);
        string weights = result.Weights.Length > 0 ? $" ({result.Weights})" : "", statistics = request.Dataset is { } name ? $", with the statistics of data set {name}" : "";
        return (id, $"import of {Path.GetFileName(request.Path)}{weights}{statistics}", result with { Notes = [.. result.Notes, .. NotesOn(description)] });
    }

    private async Task<TrainingSetDescription?> DatasetAsync(ModelImportRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        if (request.Dataset is not { } name)
            return null;
        if (request.Preset == null || request.BoxCox != null || request.Classes != null)
            throw Invalid("dataset", $"Data set '{name}' gives the fluxes and classes of the model: it needs a preset, and neither a Box-Cox transform nor classes beside it.");
        var status = await grains.Dataset(name).GetStatusAsync(cancellationToken);
        if (status.Artifact is not { } artifact)
            throw new UserErrorException(ErrorKind.NotFound, name, $"Data set '{name}' is not there (its state is {status.State}): 'radiodiffusion dataset list' shows those there are.");
        string directory = await store.GetDirectoryAsync(artifact, cancellationToken);
        return await devices.Cpu.RunAsync(
            () =>
            {
                using var set = TrainingSetReader.Open(directory);
                return set.Description;
            },
            cancellationToken);
    }

    /// <summary>As exported: the description beside the weights.</summary>
    private static SnapshotDescription StoredDescription(ModelImportRequest request)
    {
        if (request != new ModelImportRequest { Path = request.Path, Weights = request.Weights })
            throw Invalid("preset", "Options that describe the model need a preset: without one, all is taken from the model.json beside the file.");
        if (!File.Exists(request.DescriptionPath))
            throw Invalid("preset", $"{request.Path} says nothing of its network, and there is no {Path.GetFileName(request.DescriptionPath)} beside it: give the preset (lofar, first, small or demo).");
        return SnapshotDescription.Parse(File.ReadAllBytes(request.DescriptionPath), request.DescriptionPath);
    }

    internal static SnapshotDescription DescriptionOf(ModelImportRequest request, TrainingSetDescription? dataset)
    {
        var network = NetworkOptions.Preset(request.Preset!);
        if (dataset != null)
            return OfDataset(request, network, dataset);
        var classes = request.Classes?.Items ?? (network.ClassCount == FirstClasses.Names.Count ? FirstClasses.Names : []);
        var transform = TransformOf(request);
        if (transform != null && network.ContextDimension == 0)
            throw Invalid("boxcox", $"The network of preset {request.Preset} is not conditioned on flux: leave the Box-Cox transform out.");
        bool isFirst = request.Preset == "first";
        return new SnapshotDescription
        {
            Network = network with { ClassCount = classes.Count },
            FluxTransform = transform,
            Classes = classes,
            PixelScaleArcsec = request.PixelScaleArcsec ?? (isFirst ? FirstClasses.PixelScaleArcsec : _lotss.PixelScale),
            BeamArcsec = request.BeamArcsec ?? (isFirst ? FirstClasses.BeamArcsec : _lotss.Beam),
            Unit = transform != null ? "Jy/beam" : "",
        };
    }

    /// <summary>As a training run on this data set would describe its model.</summary>
    private static SnapshotDescription OfDataset(ModelImportRequest request, NetworkOptions network, TrainingSetDescription dataset) => new()
    {
        Network = network with
        {
            ContextDimension = dataset.Transform != null ? 1 : 0,
            ClassCount = dataset.Classes.Count,
            ImageSize = dataset.Size,
            ImageChannels = dataset.Channels?.Count ?? 1,
        },
        FluxTransform = dataset.Transform,
        Fluxes = dataset.Fluxes,
        Classes = dataset.Classes,
        Channels = dataset.Channels,
        PixelScaleArcsec = request.PixelScaleArcsec ?? dataset.PixelScaleArcsec,
        BeamArcsec = request.BeamArcsec ?? dataset.BeamArcsec,
        Unit = dataset.Unit,
        PeakFluxPercentiles = dataset.PeakFluxPercentiles,
    };

    private static BoxCoxTransform? TransformOf(ModelImportRequest request) => request.BoxCox?.Items switch
    {
        null => null,
        [var lambda, var mean, > 0 and var deviation] when double.IsFinite(lambda) && double.IsFinite(mean) && double.IsFinite(deviation) => new BoxCoxTransform(lambda, mean, deviation),
        var numbers => throw Invalid("boxcox", $"The Box-Cox transform should be lambda, mean and a standard deviation above 0, but it is '{string.Join(", ", numbers)}'."),
    };

    private static IEnumerable<string> NotesOn(SnapshotDescription description)
    {
        if (description.Network.ContextDimension > 0 && description.Values.Count == 0)
            yield return "The file does not say how the peak fluxes of the training set were scaled, so the model takes none in mJy/beam: it makes images of any flux, or of a scaled one (--flux 0.5scaled). Give --dataset NAME (the set it was trained on) or --boxcox LAMBDA,MEAN,STD to ask for fluxes in mJy/beam.";
    }

    private static Recipe RecipeOf(ModelImportRequest request, SnapshotDescription description, string digest) => new()
    {
        Kind = "snapshot",
        AlgorithmVersion = 1,
        Inputs = new() { ["weights"] = digest },
        Parameters = new JsonObject
        {
            ["imported"] = request.Weights,
            ["network"] = JsonSerializer.SerializeToNode(description.Network),
        },
    };

    private static UserErrorException Invalid(string subject, string message) => new(ErrorKind.Invalid, subject, message);
}
