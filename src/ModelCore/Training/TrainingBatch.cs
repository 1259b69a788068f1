using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Sky;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>One batch: clean images in [-1, 1] and noise (already times sigma), (N, C, H, W), with noise levels (N) and conditions. A classifier's has no noise; its labels are what it learns.</summary>
internal sealed record TrainingBatch(Tensor Images, Tensor? Noise, Tensor? Sigma, Conditions Conditions);

/// <summary>The numbers of a batch: (N, C, H, W) images and noise, (N) noise levels, (N, values) contexts, (N, classes) labels.</summary>
/// <param name="count">Images.</param>
/// <param name="length">Numbers of an image, of all its channels.</param>
/// <param name="classes">Classes.</param>
/// <param name="values">Continuous values of an image's context.</param>
/// <param name="hasNoise">Whether there are noise and noise levels.</param>
internal sealed class BatchNumbers(int count, int length, int classes, int values, bool hasNoise)
{
    public float[] Images { get; } = new float[count * length];

    public float[] Noise { get; } = hasNoise ? new float[count * length] : [];

    public float[] Sigma { get; } = hasNoise ? new float[count] : [];

    public float[] Context { get; } = new float[count * values];

    public float[] ContextPresent { get; } = new float[count];

    public float[] Labels { get; } = new float[count * classes];
}

/// <summary>Makes batches from images. What is random about an image comes from a stream of its own, so batches can be cut anyhow.</summary>
internal sealed class BatchMaker
{
    private readonly ITrainingData _data;
    private readonly TrainingOptions _options;
    private readonly NetworkOptions _network;
    private readonly Device _device;
    private readonly ScalarType _type;

    public BatchMaker(ITrainingData data, TrainingOptions options, NetworkOptions network, Device device)
    {
        _data = data;
        _options = options;
        _network = network;
        _device = device;
        _type = options.Precision == Precision.Float64 ? ScalarType.Float64 : ScalarType.Float32;
    }

    private bool HasNoise => _network.Kind == NetworkKind.Denoiser;

    /// <param name="images">Indices into the data.</param>
    /// <param name="streams">The random stream of each image.</param>
    /// <param name="forTraining">Whether images are turned and conditions dropped.</param>
    public TrainingBatch Make(int[] images, RandomStream[] streams, bool forTraining) => ToTensors(Draw(images, streams, forTraining), 0, images.Length);

    /// <summary>Everything about a batch but its tensors; the images of a batch are made in parallel, and so may batches be.</summary>
    public BatchNumbers Draw(int[] images, RandomStream[] streams, bool forTraining)
    {
        var numbers = new BatchNumbers(images.Length, _data.ImageChannels * _data.ImageSize * _data.ImageSize, _network.ClassCount, _network.ContextDimension, HasNoise);
        Parallel.For(0, images.Length, i => DrawImage(numbers, i, images[i], streams[i], forTraining));
        return numbers;
    }

    /// <param name="numbers">Of a batch.</param>
    /// <param name="first">The first image that is wanted.</param>
    /// <param name="count">How many are.</param>
    public TrainingBatch ToTensors(BatchNumbers numbers, int first, int count)
    {
        int channels = _data.ImageChannels, side = _data.ImageSize;
        var conditions = new Conditions(
            _network.ContextDimension > 0 ? ToDevice(numbers.Context, first, count, _network.ContextDimension) : null,
            _network.ContextDimension > 0 ? ToDevice(numbers.ContextPresent, first, count, 1) : null,
            _network.ClassCount > 0 ? ToDevice(numbers.Labels, first, count, _network.ClassCount) : null);
        return new TrainingBatch(ToDevice(numbers.Images, first, count, channels, side, side),
            HasNoise ? ToDevice(numbers.Noise, first, count, channels, side, side) : null, HasNoise ? ToDevice(numbers.Sigma, first, count) : null, conditions);
    }

    private void DrawImage(BatchNumbers numbers, int i, int index, RandomStream stream, bool forTraining)
    {
        int length = numbers.Images.Length / numbers.ContextPresent.Length;
        CopyImage(index, numbers.Images.AsSpan(i * length, length), stream, forTraining);
        if (HasNoise)
            DrawConditionsAndNoise(numbers, i, index, stream, forTraining);
        else
            numbers.Labels[i * _network.ClassCount + _data.Label(index)] = 1;
    }

