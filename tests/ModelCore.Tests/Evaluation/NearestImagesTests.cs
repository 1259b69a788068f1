using RadioDiffusion.ModelCore.Evaluation;

namespace RadioDiffusion.ModelCore.Tests.Evaluation;

/// <summary>Structural similarity, principal axis, and the nearest image of a set.</summary>
public sealed class NearestImagesTests
{
    private const int Side = 40;

    [Fact]
    public void Similarity_IsThatOfTheGoldenPairs()
    {
        var golden = new GoldenCase("ssim-pca");
        var section = golden.Json.GetProperty("ssim");
        double tolerance = section.GetProperty("tolerance").GetProperty("atol_float32").GetDouble();
        int compared = 0;
        foreach (var pair in section.GetProperty("pairs").EnumerateArray())
        {
            var (one, other) = Pair(golden, pair.GetProperty("index").GetInt32());
            Assert.Equal(pair.GetProperty("ssim").GetDouble(), StructuralSimilarity.Of(one, other), tolerance);
            compared++;
        }
        Assert.True(compared > 5);
    }

    [Fact]
    public void Axis_IsThatOfTheGoldenImages()
    {
        var golden = new GoldenCase("ssim-pca");
        var section = golden.Json.GetProperty("principal_axis");
        var tolerance = section.GetProperty("tolerance");
        foreach (var expected in section.GetProperty("images").EnumerateArray())
        {
            float[] image = Image(golden, expected.GetProperty("index").GetInt32());
            var axis = PrincipalAxis.Of(image, (int)Math.Sqrt(image.Length));
            Assert.Equal(expected.GetProperty("pixels").GetInt32(), axis.Pixels);
            Assert.Equal(expected.GetProperty("tau").GetDouble(), axis.Threshold, tolerance.GetProperty("tau").GetDouble());
            double difference = Math.Abs(axis.Degrees - expected.GetProperty("angle_deg").GetDouble()) % 180;
            Assert.True(Math.Min(difference, 180 - difference) < tolerance.GetProperty("angle_deg_float32").GetDouble(), $"{axis} instead of {expected}");
        }
    }

    [Fact]
    public void AlignedImage_HasItsAxisAlongTheRows()
    {
        double degrees = PrincipalAxis.Of(PrincipalAxis.Align(Ellipse(35, 0), Side), Side).Degrees;
        Assert.True(Math.Min(degrees, 180 - degrees) < 1.5, $"{degrees}");
        Assert.Equal(35, PrincipalAxis.Of(Ellipse(35, 0), Side).Degrees, 1.5);
    }

    [Fact]
    public void Nearest_IsTheSameSourceInAnotherDirection()
    {
        float[][] set = [Ellipse(10, 3), Ellipse(50, 8), Ellipse(120, 0)];
        var nearest = new NearestImages(set, Side);
        var found = nearest.Of(Ellipse(77, 8));
        Assert.Equal(1, found.Index);
        Assert.True(found.Similarity > 0.95, $"{found}");
        Assert.Equal(1, nearest.Of(Ellipse(77 + 180, 8)).Index);
        Assert.NotEqual(1, nearest.Of(set[1], except: 1).Index);
        Assert.Equal(new NearestImage(-1, double.NegativeInfinity), new NearestImages([], Side).Of(set[0]));
    }

    [Fact]
    public void Images_OfDifferentSizes_AreRefused() => Assert.Throws<ArgumentException>(() => StructuralSimilarity.Of(new float[4], new float[9]));

    /// <summary>An ellipse with a spot on one side of its long axis, that many pixels from the centre; 0 for none.</summary>
    private static float[] Ellipse(double degrees, double spot)
    {
        float[] image = new float[Side * Side];
        var (sin, cos) = Math.SinCos(double.DegreesToRadians(degrees));
        for (int i = 0; i < image.Length; i++)
        {
            double x = (i % Side) - ((Side - 1) / 2.0), y = (i / Side) - ((Side - 1) / 2.0);
            double along = (cos * x) + (sin * y), across = (cos * y) - (sin * x);
            double value = Math.Exp(-((along * along / 72) + (across * across / 8)));
            if (spot > 0)
                value += 2 * Math.Exp(-(((along - spot) * (along - spot)) + (across * across)) / 6);
            image[i] = (float)(value / 3);
        }
        PrincipalAxis.ToUnit(image);
        return image;
    }

    private static (float[] One, float[] Other) Pair(GoldenCase golden, int index)
    {
        float[] Slice(string name) => Part(golden.Values<float>("pairs.safetensors", name), golden.Json.GetProperty("ssim").GetProperty("pairs").GetArrayLength(), index);
        return (Slice("x"), Slice("y"));
    }

    private static float[] Image(GoldenCase golden, int index) =>
        Part(golden.Values<float>("axes.safetensors", "images"), golden.Json.GetProperty("principal_axis").GetProperty("images").GetArrayLength(), index);

    private static float[] Part(float[] all, int count, int index) => all[(index * all.Length / count)..((index + 1) * all.Length / count)];
}
