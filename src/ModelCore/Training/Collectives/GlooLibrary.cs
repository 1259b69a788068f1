using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training.Collectives;

/// <summary>
/// PyTorch's c10d with Gloo inside the libtorch that TorchSharp has loaded, through its exported C++ symbols. A mangled name holds the types of all arguments, so a function
/// with other arguments is one that is missing; offsets within objects hold for one version only, which <see cref="WhyUnavailable"/> checks.
/// </summary>
/// <remarks>
/// torch/csrc/distributed/c10d of PyTorch 2.10.0: TCPStore.hpp, PrefixStore.hpp, ProcessGroupGloo.hpp, Types.hpp, Work.hpp. A C++ exception that reaches us ends the process,
/// so whatever is likely to fail is tried before, and Work::wait, which throws, is never called.
/// </remarks>
internal sealed unsafe class GlooLibrary
{
    public static readonly Version SupportedVersion = new(2, 10, 0);

    private const string Text = "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE";
    private const string Store = "N3c1013intrusive_ptrINS_5StoreENS1_6detail34intrusive_target_default_null_typeIS3_EEEE";

    private readonly delegate* unmanaged<byte*, byte*, byte, void> _setEnvironment;
    private readonly delegate* unmanaged<nint, nint, nint, void> _constructTcpStore;
    private readonly delegate* unmanaged<nint, nint, long, long> _add;
    private readonly delegate* unmanaged<nint, nint, nint*, void> _constructPrefixStore;
    private readonly delegate* unmanaged<nint*, long, nint*> _createOptions;
    private readonly delegate* unmanaged<nint, nint*, int, int, nint*, void> _constructGroup;
    private readonly delegate* unmanaged<nint*, nint, nint*, nint, nint*> _allReduce;
    private readonly delegate* unmanaged<nint, byte> _isCompleted;
    private readonly delegate* unmanaged<nint, byte> _isSuccess;
    private readonly Lock _environment = new();

    private GlooLibrary(nint torch, nint c10)
    {
        _setEnvironment = (delegate* unmanaged<byte*, byte*, byte, void>)NativeLibrary.GetExport(c10, "_ZN3c105utils7set_envEPKcS2_b");
        _constructTcpStore = (delegate* unmanaged<nint, nint, nint, void>)NativeLibrary.GetExport(torch, $"_ZN4c10d8TCPStoreC1E{Text}RKNS_15TCPStoreOptionsE");
        _add = (delegate* unmanaged<nint, nint, long, long>)NativeLibrary.GetExport(torch, $"_ZN4c10d8TCPStore3addERK{Text}l");
        _constructPrefixStore = (delegate* unmanaged<nint, nint, nint*, void>)NativeLibrary.GetExport(torch,
            $"_ZN4c10d11PrefixStoreC1E{Text}N3c1013intrusive_ptrINS_5StoreENS7_6detail34intrusive_target_default_null_typeIS9_EEEE");
        _createOptions = (delegate* unmanaged<nint*, long, nint*>)NativeLibrary.GetExport(torch,
            "_ZN4c10d16ProcessGroupGloo7Options14create_defaultENSt6chrono8durationIlSt5ratioILl1ELl1000EEEE");
        _constructGroup = (delegate* unmanaged<nint, nint*, int, int, nint*, void>)NativeLibrary.GetExport(torch,
            $"_ZN4c10d16ProcessGroupGlooC1ERK{Store}iiNS2_INS0_7OptionsENS5_ISA_EEEE");
        _allReduce = (delegate* unmanaged<nint*, nint, nint*, nint, nint*>)NativeLibrary.GetExport(torch,
            "_ZN4c10d16ProcessGroupGloo9allreduceERSt6vectorIN2at6TensorESaIS3_EERKNS_16AllreduceOptionsE");
        _isCompleted = (delegate* unmanaged<nint, byte>)NativeLibrary.GetExport(torch, "_ZN4c10d4Work11isCompletedEv");
        _isSuccess = (delegate* unmanaged<nint, byte>)NativeLibrary.GetExport(torch, "_ZNK4c10d4Work9isSuccessEv");
    }

