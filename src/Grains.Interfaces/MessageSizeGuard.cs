using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Serialization;

namespace RadioDiffusion.Grains.Interfaces;

/// <summary>
/// Refuses requests and answers of more than 1 MB where they are made. Messages carry names and small numbers, artifacts carry bytes; one that is larger
/// than the runtime's own limit would not only fail, but take the connection between two silos with it, and everybody's calls on it.
/// </summary>
/// <remarks>
/// The size is that of the bytes that would be sent, counted by the serializer that would write them: whatever the types are, nothing is overlooked.
/// Calls within one silo are counted as well, so that a program does not first fail once it has two. Small calls cost about a microsecond
/// (tests/Benchmarks, "messages").
/// </remarks>
internal sealed class MessageSizeGuard(Serializer serializer) : IOutgoingGrainCallFilter, IIncomingGrainCallFilter
{
    /// <summary>Bytes of a request's arguments, or of an answer.</summary>
    public const long Limit = 1024 * 1024;

    /// <summary>The request, at the caller's.</summary>
    public Task Invoke(IOutgoingGrainCallContext context)
    {
        if (IsOurs(context))
            Check("request to", context, context.Request);
        return context.Invoke();
    }

    /// <summary>The answer, at the grain's.</summary>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await context.Invoke();
        if (IsOurs(context) && context.Result is { } result)
            Check("answer of", context, result);
    }

    /// <summary>Calls of our grains, and the parts of their enumerations; what the runtime says to itself is its own concern.</summary>
    private static bool IsOurs(IGrainCallContext context) =>
        context.InterfaceName.StartsWith("RadioDiffusion", StringComparison.Ordinal) || context.InterfaceName.Contains("IAsyncEnumerableGrainExtension", StringComparison.Ordinal);

    private void Check(string what, IGrainCallContext context, object message)
    {
        var counter = ByteCounter.OfThisThread();
        serializer.Serialize(message, counter);
        if (counter.Bytes > Limit)
            throw new MessageTooLargeException(what, context.TargetId.ToString(), $"{context.InterfaceName}.{context.MethodName}", counter.Bytes);
    }

    /// <summary>Counts what is written and keeps nothing: the same piece of memory is given out again and again.</summary>
    private sealed class ByteCounter : IBufferWriter<byte>
    {
        [ThreadStatic]
        private static ByteCounter? _ofThisThread;

        private byte[] _scratch = new byte[16 * 1024];

        public long Bytes { get; private set; }

        public static ByteCounter OfThisThread()
        {
            var counter = _ofThisThread ??= new ByteCounter();
            counter.Bytes = 0;
            return counter;
        }

        public void Advance(int count) => Bytes += count;

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            if (sizeHint > _scratch.Length)
                _scratch = new byte[sizeHint];
            return _scratch;
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}

/// <summary>What a client and a silo need alike, so that messages between them arrive, and those that are too large fail where they are made.</summary>
public static class MessageSafety
{
    /// <summary>Adds the guard against messages of more than 1 MB, and lets this program's errors cross the wire as they are.</summary>
    public static IServiceCollection AddMessageSafety(this IServiceCollection services) => services
        .AddSingleton<MessageSizeGuard>()
        .AddSingleton<IOutgoingGrainCallFilter>(provider => provider.GetRequiredService<MessageSizeGuard>())
        .AddSingleton<IIncomingGrainCallFilter>(provider => provider.GetRequiredService<MessageSizeGuard>())
        .Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.Add("RadioDiffusion"));
}
