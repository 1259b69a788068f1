using System.Diagnostics.Metrics;
using System.Threading.Channels;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Silo.Devices;

/// <summary>Threads that take work from two bounded queues, each in order: what is in bulk when nothing else waits. They end when the queues are closed and empty.</summary>
internal class DedicatedThreads : IDedicatedThreads, IAsyncDisposable
{
    private const int LongestQueue = 256;

    private static readonly UpDownCounter<long> _waiting = Telemetry.Meter.CreateUpDownCounter<long>("radiodiffusion.device.queue_length", "{piece}",
        "Pieces of work that wait for a thread of a device slot, or for one for work on the CPU without tensors");

    private readonly Channel<Action> _queue = Channel.CreateBounded<Action>(LongestQueue), _bulk = Channel.CreateBounded<Action>(LongestQueue);
    private readonly SemaphoreSlim _pieces = new(0);         // that are in a queue, and one a thread when the queues are closed
    private readonly int _count;
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
        _count = count;
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

    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default) => RunAsync(_queue, work, cancellationToken);

    public Task<T> RunInBulkAsync<T>(Func<T> work, CancellationToken cancellationToken = default) => RunAsync(_bulk, work, cancellationToken);

    private async Task<T> RunAsync<T>(Channel<Action> queue, Func<T> work, CancellationToken cancellationToken)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var waiting = new Waiting(_tag);
        await queue.Writer.WriteAsync(
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
        _pieces.Release();
        return await result.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        _bulk.Writer.TryComplete();
        _pieces.Release(_count);
        await _ended;
        _isPrepared.Dispose();
        _pieces.Dispose();
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
            _pieces.Wait();
            if (!_queue.Reader.TryRead(out var work) && !_bulk.Reader.TryRead(out work))
                return;
            work();
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
