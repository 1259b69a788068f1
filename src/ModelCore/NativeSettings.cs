using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore;

/// <summary>Settings of the C library and of libtorch that make training and sampling faster on CPUs.</summary>
/// <remarks>docs/benchmarks.md says what each is worth. Who uses this library in a program of their own may leave them alone: results differ in the last bits at most.</remarks>
public static class NativeSettings
{
    /// <summary>
    /// For the environment of a process that trains: a network's step allocates and frees the same megabytes again and again. By default glibc gives them back to the system each time, and each
    /// page that is touched anew costs a fault: on virtual machines a third of the time of a step.
    /// </summary>
    public const string MemoryVariable = "GLIBC_TUNABLES";

    /// <summary>One arena that is never made smaller, in large pages where the system gives some.</summary>
    public const string MemoryKept =
        "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=100000000000:glibc.malloc.arena_max=1:glibc.malloc.top_pad=67108864";

    private const string Instructions = "ATEN_CPU_CAPABILITY";
    private const string Waiting = "OMP_WAIT_POLICY";

    /// <summary>The same as <see cref="MemoryKept"/>, as far as it can be set in a process that runs: parameters of mallopt(3) and their values.</summary>
    private static readonly (int Parameter, int Value)[] _memoryKept =
    [
        (-4, 0),                                             // M_MMAP_MAX
        (-1, int.MaxValue),                                  // M_TRIM_THRESHOLD
        (-2, 64 << 20),                                      // M_TOP_PAD
        (-8, 1),                                             // M_ARENA_MAX
    ];

    /// <summary>
    /// For a program's first line, before libtorch is loaded: its own loops use AVX2, unless the variable ATEN_CPU_CAPABILITY says otherwise. Convolutions are oneDNN's and find their
    /// instructions themselves. The loops gain little from AVX-512, and where its vector functions are called in them (the exp of SiLU and softmax) they were found to be fifteen times slower than
    /// with AVX2 in most processes on one virtual machine. Memory of the C library that was freed is kept, as in <see cref="MemoryKept"/>: large batches of samples are up to eight times as fast.
    /// Threads of libtorch that have nothing to do sleep, unless the variable OMP_WAIT_POLICY says otherwise: by default they turn in circles for a while, so that two programs
    /// on one machine take seven times as long instead of twice. Whoever trains a small network alone on a machine may set it to active: that is up to a fifth faster.
    /// Linux with glibc only, the instructions on x64 only; nothing happens elsewhere.
    /// </summary>
    public static void Apply()
    {
        if (!OperatingSystem.IsLinux())
            return;
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
            _ = SetEnv(Instructions, "avx2", overwrite: 0);
        _ = SetEnv(Waiting, "passive", overwrite: 0);
        try
        {
            foreach (var (parameter, value) in _memoryKept)
                _ = MallOpt(parameter, value);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, such as musl: it has its own ways.
        }
    }

    // .NET's own variables are a copy; libtorch reads those of the C library.
    [DllImport("libc", EntryPoint = "setenv")]
    private static extern int SetEnv([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);

    [DllImport("libc", EntryPoint = "mallopt")]
    private static extern int MallOpt(int parameter, int value);
}
