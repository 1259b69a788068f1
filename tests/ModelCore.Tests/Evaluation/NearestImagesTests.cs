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
        var (image, turned) = (Ellipse(77, 8), Ellipse(77 + 180, 8));
        var found = Nearest([image, turned, set[1]], set, except: [-1, -1, 1]);
        Assert.Equal(1, found[0].Single().Index);
        Assert.True(found[0][0].Similarity > 0.95, $"{found[0][0]}");
        Assert.Equal(1, found[1].Single().Index);
        Assert.NotEqual(1, found[2].Single().Index);
        Assert.Empty(Nearest([image], [])[0]);
    }

    /// <summary>An odd side has a middle row and column that mirror themselves; 3 is smaller than a vector.</summary>
    [Theory]
    [InlineData(80, 75, 18, 5)]
    [InlineData(41, 33, 5, 4)]
    [InlineData(3, 20, 1, 20)]
    [InlineData(1, 4, 2, 2)]
    public void Nearest_AreThoseOfBruteForceInFloat64(int side, int setCount, int imageCount, int count)
    {
        var random = new Random(7);
        float[][] set = [.. Enumerable.Range(0, setCount).Select(_ => RandomImage(random, side))], images = [.. Enumerable.Range(0, imageCount).Select(_ => RandomImage(random, side))];
        var found = NearestImages.Of(images, set.Length, (i, pixels) => set[i].CopyTo(pixels), side, count, cancellationToken: TestContext.Current.CancellationToken);
        float[][] aligned = [.. set.Select(image => PrincipalAxis.Align(image, side))];
        double largest = 0;
        for (int i = 0; i < images.Length; i++)
        {
            float[] image = PrincipalAxis.Align(images[i], side);
            double[] similarities = [.. aligned.Select(other => InAnyDirection(image, other, side))];
            double[] expected = [.. similarities.OrderDescending().Take(count)];
            Assert.Equal(Math.Min(count, setCount), found[i].Length);
            for (int place = 0; place < found[i].Length; place++)
            {
                largest = Math.Max(largest, Math.Abs(found[i][place].Similarity - similarities[found[i][place].Index]));
                Assert.Equal(expected[place], found[i][place].Similarity, 1e-6);
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{side} x {side}: largest error {largest:0.0e+0}");
        Assert.True(largest < 1e-6, $"{largest}");           // of Appendix A's golden pairs; a rounding of float32 is 6e-8
    }

    [Fact]
    public void Nearest_OfEqualOnes_IsTheFirst_HoweverManyThreads()
    {
        float[][] kinds = [Ellipse(10, 3), Ellipse(50, 8), Ellipse(120, 0)];
        float[][] set = [.. Enumerable.Range(0, 200).Select(i => kinds[i % 3])];
        float[][] images = [Ellipse(11, 3), .. kinds, Ellipse(30, 5)];
        var alone = Nearest(images, set, 100, threads: 1);
        Assert.Equal(Enumerable.Range(0, 67).Select(i => 3 * i), alone[0].Take(67).Select(one => one.Index));
        for (int threads = 2; threads < 5; threads++)
            Assert.Equal(alone, Nearest(images, set, 100, threads: threads));
        var pieces = set.Chunk(7).Select(piece => AlignedImages.Of(piece, Side));
        Assert.Equal(alone, NearestImages.Of(AlignedImages.Of(images, Side), pieces, 100, cancellationToken: TestContext.Current.CancellationToken));
        foreach (int i in new[] { 0, 1, 2, 3, 4 })
            Assert.Equal(alone[i], Nearest([images[i]], set, 100)[0]);          // alone or with others
    }

    [Fact]
    public void Nearest_WithMoreWantedThanThereAre_AreAllOfThem() =>
        Assert.Equal([0, 1, 2], Nearest([Ellipse(20, 3)], [Ellipse(10, 3), Ellipse(50, 8), Ellipse(120, 0)], 10)[0].Select(one => one.Index).Order());

    [Fact]
    public void Image_ThatIsConstant_IsEqualToAnotherAndHardlyLikeASource()
    {
        float[] blank = new float[Side * Side], half = [.. Enumerable.Repeat(0.5f, Side * Side)];
        var found = Nearest([blank, Ellipse(10, 3)], [Ellipse(10, 3), half, blank], 3);
        Assert.Equal([new NearestImage(1, 1), new NearestImage(2, 1)], found[0].Take(2));
        Assert.InRange(found[0][2].Similarity, 0, 0.01);
        Assert.Equal([0, 1, 2], found[1].Select(one => one.Index));
        Assert.Equal(1, found[1][0].Similarity, 1e-6);
    }

    [Fact]
    public void Image_WithAPixelThatIsNotANumber_IsLikeNoOther()
    {
        float[] one = Ellipse(10, 3), all = [.. Enumerable.Repeat(float.NaN, Side * Side)], infinite = Ellipse(10, 3);
        one[(Side * Side / 2) + (Side / 2)] = float.NaN;
        infinite[0] = float.PositiveInfinity;             // a corner that turning takes out of sight
        var found = Nearest([Ellipse(10, 3), one, all, infinite], [one, all, Ellipse(50, 8), infinite], 4);
        Assert.Equal([2], found[0].Select(image => image.Index));
        Assert.All(found.Skip(1), Assert.Empty);
    }

    [Fact]
    public void Nearest_OfACancelledSearchOrAFailingReader_Throws()
    {
        Assert.Throws<OperationCanceledException>(() => NearestImages.Of([Ellipse(10, 3)], 100, (_, _) => { }, Side, cancellationToken: new CancellationToken(canceled: true)));
        Assert.Throws<IOException>(() => NearestImages.Of([Ellipse(10, 3)], 100, (_, _) => throw new IOException(), Side, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentException>(() => Nearest([Ellipse(10, 3)], [], except: []));
        Assert.Throws<ArgumentException>(() => NearestImages.Of([new float[4]], 0, (_, _) => { }, Side, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Images_OfDifferentSizes_AreRefused() => Assert.Throws<ArgumentException>(() => StructuralSimilarity.Of(new float[4], new float[9]));

    private static NearestImage[][] Nearest(float[][] images, float[][] set, int count = 1, int[]? except = null, int threads = 0) =>
        NearestImages.Of(images, set.Length, (i, pixels) => set[i].CopyTo(pixels), Side, count, except, threads, TestContext.Current.CancellationToken);

    /// <summary>The largest similarity over the four directions, each compared by itself.</summary>
    private static double InAnyDirection(float[] image, float[] other, int side)
    {
        double largest = double.NegativeInfinity;
        foreach (bool rows in new[] { false, true })
        {
            foreach (bool columns in new[] { false, true })
            {
                float[] turned = new float[image.Length];
                for (int i = 0; i < image.Length; i++)
                {
                    int row = i / side, column = i % side;
                    turned[((rows ? side - 1 - row : row) * side) + (columns ? side - 1 - column : column)] = image[i];
                }
                largest = Math.Max(largest, StructuralSimilarity.Of(turned, other));
            }
        }
        return largest;
    }

    /// <summary>A few blobs and noise.</summary>
    private static float[] RandomImage(Random random, int side)
    {
        float[] image = new float[side * side];
        for (int blob = 0; blob < 4; blob++)
        {
            double x = random.NextDouble() * side, y = random.NextDouble() * side, width = (0.02 + (random.NextDouble() / 8)) * side, height = random.NextDouble();
            for (int i = 0; i < image.Length; i++)
            {
                double dx = (i % side) - x, dy = (i / side) - y;
                image[i] += (float)(height * Math.Exp(-((dx * dx) + (dy * dy)) / (2 * width * width)));
            }
        }
        foreach (ref float pixel in image.AsSpan())
            pixel += 0.05f * random.NextSingle();
        PrincipalAxis.ToUnit(image);
        return image;
    }

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
