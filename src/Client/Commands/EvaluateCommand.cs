using System.CommandLine;
using System.Globalization;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Evaluation;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Evaluation.Comparison;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`evaluate`: the paper's Sections 5 and 6, and more, as one report.</summary>
internal static class EvaluateCommand
{
    private const string DatasetPrefix = "dataset:", ModelPrefix = "model:";

    /// <summary>A classifier of a report need not be a choice of the user's: it trains in bfloat16 where that is faster, which takes a third of the time on some processors.</summary>
    private const string FasterPrecision = """{"training": {"precision": "Auto"}}""";

    private static readonly Option<string> _real = new("--real") { Description = "Name of the data set of real images.", Required = true, HelpName = "DATASET" };
    private static readonly Option<string> _generated = new("--generated") { Description = "Name of a model, whose samples are made, or of a data set of generated images; dataset:NAME or model:NAME where both have the name.", Required = true, HelpName = "MODEL|DATASET" };
    private static readonly Option<string> _out = new("--out") { Description = "Folder for report.html, evaluation.json and one row an image of each set (Parquet).", Required = true, HelpName = "DIR" };
    private static readonly Option<int> _count = new Option<int>("--count") { Description = "Samples of a model: 50,000 in the paper, 2,000 of each class for a model with classes.", DefaultValueFactory = _ => 256 }.AtLeast(2);
    private static readonly Option<double?> _guidance = new Option<double?>("--guidance") { Description = "Guidance strength omega of the samples. Default: what the model is made for, otherwise as in the paper: 0.1, and 0.75 for a model with classes." }.AtLeast(0);
    private static readonly Option<int?> _steps = new Option<int?>("--steps") { Description = "Steps of the solver. Default: what the model is made for, otherwise as of 'sample'." }.AtLeast(1);
    private static readonly Option<string?> _solver = OptionChecks.ChoiceOrNone("--solver", "The solver, as of 'sample'. Default: what the model is made for, otherwise as of 'sample'.", [.. SolverOptions.Names]);
    private static readonly Option<string> _precision = OptionChecks.Choice("--precision", "f32, or bf16, which is faster on GPUs and on processors without vectors of 512 bits, and differs by its rounding.", "f32", "bf16");
    private static readonly Option<string?> _classifier = new("--classifier") { Description = "Name of a trained classifier. Default for sets with classes: one that is trained on the real set first, as a training run of its own.", HelpName = "MODEL" };
    private static readonly Option<bool> _noClassifier = new("--no-classifier") { Description = "Leaves out what needs a classifier." };
    private static readonly Option<string> _classifierPreset = OptionChecks.Choice("--classifier-preset", "Of a classifier that is trained: classifier (the paper's) or classifier-small (for a CPU).", "classifier", "classifier-small");
    private static readonly Option<double[]> _table = new("--guidance-table") { Description = "Guidance strengths of the table of accuracies (the paper's Table 7), such as 0,0.25,0.75,2.", CustomParser = ParseTable, HelpName = "W,W,..." };
    private static readonly Option<int> _tableCount = new Option<int>("--guidance-count") { Description = "Samples for each of them.", DefaultValueFactory = _ => 200 }.AtLeast(2);
    private static readonly Option<bool> _augmentation = new("--augmentation") { Description = "Also trains a classifier with the generated images added to the real ones, and compares both on the same held-out real images." };
    private static readonly Option<int> _nearest = new Option<int>("--nearest") { Description = "Generated images whose nearest real ones are looked for; 0 for none.", DefaultValueFactory = _ => 200 }.AtLeast(0);
    private static readonly Option<bool> _publishedArea = new("--published-a50") { Description = "A50 as the published programme's search finds it, up to 9 pixels away from the exact one." };
    private static readonly Option<string?> _name = new("--name") { Description = "Name of the evaluation, under which it goes on after an interruption. Default: made of the two sets' names." };

