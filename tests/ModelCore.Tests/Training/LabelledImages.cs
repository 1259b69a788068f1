using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Training;

/// <summary>Small images of one, two or three blobs in a row, at random angles and with noise, the class being how many; and a classifier that tells them apart in seconds.</summary>
internal sealed class LabelledImages : ITrainingData
{
    private const int Side = 16;

    public static NetworkOptions Network { get; } = NetworkOptions.Preset("classifier") with
    {
        ImageSize = Side,
        InitialChannels = 16,
        ChannelMultipliers = [1, 2],
        ResidualBlocks = 1,
        ClassCount = 3,
    };

    public static TrainingOptions Options { get; } = TrainingOptions.Preset("classifier") with
    {
        BatchSize = 16,
        Iterations = 150,
        LearningRate = 5e-3,
        LearningRateWarmUp = 10,
        LearningRateDecay = 100,
        Threads = 1,
        Seed = 5,
    };

    public int Count { get; init; } = 300;

    public int ImageSize => Side;

    public int ContextDimension => 0;

    public int ClassCount { get; init; } = 3;

    public bool BalancesClasses => true;

    /// <summary>Images that were asked for.</summary>
    public HashSet<int> Taken { get; } = [];

    public ReadOnlySpan<float> Image(int index)
    {
        lock (Taken)
            Taken.Add(index);
        var stream = new RandomStream(11, "image", index);
        var pixels = new float[Side * Side];
        double angle = stream.NextDouble(0, Math.PI), row = stream.NextDouble(6.5, 8.5), column = stream.NextDouble(6.5, 8.5);
        for (int i = 0; i < pixels.Length; i++)
        {
            for (int blob = 0; blob <= Label(index); blob++)
            {
                double along = 4.5 * (blob - Label(index) / 2.0);
                double y = i / Side - row - along * Math.Sin(angle), x = i % Side - column - along * Math.Cos(angle);
                pixels[i] += (float)Math.Exp(-(x * x + y * y) / 2);
            }
            pixels[i] += (float)(0.05 * stream.NextDouble());
        }
        return pixels;
    }

    public ReadOnlySpan<float> Context(int index) => [];

    /// <summary>Half of them are of class 0, a third of class 1, a sixth of class 2.</summary>
    public int Label(int index) => (index % 6) switch { < 3 => 0, < 5 => 1, _ => 2 };
}
