using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.ModelCore.Interchange;
using RadioDiffusion.ModelCore.Training;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`model list`, `show`, `import`, `reconstruct`, `nearest` and `export`.</summary>
internal static class ModelCommand
{
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the model." };
    private static readonly Option<string> _out = new("--out") { Description = "Folder for the files.", Required = true, HelpName = "DIR" };
    private static readonly Option<string> _format = OptionChecks.Choice("--format", "safetensors: weights.safetensors and model.json; pt: parameters_NAME.pt and config_NAME.json, which the published code loads from a folder NAME, and model.json, by which `model import` knows the conditions.", "safetensors", "pt");

    public static Command Build()
    {
        var list = new Command("list", "The models there are.").With();
        list.SetGuardedAction(ListAsync);
        var show = new Command("show", "One model: what it is conditioned on, and where it came from.").With(_name);
        show.SetGuardedAction(ShowAsync);
        var export = new Command("export", "Copies a model's weights and description out of the store.").With(_name, _out, _format);
        export.SetGuardedAction(ExportAsync);
        return new Command("model", "The model registry.") { list, show, ModelImportCommand.Build(), ModelReconstructCommand.Build(), ModelNearestCommand.Build(), export };
    }

    private static async Task<int> ListAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var models = await session.Grains.ModelsAsync(cancellationToken);
        output.Result(models, console =>
        {
            var table = new Table().AddColumns("Name", "Digest", "Parameters", "Iterations", "Conditioned on");
            foreach (var model in models)
                table.AddRow(Markup.Escape(model.Name), model.Digest, $"{model.Parameters:N0}", $"{model.Iterations}", Markup.Escape(model.IsClassifier ? $"nothing: a classifier, {string.Join(", ", model.Classes)}" : ConditionedOn(model)));
            console.Write(table);
        });
        return ExitCode.Done;
    }

    private static async Task<int> ShowAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var model = await session.Grains.Model(parsed.GetValue(_name)!).GetAsync(cancellationToken);
        output.Result(model, console =>
        {
            var grid = new Grid().AddColumn().AddColumn();
            grid.AddRow("Name", Markup.Escape(model.Name));
            grid.AddRow("Kind", model.IsClassifier ? "classifier" : "makes images");
            grid.AddRow("Digest", model.Digest);
            grid.AddRow("Snapshot", model.Snapshot);
            grid.AddRow("From", Markup.Escape(model.Lineage));
            grid.AddRow("Parameters", $"{model.Parameters:N0}");
            grid.AddRow("Iterations", $"{model.Iterations}");
            if (model.Usual is { } usual)
                grid.AddRow("Made for", FormattableString.Invariant($"{usual.Solver}, {usual.Steps} steps, guidance strength {usual.Guidance}"));
            grid.AddRow("Image", Markup.Escape($"{model.ImageSize} x {model.ImageSize} pixels{(model.Channels.Count > 0 ? $", channels {string.Join(", ", model.Channels)}" : "")}"));
            grid.AddRow(model.IsClassifier ? "Tells apart" : "Conditioned on", Markup.Escape(model.IsClassifier ? string.Join(", ", model.Classes) : ConditionedOn(model)));
            if (model.FluxRange.Count == 3)
                grid.AddRow("Peak flux of its training set", FormattableString.Invariant($"{model.FluxRange[0]:0.###} to {model.FluxRange[2]:0.###} mJy/beam (98 %), median {model.FluxRange[1]:0.###}"));
            foreach (var condition in model.Conditions.Where(condition => condition.Name != ConditionDescription.PeakFlux))
                grid.AddRow(Markup.Escape(condition.Name), Markup.Escape(Line(condition)));
            console.Write(grid);
        });
        return ExitCode.Done;
    }

    private static string Line(ModelCondition condition)
    {
        string unit = condition.Unit.Length > 0 ? $" {condition.Unit}" : "";
        string transform = $"transform {condition.Transform}; ask with --value {condition.Name}=...";
        return condition.Range is [var low, var median, var high]
            ? FormattableString.Invariant($"{low:0.###} to {high:0.###}{unit} (98 % of its training set), median {median:0.###}; {transform}")
            : $"{(unit.Length > 0 ? $"in{unit}; " : "")}{transform}";
    }

    private static async Task<int> ExportAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var model = await session.Grains.Model(parsed.GetValue(_name)!).GetAsync(cancellationToken);
        string from = await session.Artifacts.GetDirectoryAsync(model.Snapshot, cancellationToken);
        string to = Path.GetFullPath(parsed.GetValue(_out)!);
        Directory.CreateDirectory(to);
        var files = parsed.GetValue(_format) == "pt"
            ? ModelExport.WritePublished(from, to, model.Name)
            : await CopyAsync(session, model, from, to, cancellationToken);
        output.Result(new { model.Name, model.Digest, Files = files }, console =>
        {
            foreach (string file in files)
                console.Line(file);
        });
        return ExitCode.Done;
    }

    private static async Task<IReadOnlyList<string>> CopyAsync(Session session, ModelEntry model, string from, string to, CancellationToken cancellationToken)
    {
        var manifest = await session.Artifacts.FindAsync(model.Snapshot, cancellationToken);
        foreach (var file in manifest!.Files)
            WholeFile.Copy(Path.Combine(from, file.Name), Path.Combine(to, file.Name));
        return [.. manifest.Files.Select(file => Path.Combine(to, file.Name))];
    }

    private static string ConditionedOn(ModelEntry model)
    {
        string[] names =
        [
            .. model.Conditions.Select(condition => condition.Name == ConditionDescription.PeakFlux ? "peak flux" : condition.Name),
            .. model.Classes.Count == 0 ? Array.Empty<string>() : [$"class ({string.Join(", ", model.Classes)})"],
        ];
        return names.Length == 0 ? "nothing" : string.Join(", ", names);
    }
}
