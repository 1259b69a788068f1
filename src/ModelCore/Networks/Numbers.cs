using System.Collections.Concurrent;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>The constants of networks and losses, kept for as long as the program runs.</summary>
/// <remarks>
/// The implicit conversion of <c>tensor + 1</c> makes a native object that the garbage collector may free while libtorch still reads it, since TorchSharp does
/// not keep it alive for the call: an error at best, a wrong number at worst. So nothing that trains or samples converts numbers implicitly; what is no
/// constant is a tensor, or a Scalar that is disposed of after its use. A sum of tensors has such a number too, the factor 1 of the second one: hence <see cref="Plus(Tensor, Tensor)"/>.
/// </remarks>
internal static class Numbers
{
    private static readonly ConcurrentDictionary<double, Scalar> _numbers = new();

    public static Scalar One { get; } = Of(1);

    public static Tensor Plus(this Tensor one, Tensor other) => one.add(other, One);

    public static Tensor Plus(this Tensor one, Scalar number) => one.add(number, One);

    /// <summary>Adds to the first tensor in place.</summary>
    public static Tensor Increase(this Tensor one, Tensor other) => one.add_(other, One);

    public static Scalar Of(double value) => _numbers.GetOrAdd(value, number => number);
}
