using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Sampling;

/// <summary>A sample by its ID, however long it takes: what a client application calls.</summary>
public static class SampleFetching
{
    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(8);

    /// <summary>Asks until the sample is there. Asking is idempotent, so a silo that dies in between only costs time.</summary>
    /// <exception cref="UserErrorException">The ID is malformed, its model is not there, or it cannot be computed.</exception>
    public static async Task<SampleStatus> FetchSampleAsync(this IGrainFactory grains, string id, CancellationToken cancellationToken = default)
    {
        const int Patience = 5;
        for (int failures = 0; ;)
        {
            try
            {
                var status = await grains.GetGrain<ISampleGrain>(id).GetAsync(_wait, cancellationToken);
                if (status.State == WorkState.Done)
                    return status;
                failures = 0;
            }
            catch (Exception error) when (error is TimeoutException or OrleansException && failures < Patience)
            {
                failures++;
            }
        }
    }
}
