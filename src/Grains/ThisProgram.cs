using System.Diagnostics;

namespace RadioDiffusion.Grains;

/// <summary>How this program is started as a process of its own.</summary>
public static class ThisProgram
{
    /// <summary>As users type it.</summary>
    public const string Name = "radiodiffusion";

    /// <summary>Without arguments yet; in a test the host is another program, beside which it lies.</summary>
    public static ProcessStartInfo NewStart()
    {
        string? own = Environment.ProcessPath;
        string name = Path.GetFileNameWithoutExtension(own) ?? "";
        var start = new ProcessStartInfo(name == Name || name == "dotnet" ? own! : "dotnet");
        if (name != Name)
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, $"{Name}.dll"));
        return start;
    }
}
