using System.Runtime.Intrinsics;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Networks.Cpu;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Networks.Cpu;

/// <summary>The network's own computation on a processor against the same network on libtorch.</summary>
public class CpuUNetTests
{
    private static readonly NetworkOptions _small = new() { ImageSize = 24, InitialChannels = 32, ContextDimension = 1, ClassCount = 3 };

    public static TheoryData<string> Shapes => [.. Shaped.Keys];

    private static Dictionary<string, NetworkOptions> Shaped { get; } = new()
    {
        ["three levels, lines of 24, 12 and 6 pixels"] = _small,
        ["lines of 40, 20 and 10 pixels"] = _small with { ImageSize = 40, ClassCount = 0 },
        ["16 and 48 channels, groups of more than one"] = _small with { InitialChannels = 16, ChannelMultipliers = [1, 3, 4], NormGroups = 8, AttentionLevels = 1 },
        ["one level, three image channels"] = _small with { ImageSize = 11, ChannelMultipliers = [1], ImageChannels = 3, AttentionLevels = 1, ResidualBlocks = 1 },
        ["attention everywhere, heads of 16"] = _small with { ImageSize = 16, AttentionLevels = 3, AttentionHeads = 3, AttentionHeadChannels = 16 },
        ["no attention but in the middle, four levels"] = _small with { ImageSize = 32, ChannelMultipliers = [1, 1, 2, 2], AttentionLevels = 0, ResidualBlocks = 1 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_OfAnyShape_GivesWhatLibtorchGives(string shape)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        var options = Shaped[shape];
        using var network = Random(options);
        var (x, sigma, conditions) = Inputs(options, 3);
        var expected = network.forward(x, sigma, conditions);

        var actual = OnCpu(network, x, sigma, conditions, threads: 2);

        double scale = expected.std().item<float>();
        Assert.True(scale > 0.01);
        double difference = (actual - expected).abs().max().item<float>();
        Assert.True(difference < 2e-4 * scale, $"differs by {difference:g3} of {scale:g3}");
    }

    [Fact]
    public void Forward_OfALargeImageOnSomeThreads_GivesTheSameBits()
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        var options = _small with { ImageSize = 80, InitialChannels = 64, ChannelMultipliers = [1], ResidualBlocks = 1, AttentionLevels = 0 };
        using var network = Random(options);
        var (x, sigma, conditions) = Inputs(options, 1);
        float[] alone = Numbers(OnCpu(network, x, sigma, conditions, threads: 1));
        Assert.Equal(alone, Numbers(OnCpu(network, x, sigma, conditions, threads: 3)));
    }

    [Fact]
    public void Forward_InAnyBatchOnAnyThreads_GivesTheSameBits()
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        using var network = Random(_small);
        var (x, sigma, conditions) = Inputs(_small, 7);
        float[] together = Numbers(OnCpu(network, x, sigma, conditions, threads: 3));
        float[] alone = Numbers(OnCpu(network, x[2..3], sigma[2..3], new Conditions(conditions.Context![2..3], null, conditions.Labels![2..3]), threads: 1));
        float[] shared = Numbers(OnCpu(network, x[2..3], sigma[2..3], new Conditions(conditions.Context![2..3], null, conditions.Labels![2..3]), threads: 5));
        Assert.Equal(alone, together.AsSpan(2 * alone.Length, alone.Length));
        Assert.Equal(alone, shared);
    }

    [Fact]
    public void PrepareForSampling_ByPrecisionAndChannels_TakesItWhereItCan()
    {
        using var scope = NewDisposeScope();
        using var single = Random(_small);
        using var half = Random(_small);
        using var odd = Random(_small with { InitialChannels = 24, NormGroups = 8, ChannelMultipliers = [1, 4, 4], ImageSize = 16 });
        long plain = single.Bytes, oddPlain = odd.Bytes;
        single.PrepareForSampling();
        half.PrepareForSampling(ScalarType.BFloat16);
        odd.PrepareForSampling();
        Assert.Equal(Vector512.IsHardwareAccelerated, single.Bytes > plain);
        Assert.True(half.Bytes < plain);
        Assert.Equal(oddPlain, odd.Bytes);
    }

    [Fact]
    public void Exp_OverItsRange_IsRightToTwoUnits()
    {
        for (double x = -87; x <= 88; x += 0.00137)
        {
            float given = (float)x, actual = Elementwise.Exp(Vector512.Create(given))[5];
            float expected = (float)Math.Exp(given);
            Assert.True(Math.Abs((double)actual - expected) <= 2 * (MathF.BitIncrement(expected) - expected), $"exp({given}) is {expected:r}, not {actual:r}");
        }
        Assert.Equal(MathF.Exp(-87), Elementwise.Exp(Vector512.Create(-1000f))[0], 1e-43f);
        Assert.True(float.IsFinite(Elementwise.Exp(Vector512.Create(1000f))[0]));
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 4)]
    [InlineData(100, 4)]
    [InlineData(100, 1)]
    public void Workers_OnSomeThreads_DoEveryNumberOnce(int count, int threads)
    {
        int[] done = new int[count];
        Workers.Run(count, threads, i => Interlocked.Increment(ref done[i]));
        Assert.All(done, times => Assert.Equal(1, times));
    }

    [Fact]
    public void Workers_WhereOneFails_TellItAndGoOnWorking()
    {
        var error = Assert.Throws<AggregateException>(() => Workers.Run(10, 3, i => _ = i == 7 ? throw new InvalidOperationException("seven") : i));
        Assert.Equal("seven", Assert.Single(error.InnerExceptions).Message);
        int sum = 0;
        Workers.Run(10, 3, i => Interlocked.Add(ref sum, i));
        Assert.Equal(45, sum);
    }

    /// <summary>The same network with its trunk on the processor, whether that is fast here or not; the network itself stays as it is.</summary>
    private static Tensor OnCpu(EdmPreconditioning network, Tensor x, Tensor sigma, Conditions conditions, int threads)
    {
        using var copy = new EdmPreconditioning(network.Options);
        foreach (var (name, parameter) in copy.named_parameters())
            parameter.copy_(network.get_parameter(name)!);
        var unet = (UNet)copy.named_children().Single(child => child.name == "model").module;
        unet.PrepareForSampling(ScalarType.Float32, isOnCpu: true);
        int before = get_num_threads();
        try
        {
            set_num_threads(threads);
            return copy.forward(x, sigma, conditions);
        }
        finally
        {
            set_num_threads(before);
        }
    }

    private static (Tensor X, Tensor Sigma, Conditions Conditions) Inputs(NetworkOptions options, int count)
    {
        using var generator = new Generator(17);
        var x = randn([count, options.ImageChannels, options.ImageSize, options.ImageSize], generator: generator);
        var sigma = linspace(0.02, 3, count);
        return (x, sigma, new Conditions(randn([count, options.ContextDimension], generator: generator), null,
            options.ClassCount == 0 ? null : nn.functional.one_hot(arange(count) % options.ClassCount, options.ClassCount).to(ScalarType.Float32)));
    }

    private static EdmPreconditioning Random(NetworkOptions options)
    {
        using var generator = new Generator(4);
        using var noGradient = no_grad();
        var network = new EdmPreconditioning(options);
        foreach (var (name, parameter) in network.named_parameters())
            parameter.copy_(randn(parameter.shape, generator: generator) * 0.2 + (parameter.dim() == 1 && name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0));
        return network;
    }

    private static float[] Numbers(Tensor tensor) => tensor.contiguous().data<float>().ToArray();
}
