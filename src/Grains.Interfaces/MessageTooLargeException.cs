using System.Globalization;

namespace RadioDiffusion.Grains.Interfaces;

/// <summary>A request or an answer of more than 1 MB: a mistake in a program, since messages carry names and artifacts carry bytes.</summary>
[GenerateSerializer, Alias("RadioDiffusion.MessageTooLargeException")]
public sealed class MessageTooLargeException : Exception
{
    internal MessageTooLargeException(string what, string grain, string method, long bytes)
        : base(string.Create(CultureInfo.InvariantCulture,
            $"The {what} grain '{grain}', {method}, should have {MessageSizeGuard.Limit} bytes at most, but it has {bytes}: put the bytes into an artifact and send its ID."))
    {
        Grain = grain;
        Method = method;
        Bytes = bytes;
    }

    /// <summary>The grain that was called.</summary>
    [Id(0)]
    public string Grain { get; private set; }

    /// <summary>Interface and method.</summary>
    [Id(1)]
    public string Method { get; private set; }

    /// <summary>Size of the message.</summary>
    [Id(2)]
    public long Bytes { get; private set; }
}
