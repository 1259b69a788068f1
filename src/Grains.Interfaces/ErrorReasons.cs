using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Interfaces;

/// <summary>What lies behind an error: Orleans wraps whatever a grain's storage throws, with a stack trace in the text.</summary>
public static class ErrorReasons
{
    /// <summary>The error in the chain that says what to do: ours, else the file system's; the error itself where there is none.</summary>
    public static Exception Of(Exception error) =>
        Chain(error).FirstOrDefault(inner => IsOurs(inner))
        ?? Chain(error).FirstOrDefault(inner => inner is IOException or UnauthorizedAccessException)
        ?? error;

    /// <summary>Whether the reason is one that a user can act on.</summary>
    public static bool IsKnown(Exception error) =>
        Of(error) is var reason && (IsOurs(reason) || reason is IOException or UnauthorizedAccessException);

    /// <summary>The reason in words, without a stack trace.</summary>
    public static string MessageOf(Exception error)
    {
        var reason = DurableFiles.Explain(Of(error));
        return reason is OrleansException ? reason.Message.Split('\n')[0].TrimEnd() : reason.Message;
    }

    private static bool IsOurs(Exception error) => error is UserErrorException or RadioDiffusionException or MessageTooLargeException;

    private static IEnumerable<Exception> Chain(Exception error)
    {
        for (var inner = error; inner != null; inner = inner.InnerException)
            yield return inner;
    }
}
