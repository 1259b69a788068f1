using System.Collections.Concurrent;
using TorchSharp;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>The constants of networks and losses, kept for as long as the program runs.</summary>
/// <remarks>
/// The implicit conversion of <c>tensor + 1</c> makes a native object that the garbage collector may free while libtorch still reads it, since TorchSharp does
/// not keep it alive for the call: an error at best, a wrong number at worst. So nothing that trains or samples converts numbers implicitly; what is no
/// constant is a tensor, or a Scalar that is disposed of after its use.
/// </remarks>
internal static class Numbers
{
    private static readonly ConcurrentDictionary<double, Scalar> _numbers = new();

    public static Scalar One { get; } = Of(1);

    public static Scalar Of(double value) => _numbers.GetOrAdd(value, number => number);
}
