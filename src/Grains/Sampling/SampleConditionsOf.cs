using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>From a sample ID to what the network is given.</summary>
internal static class SampleConditionsOf
{
    /// <exception cref="UserErrorException">The model cannot make what the ID names.</exception>
    public static SampleConditions Sample(SampleId id, SnapshotDescription model) => model.Network.Kind == NetworkKind.Denoiser
        ? Given(id, ContextOf(id, model), LabelOf(id, model))
        : throw Invalid(id, $"names model {id.Model}, but that is a classifier, which makes no images");

    private static SampleConditions Given(SampleId id, float[]? context, int? label) =>
        new(id.Seed, id.IsAsPublished ? null : context, id.IsAsPublished ? null : label, id.Guidance) { GuidanceFrom = id.GuidanceFrom, GuidanceTo = id.GuidanceTo };

    /// <summary>The standardised transforms of the values; of the peak flux in Jy/beam, Box-Cox (paper, Eq. 12).</summary>
    private static float[]? ContextOf(SampleId id, SnapshotDescription model)
    {
        if (id.FluxMilliJansky is not null && model.Values.All(condition => condition.Name != ConditionDescription.PeakFlux))
            throw Invalid(id, $"names a peak flux, but model {id.Model} is not conditioned on one: leave flux out");
        foreach (var (name, _) in id.Values)
        {
            if (model.Values.All(condition => condition.Name != name))
                throw Invalid(id, $"names the value '{name}', but model {id.Model} is not conditioned on it: {WantedBy(model)}");
        }
        if (id.ScaledFlux is { } scaled)
        {
            return model.TakesScaledFlux
                ? [(float)scaled]
                : throw Invalid(id, $"names a scaled peak flux, but model {id.Model} {(model.Values.Any(condition => condition.Name == ConditionDescription.PeakFlux) ? "says how fluxes are scaled: write it in mJy, such as flux=1mJy" : "is not conditioned on one: leave flux out")}");
        }
        return model.Values.Count == 0 ? null : [.. model.Values.Select(condition => ValueOf(id, condition, model))];
    }

    private static float ValueOf(SampleId id, ConditionDescription condition, SnapshotDescription model)
    {
        if (condition.AskedOf(id.FluxMilliJansky, id.Values) is not { } value)
        {
            throw Invalid(id, condition.Name == ConditionDescription.PeakFlux
                ? $"should name a peak flux, such as flux=1mJy, because model {id.Model} is conditioned on it"
                : $"should name the value '{condition.Name}': {WantedBy(model)}");
        }
        float context = (float)condition.Apply(value);
        return float.IsFinite(context)
            ? context
            : throw Invalid(id, $"names a {(condition.Name == ConditionDescription.PeakFlux ? "peak flux" : $"value '{condition.Name}'")} that is far beyond those that model {id.Model} was trained on");
    }

    private static string WantedBy(SnapshotDescription model) => model.Values.Count == 0
        ? "it takes none"
        : $"it takes {string.Join(", ", model.Values.Select(condition => condition.Name == ConditionDescription.PeakFlux ? "flux in mJy/beam" : $"{condition.Name}{(condition.Unit.Length > 0 ? $" in {condition.Unit}" : "")}"))}";

    private static int? LabelOf(SampleId id, SnapshotDescription model)
    {
        if (model.Classes.Count == 0)
        {
            return id.Class is null
                ? null
                : throw Invalid(id, $"names the class {id.Class}, but model {id.Model} knows no classes: leave class out");
        }
        if (id.Class is null)
            throw Invalid(id, $"should name a class, one of {string.Join(", ", model.Classes)}");
        int label = model.Classes.ToList().IndexOf(id.Class);
        return label >= 0 ? label : throw Invalid(id, $"names the class {id.Class}, but model {id.Model} knows {string.Join(", ", model.Classes)}");
    }

    private static UserErrorException Invalid(SampleId id, string what) => new(ErrorKind.Invalid, id.ToString(), $"Sample ID '{id}' {what}.");
}
