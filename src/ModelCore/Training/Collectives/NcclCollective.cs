using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training.Collectives;

/// <summary>A group of processes, each with one GPU (cuda:0 of its own), that add up with NCCL. Used by one thread.</summary>
/// <remarks>
/// Not run on a GPU yet: no machine that this project was built on had one. NCCL's C API (docs.nvidia.com/deeplearning/nccl, "API") returns error codes, so nothing ends the process.
/// NCCL and the CUDA runtime are taken from libtorch_cuda or from what it was linked to, otherwise from libnccl.so.2. All work goes to the default stream, which is the only one
/// that TorchSharp uses.
/// </remarks>
public sealed unsafe class NcclCollective : ICollective
{
    private const int Success = 0;
    private const int InProgress = 7;             // ncclInProgress
    private const int Float32 = 7, Float64 = 8;   // ncclDataType_t
    private const int Sum = 0;                    // ncclRedOp_t
    private const int NotReady = 600;             // cudaErrorNotReady
    private const string Advice = "Train in one process, with Gloo on CPUs, or with local steps (DiLoCo), which needs no group.";

    private readonly Library _library;
    private nint _communicator;

    private NcclCollective(Library library, nint communicator, int rank, int size)
    {
        _library = library;
        _communicator = communicator;
        Rank = rank;
        Size = size;
    }

    public int Rank { get; }

    public int Size { get; }

    /// <summary>Whether this process has a GPU and NCCL.</summary>
    /// <param name="reason">Why not, and what to do.</param>
    public static bool IsAvailable(out string reason) => Library.Open(out reason) is not null;

    /// <summary>Rank 0 makes this for a new group and hands it to the others: 128 bytes, for one <see cref="Join"/> each.</summary>
    /// <exception cref="RadioDiffusionException">NCCL is not available, or refuses.</exception>
    public static byte[] NewGroupId()
    {
        var library = Library.Open(out string reason) ?? throw new RadioDiffusionException(reason);
        UniqueId id;
        library.Require(library.GetUniqueId(&id), "make the ID of a group");
        return new Span<byte>(&id, sizeof(UniqueId)).ToArray();
    }

    /// <summary>Forms a group: returns when all members have come.</summary>
    /// <param name="groupId">From rank 0's <see cref="NewGroupId"/>.</param>
    /// <param name="rank">Which member this is, from 0.</param>
    /// <param name="size">How many there are.</param>
    /// <param name="timeout">How long to wait. Afterwards one thread still waits, until the process ends.</param>
    /// <exception cref="RadioDiffusionException">NCCL is not available or refuses, or not all members came in time.</exception>
    public static NcclCollective Join(byte[] groupId, int rank, int size, TimeSpan timeout)
    {
        var library = Library.Open(out string reason) ?? throw new RadioDiffusionException(reason);
        ArgumentOutOfRangeException.ThrowIfNotEqual(groupId.Length, sizeof(UniqueId));
        var id = MemoryMarshal.Read<UniqueId>(groupId);
        nint communicator = 0;
        int result = Success;
        var joining = new Thread(() =>
        {
            nint made = 0;
            result = library.CommInitRank(&made, size, id, rank);
            communicator = made;
        })
        { IsBackground = true, Name = "NCCL" };
        joining.Start();
        if (!joining.Join(timeout))
            throw new RadioDiffusionException($"The {size} members of a NCCL group should come within {timeout.TotalSeconds:0.#} s, but rank {rank} waited in vain.");
        library.Require(result, $"join a group as rank {rank} of {size}");
        return new NcclCollective(library, communicator, rank, size);
    }

    public bool SumInPlace(Tensor flat, TimeSpan timeout)
    {
        FlatTensor.Check(flat, DeviceType.CUDA);
        if (_communicator == 0)
            return false;
        nint data;
        _ = _library.GetDataPointer(flat.Handle, &data);
        int type = flat.dtype == ScalarType.Float32 ? Float32 : Float64;
        int result = _library.AllReduce(data, data, (nuint)flat.numel(), type, Sum, _communicator, 0);
        if ((result == Success || result == InProgress) && IsOver(timeout))
        {
            GC.KeepAlive(flat);
            return true;
        }
        _ = _library.CommAbort(_communicator);    // ends the kernel that waits for the others
        _communicator = 0;
        GC.KeepAlive(flat);
        return false;
    }

