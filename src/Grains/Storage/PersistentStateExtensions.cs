using Orleans.Storage;
using RadioDiffusion.Grains.Interfaces;

namespace RadioDiffusion.Grains.Storage;

internal static class PersistentStateExtensions
{
    /// <summary>Writes a new state. In memory it changes only if the store has it, so that what was not written is not told to anyone.</summary>
    /// <param name="state">The grain's state.</param>
    /// <param name="next">A new object; the present one stays as it is.</param>
    /// <param name="subject">What the state is about, for the error.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="UserErrorException">The store did not take it: the disk is full, say. Unavailable: it is away.</exception>
    /// <exception cref="InconsistentStateException">Another activation wrote in between; the runtime ends this one.</exception>
    public static async Task ReplaceAsync<T>(this IPersistentState<T> state, T next, string subject, CancellationToken cancellationToken)
    {
        var before = state.State;
        state.State = next;
        try
        {
            await state.WriteStateAsync(cancellationToken);
        }
        catch (Exception error)
        {
            state.State = before;
            if (error is InconsistentStateException or OperationCanceledException)
                throw;
            // Orleans wraps the provider's error in one whose text has a stack trace.
            var reason = error is OrleansException { InnerException: { } inner } ? inner : error;
            throw reason as UserErrorException ?? new UserErrorException(ErrorKind.Failed, subject, $"The state of '{subject}' could not be stored. {reason.Message}");
        }
    }
}
