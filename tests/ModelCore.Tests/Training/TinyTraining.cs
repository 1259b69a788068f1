using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Training;

/// <summary>Forty small images of one blob each, with flux and class, and a network of two levels that learns a little in seconds.</summary>
internal sealed class TinyTraining : ITrainingData
{
    public static NetworkOptions Network { get; } = new()
    {
        ImageSize = 8,
        InitialChannels = 32,
        ChannelMultipliers = [1, 1],
        ResidualBlocks = 1,
        NormGroups = 8,
        AttentionLevels = 1,
        ClassCount = 2,
    };

    public static TrainingOptions Options { get; } = new()
    {
        BatchSize = 8,
        Iterations = 100,
        LearningRate = 1e-3,
        EmaRate = 0.9,
        EmaStart = 5,
        Seed = 3,
    };

    public int Count { get; init; } = 40;

    public int ImageSize => 8;

    /// <summary>Values of each image: a flux, and with two of them something periodic.</summary>
    public int ContextDimension { get; init; } = 1;

    public IReadOnlyList<ConditionDescription>? Conditions { get; init; }

    public int ClassCount { get; init; } = 2;

    public ReadOnlySpan<float> Image(int index)
    {
        var pixels = new float[64];
        double row = 2 + index % 5, column = 2 + index / 5 % 5, width = Label(index) == 0 ? 1 : 3;
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (float)((1 + index) * Math.Exp(-(Math.Pow(i / 8 - row, 2) + Math.Pow(i % 8 - column, 2)) / width));
        return pixels;
    }

    public ReadOnlySpan<float> Context(int index) => new[] { (index - 20) / 12f, index % 3 - 1f }.AsSpan(0, ContextDimension);

    public int Label(int index) => index % 2;
}