    private void DrawConditionsAndNoise(BatchNumbers numbers, int i, int index, RandomStream stream, bool forTraining)
    {
        int length = numbers.Noise.Length / numbers.Sigma.Length;
        bool keepContext = !forTraining || stream.NextDouble() >= _options.ContextDropout;
        bool keepLabel = !forTraining || stream.NextDouble() >= _options.LabelDropout;
        if (_network.ContextDimension > 0 && keepContext)
        {
            _data.Context(index).CopyTo(numbers.Context.AsSpan(i * _network.ContextDimension, _network.ContextDimension));
            numbers.ContextPresent[i] = 1;                   // all values of an image are left out together
        }
        if (_network.ClassCount > 0 && keepLabel)
            numbers.Labels[i * _network.ClassCount + _data.Label(index)] = 1;
        float sigma = (float)NoiseSchedule.LogNormal(stream.NextNormal(), _options.LogSigmaMean, _options.LogSigmaDeviation);
        numbers.Sigma[i] = sigma;
        foreach (ref float value in numbers.Noise.AsSpan(i * length, length))
            value = (float)stream.NextNormal() * sigma;
    }

    /// <summary>All channels are turned and flipped alike; each is scaled by itself.</summary>
    private void CopyImage(int index, Span<float> image, RandomStream stream, bool forTraining)
    {
        int side = _data.ImageSize, stored = _data.StoredSize;
        bool anyAngle = forTraining && stored > side;
        var orientation = forTraining ? Orientation.Draw(stream) : default;
        double degrees = anyAngle ? 360 * stream.NextDouble() : 0;
        var from = anyAngle ? _data.StoredImage(index) : _data.Image(index);
        int fromLength = from.Length / _data.ImageChannels;
        for (int i = 0; i < _data.ImageChannels; i++)
        {
            var source = from.Slice(i * fromLength, fromLength);
            var channel = image.Slice(i * side * side, side * side);
            if (anyAngle)
                orientation.Turn(source, stored, channel, side, degrees);
            else
                orientation.Apply(source, channel, side);
            ScaleToUnitRange(channel);
        }
    }

    /// <summary>Smallest to largest becomes -1 to 1; a constant image becomes -1.</summary>
    internal static void ScaleToUnitRange(Span<float> image)
    {
        float low = float.PositiveInfinity, high = float.NegativeInfinity;
        foreach (float value in image)
        {
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }
        float range = high - low;
        foreach (ref float value in image)
            value = range > 0 ? 2 * ((value - low) / range) - 1 : -1;
    }

    /// <summary>Rows of an array as a tensor (count, shape...).</summary>
    private Tensor ToDevice(float[] values, int first, int count, params long[] shape)
    {
        long row = shape.Aggregate(1L, (product, length) => product * length);
        return tensor(new Memory<float>(values, (int)(first * row), (int)(count * row)), [count, .. shape], _type, _device);
    }
}

/// <summary>A flip left-right, a flip up-down, and quarter turns: what leaves a radio source a radio source.</summary>
internal readonly record struct Orientation(bool IsMirrored, bool IsUpsideDown, int QuarterTurns)
{
    /// <summary>How pixels are interpolated where an image is turned by another angle.</summary>
    public const Interpolation Kernel = Interpolation.Bicubic;

    public static Orientation Draw(RandomStream stream) => new(stream.NextInt32(2) == 1, stream.NextInt32(2) == 1, stream.NextInt32(4));

    /// <summary>Turns an image that has a margin by any angle, and flips it. What interpolation makes negative becomes 0.</summary>
    public void Turn(ReadOnlySpan<float> source, int sourceSide, Span<float> destination, int side, double degrees)
    {
        float[] turned = new float[side * side];
        ImageRotation.Rotate(source, sourceSide, turned, side, degrees, Kernel);
        foreach (ref float pixel in turned.AsSpan())
            pixel = Math.Max(pixel, 0);
        Apply(turned, destination, side);
    }

    public void Apply(ReadOnlySpan<float> source, Span<float> destination, int side)
    {
        for (int row = 0; row < side; row++)
        {
            for (int column = 0; column < side; column++)
            {
                var (r, c) = QuarterTurns switch
                {
                    1 => (column, side - 1 - row),
                    2 => (side - 1 - row, side - 1 - column),
                    3 => (side - 1 - column, row),
                    _ => (row, column),
                };
                r = IsUpsideDown ? side - 1 - r : r;
                c = IsMirrored ? side - 1 - c : c;
                destination[row * side + column] = source[r * side + c];
            }
        }
    }
}
