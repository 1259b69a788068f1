using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Interfaces.Sampling;

/// <summary>What a client asks a sample by, before it has an ID.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Class">One of the model's classes; needed by a model with classes.</param>
/// <param name="Flux">Peak flux in mJy/beam; the median of the training set where null, for a model that is conditioned on no other value.</param>
/// <param name="Guidance">Guidance strength omega, 0.1 by default as in the paper.</param>
/// <param name="Seed">Seed of the latent image.</param>
/// <param name="Steps">Steps of Heun's method, 25 as in the paper.</param>
/// <param name="Values">Further values of a model that is conditioned on some, by name and in its units; it needs all of them.</param>
public sealed record SampleParameters(string Model, string? Class = null, double? Flux = null, double Guidance = 0.1, ulong Seed = 1, int Steps = 25,
    IReadOnlyDictionary<string, double>? Values = null);

/// <summary>Writes sample IDs from parameters.</summary>
public static class SampleIds
{
    /// <exception cref="UserErrorException">A parameter is out of range, or does not suit the model.</exception>
    public static string For(ModelEntry model, SampleParameters parameters)
    {
        if (model.IsClassifier)
            throw new UserErrorException(ErrorKind.Invalid, model.Name, $"Model '{model.Name}' is a classifier, which tells the classes of images and makes none.");
        CheckValues(model, parameters);
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
                Values = NamedValues.Of(parameters.Values ?? new Dictionary<string, double>()),
                Guidance = parameters.Guidance,
                Steps = parameters.Steps,
            }.ToString();
            return ArtifactId.Problem(id) is { } problem ? throw new InvalidSampleIdException($"The sample ID '{id}' cannot be used: {problem}.") : id;
        }
        catch (RadioDiffusionException error)
        {
            throw new UserErrorException(ErrorKind.Invalid, model.Name, error.Message);
        }
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
