using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Interfaces.Sampling;

/// <summary>What a client asks a sample by, before it has an ID.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Class">One of the model's classes; needed by a model with classes.</param>
/// <param name="Flux">Peak flux in mJy/beam; the median of the training set where null, for a model that is conditioned on no other value.</param>
/// <param name="Guidance">Guidance strength omega; null for the model's usual one, which is 0.1 as in the paper if it says nothing else.</param>
/// <param name="Seed">Seed of the latent image.</param>
/// <param name="Steps">Steps of the solver; null for the model's usual ones, or the solver's: 12 of UniPC, 25 of Heun's method, which are the paper's.</param>
/// <param name="Values">Further values of a model that is conditioned on some, by name and in its units; it needs all of them.</param>
public sealed record SampleParameters(string Model, string? Class = null, double? Flux = null, double? Guidance = null, ulong Seed = 1, int? Steps = null,
    IReadOnlyDictionary<string, double>? Values = null)
{
    /// <summary>One of <see cref="SolverOptions.Names"/>; null for the model's usual one, which is UniPC if it says nothing else; heun is the paper's.</summary>
    public string? Solver { get; init; }

    /// <summary>f32, or bf16, which is faster on GPUs and on processors without vectors of 512 bits.</summary>
    public string Precision { get; init; } = "f32";

    /// <summary>Guidance acts above this noise level.</summary>
    public double GuidanceFrom { get; init; }

    /// <summary>Guidance acts up to this noise level; null for all.</summary>
    public double? GuidanceTo { get; init; }

    /// <summary>Digest of a weaker model to guide with, instead of the model without condition.</summary>
    public string? Guide { get; init; }

    /// <summary>As the published code has it: the unconditional image for a guidance strength of 0.</summary>
    public bool AsPublished { get; init; }

    /// <summary>How much noise is added on the way (S_churn).</summary>
    public double Churn { get; init; }

    /// <summary>The peak flux as the network takes it, transformed and standardised: for a model that does not say how its fluxes were scaled.</summary>
    public double? ScaledFlux { get; init; }

    /// <summary>A peak flux outside the 1st to 99th percentile of the training set's is refused, instead of made.</summary>
    public bool Strict { get; init; }
}

/// <summary>Writes sample IDs from parameters.</summary>
public static class SampleIds
{
    private const double PaperGuidance = 0.1;

    /// <exception cref="UserErrorException">A parameter is out of range, or does not suit the model.</exception>
    public static string For(ModelEntry model, SampleParameters parameters)
    {
        if (model.IsClassifier)
            throw new UserErrorException(ErrorKind.Invalid, model.Name, $"Model '{model.Name}' is a classifier, which tells the classes of images and makes none.");
        CheckClass(model, parameters.Class);
        CheckValues(model, parameters);
        CheckFlux(model, parameters);
        if (parameters.Flux is null && model.NeedsFlux && model.FluxRange.Count < 2)
            throw new UserErrorException(ErrorKind.Invalid, model.Name, $"Model '{model.Name}' needs a peak flux, for example 1 (mJy/beam).");
        try
        {
            string id = new SampleId
            {
                Model = model.Digest,
                Seed = parameters.Seed,
                Class = parameters.Class,
                FluxMilliJansky = parameters.Flux ?? (model.NeedsFlux ? RoundedMedian(model) : null),
                ScaledFlux = parameters.ScaledFlux,
                Values = NamedValues.Of(parameters.Values ?? new Dictionary<string, double>()),
                Guidance = parameters.Guidance ?? model.Usual?.Guidance ?? PaperGuidance,
                Solver = UsualSolver(model, parameters.Solver, parameters.Steps) with { Churn = parameters.Churn },
                Precision = parameters.Precision,
                GuidanceFrom = parameters.GuidanceFrom,
                GuidanceTo = parameters.GuidanceTo ?? double.PositiveInfinity,
                Guide = parameters.Guide,
                IsAsPublished = parameters.AsPublished,
            }.ToString();
            return SampleId.Parse(id).ToString();            // refuses what contradicts itself
        }
        catch (RadioDiffusionException error)
        {
            throw new UserErrorException(ErrorKind.Invalid, model.Name, error.Message);
        }
    }

    /// <summary>
    /// The solver that is asked for, or that the model is made for, or <see cref="SolverOptions.Usual"/>; with the noise levels that the model is made for, if the solver and its steps are, otherwise
    /// with those that are usual for the solver.
    /// </summary>
    /// <param name="model">What makes the samples.</param>
    /// <param name="asked">Name of the solver; null for the usual one.</param>
    /// <param name="askedSteps">Its steps; null for the usual ones.</param>
    public static SolverOptions UsualSolver(ModelEntry model, string? asked, int? askedSteps) => UsualSolver(model.Usual, asked, askedSteps);

