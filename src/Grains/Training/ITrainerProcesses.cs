namespace RadioDiffusion.Grains.Training;

/// <summary>Trainers in processes of their own: whatever happens in the tensor library, at most one of them ends.</summary>
public interface ITrainerProcesses
{
    /// <summary>Whether a trainer that trains alone gets a process too, instead of a thread of the silo's.</summary>
    bool AlsoAlone { get; }

    /// <summary>Starts a trainer's process and waits for its end. It is asked to end when the silo is about to stop, and ended when this is cancelled.</summary>
    /// <returns>Null if it ended because its run does not need it any more; else what happened.</returns>
    /// <exception cref="IOException">The process could not be started.</exception>
    Task<string?> RunAsync(string run, string place, string incarnation, string device, int threads, CancellationToken cancellationToken);
}
