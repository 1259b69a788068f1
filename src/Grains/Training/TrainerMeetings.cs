using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Training;

/// <summary>
/// The meetings of a trainer that takes steps by itself (DiLoCo) with the others of its group. What each brings lies in artifacts of its own; the run's grain decides who takes part; each
/// computes what follows from that, and all get the same.
/// </summary>
internal sealed class TrainerMeetings(ITrainingRunGrain run, string runName, string place, TrainerAssignment assignment, IArtifactStore store, IDeviceSlot slot)
{
    private const string Kind = "meeting", File = "vectors.safetensors", Run = "run", Generation = "generation";
    private static readonly TimeSpan _betweenQuestions = TimeSpan.FromSeconds(0.2);
    private IReadOnlyList<string> _last = [];

    /// <summary>Whether this trainer speaks for all: it reports, validates, stores.</summary>
    public bool IsFirst { get; private set; } = assignment.Rank == 0;

    /// <summary>Whether the run stops after the last meeting.</summary>
    public bool IsLast { get; private set; }

    /// <summary>Ends a round: afterwards all have the same weights, and before a checkpoint the same state of the optimiser.</summary>
    /// <param name="trainer">At the end of its round.</param>
    /// <param name="isBeforeCheckpoint">Whether a checkpoint is due.</param>
    /// <param name="cancellationToken">The end of the generation.</param>
    /// <exception cref="CollectiveException">The others go on without this trainer.</exception>
    public async Task HoldAsync(Trainer trainer, bool isBeforeCheckpoint, CancellationToken cancellationToken)
    {
        var differences = await MeetAsync(trainer.Iteration, isMoments: false, trainer.WriteDifference, cancellationToken);
        await slot.RunAsync(() => trainer.FinishRound(differences), cancellationToken);
        if (!isBeforeCheckpoint && !IsLast)
            return;
        var moments = await MeetAsync(trainer.Iteration, isMoments: true, trainer.WriteMoments, cancellationToken);
        await slot.RunAsync(() => trainer.ShareMoments(moments), cancellationToken);
    }

    /// <summary>Deletes what trainers of a run have brought to meetings.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="run">The run.</param>
    /// <param name="before">Of the generations before this one.</param>
    /// <param name="cancellationToken">Stops it; what is left is deleted the next time.</param>
    public static async Task DeleteAsync(IArtifactStore store, string run, long before, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        await foreach (var manifest in store.ListAsync(Kind, cancellationToken))
        {
            if (manifest.Recipe.Parameters[Run]?.GetValue<string>() == run && manifest.Recipe.Parameters[Generation]?.GetValue<long>() < before)
                ids.Add(manifest.Id);
        }
        foreach (string id in ids)
            await store.DeleteAsync(id, cancellationToken);
    }

    private async Task<string[]> MeetAsync(long iteration, bool isMoments, Action<string> write, CancellationToken cancellationToken)
    {
        var recipe = RecipeOf(iteration, isMoments);
        using (var scratch = store.CreateScratchDirectory())
        {
            await slot.RunAsync(() => write(Path.Combine(scratch.Path, File)), cancellationToken);
            await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
        }
        var answer = await UntilDecidedAsync(new TrainerDelivery { Place = place, Generation = assignment.Generation, Iteration = iteration, IsMoments = isMoments, Artifact = recipe.Id }, cancellationToken);
        IsFirst = answer.IsFirst;
        IsLast |= answer.IsLast;
        if (IsFirst)
        {
            foreach (string id in _last)
                await store.DeleteAsync(id, cancellationToken);    // who has come to this meeting has read what was brought to the one before
        }
        _last = answer.Artifacts;
        return await FilesOfAsync(answer.Artifacts, cancellationToken);
    }

    private async Task<MeetingAnswer> UntilDecidedAsync(TrainerDelivery delivery, CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await run.MeetAsync(delivery, cancellationToken);
            if (answer.Order == TrainerOrder.EndAtOnce)
                throw new CollectiveException($"The group goes on without this trainer after iteration {delivery.Iteration}.");
            if (answer.Artifacts.Count > 0)
                return answer;
            await Task.Delay(_betweenQuestions, cancellationToken);
        }
    }

    private async Task<string[]> FilesOfAsync(IReadOnlyList<string> artifacts, CancellationToken cancellationToken)
    {
        try
        {
            var files = new List<string>();
            foreach (string id in artifacts)
                files.Add(Path.Combine(await store.GetDirectoryAsync(id, cancellationToken), File));
            return [.. files];
        }
        catch (RadioDiffusionException error) when (error.InnerException is null)
        {
            throw new CollectiveException($"This trainer came too late to read what the others brought: {error.Message}");
        }
    }

    private Recipe RecipeOf(long iteration, bool isMoments) => new()
    {
        Kind = Kind,
        AlgorithmVersion = 1,
        Inputs = [],
        Parameters = new JsonObject
        {
            [Run] = runName,
            [Generation] = assignment.Generation,
            ["place"] = place,
            ["iteration"] = iteration,
            ["moments"] = isMoments,
        },
    };
}
