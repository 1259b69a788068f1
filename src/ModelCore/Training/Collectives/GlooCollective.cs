using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training.Collectives;

/// <summary>
/// A group of processes that add up over TCP with Gloo, as PyTorch does on CPUs: its own code, from the libtorch that TorchSharp brings along. Used by one thread.
/// </summary>
/// <remarks>
/// TorchSharp has no API for it, see <see cref="GlooLibrary"/>. What fails with a C++ exception ends the process: a member that dies in the moment when all others have come and are
/// being connected does that to them. So a trainer is a process of its own that its keeper starts again. Gloo writes one line to standard output for each group.
/// Neither the store nor Gloo knows passwords or encryption: private networks only. A group of the same size gives the same bits every time; another size gives others.
/// </remarks>
public sealed partial class GlooCollective : ICollective
{
    private const long MoreThanAnyGroup = 1_000_000_000;

    private static readonly TimeSpan _longestGoodbye = TimeSpan.FromSeconds(1);
    private static readonly Lazy<(GlooLibrary? Library, string Reason)> Checked = new(OpenAndCheck);

    private readonly GlooLibrary _library;
    private nint _store;
    private nint _group;
    private bool _isDisposed;

    private GlooCollective(GlooLibrary library, nint store, nint group, int rank, int size)
    {
        _library = library;
        _store = store;
        _group = group;
        Rank = rank;
        Size = size;
    }

    public int Rank { get; }

    public int Size { get; }

    /// <summary>Whether this process can form groups: known platform and libtorch, all functions there, and a group of one adds up right. Checked once.</summary>
    /// <param name="reason">Why not, and what to do.</param>
    public static bool IsAvailable(out string reason)
    {
        reason = Checked.Value.Reason;
        return Checked.Value.Library is not null;
    }

    /// <summary>As <see cref="IsAvailable(out string)"/> would answer were libtorch of that version.</summary>
    internal static bool IsAvailable(Version libtorch, out string reason)
    {
        bool isOpen = GlooLibrary.Open(out string why, libtorch) is not null;
        reason = isOpen ? "" : Advice(why);
        return isOpen;
    }

    /// <summary>Takes the port of rank 0 before the others are told of it. Give the socket to <see cref="Join"/>, which ends it.</summary>
    /// <param name="host">This machine's name or address, as the others reach it.</param>
    /// <param name="port">0: any free one, which <see cref="Socket.LocalEndPoint"/> then tells.</param>
    /// <exception cref="RadioDiffusionException">The address is not one of this machine, or the port is taken.</exception>
    public static Socket Listen(string host, int port)
    {
        Socket? socket = null;
        try
        {
            var address = Dns.GetHostAddresses(host).OrderBy(one => one.AddressFamily).First();    // IPv4 before IPv6
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new RadioDiffusionException($"Rank 0 of a group of trainers should wait for the others at {host}:{port}, but: {e.Message}. Name an address of this machine and a free port.", e);
        }
    }

    /// <summary>Forms a group: returns when all members have come.</summary>
    /// <param name="group">Which group, and this member's place in it.</param>
    /// <param name="listener">Rank 0's socket from <see cref="Listen"/>; null: listens at the group's host and port. Disposed of here.</param>
    /// <exception cref="RadioDiffusionException">Gloo is not available, the group is ill described, or not all members came in time.</exception>
    public static GlooCollective Join(GlooGroup group, Socket? listener = null)
    {
        using var toEnd = listener;
        group.Check();
        if (!IsAvailable(out string reason))
            throw new RadioDiffusionException(reason);
        return Join(Checked.Value.Library!, group, listener);
    }

    public bool SumInPlace(Tensor flat, TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        FlatTensor.Check(flat);
        if (_group == 0)
            return false;
        nint work = _library.BeginSum(_group, flat, timeout);
        if (IsOver(work, timeout) && _library.IsSuccess(work))
        {
            CppObject.Release(work);
            return true;
        }
        Abandon(work);
        return false;
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        CppObject.Release(_group);
        CppObject.Release(_store);
    }

