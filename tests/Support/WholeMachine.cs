namespace RadioDiffusion.TestSupport;

/// <summary>
/// For tests that start several processes that compute: only one test process at a time does, since more processes than cores wait for each other until their patience ends.
/// Take it as a fixture.
/// </summary>
public sealed class WholeMachine : IAsyncLifetime
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(20);
    private FileStream? _turn;

    public async ValueTask InitializeAsync() =>
        _turn = await AptInstallation.TakeTurnAsync(Path.Combine(Path.GetTempPath(), "radiodiffusion-whole-machine.lock"), _patience);

    public ValueTask DisposeAsync() => _turn?.DisposeAsync() ?? ValueTask.CompletedTask;
}
