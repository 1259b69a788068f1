using System.Buffers;
using System.Text.RegularExpressions;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>The rules for names in the artifact store: they are folders on disk, blobs in Azure and grain keys alike.</summary>
public static partial class ArtifactId
{
    /// <summary>The longest ID: with its escapes it must remain a file name (255 bytes).</summary>
    public const int MaximumLength = 200;

    private static readonly SearchValues<char> Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+:=@-");

    /// <summary>Refuses an ID that one of the stores could not hold as it is.</summary>
    /// <exception cref="RadioDiffusionException">The ID, and the rule that it breaks.</exception>
    public static void Check(string id)
    {
        if (Problem(id) is string problem)
            throw new RadioDiffusionException($"'{id}' cannot be an artifact's ID: {problem}.");
    }

    /// <summary>What is wrong with an ID; null if nothing is.</summary>
    public static string? Problem(string id)
    {
        if (string.IsNullOrEmpty(id))
            return "it is empty";
        if (id.Length > MaximumLength)
            return $"it should have at most {MaximumLength} characters, but it has {id.Length}";
        int position = id.AsSpan().IndexOfAnyExcept(Letters);
        if (position >= 0)
            return $"it should consist of letters, digits and _ . + : = @ -, but character {position + 1} is '{id[position]}'";
        return id[0] == '.' || id[^1] == '.' ? "it should neither begin nor end with a full stop" : null;
    }

    /// <summary>Refuses a file name that is no relative path of plain segments, as 'Norder3/Npix271.fits' is one.</summary>
    public static void CheckFileName(string name)
    {
        foreach (string segment in name.Split('/'))
        {
            if (Problem(segment) is string problem)
                throw new RadioDiffusionException($"'{name}' cannot be the name of a file in an artifact: of '{segment}', {problem}.");
        }
        if (name == ArtifactManifest.FileName)
            throw new RadioDiffusionException($"An artifact's file cannot be called '{name}': the store keeps the manifest under that name.");
    }

    /// <summary>The kind in an ID of the form kind-hash; null for an ID that is written out, as a sample's is.</summary>
    public static string? HashedKind(string id) => Hashed().Match(id) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>An ID as a file name on every system: the colon is not allowed on all of them.</summary>
    internal static string ToFileName(string id) => id.Replace(":", "%3A", StringComparison.Ordinal);

    /// <summary>Undoes <see cref="ToFileName"/>.</summary>
    internal static string FromFileName(string name) => name.Replace("%3A", ":", StringComparison.Ordinal);

    [GeneratedRegex("^(.+)-[0-9a-f]{32}$")]
    private static partial Regex Hashed();
}
