using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore;

/// <summary>Settings of the C library and of libtorch that make training and sampling faster on CPUs; for a program's first line, before libtorch is loaded.</summary>
/// <remarks>docs/benchmarks.md says what each is worth. Who uses this library in a program of their own may leave them alone: results differ in the last bits at most.</remarks>
public static class NativeSettings
{
    /// <summary>The variable that tells libtorch which instructions its own loops use; what the user has set stays.</summary>
    public const string Instructions = "ATEN_CPU_CAPABILITY";

    private const int TrimThreshold = -1, MostMmaps = -4;   // M_TRIM_THRESHOLD and M_MMAP_MAX of glibc's malloc.h

    /// <summary>For the whole process, on Linux with glibc; nothing happens elsewhere.</summary>
    public static void Apply()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            KeepMemory();
            PreferAvx2();
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library, which needs other settings or none.
        }
    }

    /// <summary>
    /// A network's step allocates and frees the same megabytes again and again. By default glibc gives them back to the system each time, and each page that is touched anew costs
    /// a fault: on virtual machines a third of the time of a step.
    /// </summary>
    private static void KeepMemory()
    {
        _ = Mallopt(MostMmaps, 0);
        _ = Mallopt(TrimThreshold, -1);
    }

    /// <summary>
    /// Convolutions are oneDNN's and find their instructions themselves. libtorch's own loops gain little from AVX-512, and where its vector functions are called in them (the exp of SiLU
    /// and softmax) they were found to be fifteen times slower than with AVX2 in most processes on one virtual machine.
    /// </summary>
    private static void PreferAvx2()
    {
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
            _ = SetEnv(Instructions, "avx2", overwrite: 0);
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    private static extern int Mallopt(int parameter, int value);

    // .NET's own variables are a copy; libtorch reads those of the C library.
    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi)]
    private static extern int SetEnv([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