    public void Dispose()
    {
        if (_communicator != 0)
            _ = _library.CommDestroy(_communicator);
        _communicator = 0;
    }

    /// <summary>Asks the stream and the communicator in turn, since a lost member leaves the stream waiting.</summary>
    private bool IsOver(TimeSpan timeout)
    {
        long began = Stopwatch.GetTimestamp();
        while (_library.StreamQuery(0) is var state && state != Success)
        {
            int error;
            bool isSound = _library.CommGetAsyncError(_communicator, &error) == Success && (error == Success || error == InProgress);
            if (state != NotReady || !isSound || Stopwatch.GetElapsedTime(began) > timeout)
                return false;
            Thread.Yield();
        }
        return true;
    }

    private struct UniqueId
    {
        public fixed byte Bytes[128];
    }

    private sealed class Library
    {
        public readonly delegate* unmanaged<UniqueId*, int> GetUniqueId;
        public readonly delegate* unmanaged<nint*, int, UniqueId, int, int> CommInitRank;
        public readonly delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> AllReduce;
        public readonly delegate* unmanaged<nint, int*, int> CommGetAsyncError;
        public readonly delegate* unmanaged<nint, int> CommAbort;
        public readonly delegate* unmanaged<nint, int> CommDestroy;
        public readonly delegate* unmanaged<nint, int> StreamQuery;
        public readonly delegate* unmanaged<nint, nint*, int> GetDataPointer;
        private readonly delegate* unmanaged<int, nint> _getErrorString;

        private Library(nint nccl, nint cuda, nint torch)
        {
            GetUniqueId = (delegate* unmanaged<UniqueId*, int>)NativeLibrary.GetExport(nccl, "ncclGetUniqueId");
            CommInitRank = (delegate* unmanaged<nint*, int, UniqueId, int, int>)NativeLibrary.GetExport(nccl, "ncclCommInitRank");
            AllReduce = (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)NativeLibrary.GetExport(nccl, "ncclAllReduce");
            CommGetAsyncError = (delegate* unmanaged<nint, int*, int>)NativeLibrary.GetExport(nccl, "ncclCommGetAsyncError");
            CommAbort = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(nccl, "ncclCommAbort");
            CommDestroy = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(nccl, "ncclCommDestroy");
            _getErrorString = (delegate* unmanaged<int, nint>)NativeLibrary.GetExport(nccl, "ncclGetErrorString");
            StreamQuery = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(cuda, "cudaStreamQuery");
            GetDataPointer = (delegate* unmanaged<nint, nint*, int>)NativeLibrary.GetExport(torch, "aoti_torch_get_data_ptr");
        }

        public static Library? Open(out string reason)
        {
            reason = "";
            if (!OperatingSystem.IsLinux() || !cuda.is_available())
            {
                reason = $"Trainers cannot add up their gradients with NCCL here: it needs Linux, a GPU and the CUDA build of libtorch. {Advice}";
                return null;
            }
            if (!NativeLibrary.TryLoad("libtorch_cuda.so", out nint torchCuda) || !NativeLibrary.TryLoad("libtorch_cpu.so", out nint torch))
            {
                reason = $"Trainers cannot add up their gradients with NCCL here: the libtorch that TorchSharp has loaded is not found as libtorch_cuda.so and libtorch_cpu.so. {Advice}";
                return null;
            }
            if (!NativeLibrary.TryGetExport(torchCuda, "ncclAllReduce", out _) && NativeLibrary.TryLoad("libnccl.so.2", out nint separate))
                return Open(separate, torchCuda, torch, out reason);
            return Open(torchCuda, torchCuda, torch, out reason);
        }

        public void Require(int result, string what)
        {
            if (result != Success)
                throw new RadioDiffusionException($"NCCL should {what}, but says: {Marshal.PtrToStringUTF8(_getErrorString(result))} ({result}). NCCL_DEBUG=INFO tells more.");
        }

        private static Library? Open(nint nccl, nint cuda, nint torch, out string reason)
        {
            try
            {
                reason = "";
                return new Library(nccl, cuda, torch);
            }
            catch (EntryPointNotFoundException missing)
            {
                reason = $"Trainers cannot add up their gradients with NCCL here: a function is neither in libtorch_cuda.so nor in libnccl.so.2 ({missing.Message}). {Advice}";
                return null;
            }
        }
    }
}