    /// <summary>The library that this process has, if it is one that we know.</summary>
    /// <param name="reason">Why it is not.</param>
    /// <param name="pretendedVersion">For tests: checked instead of the library's version.</param>
    public static GlooLibrary? Open(out string reason, Version? pretendedVersion = null)
    {
        reason = "";
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            reason = $"it is known on Linux on x64 only, and this is {RuntimeInformation.RuntimeIdentifier}";
            return null;
        }
        zeros(1).Dispose();    // TorchSharp loads libtorch, from wherever it is
        if (!NativeLibrary.TryLoad("libtorch_cpu.so", out nint torch) || !NativeLibrary.TryLoad("libc10.so", out nint c10))
        {
            reason = "the libtorch_cpu.so and libc10.so that TorchSharp has loaded are not found under these names";
            return null;
        }
        var version = pretendedVersion ?? VersionOf(torch);
        if (version != SupportedVersion)
        {
            reason = $"libtorch should be {SupportedVersion}, whose C++ objects are known, but it is {version?.ToString() ?? "of a version that it does not tell"}";
            return null;
        }
        try
        {
            return new GlooLibrary(torch, c10);
        }
        catch (EntryPointNotFoundException missing)
        {
            reason = $"libtorch lacks a function: {missing.Message}";
            return null;
        }
    }

    /// <summary>The version that headers of stable ABI are compiled with: major, minor, patch from the highest byte down.</summary>
    private static Version? VersionOf(nint torch)
    {
        if (!NativeLibrary.TryGetExport(torch, "aoti_torch_abi_version", out nint function))
            return null;
        ulong version = ((delegate* unmanaged<ulong>)function)();
        return new Version((byte)(version >> 56), (byte)(version >> 48), (byte)(version >> 40));
    }

    /// <summary>The store where members find each other: rank 0 serves it, the others connect.</summary>
    /// <param name="host">Rank 0's host.</param>
    /// <param name="port">Its port.</param>
    /// <param name="listener">Descriptor of rank 0's listening socket, which the store closes in the end; null: connect.</param>
    /// <param name="size">Number of members.</param>
    /// <param name="timeout">For each request.</param>
    public nint NewTcpStore(string host, int port, int? listener, int size, TimeSpan timeout)
    {
        byte* options = stackalloc byte[64];    // TCPStoreOptions
        new Span<byte>(options, 64).Clear();
        *(ushort*)options = (ushort)port;
        options[2] = listener is null ? (byte)0 : (byte)1;    // isServer
        *(long*)(options + 8) = size;                         // numWorkers
        options[16] = 1;                                      // it has a value
        options[24] = 0;                                      // waitWorkers
        *(long*)(options + 32) = Milliseconds(timeout);
        options[40] = 0;                                      // multiTenant
        *(int*)(options + 44) = listener ?? 0;                // masterListenFd
        options[48] = listener is null ? (byte)0 : (byte)1;   // it has a value
        options[52] = 1;                                      // useLibUV
        nint store = CppObject.Allocate(), name = CppObject.NewString(host);
        _constructTcpStore(store, name, (nint)options);
        CppObject.FreeString(name);
        CppObject.CountOf(store) = CppObject.OneOwner;
        return store;
    }

    /// <summary>Adds to a counter in the store.</summary>
    /// <returns>Its new value.</returns>
    public long Add(nint tcpStore, string key, long amount)
    {
        nint name = CppObject.NewString(key);
        long value = _add(tcpStore, name, amount);
        CppObject.FreeString(name);
        return value;
    }

    /// <summary>The part of a store whose keys begin so.</summary>
    /// <param name="prefix">Their beginning.</param>
    /// <param name="store">The whole; the part takes it over.</param>
    public nint NewPrefixStore(string prefix, nint store)
    {
        nint part = CppObject.Allocate(), name = CppObject.NewString(prefix), whole = store;
        _constructPrefixStore(part, name, &whole);
        CppObject.FreeString(name);
        CppObject.Release(whole);    // null once it has been moved
        CppObject.CountOf(part) = CppObject.OneOwner;
        return part;
    }

    /// <summary>ProcessGroupGloo::Options as PyTorch fills them in, with the device of a network interface. Null where the object looks otherwise than it should.</summary>
    public nint? NewOptions(string networkInterface, TimeSpan timeout)
    {
        nint options = 0;
        lock (_environment)    // the one way to name an interface that needs no further layouts; c10 reads and writes it under a lock of its own
        {
            fixed (byte* name = "GLOO_SOCKET_IFNAME\0"u8, value = System.Text.Encoding.UTF8.GetBytes(networkInterface + "\0"))
                _setEnvironment(name, value, 1);
            _createOptions(&options, Milliseconds(timeout));
        }
        return options != 0 && CppObject.CountOf(options) == CppObject.OneOwner ? options : null;
    }

    /// <summary>Connects all members with each other.</summary>
    /// <param name="store">Where they find each other; stays the caller's.</param>
    /// <param name="rank">Which member this is.</param>
    /// <param name="size">How many there are.</param>
    /// <param name="options">From <see cref="NewOptions"/>; the group takes them over.</param>
    public nint NewGroup(nint store, int rank, int size, nint options)
    {
        nint group = CppObject.Allocate();
        _constructGroup(group, &store, rank, size, &options);
        CppObject.Release(options);    // null once they have been moved
        CppObject.CountOf(group) = CppObject.OneOwner;
        return group;
    }

    /// <summary>Begins to add up; the operation holds the tensor's storage until it is over.</summary>
    /// <returns>The operation: a Work.</returns>
    public nint BeginSum(nint group, Tensor flat, TimeSpan timeout)
    {
        nint work = 0;
        nint tensor = *(nint*)flat.Handle;     // at::Tensor is one pointer
        nint* tensors = stackalloc nint[3];    // std::vector: begin, end, end of room
        tensors[0] = (nint)(&tensor);
        tensors[1] = tensors[2] = (nint)(&tensor + 1);
        byte* options = stackalloc byte[128];    // AllreduceOptions
        new Span<byte>(options, 128).Clear();    // in front a ReduceOp, of which no virtual function is called: operation 0 at 16 is the sum, no supplement at 24
        *(long*)(options + 32) = Milliseconds(timeout);
        options[40] = 1;    // asyncOp
        _allReduce(&work, group, tensors, (nint)options);
        GC.KeepAlive(flat);
        return work;
    }

    public bool IsCompleted(nint work) => _isCompleted(work) != 0;

    public bool IsSuccess(nint work) => _isSuccess(work) != 0;

    private static long Milliseconds(TimeSpan time) => Math.Max(1, (long)time.TotalMilliseconds);
}