    /// <inheritdoc cref="UsualSolver(ModelEntry, string?, int?)"/>
    /// <param name="made">What the model is made for; null if it does not say.</param>
    /// <param name="asked">Name of the solver; null for the usual one.</param>
    /// <param name="askedSteps">Its steps; null for the usual ones.</param>
    public static SolverOptions UsualSolver(ModelUsual? made, string? asked, int? askedSteps)
    {
        string name = asked ?? made?.Solver ?? SolverOptions.Usual.Name;
        var usual = SolverOptions.UsualOf(name);
        int steps = askedSteps ?? (made?.Solver == name ? made.Steps : usual.Steps);
        var solver = usual with { Steps = steps };
        return made is not null && (made.Solver, made.Steps) == (name, steps) ? solver with { SigmaMin = made.SigmaMin, Rho = made.Rho } : solver;
    }

    /// <summary>A model of several values has no defaults: what goes together is for the user to know.</summary>
    private static void CheckValues(ModelEntry model, SampleParameters parameters)
    {
        string[] wanted = [.. model.Conditions.Select(condition => condition.Name)];
        string[] given = [.. parameters.Values?.Keys ?? [], .. parameters.Flux is null ? Array.Empty<string>() : [ConditionDescription.PeakFlux]];
        string[] unknown = [.. (parameters.Values?.Keys ?? []).Except(wanted)], missing = [.. wanted.Except(given)];
        if (unknown.Length > 0)
            throw Refuse($"is not conditioned on {string.Join(", ", unknown)}");
        if (missing.Length > 0 && wanted is not [ConditionDescription.PeakFlux])
            throw Refuse($"needs {string.Join(", ", missing)}");

        UserErrorException Refuse(string problem) => new(ErrorKind.Invalid, model.Name,
            $"Model '{model.Name}' {problem}. It takes {(wanted.Length == 0 ? "no values" : string.Join(", ", model.Conditions.Select(Describe)))}.");
    }

    private static void CheckClass(ModelEntry model, string? name)
    {
        if (model.Classes.Count == 0 ? name is null : name is not null && model.Classes.Contains(name))
            return;
        throw new UserErrorException(ErrorKind.Invalid, model.Name, model.Classes.Count == 0
            ? $"Model '{model.Name}' knows no classes, but class '{name}' is asked for: leave it out."
            : $"Model '{model.Name}' needs a class, one of {string.Join(", ", model.Classes)}{(name is null ? "" : $"; it does not know '{name}'")}.");
    }

    private static void CheckFlux(ModelEntry model, SampleParameters parameters)
    {
        if (parameters.Flux is not null && !model.NeedsFlux)
        {
            throw new UserErrorException(ErrorKind.Invalid, model.Name, model.TakesScaledFlux
                ? $"Model '{model.Name}' was imported without the statistics of its fluxes, but one in mJy/beam is asked for: give it as its network takes it (scaled, such as 0.5), or leave flux out."
                : $"Model '{model.Name}' knows no peak fluxes, but one is asked for: leave flux out.");
        }
        if (parameters.ScaledFlux is not null && !model.TakesScaledFlux)
        {
            throw new UserErrorException(ErrorKind.Invalid, model.Name, model.NeedsFlux
                ? $"Model '{model.Name}' says how its fluxes are scaled, but a scaled one is asked for: give it in mJy/beam."
                : $"Model '{model.Name}' knows no peak fluxes, but a scaled one is asked for: leave it out.");
        }
        if (parameters.Strict && parameters.Flux is { } flux && model.FluxRange is [var lowest, _, var highest] && !(flux >= lowest && flux <= highest))
        {
            throw new UserErrorException(ErrorKind.Invalid, model.Name, FormattableString.Invariant(
                $"Model '{model.Name}' was trained on peak fluxes of {lowest:0.###} to {highest:0.###} mJy/beam (1st to 99th percentile), but {flux} mJy/beam is asked for: ask for one in this range, or without 'strict'."));
        }
    }

    private static string Describe(ModelCondition condition)
    {
        string name = condition.Name == ConditionDescription.PeakFlux ? "flux" : condition.Name;
        string unit = condition.Unit.Length > 0 ? $" in {condition.Unit}" : "";
        return condition.Range is [var low, var median, var high]
            ? FormattableString.Invariant($"{name}{unit} ({low:0.###} to {high:0.###}, median {median:0.###})")
            : $"{name}{unit}";
    }

    /// <summary>Three digits are enough for a default that a person reads.</summary>
    private static double RoundedMedian(ModelEntry model)
    {
        double median = model.FluxRange[1];
        double scale = Math.Pow(10, 2 - Math.Floor(Math.Log10(median)));
        return Math.Round(median * scale) / scale;
    }
}
