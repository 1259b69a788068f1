namespace RadioDiffusion.Grains.Interfaces;

/// <summary>
/// The one retry policy of clients: a call that says nothing because a silo is away, starting or dying is made again, with growing pauses, for up to a
/// minute. Every call that clients make may be made twice: starting is idempotent, and the rest asks.
/// </summary>
internal sealed class RetryOutages(TimeProvider time) : IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var patience = new Patience(time);
        while (true)
        {
            try
            {
                await context.Invoke();
                return;
            }
            catch (Exception error) when (IsWorthRetrying(context, error))
            {
                if (!await patience.PauseAsync(context.Request.GetCancellationToken()))
                    throw;
            }
        }
    }

    /// <summary>Not a timeout, after which the patience of most callers is at its end; and not the steps of an enumeration, which <see cref="Watching"/> begins anew.</summary>
    private static bool IsWorthRetrying(IOutgoingGrainCallContext context, Exception error) =>
        error is not TimeoutException && Outages.IsOutage(error) && context.InterfaceName.StartsWith("RadioDiffusion", StringComparison.Ordinal);
}
