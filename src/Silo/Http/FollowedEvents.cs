using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace RadioDiffusion.Silo.Http;

/// <summary>Long work as server-sent events: each status that somebody who follows it is told.</summary>
internal static class FollowedEvents
{
    /// <param name="follow">Follows the work to its end, and tells each status.</param>
    /// <param name="nameOf">What a status is called.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<SseItem<T>> Of<T>(Func<Action<T>, CancellationToken, Task> follow, Func<T, string> nameOf, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var seen = Channel.CreateUnbounded<T>();
        var following = FollowAsync();
        await foreach (var status in seen.Reader.ReadAllAsync(cancellationToken))
            yield return new SseItem<T>(status, nameOf(status));
        await following;

        async Task FollowAsync()
        {
            try
            {
                await follow(status => seen.Writer.TryWrite(status), cancellationToken);
            }
            finally
            {
                seen.Writer.Complete();
            }
        }
    }
}
