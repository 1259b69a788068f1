using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>From a sample ID to what the network is given.</summary>
internal static class SampleConditionsOf
{
    /// <exception cref="UserErrorException">The model cannot make what the ID names.</exception>
    public static SampleConditions Sample(SampleId id, SnapshotDescription model) =>
        new(id.Seed, ContextOf(id, model), LabelOf(id, model), id.Guidance);

    /// <summary>The standardised Box-Cox transform of the peak flux in Jy/beam (paper, Eq. 12).</summary>
    private static float[]? ContextOf(SampleId id, SnapshotDescription model)
    {
        if (model.FluxTransform is not { } transform)
        {
            return id.FluxMilliJansky is null
                ? null
                : throw Invalid(id, $"names a peak flux, but model {id.Model} is not conditioned on one: leave flux out");
        }
        if (id.FluxMilliJansky is not { } flux)
            throw Invalid(id, $"should name a peak flux, such as flux=1mJy, because model {id.Model} is conditioned on it");
        float context = (float)transform.Apply(flux / 1000);
        return float.IsFinite(context)
            ? [context]
            : throw Invalid(id, $"names a peak flux that is far beyond those that model {id.Model} was trained on");
    }

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
