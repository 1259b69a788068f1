namespace RadioDiffusion.TestSupport;

/// <summary>
/// For tests that compute on every core, in this process or in those that they start: only one test process at a time does, since threads of libtorch that wait for each
/// other while others compute make everything many times slower. Take it as a fixture.
/// </summary>
public sealed class WholeMachine : IAsyncLifetime
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(20);
    private FileStream? _turn;

    public async ValueTask InitializeAsync() =>
        _turn = await AptInstallation.TakeTurnAsync(Path.Combine(Path.GetTempPath(), "radiodiffusion-whole-machine.lock"), _patience);

    public ValueTask DisposeAsync() => _turn?.DisposeAsync() ?? ValueTask.CompletedTask;
}
