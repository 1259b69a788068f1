namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary>Features of one image, (height, width, channels) in float32: the channels of a pixel stand side by side. Around it may be a frame of zeros, one pixel wide.</summary>
internal sealed unsafe class FeatureMap : IDisposable
{
    private const int Alignment = 64;
    private readonly float[] _memory;
    private readonly float* _first;

    public FeatureMap(FeatureMaps owner, int height, int width, int channels, int frame)
    {
        Owner = owner;
        (Height, Width, Channels, Frame) = (height, width, channels, frame);
        long count = (long)(height + 2 * frame) * (width + 2 * frame) * channels;
        _memory = GC.AllocateArray<float>(checked((int)(count + Alignment / sizeof(float))), pinned: true);
        fixed (float* memory = _memory)
            _first = (float*)(((nint)memory + Alignment - 1) & -Alignment);
    }

    /// <summary>Where it was lent.</summary>
    public FeatureMaps Owner { get; }

    public int Height { get; }

    public int Width { get; }

    public int Channels { get; }

    public int Frame { get; }

    /// <summary>From a pixel to the one below.</summary>
    public nint RowStride => (nint)(Width + 2 * Frame) * Channels;

    /// <summary>The first channel of a pixel; -1 and the height or width are in the frame.</summary>
    public float* At(int y, int x) => _first + (y + Frame) * RowStride + (nint)(x + Frame) * Channels;

    /// <summary>Gives it back to where it was lent.</summary>
    public void Dispose() => Owner.Return(this);
}

/// <summary>Feature maps that are used again and again, of one image at a time. What is lent holds what it held last; frames hold zeros.</summary>
internal sealed class FeatureMaps
{
    /// <summary>Multiplications of half a millisecond or so.</summary>
    private const long WorthAThread = 50_000_000;

    private readonly Dictionary<(int Height, int Width, int Channels, int Frame), Stack<FeatureMap>> _free = [];

    /// <summary>Threads that may compute this image.</summary>
    public int Threads { get; set; } = 1;

    public FeatureMap Lend(int height, int width, int channels, int frame = 0) =>
        FreeOf((height, width, channels, frame)).TryPop(out var map) ? map : new FeatureMap(this, height, width, channels, frame);

    /// <summary>Does something for parts of 0, 1, ... up to a count, at the same time on the threads that the image has.</summary>
    /// <param name="count">How many.</param>
    /// <param name="multiplications">All together; a few of them are done before another thread has woken up.</param>
    /// <param name="action">Given where a part begins, and what is the first after it.</param>
    public void Share(int count, long multiplications, Action<int, int> action)
    {
        int shares = (int)Math.Min(Math.Min(Threads, count), multiplications / WorthAThread);
        if (shares <= 1)
            action(0, count);
        else
            Workers.Run(shares, shares, share => action(share * count / shares, (share + 1) * count / shares));
    }

    public void Return(FeatureMap map) => FreeOf((map.Height, map.Width, map.Channels, map.Frame)).Push(map);

    private Stack<FeatureMap> FreeOf((int Height, int Width, int Channels, int Frame) shape)
    {
        if (!_free.TryGetValue(shape, out var free))
            _free.Add(shape, free = new Stack<FeatureMap>());
        return free;
    }
}
