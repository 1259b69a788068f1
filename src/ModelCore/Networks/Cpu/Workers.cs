using System.Collections.Concurrent;

namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary>Threads that compute images beside the one that asks. They are not the runtime's pool's, on which grains run, and wait for the next call when they are done.</summary>
internal static class Workers
{
    private static readonly ConcurrentBag<Worker> _idle = [];

    /// <summary>Does something for 0, 1, ... up to a count, on so many threads, the calling one among them; whoever is free takes the next number.</summary>
    /// <exception cref="AggregateException">What went wrong in it.</exception>
    public static void Run(int count, int threads, Action<int> action)
    {
        int next = -1;
        var errors = new ConcurrentQueue<Exception>();
        int others = Math.Max(0, Math.Min(threads, count) - 1);
        var done = new CountdownEvent(others + 1);            // not disposed of: the last to signal may still be in it when the one who waits has gone on
        for (int i = 0; i < others; i++)
        {
            var worker = _idle.TryTake(out var idle) ? idle : new Worker();
            worker.Begin(Take);
        }
        Take();
        done.Wait();
        if (!errors.IsEmpty)
            throw new AggregateException(errors);

        void Take()
        {
            try
            {
                for (int i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
                    action(i);
            }
            catch (Exception error)
            {
                errors.Enqueue(error);
            }
            done.Signal();
        }
    }

    private sealed class Worker
    {
        private readonly SemaphoreSlim _wake = new(0);
        private Action? _work;

        public Worker()
        {
            new Thread(Loop) { IsBackground = true, Name = "network" }.Start();
        }

        public void Begin(Action work)
        {
            _work = work;
            _wake.Release();
        }

        private void Loop()
        {
            while (true)
            {
                _wake.Wait();
                _work!();
                _work = null;
                _idle.Add(this);
            }
        }
    }
}
