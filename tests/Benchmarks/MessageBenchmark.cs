using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Serialization.Invocation;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Benchmarks;

/// <summary>What the guard against large messages costs a call, by the request's size.</summary>
internal static class MessageBenchmark
{
    private const int Calls = 200_000;
    private const int Rounds = 5;

    public static void Run()
    {
        var report = new TrainerReport { Rank = 0, Generation = 3, Iteration = 1000, TotalIterations = 5000, Loss = 0.1, ImagesPerSecond = 20, TimeLeft = TimeSpan.FromHours(1) };
        Measure("a time (ISampleGrain.GetAsync)", RequestOf<ISampleGrain>(nameof(ISampleGrain.GetAsync), TimeSpan.FromSeconds(8)), Calls);
        Measure("a trainer's report (ITrainingRunGrain.ReportAsync)", RequestOf<ITrainingRunGrain>(nameof(ITrainingRunGrain.ReportAsync), report), Calls);
        foreach (int bytes in new[] { 25_600, 1_000_000 })
            Measure($"{bytes} bytes (ISampleGrain.DeliverAsync)", RequestOf<ISampleGrain>(nameof(ISampleGrain.DeliverAsync), new byte[bytes]), Calls / 100);
    }

    private static void Measure(string name, IInvokable request, int calls)
    {
        using var services = new ServiceCollection().AddSerializer().AddMessageSafety().BuildServiceProvider();
        var guard = services.GetRequiredService<MessageSizeGuard>();
        var call = new Call(request);
        double best = double.MaxValue;
        long allocated = 0;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long began = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls; i++)
                guard.Invoke(call).GetAwaiter().GetResult();
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalMicroseconds / calls);
            allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / calls;
        }
        Console.WriteLine($"{name}: {best:0.00} us and {allocated} bytes a call");
    }

    /// <summary>The request that the generated code makes for a call.</summary>
    private static IInvokable RequestOf<T>(string method, object argument)
    {
        var request = typeof(T).Assembly.GetTypes().Where(type => typeof(IInvokable).IsAssignableFrom(type) && !type.IsAbstract)
            .Select(type => (IInvokable)Activator.CreateInstance(type, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, [], null)!)
            .Single(candidate => candidate.GetInterfaceType() == typeof(T) && candidate.GetMethodName() == method);
        request.SetArgument(0, argument);
        return request;
    }

    private sealed class Call(IInvokable request) : IOutgoingGrainCallContext
    {
        public IInvokable Request => request;

        public object Grain => this;

        public GrainId? SourceId => null;

        public GrainId TargetId => default;

        public GrainInterfaceType InterfaceType => default;

        public string InterfaceName => request.GetInterfaceName();

        public string MethodName => request.GetMethodName();

        public MethodInfo InterfaceMethod => request.GetMethod();

        public object? Result { get; set; }

        public Response? Response { get; set; }

        public IGrainContext? SourceContext => null;

        public Task Invoke() => Task.CompletedTask;
    }
}
