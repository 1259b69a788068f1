using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.TestSupport;

internal static class NativeSettingsAtStart
{
    private const string Threads = "OMP_NUM_THREADS";

    /// <summary>
    /// Tests compute as the program does, but on one thread: their networks are so small that a second one makes nothing faster, and threads of several test processes that wait for each
    /// other make everything slower. Programs that tests start have as many as they like.
    /// </summary>
    [ModuleInitializer]
    internal static void Apply()
    {
        NativeSettings.Apply();
        if (OperatingSystem.IsLinux())
            _ = SetEnv(Threads, "1", overwrite: 0);              // .NET's own variables are a copy, and what processes inherit is that
    }

    [DllImport("libc", EntryPoint = "setenv")]
    private static extern int SetEnv([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
