using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore.Surveys.Exchange;
using SkiaSharp;

namespace RadioDiffusion.ModelCore.Surveys.Labelled;

/// <summary>PNG and JPEG files of 8 bits as numbers; the file's first row first, as in the labelled FIRST set, where it is the southern one.</summary>
internal static class GreyPicture
{
    private const int HeaderLength = 26;                     // of PNG, up to the colour type
    private const long LargestRatio = 1032;                  // of deflate and below that of JPEG

    /// <param name="path">The picture: grey, as numbers from 0 to 255.</param>
    /// <param name="buffer">Takes the numbers.</param>
    /// <param name="takesLightness">A picture may have colour, and all become their lightness from 0 to 100 (CIE 1976 L*, sRGB, white point D65), of which colour maps like viridis are a linear function.</param>
    /// <exception cref="RadioDiffusionException">It is no picture, it is cut off, or it has colour or holes that it should not have.</exception>
    public static void Read(string path, PixelBuffer buffer, bool takesLightness = false)
    {
        byte[] bytes = File.ReadAllBytes(path);
        CheckDepth(path, bytes);
        using var data = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(data) ?? throw new RadioDiffusionException($"{path} should be a PNG or JPEG file, but it cannot be decoded.");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height > bytes.Length * LargestRatio)
            throw new RadioDiffusionException($"{path}: the header promises {width} x {height} pixels, which {bytes.Length} bytes cannot hold.");
        var pixels = buffer.Resize(width, height, path);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        var result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
            throw new RadioDiffusionException($"{path}: the picture cannot be decoded ({result}): it is cut off, or damaged.");
        var colours = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        for (int i = 0; i < pixels.Length; i++)
        {
            uint colour = colours[i];
            uint red = colour & 0xff;
            if ((!takesLightness && (colour & 0xffffff) != red * 0x010101) || colour >> 24 != 0xff)
            {
                throw new RadioDiffusionException(
                    $"{path}: a picture of a source should be {(takesLightness ? "opaque" : "grey")}, but the pixel in row {i / width}, column {i % width} is red {red}, green {colour >> 8 & 0xff}, blue {colour >> 16 & 0xff}, opacity {colour >> 24}."
                    + (takesLightness ? "" : " Take the lightness of the colours (--lightness) if they stand for brightness."));
            }
            pixels[i] = takesLightness ? Lightness(red, colour >> 8 & 0xff, colour >> 16 & 0xff) : red;
        }
    }

    /// <summary>IEC 61966-2-1 to the luminance of D65, and CIE 1976 L* of it.</summary>
    private static float Lightness(uint red, uint green, uint blue)
    {
        double luminance = 0.2126 * Linear(red) + 0.7152 * Linear(green) + 0.0722 * Linear(blue);
        return (float)(luminance > 216.0 / 24389 ? 116 * Math.Cbrt(luminance) - 16 : luminance * 24389 / 27);
    }

    private static double Linear(uint value)
    {
        double share = value / 255.0;
        return share <= 0.04045 ? share / 12.92 : Math.Pow((share + 0.055) / 1.055, 2.4);
    }

    /// <summary>16-bit PNG would lose half of its bits below.</summary>
    private static void CheckDepth(string path, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= HeaderLength && BinaryPrimitives.ReadUInt32BigEndian(bytes) == 0x89504e47 && bytes[24] > 8)
            throw new RadioDiffusionException($"{path}: a PNG should have 8 bits a pixel (byte 24), but it has {bytes[24]}. Use FITS for images with more.");
    }
}