    public static Command Build()
    {
        var command = new Command("evaluate",
            "Compares a real with a generated set: distributions of pixels, fluxes and sizes, flux and class conditioning, distances in a classifier's features, nearest training images, as one HTML report with its numbers as JSON.")
            .With(_real, _generated, _out, _count, _guidance, _solver, _steps, _precision, _classifier, _noClassifier, _classifierPreset, _table, _tableCount, _augmentation, _nearest, _publishedArea, _name, CommonOptions.Seed);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static double[] ParseTable(System.CommandLine.Parsing.ArgumentResult result)
    {
        string text = string.Join(',', result.Tokens.Select(token => token.Value));
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        double[] values = [.. parts.Select(part => double.TryParse(part, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 1000 ? value : double.NaN)];
        if (values.Any(double.IsNaN))
            result.AddError($"--guidance-table should be guidance strengths of 0 or more, joined by commas, such as 0,0.25,0.75, but it is '{text}'.");
        return [.. values.Distinct().Order()];
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string real = Names.Check(parsed.GetValue(_real)!, "a data set"), generated = parsed.GetValue(_generated)!;
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        await session.Grains.KnownAsync(INameIndexGrain.Datasets, real, "data set", cancellationToken);
        var (model, dataset) = await ResolveAsync(session, generated, cancellationToken);
        string? classifier = await ClassifierAsync(session, parsed, real, output, cancellationToken);
        var maker = model.Length > 0 ? await session.Grains.Model(model).GetAsync(cancellationToken) : null;
        var solver = maker == null ? new SolverOptions() : SampleIds.UsualSolver(maker, parsed.GetValue(_solver), parsed.GetValue(_steps));
        var request = new EvaluationRequest
        {
            Real = real,
            Generated = dataset,
            Model = model,
            Count = parsed.GetValue(_count),
            Guidance = parsed.GetValue(_guidance) ?? maker?.Usual?.Guidance ?? (maker?.Classes.Count > 0 ? 0.75 : 0.1),
            Steps = solver.Steps,
            Solver = solver.Name,
            Precision = parsed.GetValue(_precision)!,
            Seed = parsed.GetValue(CommonOptions.Seed),
            Classifier = classifier,
            GuidanceTable = parsed.GetValue(_table) is { Length: > 0 } table ? new ValueList<double>(table) : null,
            GuidanceCount = parsed.GetValue(_tableCount),
            Nearest = parsed.GetValue(_nearest),
            PublishedA50 = parsed.GetValue(_publishedArea),
        };
        string name = parsed.GetValue(_name) ?? DefaultName(real, model.Length > 0 ? model : dataset);
        var status = await FollowAsync(session, name, request, output, cancellationToken);
        if (parsed.GetValue(_augmentation))
        {
            string augmented = await AugmentedAsync(session, request, status.Generated!, output, cancellationToken);
            status = await FollowAsync(session, name, request with { Augmented = augmented }, output, cancellationToken);
        }
        string directory = Path.GetFullPath(parsed.GetValue(_out)!);
        await CopyAsync(session, status.Artifact!, directory, cancellationToken);
        var result = EvaluationReport.Read(await File.ReadAllBytesAsync(Path.Combine(directory, SetComparison.ResultFile), cancellationToken));
        string report = Path.Combine(directory, SetComparison.ReportFile);
        output.Result(new { Name = name, status.Artifact, status.WasUpToDate, Report = report, Result = result }, console =>
        {
            console.Write(TableOf(result));
            foreach (string line in LinesOf(result))
                console.Line(line);
            if (status.WasUpToDate)
                console.Line("Was in the store already.");
            console.Line(report);
        });
        return ExitCode.Done;
    }

    /// <summary>The name of a model, or that of a data set; the other is empty.</summary>
    private static async Task<(string Model, string Dataset)> ResolveAsync(Session session, string name, CancellationToken cancellationToken)
    {
        if (name.StartsWith(ModelPrefix, StringComparison.Ordinal))
            return (await session.Grains.KnownAsync(INameIndexGrain.Models, Names.Check(name[ModelPrefix.Length..], "a model"), "model", cancellationToken), "");
        if (name.StartsWith(DatasetPrefix, StringComparison.Ordinal))
            return ("", await session.Grains.KnownAsync(INameIndexGrain.Datasets, Names.Check(name[DatasetPrefix.Length..], "a data set"), "data set", cancellationToken));
        Names.Check(name, "a model or a data set");
        string[] models = await session.Grains.GetGrain<INameIndexGrain>(INameIndexGrain.Models).ListAsync(cancellationToken), sets = await session.Grains.GetGrain<INameIndexGrain>(INameIndexGrain.Datasets).ListAsync(cancellationToken);
        return (models.Contains(name), sets.Contains(name)) switch
        {
            (true, false) => (name, ""),
            (false, true) => ("", name),
            (true, true) => throw new UserErrorException(ErrorKind.Invalid, "--generated", $"Both a model and a data set are named '{name}': say {ModelPrefix}{name} or {DatasetPrefix}{name}."),
            _ => throw new UserErrorException(ErrorKind.NotFound, name, $"There is no model and no data set '{name}'; there are the models {ListOf(models)} and the data sets {ListOf(sets)}."),
        };
    }

    private static string ListOf(string[] names) => names.Length == 0 ? "(none)" : string.Join(", ", names.Take(20));

    /// <summary>The one that was named, or for a set with classes one that is trained on it, by the run of this name: done already, gone on with, or begun.</summary>
    private static async Task<string?> ClassifierAsync(Session session, ParseResult parsed, string real, Output output, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_noClassifier))
        {
            return parsed.GetValue(_classifier) is { } both
                ? throw new UserErrorException(ErrorKind.Invalid, "--classifier", $"Either --classifier {both} or --no-classifier can be given, and not both.")
                : null;
        }
        if (parsed.GetValue(_classifier) is { } named)
            return await session.Grains.KnownAsync(INameIndexGrain.Models, Names.Check(named, "a model"), "model", cancellationToken);
        await using (var details = await DatasetDetails.OpenAsync(session, real, cancellationToken))
        {
            if (details.Set.ClassCount < 2)
                return null;
        }
        string preset = parsed.GetValue(_classifierPreset)!;
        return await TrainedAsync(session, $"{real}-{preset}", new TrainingRequest { Dataset = real, Preset = preset, Configuration = FasterPrecision }, "--no-classifier leaves it out", output, cancellationToken);
    }

