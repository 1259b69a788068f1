using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`sample`: galaxies by ID, or by parameters that become IDs.</summary>
internal static class SampleCommand
{
    private static readonly Argument<string?> _id = new("ID") { Description = "A sample ID, such as s1_<model>_seed=42_flux=3.5mJy_w=0.1_heun=25_f32.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> _model = new("--model") { Description = "Name of the model, instead of an ID." };
    private static readonly Option<string?> _class = new("--class") { Description = "Class of a model with classes." };
    private static readonly Option<string?> _flux = new("--flux") { Description = "Peak flux in mJy/beam (3.5 or 3.5mJy); default: the median of the training set for one sample, drawn from its distribution for several." };
    private static readonly Option<double> _guidance = new("--guidance") { Description = "Guidance strength omega.", DefaultValueFactory = _ => 0.1 };
    private static readonly Option<int> _steps = new("--steps") { Description = "Steps of the solver.", DefaultValueFactory = _ => 25 };
    private static readonly Option<string> _solver = new("--solver") { Description = "heun.", DefaultValueFactory = _ => "heun" };
    private static readonly Option<int> _count = new("--count") { Description = "How many: seeds S to S+N-1.", DefaultValueFactory = _ => 1 };
    private static readonly Option<ulong> _seed = new("--seed") { Description = "Seed of the first one.", DefaultValueFactory = _ => 1 };
    private static readonly Option<string?> _out = new("--out") { Description = "FILE.fits or FILE.png for one sample; a folder for FITS and PNG of each. Default: this folder.", HelpName = "PATH" };

    public static Command Build()
    {
        var command = new Command("sample", "Generated radio galaxies, by ID or by parameters.")
            .With(_id, _model, _class, _flux, _guidance, _seed, _solver, _steps, _count, _out);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string[] ids = await IdsAsync(parsed, session, cancellationToken);
        string to = parsed.GetValue(_out) ?? ".";
        bool oneFile = Path.GetExtension(to) is ".fits" or ".png";
        if (oneFile && ids.Length > 1)
            throw new UserErrorException(ErrorKind.Invalid, to, $"--out should be a folder for {ids.Length} samples, but it is the file '{to}'.");

        long began = Stopwatch.GetTimestamp();
        var samples = await FetchAllAsync(session.Grains, ids, done => output.Message($"  {done} of {ids.Length}"), cancellationToken);
        var files = samples.Select(sample => oneFile ? new[] { Save(sample, to) } : SaveBoth(sample, to)).ToArray();
        output.Result(
            samples.Select((sample, i) => new { sample.Id, sample.FromStore, Files = files[i] }),
            console =>
            {
                for (int i = 0; i < samples.Length; i++)
                    console.WriteLine($"{samples[i].Id}{(samples[i].FromStore ? " (from the store)" : "")}\n  {string.Join("\n  ", files[i])}");
                console.WriteLine(FormattableString.Invariant($"{samples.Length} in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s."));
            });
        return ExitCode.Done;
    }

    /// <summary>Asks for all at once, so that the sampler can batch them, and again until each is there.</summary>
    public static async Task<SampleStatus[]> FetchAllAsync(IGrainFactory grains, string[] ids, Action<int> onProgress, CancellationToken cancellationToken)
    {
        int done = 0;
        return await Task.WhenAll(ids.Select(async id =>
        {
            var sample = await grains.FetchSampleAsync(id, cancellationToken);
            int now = Interlocked.Increment(ref done);
            if (ids.Length > 1 && (now == ids.Length || now % Math.Max(1, ids.Length / 10) == 0))
                onProgress(now);
            return sample;
        }));
    }

    public static string[] SaveBoth(SampleStatus sample, string folder) =>
        [Save(sample, Path.Combine(folder, $"{sample.Id}.fits")), Save(sample, Path.Combine(folder, $"{sample.Id}.png"))];

    private static string Save(SampleStatus sample, string path)
    {
        WholeFile.Write(path, Path.GetExtension(path) == ".png" ? sample.Png : sample.Fits);
        return Path.GetFullPath(path);
    }

    private static async Task<string[]> IdsAsync(ParseResult parsed, Session session, CancellationToken cancellationToken)
    {
        string? id = parsed.GetValue(_id);
        string? modelName = parsed.GetValue(_model);
        if ((id == null) == (modelName == null))
            throw new UserErrorException(ErrorKind.Invalid, "sample", "Give either a sample ID or --model NAME.");
        if (id != null)
            return [id];
        int count = parsed.GetValue(_count);
        if (count < 1)
            throw new UserErrorException(ErrorKind.Invalid, "--count", $"--count should be at least 1, but it is {count}.");
        if (parsed.GetValue(_solver) != "heun")
            throw new UserErrorException(ErrorKind.Invalid, "--solver", $"--solver should be heun, but it is '{parsed.GetValue(_solver)}'.");
        var model = await session.Grains.GetGrain<IModelGrain>(modelName!).GetAsync(cancellationToken);
        var parameters = new SampleParameters(model.Name, parsed.GetValue(_class), Flux(parsed), parsed.GetValue(_guidance), parsed.GetValue(_seed), parsed.GetValue(_steps));
        ulong[] seeds = [.. Enumerable.Range(0, count).Select(i => checked(parameters.Seed + (ulong)i))];
        double[]? fluxes = parameters.Flux is null && count > 1 ? await SampleFluxes.DrawAsync(session, model, seeds, cancellationToken) : null;
        return [.. seeds.Select((seed, i) => SampleIds.For(model, parameters with { Seed = seed, Flux = fluxes?[i] ?? parameters.Flux }))];
    }

    private static double? Flux(ParseResult parsed)
    {
        if (parsed.GetValue(_flux) is not { } text)
            return null;
        string number = text.EndsWith("mJy", StringComparison.Ordinal) ? text[..^3] : text;
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double flux)
            ? flux
            : throw new UserErrorException(ErrorKind.Invalid, "--flux", $"--flux should be a number of mJy/beam, such as 3.5 or 3.5mJy, but it is '{text}'.");
    }
}
