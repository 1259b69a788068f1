namespace RadioDiffusion.Grains.Interfaces;

/// <summary>The names that users give to data sets, runs, models and skies: they become grain keys, folders and blob names.</summary>
public static class Names
{
    private const int Longest = 64;

    /// <summary>Returns the name if it can be a name.</summary>
    /// <exception cref="UserErrorException">It is empty, too long, or has other characters than letters, digits, '_', '.', '-'.</exception>
    public static string Check(string name, string of)
    {
        bool allowed = name.Length is > 0 and <= Longest
            && char.IsAsciiLetterOrDigit(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
        return allowed
            ? name
            : throw new UserErrorException(ErrorKind.Invalid, name,
                $"The name of {of} should be 1 to {Longest} letters, digits, '_', '.' or '-' and begin with a letter or digit, but it is '{name}'.");
    }
}
