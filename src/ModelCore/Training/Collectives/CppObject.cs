using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace RadioDiffusion.ModelCore.Training.Collectives;

/// <summary>C++ objects of libtorch as libstdc++ on x86-64 lays them out (Itanium C++ ABI).</summary>
internal static unsafe class CppObject
{
    /// <summary>The count of a new object that one pointer owns: strong count in the low half, weak count in the high half (c10::intrusive_ptr_target).</summary>
    public const long OneOwner = 0x1_0000_0001;

    private const long WeakOne = 0x1_0000_0000;

    /// <summary>Room for an object that libtorch constructs; more than any of them needs, all zero. libtorch frees it, or <see cref="NativeMemory.Free"/>.</summary>
    public static nint Allocate() => (nint)NativeMemory.AllocZeroed(8192);

    public static ref long CountOf(nint target) => ref Unsafe.AsRef<long>((void*)(target + 8));

    /// <summary>Gives up one intrusive_ptr: at the last the object frees what it holds and is deleted.</summary>
    public static void Release(nint target)
    {
        if (target == 0 || (uint)Interlocked.Decrement(ref CountOf(target)) != 0)
            return;
        var functions = *(nint**)target;
        ((delegate* unmanaged<nint, void>)functions[2])(target);     // release_resources
        if (Interlocked.Add(ref CountOf(target), -WeakOne) == 0)
            ((delegate* unmanaged<nint, void>)functions[1])(target); // deleting destructor
    }

    /// <summary>A std::string of 32 bytes: {characters, length, 16 bytes for short ones or the capacity}. <see cref="FreeString"/> ends it.</summary>
    public static nint NewString(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var words = (nint*)NativeMemory.AllocZeroed(32);
        nint characters = (nint)(words + 2);
        if (bytes.Length > 15)
        {
            characters = (nint)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            words[2] = bytes.Length;
        }
        words[0] = characters;
        words[1] = bytes.Length;
        Marshal.Copy(bytes, 0, characters, bytes.Length);
        return (nint)words;
    }

    /// <summary>Frees a string. One that was moved from has its characters in itself again.</summary>
    public static void FreeString(nint text)
    {
        var words = (nint*)text;
        if (words[0] != (nint)(words + 2))
            NativeMemory.Free((void*)words[0]);
        NativeMemory.Free(words);
    }
}
