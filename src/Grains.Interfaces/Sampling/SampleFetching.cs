using System.Runtime.CompilerServices;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Sampling;

/// <summary>Samples by their IDs, however long it takes: what a client application calls.</summary>
public static class SampleFetching
{
    /// <summary>So many are asked for at a time: enough for the full batches of several samplers, and half of what one lets wait in bulk.</summary>
    private const int AtATime = 256;

    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(8);

    /// <summary>This process, to the samplers.</summary>
    private static readonly string _client = $"{Environment.MachineName}/{Environment.ProcessId}";

    /// <summary>
    /// Asks until the sample is there. Asking is idempotent: while too much is queued it waits, and a silo that dies in between only costs time.
    /// </summary>
    /// <exception cref="UserErrorException">The ID is malformed, its model is not there, or it cannot be computed.</exception>
    public static Task<SampleStatus> FetchSampleAsync(this IGrainFactory grains, string id, CancellationToken cancellationToken = default) =>
        FetchAsync(() => grains.GetGrain<ISampleGrain>(id), new SampleOrder { Client = _client }, TimeProvider.System, cancellationToken);

    internal static Task<SampleStatus> FetchAsync(Func<ISampleGrain> sample, SampleOrder order, TimeProvider time, CancellationToken cancellationToken) =>
        FetchAsync(sample, () => order, time, cancellationToken);

    private static async Task<SampleStatus> FetchAsync(Func<ISampleGrain> sample, Func<SampleOrder> order, TimeProvider time, CancellationToken cancellationToken)
    {
        var patience = new Patience(time);
        while (true)
        {
            try
            {
                var status = await sample().GetAsync(_wait, order(), cancellationToken);
                if (status.State == WorkState.Done)
                    return status;
                patience.Renew();
            }
            catch (UserErrorException error) when (error.Kind == ErrorKind.Busy)
            {
                await patience.PauseLongerAsync(cancellationToken);
            }
            catch (Exception error) when (Outages.IsOutage(error))
            {
                if (!await patience.PauseAsync(cancellationToken))
                    throw;
            }
        }
    }

    /// <summary>Many samples in bulk, each as soon as it is there; one that cannot be had is told with its reason, and the others go on.</summary>
    public static IAsyncEnumerable<FetchedSample> FetchSamplesAsync(this IGrainFactory grains, IEnumerable<string> ids, CancellationToken cancellationToken = default) =>
        grains.FetchSamplesAsync(ids, () => true, cancellationToken);

    /// <inheritdoc cref="FetchSamplesAsync(IGrainFactory, IEnumerable{string}, CancellationToken)"/>
    /// <param name="grains">Where.</param>
    /// <param name="ids">Of the samples.</param>
    /// <param name="inBulk">Whether nobody waits for them in person: looked at whenever they are asked for again, every few seconds.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<FetchedSample> FetchSamplesAsync(this IGrainFactory grains, IEnumerable<string> ids, Func<bool> inBulk,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var asked = new List<Task<FetchedSample>>();
        foreach (string id in ids)
        {
            if (asked.Count == AtATime)
                yield return await NextOfAsync(asked);
            asked.Add(FetchAsync(grains, id, inBulk, cancellationToken));
        }
        while (asked.Count > 0)
            yield return await NextOfAsync(asked);
    }

    private static async Task<FetchedSample> FetchAsync(IGrainFactory grains, string id, Func<bool> inBulk, CancellationToken cancellationToken)
    {
        try
        {
            return new FetchedSample(id, await FetchAsync(() => grains.GetGrain<ISampleGrain>(id), () => new SampleOrder { Client = _client, IsBulk = inBulk() }, TimeProvider.System, cancellationToken), null);
        }
        catch (Exception error) when (ErrorReasons.IsKnown(error))
        {
            return new FetchedSample(id, null, ErrorReasons.Of(error));
        }
    }

    private static async Task<FetchedSample> NextOfAsync(List<Task<FetchedSample>> asked)
    {
        var next = await Task.WhenAny(asked);
        asked.Remove(next);
        return await next;
    }
}

/// <summary>A sample that was asked for: there, or the reason why it cannot be had.</summary>
public sealed record FetchedSample(string Id, SampleStatus? Sample, Exception? Error);
