using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>What is measured and changed on single images; statistics of many are faster with one <see cref="CutoutMeter"/>.</summary>
/// <remarks>Paper, Sect. 2.1 and Eqs. 9 and 10.</remarks>
public static class ImageStatistics
{
    /// <inheritdoc cref="PixelStatistics.Clip(ReadOnlySpan{float})"/>
    /// <param name="pixels">Non-finite ones are left out.</param>
    public static ClippedStatistics SigmaClipped(ReadOnlySpan<float> pixels)
    {
        float[] finite = pixels.ToArray();
        int count = 0;
        foreach (float pixel in pixels)
        {
            if (float.IsFinite(pixel))
                finite[count++] = pixel;
        }
        return new PixelStatistics(pixels.Length).Clip(finite.AsSpan(0, count));
    }

    /// <inheritdoc cref="PixelStatistics.Snr"/>
    /// <param name="image">Undefined if one pixel is not finite.</param>
    public static SigmaSnr SigmaSnr(ReadOnlySpan<float> image) =>
        !image.IsEmpty && AreFinite(image) ? new PixelStatistics(image.Length).Snr(image, TensorPrimitives.Min(image), TensorPrimitives.Max(image)) : Surveys.SigmaSnr.Undefined;

    /// <summary>Largest pixel of the border over the largest of all.</summary>
    /// <param name="image">(side, side).</param>
    /// <param name="side">Pixels.</param>
    public static double EdgeRelativeMaximum(ReadOnlySpan<float> image, int side) => (double)EdgeMaximum(image, side) / Range(image).Maximum;

    /// <summary>Largest pixel of the border.</summary>
    internal static float EdgeMaximum(ReadOnlySpan<float> image, int width)
    {
        float edge = Math.Max(TensorPrimitives.Max(image[..width]), TensorPrimitives.Max(image[^width..]));
        for (int first = width; first < image.Length - width; first += width)
            edge = Math.Max(edge, Math.Max(image[first], image[first + width - 1]));
        return edge;
    }

    /// <summary>Whether more than one pixel has exactly the smallest value: no image of an interferometer has that. False with a NaN.</summary>
    public static bool IsBroken(ReadOnlySpan<float> image)
    {
        float minimum = Range(image).Minimum;
        return !float.IsNaN(minimum) && HasTwice(image, minimum);
    }

    internal static bool HasTwice(ReadOnlySpan<float> image, float value)
    {
        var vectors = MemoryMarshal.Cast<float, Vector512<float>>(image);
        var wanted = Vector512.Create(value);
        var counts = Vector512<int>.Zero;
        foreach (var vector in vectors)
            counts -= Vector512.Equals(vector, wanted).AsInt32();           // true is -1
        int count = Vector512.Sum(counts);
        foreach (float pixel in image[(vectors.Length * Vector512<float>.Count)..])
            count += pixel == value ? 1 : 0;
        return count > 1;
    }

    /// <summary>Sets all but the source to 0: what is not above the bound that S/N_sigma found the source at.</summary>
    /// <param name="image">As it was measured, in Jy/beam.</param>
    /// <param name="bound">median + tau standard deviations, in Jy/beam.</param>
    public static void KeepSource(Span<float> image, double bound)
    {
        foreach (ref float pixel in image)
            pixel = pixel > bound ? pixel : 0;
    }

    /// <summary>Scales to [0, 1]; a constant image becomes 0.</summary>
    public static void ScaleToUnit(Span<float> image)
    {
        var (minimum, maximum) = Range(image);
        float range = maximum - minimum;
        for (int i = 0; i < image.Length; i++)
            image[i] = range > 0 ? (image[i] - minimum) / range : 0;
    }

    /// <summary>Smallest and largest pixel; both NaN if one pixel is.</summary>
    internal static (float Minimum, float Maximum) Range(ReadOnlySpan<float> image)
    {
        var vectors = MemoryMarshal.Cast<float, Vector512<float>>(image);
        Vector512<float> minima = Vector512.Create(float.PositiveInfinity), maxima = -minima, zeros = default;
        foreach (var vector in vectors)
        {
            minima = Vector512.MinNative(minima, vector);
            maxima = Vector512.MaxNative(maxima, vector);
            zeros += vector - vector;                        // NaN from a pixel that is not finite, which the native minimum may pass over
        }
        if (zeros != Vector512<float>.Zero)
            return (TensorPrimitives.Min(image), TensorPrimitives.Max(image));
        var (minimum, maximum) = (float.PositiveInfinity, float.NegativeInfinity);
        for (int i = 0; i < Vector512<float>.Count; i++)
            (minimum, maximum) = (Math.Min(minimum, minima[i]), Math.Max(maximum, maxima[i]));
        foreach (float pixel in image[(vectors.Length * Vector512<float>.Count)..])
            (minimum, maximum) = (Math.Min(minimum, pixel), Math.Max(maximum, pixel));
        return (minimum, maximum);
    }

    /// <summary>The sum of finite numbers of the size that images have is finite, and that of others is not: most images need no closer look.</summary>
    internal static bool AreFinite(ReadOnlySpan<float> pixels)
    {
        if (float.IsFinite(TensorPrimitives.Sum(pixels)))
            return true;
        foreach (float pixel in pixels)
        {
            if (!float.IsFinite(pixel))
                return false;
        }
        return true;
    }
}
