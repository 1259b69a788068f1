namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>A sample's ID that is not one: which part it is, what was expected there and what was found.</summary>
public sealed class InvalidSampleIdException : RadioDiffusionException
{
    public InvalidSampleIdException(string message)
        : base(message)
    {
    }

    public InvalidSampleIdException(string part, string expected, string found)
        : base($"The part '{part}' of a sample's ID should be {expected}, but it is '{found}'.")
    {
        Part = part;
        Expected = expected;
        Found = found;
    }

    /// <summary>The part of the ID: 'version', 'model', 'seed', 'class', 'flux', the name of a value, 'w', the solver, 'precision'.</summary>
    public string? Part { get; }

    /// <summary>What should stand there.</summary>
    public string? Expected { get; }

    /// <summary>What stands there.</summary>
    public string? Found { get; }
}
