using System.Diagnostics.Metrics;
using System.Threading.Channels;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Silo.Devices;

/// <summary>Threads that take work from one bounded queue, in order. They end when the queue is closed and empty.</summary>
internal class DedicatedThreads : IDedicatedThreads, IAsyncDisposable
{
    private const int LongestQueue = 256;

    private static readonly UpDownCounter<long> _waiting = Telemetry.Meter.CreateUpDownCounter<long>("radiodiffusion.device.queue_length", "{piece}",
        "Pieces of work that wait for a thread of a device slot, or for one for work on the CPU without tensors");

    private readonly Channel<Action> _queue = Channel.CreateBounded<Action>(LongestQueue);
    private readonly Task _ended;
    private readonly Action? _prepare;
    private readonly KeyValuePair<string, object?> _tag;
    private readonly ThreadLocal<bool> _isPrepared = new();

    /// <param name="name">The threads' name in debuggers.</param>
    /// <param name="count">How many.</param>
    /// <param name="prepare">
    /// Run by each thread before its first piece of work, which fails if this does: settings of libtorch belong to a thread.
    /// </param>
    public DedicatedThreads(string name, int count, Action? prepare = null)
    {
        _prepare = prepare;
        _tag = new("queue", name);
        var ends = new List<Task>();
        for (int i = 0; i < count; i++)
        {
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ends.Add(ended.Task);
            var thread = new Thread(() =>
            {
                WorkUntilClosed();
                ended.SetResult();
            })
            {
                Name = name,
                IsBackground = true,
            };
            thread.Start();
        }
        _ended = Task.WhenAll(ends);
    }

    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var waiting = new Waiting(_tag);
        await _queue.Writer.WriteAsync(
            () =>
            {
                waiting.Dispose();
                if (cancellationToken.IsCancellationRequested)
                {
                    result.SetCanceled(cancellationToken);
                    return;
                }
                try
                {
                    PrepareOnce();
                    result.SetResult(work());
                }
                catch (OperationCanceledException error)
                {
                    result.SetCanceled(error.CancellationToken);
                }
                catch (Exception error)
                {
                    // The caller's error; the thread goes on with the next piece of work. Here is where results are written to files.
                    result.SetException(DurableFiles.Explain(error));
                }
            },
            cancellationToken);
        return await result.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _ended;
        _isPrepared.Dispose();
        GC.SuppressFinalize(this);
    }

    private void PrepareOnce()
    {
        if (_isPrepared.Value)
            return;
        _prepare?.Invoke();
        _isPrepared.Value = true;
    }

    private void WorkUntilClosed()
    {
        while (true)
        {
            // The only place where a dedicated thread waits: it has nothing else to do.
            if (_queue.Reader.TryRead(out var work))
                work();
            else if (!_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
                return;
        }
    }

    /// <summary>Counted as waiting until a thread takes it, or nobody can take it any more.</summary>
    private sealed class Waiting : IDisposable
    {
        private readonly KeyValuePair<string, object?> _tag;
        private int _ended;

        public Waiting(KeyValuePair<string, object?> tag)
        {
            _tag = tag;
            _waiting.Add(1, tag);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
                _waiting.Add(-1, _tag);
        }
    }
}
