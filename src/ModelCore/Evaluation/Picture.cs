using System.Runtime.InteropServices;
using SkiaSharp;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>Images of the sky as PNG: asinh stretch between 0 and the peak, a perceptual colour map, the first row at the bottom.</summary>
public static class Picture
{
    /// <summary>What a caption says about the stretch.</summary>
    public const string Stretch = "asinh stretch from 0 to the peak of each image, linear below 5 % of it; negative pixels are black, pixels without a value grey";

    private const double Softening = 0.05;                   // of the peak: below it the stretch is linear
    private const int GridGap = 2;
    private const uint NoValue = 0xff808080;

    /// <summary>Black over violet and orange to pale yellow, rising evenly in lightness.</summary>
    private static readonly (double At, int Red, int Green, int Blue)[] _colours =
    [
        (0.00, 0, 0, 4), (0.13, 31, 12, 72), (0.25, 85, 15, 109), (0.38, 136, 34, 106), (0.50, 186, 54, 85),
        (0.63, 227, 89, 51), (0.75, 249, 140, 10), (0.88, 249, 201, 50), (1.00, 252, 255, 164),
    ];

    /// <summary>One image.</summary>
    /// <param name="pixels">(height, width), first row first.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="zoom">Screen pixels a pixel.</param>
    public static byte[] Png(ReadOnlySpan<float> pixels, int width, int height, int zoom = 1)
    {
        using var bitmap = Bitmap(pixels, width, height, zoom);
        return Encode(bitmap);
    }

    /// <inheritdoc cref="Png(ReadOnlySpan{float}, int, int, PictureScale)"/>
    /// <param name="low">What is black; below too.</param>
    /// <param name="high">What is brightest; above too.</param>
    public static byte[] Png(ReadOnlySpan<float> pixels, int width, int height, double low, double high) => Png(pixels, width, height, new PictureScale(low, high));

    /// <summary>One image on a given scale: equal values look alike in all images, so that tiles of a map fit together.</summary>
    /// <param name="pixels">(height, width), first row first.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="scale">From values to colours.</param>
    public static byte[] Png(ReadOnlySpan<float> pixels, int width, int height, PictureScale scale) => Png(pixels, width, height, scale, SKAlphaType.Opaque, NoValue);

    /// <summary>Values from low to high in the colours of inferno; transparent where pixels have no value.</summary>
    /// <inheritdoc cref="Png(ReadOnlySpan{float}, int, int, PictureScale)"/>
    public static byte[] PngOverNothing(ReadOnlySpan<float> pixels, int width, int height, double low, double high) => Png(pixels, width, height, new PictureScale(low, high), SKAlphaType.Unpremul, 0);

    private static byte[] Png(ReadOnlySpan<float> pixels, int width, int height, PictureScale scale, SKAlphaType alpha, uint noValue)
    {
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, alpha);
        var target = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        for (int at = 0; at < target.Length; at++)
        {
            float pixel = pixels[(height - 1 - at / width) * width + at % width];
            target[at] = float.IsFinite(pixel) ? Colour(scale.Of(pixel), scale.Colours) : noValue;
        }
        return Encode(bitmap);
    }

    /// <summary>A picture in JPEG, which loses a little: for pages that show many.</summary>
    /// <param name="png">As of <see cref="Png"/>.</param>
    public static byte[] Jpeg(byte[] png)
    {
        const int Quality = 92;
        using var bitmap = SKBitmap.Decode(png);
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return data.ToArray();
    }

    internal static SKBitmap Bitmap(ReadOnlySpan<float> pixels, int width, int height, int zoom = 1)
    {
        var bitmap = new SKBitmap(width * zoom, height * zoom, SKColorType.Rgba8888, SKAlphaType.Opaque);
        Draw(bitmap, pixels, width, height, 0, 0, zoom);
        return bitmap;
    }

    /// <summary>Equal images side by side, row after row, each stretched to its own peak.</summary>
    /// <param name="images">(side, side) each.</param>
    /// <param name="side">Pixels.</param>
    /// <param name="columns">Images in a row.</param>
    /// <param name="zoom">Screen pixels a pixel.</param>
    public static byte[] Grid(IReadOnlyList<float[]> images, int side, int columns, int zoom = 1)
    {
        int rows = Math.Max(1, (images.Count + columns - 1) / columns);
        int step = side * zoom + GridGap;
        using var bitmap = new SKBitmap(columns * step - GridGap, rows * step - GridGap, SKColorType.Rgba8888, SKAlphaType.Opaque);
        bitmap.Erase(SKColors.White);
        for (int i = 0; i < images.Count; i++)
            Draw(bitmap, images[i], side, side, i % columns * step, i / columns * step, zoom);
        return Encode(bitmap);
    }

    private static void Draw(SKBitmap bitmap, ReadOnlySpan<float> pixels, int width, int height, int left, int top, int zoom)
    {
        float peak = 0;
        foreach (float pixel in pixels)
            peak = float.IsFinite(pixel) ? Math.Max(peak, pixel) : peak;
        var target = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        for (int y = 0; y < height * zoom; y++)
        {
            int row = height - 1 - y / zoom;
            for (int x = 0; x < width * zoom; x++)
                target[(top + y) * bitmap.Width + left + x] = Colour(pixels[row * width + x / zoom], peak);
        }
    }

    private static uint Colour(float pixel, float peak)
    {
        if (!float.IsFinite(pixel))
            return NoValue;
        double share = peak > 0 ? Math.Clamp(pixel / peak, 0, 1) : 0;
        return Colour(Math.Asinh(share / Softening) / Math.Asinh(1 / Softening));
    }

    private static uint Colour(double stretched, PictureColours colours = PictureColours.Inferno)
    {
        if (colours != PictureColours.Inferno)
        {
            uint grey = (uint)Math.Round(255 * (colours == PictureColours.Grey ? stretched : 1 - stretched));
            return 0xff000000 | grey << 16 | grey << 8 | grey;
        }
        int upper = Math.Max(1, Array.FindIndex(_colours, colour => colour.At >= stretched));
        var (from, to) = (_colours[upper - 1], _colours[upper]);
        double part = (stretched - from.At) / (to.At - from.At);
        uint Mix(int a, int b) => (uint)Math.Round(a + (b - a) * part);
        return 0xff000000 | Mix(from.Blue, to.Blue) << 16 | Mix(from.Green, to.Green) << 8 | Mix(from.Red, to.Red);
    }

    private static byte[] Encode(SKBitmap bitmap)
    {
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
