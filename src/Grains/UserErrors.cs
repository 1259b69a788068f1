using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.Grains;

/// <summary>Turns ModelCore's errors, which know no wire, into the one that crosses it.</summary>
internal static class UserErrors
{
    /// <summary>Whether the error is one that a user can act on, or comes from the file system.</summary>
    public static bool IsExpected(Exception error) =>
        error is RadioDiffusionException or UserErrorException or IOException or UnauthorizedAccessException;

    public static UserErrorException From(Exception error, string subject, ErrorKind kind = ErrorKind.Failed) =>
        error as UserErrorException ?? new UserErrorException(kind, subject, error.Message);
}
