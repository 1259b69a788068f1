using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Interfaces.Sampling;

/// <summary>What a client asks a sample by, before it has an ID.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Class">One of the model's classes; needed by a model with classes.</param>
/// <param name="Flux">Peak flux in mJy/beam; the median of the training set where null.</param>
/// <param name="Guidance">Guidance strength omega, 0.1 by default as in the paper.</param>
/// <param name="Seed">Seed of the latent image.</param>
/// <param name="Steps">Steps of Heun's method, 25 as in the paper.</param>
public sealed record SampleParameters(string Model, string? Class = null, double? Flux = null, double Guidance = 0.1, ulong Seed = 1, int Steps = 25);

/// <summary>Writes sample IDs from parameters.</summary>
public static class SampleIds
{
    /// <exception cref="UserErrorException">A parameter is out of range, or does not suit the model.</exception>
    public static string For(ModelEntry model, SampleParameters parameters)
    {
        if (parameters.Flux is null && model.NeedsFlux && model.FluxRange.Count < 2)
            throw new UserErrorException(ErrorKind.Invalid, model.Name, $"Model '{model.Name}' needs a peak flux, for example 1 (mJy/beam).");
        try
        {
            return new SampleId
            {
                Model = model.Digest,
                Seed = parameters.Seed,
                Class = parameters.Class,
                FluxMilliJansky = parameters.Flux ?? (model.NeedsFlux ? RoundedMedian(model) : null),
                Guidance = parameters.Guidance,
                Steps = parameters.Steps,
            }.ToString();
        }
        catch (RadioDiffusionException error)
        {
            throw new UserErrorException(ErrorKind.Invalid, model.Name, error.Message);
        }
    }

    /// <summary>Three digits are enough for a default that a person reads.</summary>
    private static double RoundedMedian(ModelEntry model)
    {
        double median = model.FluxRange[1];
        double scale = Math.Pow(10, 2 - Math.Floor(Math.Log10(median)));
        return Math.Round(median * scale) / scale;
    }
}