    /// <summary>The name of a classifier that was trained like the given one, with the generated images added to the real ones.</summary>
    private static async Task<string> AugmentedAsync(Session session, EvaluationRequest request, string generated, Output output, CancellationToken cancellationToken)
    {
        if (request.Classifier is not { } classifier)
            throw new UserErrorException(ErrorKind.Invalid, "--augmentation", "The study of augmentation needs a real set with classes, and a classifier.");
        var run = await session.Grains.TrainingRun(classifier).GetStatusAsync(cancellationToken);
        if (run.Request is not { } training || training.Dataset != request.Real)
            throw new UserErrorException(ErrorKind.Invalid, "--augmentation", $"The classifier '{classifier}' should be that of a training run on {request.Real}, so that another one can be trained in the same way: leave --classifier out.");
        string short8 = generated[^8..], dataset = $"{request.Real}-with-{short8}", name = $"{classifier}-with-{short8}";
        var options = TrainingSetup.OptionsFor(training);
        await DatasetCommand.FollowAsync(session, dataset,
            (set, token) => set.AugmentAsync(new DatasetAugmentation { Real = request.Real, Generated = generated, ValidationFraction = options.ValidationFraction, Seed = training.Seed }, token), output, cancellationToken);
        return await TrainedAsync(session, name, training with { Dataset = dataset, ModelName = null }, "with generated images added", output, cancellationToken);
    }

    /// <summary>The model of a run that is done already, gone on with, or begun.</summary>
    private static async Task<string> TrainedAsync(Session session, string name, TrainingRequest request, string remark, Output output, CancellationToken cancellationToken)
    {
        var status = await session.Grains.TrainingRun(name).GetStatusAsync(cancellationToken);
        if (status.State != WorkState.Done)
        {
            output.Message($"  training the classifier {name} on {request.Dataset} ({remark}; Ctrl-C pauses it, and the same command goes on)");
            status = await TrainAsync(session, name, request, status, output, cancellationToken);
        }
        return status.State == WorkState.Done
            ? status.Request!.ModelName ?? name
            : throw new UserErrorException(ErrorKind.Failed, name, $"The classifier is {status.State.ToString().ToLowerInvariant()}: {status.Error ?? $"'radiodiffusion train resume {name}' goes on."}");
    }

