using System.CommandLine;
using System.Globalization;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Surveys;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`model import`: models of weights that were trained elsewhere.</summary>
internal static class ModelImportCommand
{
    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(4);
    private static readonly Argument<string> _file = new("FILE") { Description = "parameters_NAME.pt or a snapshot of the published code, a state dict (.pt), or a safetensors file. Nothing in it is executed." };
    private static readonly Option<string?> _name = new("--name") { Description = "Name of the model. Default: the file's, without 'parameters_'." };
    private static readonly Option<string?> _preset = new("--preset") { Description = "The network: lofar, first, small or demo. Left out, the model.json beside the file says it, as `model export` writes it." };
    private static readonly Option<string> _weights = new("--weights") { Description = "Which weights of the checkpoint: auto (averaged ones if there are any), ema, model, or a key such as power_ema_6.94.", DefaultValueFactory = _ => "auto", HelpName = "KEY" };
    private static readonly Option<string?> _dataset = new("--dataset") { Description = "The data set that the model was trained on: fluxes, classes, pixel scale and beam are taken from it.", HelpName = "NAME" };
    private static readonly Option<string?> _boxCox = new("--boxcox") { Description = "Instead of a data set: lambda of the Box-Cox transform of the training set's peak fluxes in Jy/beam, and mean and standard deviation of the transformed values.", HelpName = "LAMBDA,MEAN,STD" };
    private static readonly Option<string?> _classes = new("--classes") { Description = "Names of the classes in the order of their labels. Default for first: FRI,FRII,Compact,Bent.", HelpName = "A,B,..." };
    private static readonly Option<double?> _scale = new Option<double?>("--pixel-scale") { Description = "Arcsec a pixel. Default: that of the data set, else of the preset's survey.", HelpName = "ARCSEC" }.Positive();
    private static readonly Option<double?> _beam = new Option<double?>("--beam") { Description = "Restoring beam. Default: that of the data set, else of the preset's survey.", HelpName = "ARCSEC" }.Positive();

    public static Command Build()
    {
        _boxCox.Validators.Add(result =>
        {
            string text = string.Join(' ', result.Tokens.Select(token => token.Value));
            if (text.Split(',') is not { Length: 3 } numbers || !numbers.All(number => double.TryParse(number, CultureInfo.InvariantCulture, out _)))
                result.AddError($"--boxcox should be three numbers LAMBDA,MEAN,STD, but it is '{text}'.");
        });
        _preset.AcceptOnlyFromAmong("lofar", "first", "small", "demo");
        var import = new Command("import", "Makes a model of weights that were trained elsewhere, such as those of the published code.")
            .With(_file, _name, _preset, _weights, _dataset, _boxCox, _classes, _scale, _beam);
        import.SetGuardedAction(ImportAsync);
        return import;
    }

    private static async Task<int> ImportAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string path = Path.GetFullPath(parsed.GetValue(_file)!);
        string name = parsed.GetValue(_name) ?? NameOf(path);
        var request = new ModelImportRequest
        {
            Path = path,
            Preset = parsed.GetValue(_preset),
            Weights = parsed.GetValue(_weights)!,
            Dataset = parsed.GetValue(_dataset),
            BoxCox = parsed.GetValue(_boxCox) is { } numbers ? new ValueList<double>([.. numbers.Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture))]) : null,
            Classes = parsed.GetValue(_classes) is { } classes ? new ValueList<string>(classes.Split(',', StringSplitOptions.TrimEntries)) : null,
            PixelScaleArcsec = parsed.GetValue(_scale),
            BeamArcsec = parsed.GetValue(_beam),
        };
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var status = await session.WorkAsync(token => FollowAsync(session.Grains.Model(name), request, token), status => status.State == WorkState.Done, cancellationToken);
        if (status.Model is not { } model)
            throw new UserErrorException(ErrorKind.Failed, name, status.Error ?? $"Importing model '{name}' ended as {status.State}: ask again.");
        output.Result(new { model.Name, model.Digest, model.Snapshot, model.Parameters, model.Iterations, status.Weights, status.Notes }, console =>
        {
            console.Line($"Model {model.Name} is {model.Digest}: {model.Parameters:N0} parameters{(status.Weights.Length > 0 ? $", taken from '{status.Weights}'" : "")}.");
            foreach (string note in status.Notes)
                console.Line(note);
        });
        return ExitCode.Done;
    }

    private static async Task<ModelImportStatus> FollowAsync(IModelGrain model, ModelImportRequest request, CancellationToken cancellationToken)
    {
        var status = await model.StartImportAsync(request, cancellationToken);
        while (status.State == WorkState.Running)
            status = await model.WaitImportAsync(_wait, cancellationToken);
        return status;
    }

    private static string NameOf(string path)
    {
        const string prefix = "parameters_";
        string name = Path.GetFileNameWithoutExtension(path);
        return name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
    }
}
