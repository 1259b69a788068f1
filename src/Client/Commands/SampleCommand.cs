using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore.Diffusion;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`sample`: galaxies by ID, or by parameters that become IDs.</summary>
internal static class SampleCommand
{
    private static readonly Argument<string?> _id = new("ID") { Description = "A sample ID, such as s1_<model>_seed=42_flux=3.5mJy_w=0.1_heun=25_f32.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> _model = new("--model") { Description = "Name of the model, instead of an ID." };
    private static readonly Option<string?> _class = new("--class") { Description = "Class of a model with classes; default for several samples: all in turn." };
    private static readonly Option<string?> _flux = new("--flux") { Description = "Peak flux in mJy/beam (3.5 or 3.5mJy), or as the network takes it for a model that does not say how it was scaled (0.5scaled); default: the median of the training set for one sample, drawn from its distribution for several." };
    private static readonly Option<string[]> _values = new("--value") { Description = "A further value of a model that is conditioned on some, such as LAS=30, in the unit that 'model show' tells; repeat it for each.", HelpName = "NAME=NUMBER" };
    private static readonly Option<double?> _guidance = new Option<double?>("--guidance") { Description = "Guidance strength omega. Default: what the model is made for, otherwise 0.1, as in the paper." }.AtLeast(0);
    private static readonly Option<int?> _steps = new Option<int?>("--steps") { Description = $"Steps of the solver. Default: what the model is made for, otherwise {SolverOptions.Usual.Steps} of {SolverOptions.Usual.Name} and {new SolverOptions().Steps} of {new SolverOptions().Name}, as in the paper." }.AtLeast(1);
    private static readonly Option<string?> _solver = OptionChecks.ChoiceOrNone("--solver",
        $"Default: what the model is made for, otherwise {SolverOptions.Usual.Name}. {string.Join("; ", SolverOptions.Descriptions.Select(solver => $"{solver.Name}: {solver.Description}"))}.", [.. SolverOptions.Names]);

    private static readonly Option<string> _precision = OptionChecks.Choice("--precision", "f32, or bf16, which is faster on GPUs and on processors without vectors of 512 bits, and differs by its rounding.", "f32", "bf16");
    private static readonly Option<double> _guidanceFrom = new Option<double>("--guidance-from") { Description = "Guidance acts above this noise level (sigma)." }.AtLeast(0);
    private static readonly Option<double?> _guidanceTo = new("--guidance-to") { Description = "Guidance acts up to this noise level (sigma); default: up to the highest." };
    private static readonly Option<string?> _guide = new("--guide") { Description = "A weaker model to guide with (autoguidance), instead of the same without condition.", HelpName = "MODEL" };
    private static readonly Option<double> _churn = new Option<double>("--churn") { Description = "Noise added on the way (S_churn), for solvers that can: heun." }.AtLeast(0);
    private static readonly Option<bool> _asPublished = new("--as-published") { Description = "With --guidance 0, the unconditional image, as the published code has it." };
    private static readonly Option<bool> _strict = new("--strict") { Description = "Refuse a peak flux outside the 1st to 99th percentile of the training set's." };
    private static readonly Option<bool> _sourceOnly = new("--source-only") { Description = "The source without its background, 0 around it: what a map of the sky is made of. In one file of many, samples without a whole source are left out." };
    private static readonly Option<int> _count = new Option<int>("--count") { Description = "How many: seeds S to S+N-1.", DefaultValueFactory = _ => 1 }.AtLeast(1);
    private static readonly Option<ulong> _seed = new("--seed") { Description = "Seed of the first one.", DefaultValueFactory = _ => 1 };
    private static readonly Option<string?> _out = new("--out") { Description = "FILE.fits or FILE.png for one sample; FILE.h5 or FILE.fits for many in one file; a folder for FITS and PNG of each. Default: this folder.", HelpName = "PATH" };

    public static Command Build()
    {
        var command = new Command("sample", "Generated radio galaxies, by ID or by parameters.")
            .With(_id, _model, _class, _flux, _values, _guidance, _guidanceFrom, _guidanceTo, _guide, _seed, _solver, _steps, _precision, _churn, _asPublished, _strict, _sourceOnly, _count, _out);
        command.Validators.Add(result =>
        {
            if ((result.GetValue(_id) == null) == (result.GetValue(_model) == null))
                result.AddError("Give either a sample ID or --model NAME.");
        });
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        CheckSeeds(parsed.GetValue(_seed), (ulong)parsed.GetValue(_count));
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        string[] ids = await IdsAsync(parsed, session, cancellationToken);
        string to = parsed.GetValue(_out) ?? ".";
        bool oneFile = Path.GetExtension(to) is ".fits" or ".png";
        if (SampleCollection.FormatOf(to) is { } format && !(oneFile && ids.Length == 1))
            return await SampleCollection.WriteAsync(session, ids, to, format, parsed.GetValue(_sourceOnly), output, cancellationToken);
        if (oneFile && ids.Length > 1)
            throw new UserErrorException(ErrorKind.Invalid, to, $"--out should be a folder, FILE.h5 or FILE.fits for {ids.Length} samples, but it is the file '{to}'.");

        long began = Stopwatch.GetTimestamp();
        var saved = new Dictionary<string, SavedSample>();
        await session.WorkAsync(
            async token =>
            {
                string[] missing = [.. ids.Where(id => !saved.TryGetValue(id, out var sample) || sample.Error != null)];
                await foreach (var fetched in session.Grains.FetchSamplesAsync(missing, token))
                {
                    saved[fetched.Id] = Save(parsed.GetValue(_sourceOnly) ? SourceOf(fetched) : fetched, to, oneFile, parsed.GetValue(_sourceOnly) ? ".source" : "");
                    ShowProgress(saved.Count, ids.Length, output);
                }
                return saved.Values;
            },
            samples => samples.All(sample => sample.Error == null),
            cancellationToken);
        return Report([.. ids.Select(id => saved[id])], Stopwatch.GetElapsedTime(began), output);
    }

    private static void CheckSeeds(ulong seed, ulong count)
    {
        ulong most = ulong.MaxValue - count + 1;
        if (seed > most)
            throw new UserErrorException(ErrorKind.Invalid, "--seed", $"--seed should be at most {most} for --count {count}, but it is {seed}.");
    }

    private static void ShowProgress(int done, int all, Output output)
    {
        if (all > 1 && (done == all || done % Math.Max(1, all / 10) == 0))
            output.Message($"  {done} of {all}");
    }

    private static FetchedSample SourceOf(FetchedSample fetched)
    {
        if (fetched.Sample is not { } sample)
            return fetched;
        return SampleSource.Find(sample.Fits!) is { } source
            ? fetched with { Sample = sample with { Fits = source.Fits(), Png = source.Png() } }
            : fetched with { Sample = null, Error = SampleSource.Missing(fetched.Id) };
    }

    /// <summary>Each as soon as it is there: what comes later, or fails, takes nothing away.</summary>
    private static SavedSample Save(FetchedSample fetched, string to, bool oneFile, string part) => fetched.Sample is { } sample
        ? new(fetched.Id, sample.FromStore, oneFile ? [Save(sample, to)] : SaveBoth(sample, to, part), null)
        : new(fetched.Id, false, [], fetched.Error);

    private static int Report(SavedSample[] samples, TimeSpan duration, Output output)
    {
        var failed = samples.Where(sample => sample.Error != null).ToArray();
        if (samples.Length == 1 && failed.Length == 1)
            throw failed[0].Error!;
        output.Result(
            samples.Select(sample => new { sample.Id, sample.FromStore, sample.Files, Error = sample.Error?.Message }),
            console =>
            {
                foreach (var sample in samples.Where(sample => sample.Error == null))
                    console.Line($"{sample.Id}{(sample.FromStore ? " (from the store)" : "")}\n  {string.Join("\n  ", sample.Files)}");
                console.Line(FormattableString.Invariant($"{samples.Length - failed.Length} in {duration.TotalSeconds:0.0} s."));
            });
        foreach (var sample in failed)
            Output.Error($"{sample.Id}: {sample.Error!.Message}");
        return failed.Length == 0 ? ExitCode.Done : failed.Length < samples.Length ? ExitCode.PartlyDone : ExitCode.Failed;
    }

    public static string[] SaveBoth(SampleStatus sample, string folder, string part = "") =>
        [Save(sample, Path.Combine(folder, $"{sample.Id}{part}.fits")), Save(sample, Path.Combine(folder, $"{sample.Id}{part}.png"))];

    private static string Save(SampleStatus sample, string path)
    {
        WholeFile.Write(path, Path.GetExtension(path) == ".png" ? sample.Png : sample.Fits);
        return Path.GetFullPath(path);
    }

    private static async Task<string[]> IdsAsync(ParseResult parsed, Session session, CancellationToken cancellationToken)
    {
        string? id = parsed.GetValue(_id);
        string? modelName = parsed.GetValue(_model);
        if (id != null)
            return [id];
        int count = parsed.GetValue(_count);
        var model = await session.Grains.Model(modelName!).GetAsync(cancellationToken);
        var parameters = new SampleParameters(model.Name, parsed.GetValue(_class), Flux(parsed, scaled: false), parsed.GetValue(_guidance), parsed.GetValue(_seed), parsed.GetValue(_steps), Values(parsed))
        {
            ScaledFlux = Flux(parsed, scaled: true),
            Solver = parsed.GetValue(_solver),
            Precision = parsed.GetValue(_precision)!,
            GuidanceFrom = parsed.GetValue(_guidanceFrom),
            GuidanceTo = parsed.GetValue(_guidanceTo),
            Guide = parsed.GetValue(_guide) is { } guide ? (await session.Grains.Model(guide).GetAsync(cancellationToken)).Digest : null,
            Churn = parsed.GetValue(_churn),
            AsPublished = parsed.GetValue(_asPublished),
            Strict = parsed.GetValue(_strict),
        };
        ulong[] seeds = [.. Enumerable.Range(0, count).Select(i => parameters.Seed + (ulong)i)];
        double[]? fluxes = parameters.Flux is null && count > 1 ? await SampleFluxes.DrawAsync(session, model, seeds, cancellationToken) : null;
        bool inTurn = parameters.Class is null && count > 1 && model.Classes.Count > 0;
        return [.. seeds.Select((seed, i) => SampleIds.For(model, parameters with
        {
            Seed = seed,
            Flux = fluxes?[i] ?? parameters.Flux,
            Class = inTurn ? model.Classes[i % model.Classes.Count] : parameters.Class,
        }))];
    }

    /// <summary>Null if it is not given, or in the other unit.</summary>
    private static double? Flux(ParseResult parsed, bool scaled)
    {
        const string MilliJansky = "mJy", Scaled = "scaled";
        if (parsed.GetValue(_flux) is not { } text || text.EndsWith(Scaled, StringComparison.Ordinal) != scaled)
            return null;
        string unit = scaled ? Scaled : text.EndsWith(MilliJansky, StringComparison.Ordinal) ? MilliJansky : "";
        return double.TryParse(text[..^unit.Length], NumberStyles.Float, CultureInfo.InvariantCulture, out double flux)
            ? flux
            : throw new UserErrorException(ErrorKind.Invalid, "--flux", $"--flux should be a number of mJy/beam, such as 3.5 or 3.5mJy, or a scaled one, such as 0.5scaled, but it is '{text}'.");
    }

    private static Dictionary<string, double> Values(ParseResult parsed)
    {
        var values = new Dictionary<string, double>();
        foreach (string text in parsed.GetValue(_values) ?? [])
        {
            if (text.Split('=') is not [{ Length: > 0 } name, var number] || !double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
                throw new UserErrorException(ErrorKind.Invalid, "--value", $"--value should be a name and a number, such as LAS=30, but it is '{text}'.");
            if (!values.TryAdd(name, value))
                throw new UserErrorException(ErrorKind.Invalid, "--value", $"--value {name} should be there once, but it is there with {values[name]} and {value}.");
        }
        return values;
    }

    private sealed record SavedSample(string Id, bool FromStore, string[] Files, Exception? Error);
}
