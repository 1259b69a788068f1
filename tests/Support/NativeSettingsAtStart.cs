using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.TestSupport;

internal static class NativeSettingsAtStart
{
    private const string Threads = "OMP_NUM_THREADS";

    /// <summary>
    /// Tests compute as the program does, but on one thread each, and so do the programs that they start: their networks are so small that a second thread makes nothing faster, and
    /// threads of several processes that wait for each other make everything slower.
    /// </summary>
    [ModuleInitializer]
    internal static void Apply()
    {
        NativeSettings.Apply();
        if (Environment.GetEnvironmentVariable(Threads) != null)
            return;
        Environment.SetEnvironmentVariable(Threads, "1");        // for the processes that are started
        if (OperatingSystem.IsLinux())
            _ = SetEnv(Threads, "1", overwrite: 0);              // for this one: .NET's own variables are a copy
    }

    [DllImport("libc", EntryPoint = "setenv")]
    private static extern int SetEnv([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
