namespace RadioDiffusion.Grains.Interfaces;

/// <summary>What sort of mistake an error is: decides the exit code of a command and the status code of HTTP.</summary>
[GenerateSerializer, Alias("RadioDiffusion.ErrorKind")]
public enum ErrorKind
{
    /// <summary>Something asked for does not exist.</summary>
    NotFound,

    /// <summary>A parameter is malformed or out of range.</summary>
    Invalid,

    /// <summary>The request contradicts what is there or is running.</summary>
    Conflict,

    /// <summary>Too much is queued: ask again later.</summary>
    Busy,

    /// <summary>The work itself failed: the message says on what.</summary>
    Failed,

    /// <summary>Something that the work needs, such as the store, is away: ask again later.</summary>
    Unavailable,
}

/// <summary>An error that the user can act on; crosses the wire whole. The message says what, where, expected, found, what to do.</summary>
[GenerateSerializer, Alias("RadioDiffusion.UserErrorException")]
public sealed class UserErrorException : Exception
{
    public UserErrorException(ErrorKind kind, string subject, string message)
        : base(message)
    {
        Kind = kind;
        Subject = subject;
    }

    [Id(0)]
    public ErrorKind Kind { get; private set; }

    /// <summary>What the error is about: a name, an ID, a file.</summary>
    [Id(1)]
    public string Subject { get; private set; }
}
