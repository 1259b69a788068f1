using RadioDiffusion.ModelCore.Evaluation;
using SkiaSharp;

namespace RadioDiffusion.ModelCore.Tests.Evaluation;

public class PictureTests
{
    [Fact]
    public void Png_HasTheFirstRowAtTheBottomAndThePeakBrightest()
    {
        float[] pixels = [0, 0, 1, 0, 0, 0];                     // 3 columns, 2 rows; the peak is in the first row, last column
        using var bitmap = SKBitmap.Decode(Picture.Png(pixels, 3, 2, zoom: 4));
        Assert.Equal((12, 8), (bitmap.Width, bitmap.Height));
        Assert.Equal(new SKColor(252, 255, 164), bitmap.GetPixel(11, 7));
        Assert.Equal(new SKColor(0, 0, 4), bitmap.GetPixel(0, 7));
        Assert.Equal(new SKColor(0, 0, 4), bitmap.GetPixel(11, 3));
    }

    [Fact]
    public void Png_OfBlankAndNegativePixels_IsGreyAndBlack()
    {
        using var bitmap = SKBitmap.Decode(Picture.Png([float.NaN, -1, 2, float.PositiveInfinity], 4, 1));
        Assert.Equal(new SKColor(128, 128, 128), bitmap.GetPixel(0, 0));
        Assert.Equal(new SKColor(0, 0, 4), bitmap.GetPixel(1, 0));
        Assert.Equal(new SKColor(252, 255, 164), bitmap.GetPixel(2, 0));
        Assert.Equal(new SKColor(128, 128, 128), bitmap.GetPixel(3, 0));
    }

    [Fact]
    public void Png_OfRisingPixels_RisesInBrightness()
    {
        float[] ramp = [.. Enumerable.Range(0, 64).Select(i => i / 63f)];
        using var bitmap = SKBitmap.Decode(Picture.Png(ramp, 64, 1));
        double[] brightness = [.. Enumerable.Range(0, 64).Select(x => bitmap.GetPixel(x, 0)).Select(colour => 0.2126 * colour.Red + 0.7152 * colour.Green + 0.0722 * colour.Blue)];
        Assert.All(Enumerable.Range(1, 63), i => Assert.True(brightness[i] > brightness[i - 1], $"pixel {i}"));
    }

    [Fact]
    public void Grid_OfFiveImagesInThreeColumns_HasTwoRows()
    {
        using var bitmap = SKBitmap.Decode(Picture.Grid([.. Enumerable.Repeat(new float[] { 0, 1, 0, 0 }, 5)], side: 2, columns: 3, zoom: 5));
        Assert.Equal((3 * 12 - 2, 2 * 12 - 2), (bitmap.Width, bitmap.Height));
        Assert.Equal(SKColors.White, bitmap.GetPixel(10, 0));
    }

    /// <summary>Numbers of astropy.visualization 5.2.1: SqrtStretch, PowerStretch(2), LogStretch(1000), AsinhStretch(0.1) of 0.25.</summary>
    [Theory]
    [InlineData(PictureStretch.Linear, 0.25)]
    [InlineData(PictureStretch.SquareRoot, 0.5)]
    [InlineData(PictureStretch.Square, 0.0625)]
    [InlineData(PictureStretch.Logarithm, 0.7997755189799128)]
    [InlineData(PictureStretch.Asinh, 0.5494024872991484)]
    public void Stretch_IsThatOfAstropy(PictureStretch stretch, double expected)
    {
        var scale = new PictureScale(-1, 3, stretch);
        Assert.Equal(expected, scale.Of(0), 1e-9);
        Assert.Equal((0.0, 1.0), (scale.Of(-5), scale.Of(5)));
    }

    [Fact]
    public void Png_InGrey_GoesFromBlackToWhiteAndBack()
    {
        float[] pixels = [0, 1, float.NaN, 0.5f];
        using var grey = SKBitmap.Decode(Picture.Png(pixels, 4, 1, new PictureScale(0, 1, Colours: PictureColours.Grey)));
        using var reversed = SKBitmap.Decode(Picture.Png(pixels, 4, 1, new PictureScale(0, 1, Colours: PictureColours.GreyReversed)));
        Assert.Equal([0, 255, 128, 128], Enumerable.Range(0, 4).Select(x => (int)grey.GetPixel(x, 0).Green));
        Assert.Equal([255, 0, 128, 128], Enumerable.Range(0, 4).Select(x => (int)reversed.GetPixel(x, 0).Green));
    }
}
