using System.Buffers;
using Orleans.Runtime;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.Grains.Storage;

/// <summary>The rule for keys of grains with state, so that every key is a blob's name and a file's name as it is.</summary>
/// <remarks>Azure's client collapses '.' and '..' segments: without the rule, 'x/../y' would be stored as 'y'.</remarks>
public static class StoredName
{
    private static readonly SearchValues<char> Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+:=@-/");

    /// <summary>Refuses a grain whose state could not be stored under its own name.</summary>
    /// <exception cref="RadioDiffusionException">The grain, and the rule that its key breaks.</exception>
    public static void Check(GrainId grain)
    {
        string name = grain.ToString();
        int position = name.AsSpan().IndexOfAnyExcept(Letters);
        if (position >= 0)
            throw new RadioDiffusionException($"The grain '{name}' cannot have state: its key should consist of letters, digits and _ . + : = @ - /, but it contains '{name[position]}'.");
        if (name.Split('/').Any(segment => segment is "" or "." or ".."))
            throw new RadioDiffusionException($"The grain '{name}' cannot have state: between the slashes of its key there should be more than nothing, '.' or '..'.");
    }

    /// <summary>A name without slashes and colons, for a file.</summary>
    internal static string ToFileName(string name) => name.Replace("/", "%2F", StringComparison.Ordinal).Replace(":", "%3A", StringComparison.Ordinal);
}