    private static (GlooLibrary? Library, string Reason) OpenAndCheck()
    {
        if (GlooLibrary.Open(out string why) is not { } library)
            return (null, Advice(why));
        return AddsUpAlone(library, out why) ? (library, "") : (null, Advice(why));
    }

    private static string Advice(string why) => $"Trainers cannot add up their gradients with Gloo here: {why}. Train in one process, or with local steps (DiLoCo), which needs no group.";

    /// <summary>A group of one, with a store of its own, adds up a known vector: every layout that we rely on is met before other processes depend on it.</summary>
    private static bool AddsUpAlone(GlooLibrary library, out string why)
    {
        why = "a group of one should leave a vector as it is, but did not";
        using var socket = Listen("127.0.0.1", 0);
        var alone = new GlooGroup { Key = "self-check", Rank = 0, Size = 1, Port = ((IPEndPoint)socket.LocalEndPoint!).Port };
        try
        {
            using var collective = Join(library, alone, socket);
            using var scope = NewDisposeScope();
            float[] numbers = [.. Enumerable.Range(0, 1000)];
            var vector = tensor(numbers);
            return collective.SumInPlace(vector, TimeSpan.FromSeconds(10)) && vector.data<float>().ToArray().AsSpan().SequenceEqual(numbers);
        }
        catch (RadioDiffusionException e)
        {
            why = e.Message;
            return false;
        }
    }

    private static GlooCollective Join(GlooLibrary library, GlooGroup group, Socket? listener)
    {
        long began = Stopwatch.GetTimestamp();
        if (library.NewOptions(group.Interface, group.JoinTimeout) is not { } options)
            throw new RadioDiffusionException("the options of a Gloo group should be one object with one owner, but are not");
        nint tcpStore = 0;
        try
        {
            if (group.Rank == 0)
            {
                using var own = listener ?? Listen(group.Host, group.Port);
                tcpStore = library.NewTcpStore(group.Host, group.Port, Duplicate(own), group.Size, group.JoinTimeout);
                WaitForAll(library, tcpStore, group, began, store: null);
            }
            else
            {
                using var store = Connect(group, began);
                tcpStore = library.NewTcpStore(group.Host, group.Port, null, group.Size, group.JoinTimeout);
                WaitForAll(library, tcpStore, group, began, store);
            }
        }
        catch
        {
            CppObject.Release(options);
            CppObject.Release(tcpStore);
            throw;
        }
        nint part = library.NewPrefixStore(group.Key, tcpStore);
        return new GlooCollective(library, part, library.NewGroup(part, group.Rank, group.Size, options), group.Rank, group.Size);
    }

