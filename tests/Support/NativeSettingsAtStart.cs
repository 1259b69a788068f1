using System.Runtime.CompilerServices;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.TestSupport;

internal static class NativeSettingsAtStart
{
    /// <summary>Tests compute as the program does.</summary>
    [ModuleInitializer]
    internal static void Apply() => NativeSettings.Apply();
}
