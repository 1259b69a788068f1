using System.Globalization;
using System.Text;
using System.Text.Json;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Figures;
using RadioDiffusion.ModelCore.Surveys.Labelled;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>What is in a data set and where it came from: classes, statistics, pictures, recipe.</summary>
internal sealed class DatasetDetails : IAsyncDisposable
{
    private readonly DatasetStatus _status;
    private readonly ArtifactManifest _manifest;

    private DatasetDetails(DatasetStatus status, TrainingSetReader set, ArtifactManifest manifest)
    {
        _status = status;
        Set = set;
        _manifest = manifest;
    }

    public TrainingSetReader Set { get; }

    /// <exception cref="UserErrorException">The data set was never finished.</exception>
    public static async Task<DatasetDetails> OpenAsync(Session session, string name, CancellationToken cancellationToken) =>
        await OpenAsync(session, await session.Grains.GetGrain<IDatasetGrain>(name).GetStatusAsync(cancellationToken), cancellationToken)
        ?? throw new UserErrorException(ErrorKind.NotFound, name, $"Data set '{name}' was never finished: build or import it.");

    /// <summary>Null for a data set that was never finished.</summary>
    public static async Task<DatasetDetails?> OpenAsync(Session session, DatasetStatus status, CancellationToken cancellationToken)
    {
        if (status.Artifact is not { } artifact || await session.Artifacts.FindAsync(artifact, cancellationToken) is not { } manifest)
            return null;
        return new DatasetDetails(status, TrainingSetReader.Open(await session.Artifacts.GetDirectoryAsync(artifact, cancellationToken)), manifest);
    }

    /// <summary>The paper's Table 2; null for a set without classes.</summary>
    public PublishedTable? Classes() => Set.ClassCount == 0
        ? null
        : ClassTable.Of("Images of each class and split", Set.Description.Classes, [.. Enumerable.Range(0, Set.Count).Select(i => (Set.Label(i), Set.Split(i)))]);

    /// <summary>For JSON.</summary>
    public object ToJson(DatasetStatistics statistics, IReadOnlyList<string> files) => new
    {
        Images = Set.Count,
        Size = Set.ImageSize,
        Set.Description.Unit,
        Set.Description.PixelScaleArcsec,
        Set.Description.BeamArcsec,
        Set.Description.Channels,
        Set.Description.BalancesClasses,
        FluxTransform = Set.Description.Transform,
        Selection = DatasetCommand.SelectionTable(_status).ToRecords(),
        Classes = Classes()?.ToRecords(),
        Statistics = statistics,
        Recipe = new { _manifest.Recipe.Kind, _manifest.Recipe.AlgorithmVersion, _manifest.Recipe.Inputs, _manifest.Recipe.Parameters },
        _manifest.ContentDigest,
        _manifest.Provenance,
        Files = files,
    };

    public void Print(IAnsiConsole console, DatasetStatistics statistics, IReadOnlyList<string> files)
    {
        var description = Set.Description;
        if (Classes() is { } classes)
            console.Write(Tables.Of(classes));
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        void Row(string name, string value) => grid.AddRow(Markup.Escape(name), Markup.Escape(value));
        Row("Images", $"{Set.Count} of {Set.ImageSize} x {Set.ImageSize} pixels{(statistics.Empty > 0 ? $", {statistics.Empty} of them empty" : "")}");
        Row("Unit", description.Unit.Length > 0 ? description.Unit : "none: pictures");
        if (description.PixelScaleArcsec > 0)
            Row("Pixel", $"{Number(description.PixelScaleArcsec)} arcsec{(description.BeamArcsec > 0 ? $", beam {Number(description.BeamArcsec)} arcsec" : "")}");
        for (int i = 0; i < (description.Channels?.Count ?? 0); i++)
            Row(i == 0 ? "Channels" : "", Line(description.Channels![i]));
        Row("Conditioned on", (Set.HasContext, Set.ClassCount) switch
        {
            (true, _) => $"peak flux (Box-Cox, lambda {Number(description.Transform!.Lambda)})",
            (false, > 0) => $"class{(description.BalancesClasses ? ", each equally likely in training" : "")}",
            _ => "nothing",
        });
        Row("Models can have", $"the conditions {string.Join(", ", ConditionQuantity.In(Set, Set.Measurements()).Select(quantity => quantity.Name))}");
        Row("Peak", Line(statistics.PeakFlux, description.Unit.Length > 0 ? 1000 : 1, description.Unit.Length > 0 ? " mJy/beam" : ""));
        Row("S/N", Line(statistics.SigmaSnr, 1, ""));
        Row("Scaled pixels", $"mean {Number(statistics.Mean)}, standard deviation {Number(statistics.StandardDeviation)} (in [-1, 1])");
        foreach (var (role, digest) in _manifest.Recipe.Inputs.Take(12))
            Row($"From {role}", digest);
        if (_manifest.Recipe.Inputs.Count > 12)
            Row("", $"and {_manifest.Recipe.Inputs.Count - 12} more inputs (--json lists them)");
        Row("With", string.Join(", ", _manifest.Recipe.Parameters.Select(parameter => $"{parameter.Key} {(parameter.Value is System.Text.Json.Nodes.JsonArray list ? list.ToJsonString() : parameter.Value)}")));
        Row("Made by", $"{_manifest.Provenance.Software} on {_manifest.Provenance.Machine}, {_manifest.Provenance.Created:u}");
        Row("Digest", _manifest.ContentDigest);
        console.Write(grid);
        foreach (string file in files)
            console.WriteLine(file);
    }

    /// <summary>The figures as PNG, plots as SVG too, and the tables of the selection and of the classes as JSON and LaTeX.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="images">Images in the picture of examples.</param>
    /// <param name="problems">What cannot be shown, with the reason.</param>
    public string[] Save(string directory, int images, ICollection<string> problems)
    {
        Directory.CreateDirectory(directory);
        var files = new List<string>();
        void Write(string name, byte[] bytes)
        {
            files.Add(Path.Combine(Path.GetFullPath(directory), name));
            WholeFile.Write(files[^1], bytes);
        }
        foreach (var figure in DatasetFigures.Of(Set, _status.Request?.MosaicDirectory, images, problems))
        {
            Write($"{figure.Name}.png", figure.Drawing.ToPng());
            if (figure.IsPlot)
                Write($"{figure.Name}.svg", Encoding.UTF8.GetBytes(figure.Drawing.ToSvg()));
        }
        foreach (var (name, table) in new[] { ("selection", DatasetCommand.SelectionTable(_status)), ("classes", Classes()) })
        {
            if (table == null)
                continue;
            Write($"{name}.json", JsonSerializer.SerializeToUtf8Bytes(table.ToRecords()));
            Write($"{name}.tex", Encoding.UTF8.GetBytes(table.ToLatex()));
        }
        return [.. files];
    }

    public ValueTask DisposeAsync()
    {
        Set.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Line(ChannelDescription channel) =>
        $"{channel.Name}: {(channel.FrequencyHertz is { } frequency ? ObservingFrequency.Name(frequency) : "frequency unknown")}, {(channel.BeamArcsec is { } beam ? $"beam {Number(beam)} arcsec" : "beam unknown")}";

    private static string Line(Percentiles? values, double factor, string unit) => values == null
        ? "not defined for these images"
        : $"median {Number(values.Median * factor)}{unit}; 5 to 95 %: {Number(values.P05 * factor)} to {Number(values.P95 * factor)}; all: {Number(values.Smallest * factor)} to {Number(values.Largest * factor)}";

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
