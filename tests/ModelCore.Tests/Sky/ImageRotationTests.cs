using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Sky;

public class ImageRotationTests
{
    /// <summary>Of a source of 4 pixels FWHM and peak 1: <see cref="ReprojectionTests"/> says why.</summary>
    private const double Lanczos3Error = 0.0075;

    [Theory]
    [InlineData(80, 113)]
    [InlineData(79, 111)]
    [InlineData(1, 1)]
    [InlineData(300, 424)]
    public void SideNeeded_IsAtLeastTheDiagonal_AndOfTheSameParity(int size, int diagonal)
    {
        foreach (var kernel in Enum.GetValues<Interpolation>())
        {
            int side = ImageRotation.SideNeeded(size, kernel);
            Assert.True(side >= Math.Ceiling(size * Math.Sqrt(2)), $"{side} for {size}");
            Assert.InRange(side, diagonal, diagonal + 8);
            Assert.Equal(0, (side - size) % 2);
        }
    }

    /// <summary>The training turns by whole quarters; by those angles this is the same, bit for bit.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 90)]
    [InlineData(2, 180)]
    [InlineData(3, 270)]
    [InlineData(1, -270)]
    [InlineData(3, 630)]
    public void Rotate_ByQuarterTurns_IsTheTrainings(int quarterTurns, double degrees)
    {
        foreach (var kernel in Enum.GetValues<Interpolation>())
        {
            foreach (int size in new[] { 8, 9 })
            {
                int side = ImageRotation.SideNeeded(size, kernel) + 2;
                float[] source = Noise(side), middle = Middle(source, side, size), expected = new float[size * size], found = new float[size * size];
                new Orientation(false, false, quarterTurns).Apply(middle, expected, size);
                ImageRotation.Rotate(source, side, found, size, degrees, kernel);
                Assert.Equal(expected, found);
            }
        }
    }

    [Fact]
    public void Rotate_ByAnyAngle_LeavesNoCornerEmpty()
    {
        foreach (var kernel in Enum.GetValues<Interpolation>())
        {
            int side = ImageRotation.SideNeeded(20, kernel);
            float[] source = new float[side * side], target = new float[400];
            Array.Fill(source, 4f);
            for (double angle = 0; angle < 360; angle += 7.5)
            {
                ImageRotation.Rotate(source, side, target, 20, angle, kernel);
                Assert.All(target, value => Assert.Equal(4f, value, 1e-5f));
            }
        }
    }

    /// <summary>A source on the last row ends in the last column after 90 degrees, so half way between after 45.</summary>
    [Fact]
    public void Rotate_By45Degrees_MovesASourceFromTheTopToTheDiagonal()
    {
        const int Size = 41;
        int side = ImageRotation.SideNeeded(Size, Interpolation.Lanczos3), centre = side / 2;
        float[] source = new float[side * side], target = new float[Size * Size];
        for (int i = 0; i < source.Length; i++)
            source[i] = Gaussian(i % side - centre, i / side - centre - 14);
        ImageRotation.Rotate(source, side, target, Size, 45, Interpolation.Lanczos3);
        double offset = 14 * Math.Sqrt(0.5);
        for (int i = 0; i < target.Length; i++)
            Assert.Equal(Gaussian(i % Size - Size / 2 - offset, i / Size - Size / 2 - offset), target[i], Lanczos3Error);
    }

    [Fact]
    public void Rotate_ThereAndBack_IsTheImage()
    {
        const int Size = 31;
        int middle = ImageRotation.SideNeeded(Size, Interpolation.Lanczos3), side = ImageRotation.SideNeeded(middle, Interpolation.Lanczos3);
        float[] source = new float[side * side], turned = new float[middle * middle], back = new float[Size * Size];
        for (int i = 0; i < source.Length; i++)
            source[i] = Gaussian(i % side - side / 2 - 3.2, i / side - side / 2 + 4.1);
        ImageRotation.Rotate(source, side, turned, middle, 73, Interpolation.Lanczos3);
        ImageRotation.Rotate(turned, middle, back, Size, -73, Interpolation.Lanczos3);
        float[] expected = Middle(source, side, Size);
        for (int i = 0; i < back.Length; i++)
            Assert.Equal(expected[i], back[i], 2 * Lanczos3Error);
    }

    [Fact]
    public void Rotate_OfTooSmallASource_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => ImageRotation.Rotate(new float[100], 10, new float[100], 10, 30, Interpolation.Bilinear));
        int side = ImageRotation.SideNeeded(10, Interpolation.Bilinear) + 1;
        Assert.Throws<ArgumentException>(() => ImageRotation.Rotate(new float[side * side], side, new float[100], 10, 30, Interpolation.Bilinear));
    }

    /// <summary>FWHM of 4 pixels.</summary>
    private static float Gaussian(double x, double y) => (float)Math.Exp(-4 * Math.Log(2) * (x * x + y * y) / 16);

    private static float[] Noise(int side)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, side * side).Select(_ => random.NextSingle())];
    }

    private static float[] Middle(float[] source, int side, int size)
    {
        float[] middle = new float[size * size];
        int first = (side - size) / 2;
        for (int row = 0; row < size; row++)
            source.AsSpan((first + row) * side + first, size).CopyTo(middle.AsSpan(row * size));
        return middle;
    }
}
