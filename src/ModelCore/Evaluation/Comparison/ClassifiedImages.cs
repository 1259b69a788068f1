using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Classification;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>What a classifier says of the images of a set or of a part of it; null for an image with a pixel that is no number.</summary>
public static class ClassifiedImages
{
    private const string FileName = "classified.safetensors";

    /// <summary>Writes them into a folder, for <see cref="Read"/>.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="images">In the order of the set.</param>
    /// <param name="classes">How many the classifier knows.</param>
    /// <param name="features">Of its encoder.</param>
    public static void Write(string directory, IReadOnlyList<ClassifiedImage?> images, int classes, int features)
    {
        float[] none = [.. Enumerable.Repeat(float.NaN, Math.Max(classes, features))];
        using var writer = new SafetensorsWriter(File.Create(Path.Combine(directory, FileName)),
            [("logits", "F32", [images.Count, classes]), ("features", "F32", [images.Count, features])]);
        foreach (var image in images)
            writer.Write<float>(image?.Logits.ToArray() ?? none.AsSpan(0, classes));
        foreach (var image in images)
            writer.Write<float>(image?.Features.ToArray() ?? none.AsSpan(0, features));
        writer.Complete();
    }

    /// <exception cref="RadioDiffusionException">The file is cut off or not of this kind.</exception>
    public static ClassifiedImage?[] Read(string directory)
    {
        using var file = SafetensorsFile.Open(Path.Combine(directory, FileName));
        int count = (int)file.Entry("logits").Shape[0], classes = (int)file.Entry("logits").Shape[1], features = (int)file.Entry("features").Shape[1];
        var images = new ClassifiedImage?[count];
        for (int i = 0; i < count; i++)
        {
            float[] logits = file.Values<float>("logits", (long)i * classes, classes).ToArray();
            images[i] = float.IsNaN(logits[0]) ? null : new ClassifiedImage(logits, file.Values<float>("features", (long)i * features, features).ToArray());
        }
        return images;
    }
}
