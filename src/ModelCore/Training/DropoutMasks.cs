using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>Dropout masks that depend on (seed, position of the image in the training) only, not on the batch or a global generator.</summary>
/// <remarks>
/// Eight lanes of xorshift64 in one vector (Marsaglia 2003, shifts 13, 7, 17), each with a seed from the image's stream:
/// sixteen 32-bit numbers for a dozen instructions, a hundredth of a training step.
/// </remarks>
internal sealed class DropoutMasks : IDropoutMasks
{
    private readonly Vector512<ulong>[] _states;
    private readonly uint _threshold;
    private readonly float _scale;
    private readonly Device _device;

    /// <param name="seed">Seed of the training.</param>
    /// <param name="firstPosition">Position of the batch's first image in the training.</param>
    /// <param name="batchSize">Images in the batch.</param>
    /// <param name="probability">Probability p that a feature is set to zero.</param>
    /// <param name="device">Where the masks are needed.</param>
    public DropoutMasks(ulong seed, long firstPosition, int batchSize, double probability, Device device)
    {
        _device = device;
        _threshold = (uint)(probability * 4294967296.0);
        _scale = (float)(1 / (1 - probability));
        _states = new Vector512<ulong>[batchSize];
        Span<ulong> lanes = stackalloc ulong[8];
        for (int i = 0; i < batchSize; i++)
        {
            var stream = new RandomStream(seed, "dropout", firstPosition + i);
            foreach (ref ulong lane in lanes)
                lane = stream.NextUInt64() | 1;              // zero is the one state that xorshift never leaves
            _states[i] = Vector512.Create<ulong>(lanes);
        }
    }

    public Tensor Next(long[] shape)
    {
        var mask = empty(shape, dtype: ScalarType.Float32);
        var values = MemoryMarshal.Cast<byte, float>(mask.bytes);
        int length = values.Length / _states.Length;
        for (int i = 0; i < _states.Length; i++)
            Fill(values.Slice(i * length, length), ref _states[i]);
        return _device.type == TorchSharp.DeviceType.CPU ? mask : mask.to(_device);
    }

    private void Fill(Span<float> values, ref Vector512<ulong> state)
    {
        var x = state;
        var threshold = Vector512.Create(_threshold);
        var scale = Vector512.Create(_scale);
        int i = 0;
        for (; i + 16 <= values.Length; i += 16)
        {
            x = NextState(x);
            Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(x.AsUInt32(), threshold).AsSingle(), scale, Vector512<float>.Zero)
                .CopyTo(values[i..]);
        }
        if (i < values.Length)
        {
            x = NextState(x);
            for (int lane = 0; i < values.Length; lane++, i++)
                values[i] = x.AsUInt32()[lane] >= _threshold ? _scale : 0;
        }
        state = x;
    }

    private static Vector512<ulong> NextState(Vector512<ulong> x)
    {
        x ^= x << 13;
        x ^= x >> 7;
        return x ^ (x << 17);
    }
}
