using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>Writes an image of a set, side times side pixels in [0, 1], row by row; called from several threads at once.</summary>
public delegate void ImageReader(int index, Span<float> pixels);

/// <summary>Some images along their principal axes, in the form in which <see cref="NearestImages"/> compares them.</summary>
/// <remarks>
/// <para>Of each image the mean is taken off and kept beside its variance, so that the covariance of two images is one sum of products.</para>
/// <para>
/// An image is compared in four directions: as it is, with its rows, its columns, or both in reverse. Instead of the four sums of products, each image is
/// divided into four parts once: a pair of pixels a and b that mirror each other becomes (a + b) / sqrt 2 and (a - b) / sqrt 2, first across the columns,
/// then across the rows. Sums of products stay what they are then, part by part, and a mirror image has the parts of the original with other signs: the
/// products of all four directions cost as many multiplications as those of one.
/// </para>
/// </remarks>
public sealed class AlignedImages
{
    private readonly float[] _parts;
    private readonly double[] _means;
    private readonly double[] _variances;
    private readonly float[] _image;
    private readonly float[] _row;
    private float[]? _noImage;

    /// <param name="side">Pixels a row.</param>
    /// <param name="capacity">The most images that it is to hold.</param>
    public AlignedImages(int side, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        Side = side;
        int sums = (side + 1) / 2, differences = side / 2;
        int[] sizes = [sums * sums, sums * differences, differences * sums, differences * differences];
        for (int part = 0; part < sizes.Length; part++)
            PartEnds[part + 1] = PartEnds[part] + ((sizes[part] + Vector512<float>.Count - 1) / Vector512<float>.Count);
        _parts = new float[capacity * Stride];
        _means = new double[capacity];
        _variances = new double[capacity];
        _image = new float[side * side];
        _row = new float[side];
    }

    public int Side { get; }

    public int Count { get; private set; }

    /// <summary>Where each of the four parts begins in the vectors of an image, and where the last one ends; zeros fill the last vector of a part.</summary>
    internal int[] PartEnds { get; } = new int[5];

    private int Stride => PartEnds[^1] * Vector512<float>.Count;

    /// <param name="images">Each with side times side pixels in [0, 1].</param>
    /// <param name="side">Pixels a row.</param>
    public static AlignedImages Of(IReadOnlyList<float[]> images, int side)
    {
        var aligned = new AlignedImages(side, images.Count);
        foreach (float[] image in images)
            aligned.Add(image);
        return aligned;
    }

    /// <summary>Turns an image along its principal axis and adds it.</summary>
    /// <param name="image">Side times side pixels in [0, 1]. With one that is not a finite number, wherever it would be after turning, it is like no other image.</param>
    public void Add(ReadOnlySpan<float> image)
    {
        CheckSize(image);
        AddAligned(TensorPrimitives.IsFiniteAll(image) ? PrincipalAxis.Align(image, Side) : _noImage ??= NoImage());
    }

    /// <param name="image">What <see cref="PrincipalAxis.Align"/> made.</param>
    public void AddAligned(ReadOnlySpan<float> image)
    {
        CheckSize(image);
        double sum = 0;
        foreach (float pixel in image)
            sum += pixel;
        double mean = sum / image.Length, squares = 0;
        for (int i = 0; i < image.Length; i++)
        {
            double centred = image[i] - mean;
            squares += centred * centred;
            _image[i] = (float)centred;
        }
        _means[Count] = mean;
        _variances[Count] = squares / image.Length;
        Divide(_parts.AsSpan(Count * Stride, Stride));
        Count++;
    }

    /// <summary>Forgets all images, to be filled again.</summary>
    public void Clear() => Count = 0;

    internal double Mean(int index) => _means[index];

    internal double Variance(int index) => _variances[index];

    internal ReadOnlySpan<Vector512<float>> Parts(int index) => MemoryMarshal.Cast<float, Vector512<float>>(_parts.AsSpan(index * Stride, Stride));

    private float[] NoImage()
    {
        float[] image = new float[Side * Side];
        image.AsSpan().Fill(float.NaN);
        return image;
    }

    private void CheckSize(ReadOnlySpan<float> image)
    {
        if (image.Length != Side * Side)
            throw new ArgumentException($"An image should have {Side} x {Side} pixels, but it has {image.Length}.", nameof(image));
    }

    private void Divide(Span<float> parts)
    {
        int sums = (Side + 1) / 2, differences = Side / 2;
        for (int row = 0; row < Side; row++)
            DivideRow(_image.AsSpan(row * Side, Side));
        Span<float> lower = _row;
        for (int row = 0; row < sums; row++)
        {
            var upper = _image.AsSpan(row * Side, Side);
            int mirrored = Side - 1 - row;
            if (mirrored == row)
            {
                CopyRow(upper, parts, row, firstPart: 0);
                continue;
            }
            _image.AsSpan(mirrored * Side, Side).CopyTo(lower);
            var difference = _image.AsSpan(mirrored * Side, Side);
            TensorPrimitives.Subtract(upper, lower, difference);
            TensorPrimitives.Add(upper, lower, upper);
            TensorPrimitives.Multiply(upper, HalfRoot, upper);
            TensorPrimitives.Multiply(difference, HalfRoot, difference);
            CopyRow(upper, parts, row, firstPart: 0);
            CopyRow(difference, parts, row, firstPart: 2);
        }

        void CopyRow(ReadOnlySpan<float> from, Span<float> to, int row, int firstPart)
        {
            from[..sums].CopyTo(to[((PartEnds[firstPart] * Vector512<float>.Count) + (row * sums))..]);
            from[sums..].CopyTo(to[((PartEnds[firstPart + 1] * Vector512<float>.Count) + (row * differences))..]);
        }
    }

    private const float HalfRoot = 0.70710678118654752f;

    /// <summary>The sums of mirroring pixels, the middle one if there is one, then the differences.</summary>
    private void DivideRow(Span<float> row)
    {
        int differences = Side / 2, sums = Side - differences;
        row.CopyTo(_row);
        Span<float> reversed = row[sums..];
        _row.AsSpan(sums).CopyTo(reversed);
        reversed.Reverse();
        var left = _row.AsSpan(0, differences);
        TensorPrimitives.Add(left, reversed, row[..differences]);
        TensorPrimitives.Multiply(row[..differences], HalfRoot, row[..differences]);
        TensorPrimitives.Subtract(left, reversed, reversed);
        TensorPrimitives.Multiply(reversed, HalfRoot, reversed);
    }
}
