namespace RadioDiffusion.Grains.Devices;

/// <summary>The devices that this silo computes on.</summary>
public interface IDeviceSlots
{
    /// <summary>One per device, or the CPU's slots; at least one.</summary>
    IReadOnlyList<IDeviceSlot> Slots { get; }

    /// <summary>Threads for work on the CPU without tensors: cutting, hashing, rendering.</summary>
    IDedicatedThreads Cpu { get; }
}

/// <summary>A device with a thread of its own: tensor work runs there and nowhere else, one piece at a time, in the order asked.</summary>
public interface IDeviceSlot : IDedicatedThreads
{
    /// <summary>The device's name in libtorch: cpu, cuda:0, ...</summary>
    string Device { get; }

    /// <summary>CPU threads of the tensor library on this slot.</summary>
    int Threads { get; }
}

/// <summary>Threads outside the thread pool, so that a long computation never holds up a grain.</summary>
public interface IDedicatedThreads
{
    /// <summary>Runs the work when a thread is free; the work looks at the token itself.</summary>
    Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default);

    /// <summary>The same for work that nobody waits for in person: it begins when nothing else waits.</summary>
    Task<T> RunInBulkAsync<T>(Func<T> work, CancellationToken cancellationToken = default) => RunAsync(work, cancellationToken);
}

public static class DedicatedThreadsExtensions
{
    public static Task RunAsync(this IDedicatedThreads threads, Action work, CancellationToken cancellationToken = default) =>
        threads.RunAsync(
            () =>
            {
                work();
                return true;
            },
            cancellationToken);
}
