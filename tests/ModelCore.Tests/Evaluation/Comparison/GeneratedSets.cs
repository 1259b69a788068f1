using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Evaluation.Comparison;

/// <summary>Small sets of points and doubles with noise that fades as the flux grows.</summary>
internal static class GeneratedSets
{
    public const int Side = 40;

    public static SnapshotDescription FluxModel { get; } = new()
    {
        Network = new NetworkOptions { ImageSize = Side },
        FluxTransform = new BoxCoxTransform(0, -6, 1),
        PixelScaleArcsec = 1.5,
        BeamArcsec = 6,
        Unit = "Jy/beam",
    };

    public static SnapshotDescription ClassModel { get; } = new() { Network = new NetworkOptions { ImageSize = Side, ClassCount = 2 }, Classes = ["point", "double"] };

    /// <param name="folder">An empty one.</param>
    /// <param name="count">Images.</param>
    /// <param name="seed">Of the noise and the fluxes.</param>
    /// <param name="hasClasses">Points and doubles in turn, labelled; else points with fluxes.</param>
    public static TrainingSetReader Write(string folder, int count, ulong seed, bool hasClasses = false)
    {
        Directory.CreateDirectory(folder);
        float[] fluxes = new float[count];
        using (var writer = new GeneratedSetWriter(folder, count, Side))
        {
            for (int i = count - 1; i >= 0; i--)               // in any order
            {
                var stream = new RandomStream(seed, "image", i);
                fluxes[i] = (float)Math.Exp(-6 + stream.NextNormal());
                float peak = hasClasses ? 1 : fluxes[i];
                writer.Put(i, $"image {i}", Image(hasClasses && i % 2 == 1, 5e-5 / fluxes[i], peak, stream));
            }
            writer.Complete(hasClasses ? ClassModel : FluxModel, hasClasses ? null : fluxes, hasClasses ? [.. Enumerable.Range(0, count).Select(i => i % 2)] : null);
        }
        return TrainingSetReader.Open(folder);
    }

    private static float[] Image(bool isDouble, double noise, float peak, RandomStream stream)
    {
        float[] image = new float[Side * Side];
        double apart = isDouble ? 6 : 0;
        for (int i = 0; i < image.Length; i++)
        {
            double x = (i % Side) - 20, y = (i / Side) - 20;
            double value = Math.Exp(-(Square(x - apart) + Square(y)) / 5.8) + (isDouble ? Math.Exp(-(Square(x + apart) + Square(y)) / 5.8) : 0);
            image[i] = peak * (float)Math.Clamp(value + (noise * Math.Abs(stream.NextNormal())), 0, 1);
        }
        return image;
    }

    private static double Square(double value) => value * value;
}
