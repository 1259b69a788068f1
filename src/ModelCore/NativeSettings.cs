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

    /// <summary>
    /// For a program's first line, before libtorch is loaded: its own loops use AVX2, unless the variable ATEN_CPU_CAPABILITY says otherwise. Convolutions are oneDNN's and find their
    /// instructions themselves. The loops gain little from AVX-512, and where its vector functions are called in them (the exp of SiLU and softmax) they were found to be fifteen times slower than
    /// with AVX2 in most processes on one virtual machine. Linux on x64 only; nothing happens elsewhere.
    /// </summary>
    public static void Apply()
    {
        if (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64)
            _ = SetEnv(Instructions, "avx2", overwrite: 0);
    }

    // .NET's own variables are a copy; libtorch reads those of the C library.
    [DllImport("libc", EntryPoint = "setenv")]
    private static extern int SetEnv([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