    private static async Task<TrainingStatus> TrainAsync(Session session, string name, TrainingRequest request, TrainingStatus before, Output output, CancellationToken cancellationToken)
    {
        try
        {
            return await session.WorkAsync(
                async token =>
                {
                    var run = session.Grains.TrainingRun(name);
                    if (before.Request == null)
                        await run.StartAsync(request, token);
                    await run.ResumeAsync(token);
                    return await TrainingDisplay.ShowAsync(run, output, token);
                },
                status => status.State == WorkState.Done,
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            output.Message("Writing a checkpoint ...");
            await session.Grains.TrainingRun(name).PauseAsync(CancellationToken.None);
            await session.Grains.TrainingRun(name).FollowAsync(_ => { }, CancellationToken.None);
            throw;
        }
    }

    private static string DefaultName(string real, string generated)
    {
        string name = $"{real}-{generated}";
        return name.Length <= 64 ? name : throw new UserErrorException(ErrorKind.Invalid, "--name", $"The names of both sets together are longer than a name can be ({name.Length} of 64 letters): give the evaluation one with --name.");
    }

    private static async Task<EvaluationStatus> FollowAsync(Session session, string name, EvaluationRequest request, Output output, CancellationToken cancellationToken)
    {
        var progress = new PhaseDisplay(output);
        EvaluationStatus last;
        try
        {
            last = await session.WorkAsync(
                async token =>
                {
                    var evaluation = session.Grains.Evaluation(name);
                    await evaluation.StartAsync(request, token);
                    return await evaluation.FollowAsync(status => progress.Show(status.Phase, status.Done, status.Total), token);
                },
                status => status.State == WorkState.Done,
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            output.Message("What is done is in the store: the same command goes on from there.");
            throw;
        }
        return last.State == WorkState.Done
            ? last
            : throw new UserErrorException(ErrorKind.Failed, name, last.Error ?? $"Evaluation '{name}' ended as {last.State}.");
    }

    /// <summary>From the store to where the user wants it; each file is there whole or not at all.</summary>
    private static async Task CopyAsync(Session session, string artifact, string directory, CancellationToken cancellationToken)
    {
        string from = await session.Artifacts.GetDirectoryAsync(artifact, cancellationToken);
        Directory.CreateDirectory(directory);
        foreach (string file in new[] { SetComparison.ReportFile, SetComparison.ResultFile, SetComparison.RealTable, SetComparison.GeneratedTable })
            WholeFile.Copy(Path.Combine(from, file), Path.Combine(directory, file));
    }

    private static Table TableOf(EvaluationResult result)
    {
        var table = new Table().AddColumns("", "Real median", "Generated median", "KS distance");
        foreach (var quantity in result.Quantities)
        {
            table.AddRow(Markup.Escape(quantity.Title), Number(quantity.Real.Median), Number(quantity.Generated.Median),
                quantity.Distance is { } distance ? FormattableString.Invariant($"{distance.KolmogorovSmirnov:0.000} ± {distance.KolmogorovSmirnovError:0.000}") : "-");
        }
        return table;
    }

    private static IEnumerable<string> LinesOf(EvaluationResult result)
    {
        if (result.FluxConditioning is { } flux)
            yield return FormattableString.Invariant($"Correlation of positive residual with scaled peak flux: {flux.Real.Pearson:0.000} ± {flux.Real.PearsonError:0.000} real, {flux.Generated.Pearson:0.000} ± {flux.Generated.PearsonError:0.000} generated.");
        if (result.ClassConditioning is { } classes)
        {
            yield return FormattableString.Invariant($"Accuracy of {classes.Classifier}: {100 * classes.Real.Accuracy:0.0} % of {classes.Real.Images} real images, {100 * classes.Generated.Accuracy:0.0} % of {classes.Generated.Images} generated ones.");
            foreach (var line in classes.ByGuidance)
                yield return FormattableString.Invariant($"  guidance strength {line.Guidance}: {100 * line.Matrix.Accuracy:0.0} ± {100 * line.Matrix.AccuracyError:0.0} %");
        }
        if (result.Augmentation is { } study)
            yield return FormattableString.Invariant($"With generated images added to its training: {100 * study.Augmented.Accuracy:0.0} % instead of {100 * study.RealOnly.Accuracy:0.0} % of {study.RealOnly.Images} real images (p = {study.Probability:0.###}).");
        if (result.Features is { } features)
            yield return FormattableString.Invariant($"Frechet distance {features.FrechetAtHalf:0.###} (two halves of the real set: {features.FrechetOfHalves:0.###}); precision {features.Coverage.Precision:0.00}, recall {features.Coverage.Recall:0.00}, coverage {features.Coverage.Coverage:0.00}; inception score {features.GeneratedInception.Score:0.00} (real: {features.RealInception.Score:0.00}).");
        if (result.Nearest is { } nearest)
            yield return FormattableString.Invariant($"Similarity to the nearest real image: median {nearest.Generated.Median:0.000}, largest {nearest.LargestGenerated:0.000} (real images among themselves: {nearest.Real.Median:0.000}, {nearest.LargestReal:0.000}).");
        foreach (string note in result.Notes)
            yield return note;
    }

    private static string Number(double value) => double.IsNaN(value) ? "-" : value.ToString("G4", CultureInfo.InvariantCulture);
}
