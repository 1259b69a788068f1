using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows.Kinds;

/// <summary>A data set: `dataset build`, `dataset import`, or what `evaluate --augmentation` trains on.</summary>
internal sealed class DatasetTarget : ITargetWork
{
    private const string UsualClassifier = "classifier";

    public string Kind => "dataset";

    public async Task<TargetResult> RunAsync(TargetContext context, CancellationToken cancellationToken)
    {
        var dataset = context.Grains.Dataset(context.NameInStore);
        if (context.Text("import") != null)
            await dataset.ImportAsync(ImportOf(context), cancellationToken);
        else if (context.Text("real") != null)
            await dataset.AugmentAsync(AugmentationOf(context), cancellationToken);
        else
            await dataset.BuildAsync(BuildOf(context), cancellationToken);
        var status = await dataset.FollowAsync(status => context.Tell(status.Phase, status.TilesDone, status.TilesTotal), cancellationToken);
        return status is { State: WorkState.Done, Artifact: { } artifact, Digest: { } digest }
            ? TargetContext.Result(artifact, digest, (TargetKinds.Dataset, context.NameInStore)) with { Notes = [.. status.Problems, .. status.Notes] }
            : throw new UserErrorException(ErrorKind.Failed, context.Name, status.Error ?? $"The data set '{context.NameInStore}' ended as {status.State}.");
    }

    private static DatasetRequest BuildOf(TargetContext context) => new()
    {
        MosaicDirectory = context.Text("mosaics")!,
        CataloguePath = context.Text("catalogue")!,
        Columns = context.Text("columns"),
        Size = context.Whole("size") ?? 80,
        MinimumSnr = context.Number("minSnr") ?? 5,
        MaximumEdge = context.Number("maxEdge") ?? 0.8,
        LargestSizeAboveArcsec = context.Number("minLas") ?? 0,
        FluxAboveMilliJansky = context.Number("minFlux") ?? 0,
        MinimumCoverage = context.Number("minCoverage") ?? 1,
        AnyAngle = context.Flag("anyAngle"),
        PixelScaleArcsec = context.Number("pixelScale") ?? 0,
        CentreOnOpticalPosition = context.Text("centre") != "catalogue",
        Content = context.Text("content") switch
        {
            "source-only" => DatasetContent.SourceOnly,
            "background" => DatasetContent.Background,
            _ => DatasetContent.All,
        },
        BackgroundsPerMosaic = context.Whole("backgrounds") ?? 500,
        Channels = context.TextsByName("channels") is { Count: > 0 } channels ? new([.. channels.OrderBy(channel => channel.Key, StringComparer.Ordinal).Select(channel => new ChannelFolder(channel.Key, channel.Value))]) : null,
        Keep = context.Texts("keep") is { Count: > 0 } kept ? new([.. kept.Select(KeepOf)]) : null,
        Seed = context.Seed,
    };

    private static CatalogueKeep KeepOf(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? new CatalogueKeep(text, text) : new CatalogueKeep(text[..equals], text[(equals + 1)..]);
    }

    private static DatasetAugmentation AugmentationOf(TargetContext context)
    {
        string real = context.Text("real")!;
        double fraction = context.Number("validationFraction") ?? TrainingSetup.OptionsFor(new TrainingRequest { Dataset = real, Preset = UsualClassifier }).ValidationFraction;
        return fraction is >= 0 and < 1
            ? new DatasetAugmentation { Real = real, Generated = context.Text("generated")!, ValidationFraction = fraction, Seed = context.Seed }
            : throw new UserErrorException(ErrorKind.Invalid, context.Name, FormattableString.Invariant($"'validationFraction' of target '{context.Name}' should be from 0 to below 1, but it is {fraction}."));
    }

    private static DatasetImportRequest ImportOf(TargetContext context) => new()
    {
        Path = context.Text("import")!,
        Format = context.Text("format") ?? "auto",
        Crop = context.Whole("crop") ?? 0,
        Balance = context.Text("balance") ?? "none",
        Splits = context.Text("splits") ?? "",
        ClipSigma = context.Number("clip") ?? 0,
        PixelScaleArcsec = context.Number("pixelScale") ?? 0,
        BeamArcsec = context.Number("beam") ?? 0,
        TakesLightness = context.Flag("lightness"),
        Seed = context.Seed,
    };
}
