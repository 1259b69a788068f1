using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Evaluation.Comparison;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Figures;
using RadioDiffusion.ModelCore.Surveys.Labelled;
using RadioDiffusion.ModelCore.SyntheticSky;
using RadioDiffusion.ModelCore.Training;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows.Kinds;

/// <summary>The results of a study on one page, with the paper's values beside them. What the paper says, the study says: the program knows none of its numbers.</summary>
internal sealed class ReportTarget(IArtifactStore store, IDeviceSlots devices) : ITargetWork
{
    /// <summary>Files of the artifact.</summary>
    public const string Page = "report.html", Values = "values.json";

    private const int ImagesShown = 24, MostTiles = 4;
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How the sections of an evaluation's report begin.</summary>
    private static readonly Dictionary<string, string> _sections = new()
    {
        ["images"] = "Images",
        ["distributions"] = "Distributions",
        ["source-finding"] = "Source finding",
        ["flux-conditioning"] = "Flux conditioning",
        ["class-conditioning"] = "Class conditioning",
        ["features"] = "In the classifier's features",
        ["nearest"] = "Nearest training images",
    };

    public string Kind => "report";

    public async Task<TargetResult> RunAsync(TargetContext context, CancellationToken cancellationToken)
    {
        var parts = ReportPart.Read(context.Parameters["contents"]!.AsArray());
        var report = new StudyReport(context.Text("title")!, context.Text("introduction") ?? "");
        var values = new JsonArray();
        var inputs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < parts.Count; i++)
        {
            context.Tell("gathering", i, parts.Count);
            var part = parts[i];
            if (part.Section.Length > 0)
                report.Section(part.Section);
            report.Part(part.Title, part.Text, part.Reduced);
            var ours = part.View == null ? [] : await ShowAsync(report, part, context, inputs, string.Create(CultureInfo.InvariantCulture, $"{i + 1:00} {part.View.Name}"), cancellationToken);
            var rows = Beside(part, ours, context.Name);
            if (rows.Count > 0)
                report.Compare(rows);
            values.Add(new JsonObject { ["title"] = part.Title, ["values"] = new JsonObject(ours.Where(value => value.Number != null).Select(value => KeyValuePair.Create(value.Name, (JsonNode?)JsonValue.Create(value.Number)))) });
        }
        return await PutAsync(context, report, values, inputs, cancellationToken);
    }

    /// <summary>The numbers of <see cref="Values"/> with the titles of their parts.</summary>
    internal static Dictionary<string, double> NumbersIn(byte[] json)
    {
        var numbers = new Dictionary<string, double>();
        var parts = JsonNode.Parse(json)!.AsArray();
        for (int i = 0; i < parts.Count; i++)
        {
            foreach (var (name, value) in parts[i]!["values"]!.AsObject())
                numbers[$"{i + 1} {parts[i]!["title"]}: {name}"] = value!.GetValue<double>();
        }
        return numbers;
    }

    private async Task<TargetResult> PutAsync(TargetContext context, StudyReport report, JsonArray values, SortedDictionary<string, string> inputs, CancellationToken cancellationToken)
    {
        using var scratch = store.CreateScratchDirectory();
        await File.WriteAllBytesAsync(Path.Combine(scratch.Path, Page), await devices.Cpu.RunAsync(report.ToHtml, cancellationToken), cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(scratch.Path, Values), values.ToJsonString(_json), cancellationToken);
        var recipe = new Recipe { Kind = "report", AlgorithmVersion = 1, Inputs = inputs, Parameters = (JsonObject)context.Parameters.DeepClone() };
        var manifest = await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
        return TargetContext.Result(manifest.Id, manifest.ContentDigest);
    }

    /// <summary>Our values in the order of the paper's, then those that the study says nothing of.</summary>
    private static List<BesideThePaper> Beside(ReportPart part, IReadOnlyList<OurValue> ours, string target)
    {
        foreach (var paper in part.Paper.Where(paper => paper.Ours == null && ours.All(value => value.Name != paper.Name)))
            throw new UserErrorException(ErrorKind.Invalid, target, $"The part '{part.Title}' of the report '{target}' has no value '{paper.Name}' to set beside the paper's: give it as 'ours', or take one of {(ours.Count == 0 ? "(none)" : string.Join(", ", ours.Select(value => $"'{value.Name}'")))}.");
        var byName = ours.ToDictionary(value => value.Name, value => value.Text);
        return
        [
            .. part.Paper.Select(paper => new BesideThePaper(paper.Name, paper.Ours ?? byName[paper.Name], paper.Paper, paper.Source)),
            .. ours.Where(value => part.Paper.All(paper => paper.Name != value.Name)).Select(value => new BesideThePaper(value.Name, value.Text, null, null)),
        ];
    }

    private async Task<IReadOnlyList<OurValue>> ShowAsync(StudyReport report, ReportPart part, TargetContext context, SortedDictionary<string, string> inputs, string role, CancellationToken cancellationToken)
    {
        if (part.View!.Output == null)
            return [];
        if (part.View.Name == "losses")
            return await LossesAsync(report, part.Of, context, inputs, role, cancellationToken);
        inputs[role] = part.Of;
        string folder = await store.GetDirectoryAsync(part.Of, cancellationToken);
        return part.View.Name switch
        {
            "selection" or "classes" or "dataset" => await devices.Cpu.RunAsync(() => Dataset(report, part.View.Name, folder), cancellationToken),
            "sky" => await SkyAsync(report, part.Of, folder, cancellationToken),
            "picture" => Picture(report, part, folder, context.Name),
            _ => Evaluation(report, part.View.Name, folder),
        };
    }

    private async Task<IReadOnlyList<OurValue>> LossesAsync(StudyReport report, string run, TargetContext context, SortedDictionary<string, string> inputs, string role, CancellationToken cancellationToken)
    {
        var status = await context.Grains.TrainingRun(run).GetStatusAsync(cancellationToken);
        if (status is not { Checkpoint: { } checkpoint, Snapshot: { } snapshot })
            throw new UserErrorException(ErrorKind.NotFound, run, $"Run '{run}' has no checkpoint any more, with which its losses are kept: 'radiodiffusion build --again' with its target trains it again.");
        inputs[role] = snapshot;
        var history = LossHistory.Read(await store.GetDirectoryAsync(checkpoint.Artifact, cancellationToken));
        report.Losses(new LossCurve
        {
            Training = [.. history.Training.Select(point => new LossPoint(point.Iteration, point.Loss))],
            Validation = [.. history.Validation.Select(point => new LossPoint(point.Iteration, point.EmaLoss))],
            ValidationOfWeights = [.. history.Validation.Select(point => new LossPoint(point.Iteration, point.Loss))],
        });
        using var weights = SafetensorsFile.Open(Path.Combine(await store.GetDirectoryAsync(snapshot, cancellationToken), SnapshotDescription.WeightsFileName));
        return
        [
            Count("iterations", status.TotalIterations),
            Count("parameters", weights.Entries.Values.Sum(entry => entry.ElementCount)),
            .. history.Training.Count == 0 ? [] : new[] { Number("training loss, last", history.Training[^1].Loss) },
            .. history.Validation.Count == 0 ? [] : new[] { Number("validation loss, last", history.Validation[^1].EmaLoss) },
        ];
    }

    private static IReadOnlyList<OurValue> Dataset(StudyReport report, string view, string folder)
    {
        using var set = TrainingSetReader.Open(folder);
        var description = set.Description;
        switch (view)
        {
            case "selection":
                report.Table(CutTable.Of("", description.Selection, description.Cuts));
                return [Count(description.Cuts == null ? "images" : "catalogue rows", description.Selection.Rows), Count("selected", description.Selection.Selected)];
            case "classes":
                report.Table(ClassTable.Of("", description.Classes, [.. Enumerable.Range(0, set.Count).Select(i => (set.Label(i), set.Split(i)))]));
                return [Count("images", set.Count)];
            default:
                foreach (var figure in DatasetFigures.Of(set, null, ImagesShown, []))
                    report.Drawing(figure.Drawing, figure.IsPlot, $"Figure of the data set: {figure.Name}");
                return [Count("images", set.Count), Count("side in pixels", set.ImageSize)];
        }
    }

    private static IReadOnlyList<OurValue> Evaluation(StudyReport report, string view, string folder)
    {
        var result = EvaluationReport.Read(File.ReadAllBytes(Path.Combine(folder, SetComparison.ResultFile)));
        bool isThere = report.SectionOf(File.ReadAllText(Path.Combine(folder, SetComparison.ReportFile)), _sections[view]);
        if (!isThere)
            report.Part("", $"The evaluation does not have this part. {string.Join(' ', result.Notes)}", "");
        return EvaluationValues.Of(result, view);
    }

    private async Task<IReadOnlyList<OurValue>> SkyAsync(StudyReport report, string artifact, string folder, CancellationToken cancellationToken)
    {
        var manifest = (await store.FindAsync(artifact, cancellationToken))!;
        string digest = manifest.Recipe.Parameters["sky"]!.GetValue<string>();
        var recipe = SkyRecipe.Parse(await File.ReadAllTextAsync(Path.Combine(await store.GetDirectoryAsync(SkyFiles.RecipeArtifact(digest), cancellationToken), SkyFiles.RecipeFile), cancellationToken));
        string[] tiles = [.. manifest.Files.Select(file => file.Name).Where(name => name.EndsWith(".fits", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        report.Images([.. tiles.Take(MostTiles).Select(tile => new ReportImages(Path.GetFileNameWithoutExtension(tile), "512 x 512 pixels, -2 to 10 σ", SkyFiles.PngOf(Path.Combine(folder, tile), recipe), $"Tile {tile} of the synthetic sky"))]);
        return [Count("tiles", tiles.Length), Number("noise, uJy/beam", recipe.Survey.RmsMicroJansky), Number("beam, arcsec", recipe.Survey.BeamMajorArcsec)];
    }

    private static IReadOnlyList<OurValue> Picture(StudyReport report, ReportPart part, string folder, string target)
    {
        string path = Path.Combine(folder, part.File);
        ArtifactId.CheckFileName(part.File);
        if (!File.Exists(path))
            throw new UserErrorException(ErrorKind.NotFound, target, $"The result that '{part.Title}' of the report '{target}' shows has no file '{part.File}'.");
        report.Images([new ReportImages("", "", File.ReadAllBytes(path), part.Title.Length > 0 ? part.Title : part.File)]);
        return [];
    }

    private static OurValue Count(string name, long count) => new(name, count.ToString("N0", CultureInfo.InvariantCulture), count);

    private static OurValue Number(string name, double value) => new(name, value.ToString("G4", CultureInfo.InvariantCulture), double.IsFinite(value) ? value : null);
}