    /// <summary>A descriptor of the socket that the store may close.</summary>
    private static int Duplicate(Socket socket)
    {
        const int DuplicateAndCloseOnExec = 1030;    // F_DUPFD_CLOEXEC of Linux
        int descriptor = FileControl((int)socket.Handle, DuplicateAndCloseOnExec, 0);
        return descriptor >= 0 ? descriptor : throw new RadioDiffusionException($"A socket cannot be handed to libtorch: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
    }

    /// <summary>A connection of our own to rank 0's store, which says nothing: it shows that the store is there, and later that it is gone.</summary>
    private static Socket Connect(GlooGroup group, long began)
    {
        while (true)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                if (socket.ConnectAsync(group.Host, group.Port).Wait(Left(group, began)))
                    return socket;
                socket.Dispose();
                throw new RadioDiffusionException(NobodyCame(group, "its port does not answer"));
            }
            catch (AggregateException e) when (e.InnerException is SocketException reason)
            {
                socket.Dispose();
                if (Left(group, began) == TimeSpan.Zero)
                    throw new RadioDiffusionException(NobodyCame(group, reason.Message), reason);
                Thread.Sleep(50);    // rank 0 may still be starting
            }
        }
    }

    private static string NobodyCame(GlooGroup group, string reason) => $"Rank {group.Rank} of the group {group.Key} should find rank 0 at {group.Host}:{group.Port} within {group.JoinTimeout.TotalSeconds:0.#} s, "
        + $"but: {reason}. Is its process running, and does a firewall let the port through?";

    /// <summary>Each member counts itself in the store and waits until all have: only then are they connected, since a member that is missing then would end the process.</summary>
    private static void WaitForAll(GlooLibrary library, nint tcpStore, GlooGroup group, long began, Socket? store)
    {
        string counter = $"members of {group.Key}";
        long members = library.Add(tcpStore, counter, 1);
        for (; members < group.Size; members = library.Add(tcpStore, counter, 0))
        {
            if (members < 0)
            {
                library.Add(tcpStore, LeaversOf(group), 1);
                throw new RadioDiffusionException(NobodyCame(group, "it was there and has ended"));
            }
            if (Left(group, began) == TimeSpan.Zero)
            {
                if (store is null)
                    SendAway(library, tcpStore, group, counter, members - 1);
                throw new RadioDiffusionException($"The group {group.Key} should have {group.Size} members, but within {group.JoinTimeout.TotalSeconds:0.#} s only {members} came to {group.Host}:{group.Port}.");
            }
            if (store is null)
                Thread.Sleep(5);
            else if (store.Poll(TimeSpan.FromMilliseconds(5), SelectMode.SelectRead))
                throw new RadioDiffusionException(NobodyCame(group, "it was there and has ended"));
        }
        if (members > group.Size)
            throw new RadioDiffusionException($"The group {group.Key} should have {group.Size} members, but {members} came to {group.Host}:{group.Port}. Every group needs a key of its own.");
    }

    /// <summary>Rank 0 gives up: it takes its store away only when those who came know, since a question to a store that is gone ends the process that asks.</summary>
    private static void SendAway(GlooLibrary library, nint tcpStore, GlooGroup group, string counter, long others)
    {
        long began = Stopwatch.GetTimestamp();
        library.Add(tcpStore, counter, -MoreThanAnyGroup);
        while (library.Add(tcpStore, LeaversOf(group), 0) < others && Stopwatch.GetElapsedTime(began) < _longestGoodbye)
            Thread.Sleep(5);
    }

    private static string LeaversOf(GlooGroup group) => $"leavers of {group.Key}";

    private static TimeSpan Left(GlooGroup group, long began)
    {
        var left = group.JoinTimeout - Stopwatch.GetElapsedTime(began);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Asks until it is over or the time is: at first all the time, then in pauses of a 32nd of the time so far, 20 to 1000 microseconds.</summary>
    private bool IsOver(nint work, TimeSpan timeout)
    {
        long began = Stopwatch.GetTimestamp();
        while (!_library.IsCompleted(work))
        {
            var elapsed = Stopwatch.GetElapsedTime(began);
            if (elapsed > timeout)
                return false;
            if (elapsed < TimeSpan.FromMicroseconds(20))
                Thread.SpinWait(20);
            else
                _ = SleepMicroseconds((uint)Math.Clamp(elapsed.TotalMicroseconds / 32, 20, 1000));
        }
        return true;
    }

    /// <summary>
    /// Leaves the group. Its connections close, which tells the other members; but only once the operation, which Gloo itself ends at its own time-out, no longer writes
    /// into the tensor, whose storage it holds until then. If it never ends, it stays in memory.
    /// </summary>
    private void Abandon(nint work)
    {
        var (library, group, store) = (_library, _group, _store);
        _group = _store = 0;
        new Thread(() =>
        {
            while (!library.IsCompleted(work))
                Thread.Sleep(20);
            CppObject.Release(work);
            CppObject.Release(group);
            CppObject.Release(store);
        })
        { IsBackground = true, Name = "Abandoned Gloo group" }.Start();
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int SleepMicroseconds(uint microseconds);
}
